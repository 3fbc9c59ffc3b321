"""One shard of which only some entries are known: the operations of `devnet.state.shard` on what is there.

What is not there is asked of a `Source`: the producer's puts it in, the verifier's raises. Whether a lookup
finds what it needs depends on the entries alone, so both ask for the same.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import Protocol

from devnet.state.config import QmdbConfig
from devnet.state.entries import (
    SENTRIES_PER_SHARD,
    encode_entry,
    key_hash_in,
    moved,
    next_key_hash_of,
    with_next_key_hash,
)
from devnet.state.partial_tree import CHUNK, CHUNK_SHIFT, PartialTree
from devnet.state.places import shard_leaf
from devnet.state.shard import Operation
from devnet.state.trees import NullNodes
from devnet.state.witness_flaws import BadStateWitness, WitnessFlaw

CHUNK_MASK = (1 << CHUNK_SHIFT) - 1


class Source(Protocol):
    """Where a shard gets what it does not know."""

    def load_key(self, shard: PartialShard, key_hash: bytes, flaw: WitnessFlaw) -> None:
        """Adds the entry with that key hash, or the one before it. Raises `BadStateWitness` with the flaw."""

    def load_entry(self, shard: PartialShard, serial_number: int) -> None:
        """Adds an active entry."""

    def load_chunk(self, shard: PartialShard, number: int) -> None:
        """Adds a chunk of active bits."""

    def load_end(self, shard: PartialShard) -> None:
        """Adds what the next entry needs. Called before the first one is appended."""

    def load_node(self, shard: int, space: int, number: int) -> bytes:
        """A node of the tree (`devnet.state.partial_tree`)."""


class PartialShard:
    """Entries, active bits and nodes of one shard, as far as they are known, and its counters."""

    def __init__(
        self,
        number: int,
        counters: tuple[int, int, int],
        config: QmdbConfig,
        nulls: NullNodes,
        source: Source,
    ) -> None:
        """`counters`: start, end, active."""
        self.number = number
        self.start, self.end, self.active = counters
        self.entries: dict[int, bytes] = {}
        """The known active entries."""
        self.chunks: dict[int, int] = {}
        """The known chunks: bit i of chunk n is entry 256 n + i."""
        self.unused: set[int] = set()
        """Serial numbers of entries that were added and that no lookup has led to yet."""
        self.unused_chunks: set[int] = set()
        self.has_end = False
        """Whether what the next entry needs was given."""
        self.is_appended_to = False
        self.tree = PartialTree(
            number, self.end, nulls, lambda space, node: source.load_node(number, space, node)
        )
        self._config = config
        self._source = source
        self._key_hashes: list[bytes] = []
        self._places: dict[bytes, int] = {}
        self._new_leaves: set[int] = set()
        self._new_chunks: set[int] = set()

    # What is known

    def add_entry(self, serial_number: int, entry: bytes) -> None:
        """Makes an active entry known, whose chunk is known."""
        self.entries[serial_number] = entry
        self.unused.add(serial_number)
        self._set_place(key_hash_in(entry), serial_number)
        if serial_number >= SENTRIES_PER_SHARD:
            self.tree.put_leaf(serial_number, entry)

    def add_chunk(self, number: int, bits: bytes) -> None:
        """Makes a chunk of active bits known."""
        self.chunks[number] = int.from_bytes(bits, "little")
        self.tree.put(CHUNK, number, bits)

    def is_active(self, serial_number: int) -> bool:
        """Whether a known chunk has the entry's bit."""
        return bool(self.chunks[serial_number >> CHUNK_SHIFT] >> (serial_number & CHUNK_MASK) & 1)

    def value(self, key_hash: bytes) -> bytes | None:
        """The value under a key, None where there is none. Raises `BadStateWitness`."""
        found = self._key_hashes[self._locate(key_hash)]
        if found != key_hash:
            return None
        entry = self.entries[self._places[found]]
        key_end = 5 + entry[0]
        return entry[key_end : key_end + int.from_bytes(entry[1:4], "little")]

    # Changes

    def apply(self, operations: Iterable[Operation], version: int) -> bytes:
        """Runs the operations of one block, in the order of their key hashes, and gives the shard's new leaf
        in the zone's tree. Raises `BadStateWitness`."""
        for key_hash, key, value in operations:
            at = self._locate(key_hash)
            is_there = self._key_hashes[at] == key_hash
            if value is None:
                self._delete(at, version)
            elif is_there:
                self._update(at, key, value, version)
            else:
                self._create(at, key_hash, key, value, version)
        tree = self.tree
        tree.end = self.end
        for number in self._new_leaves:
            entry = self.entries.get(number)
            if entry is not None:
                tree.put_leaf(number, entry)
        for number in self._new_chunks:
            tree.put(CHUNK, number, self.chunks[number].to_bytes(32, "little"))
        root = tree.climb(self._new_leaves, self._new_chunks)
        self._new_leaves.clear()
        self._new_chunks.clear()
        return shard_leaf(root, self.start, self.end, self.active)

    def _update(self, at: int, key: bytes, value: bytes, version: int) -> None:
        old = self._places[self._key_hashes[at]]
        next_key_hash = next_key_hash_of(self.entries[old])
        self._append(encode_entry(key, value, next_key_hash, version, self.end, (old,)))
        self._places[self._key_hashes[at]] = self.end - 1
        self._deactivate(old)
        if self._is_compactible():
            self._compact()

    def _create(self, at: int, key_hash: bytes, key: bytes, value: bytes, version: int) -> None:
        before_hash = self._key_hashes[at]
        old = self._places[before_hash]
        before = self.entries[old]
        self._append(encode_entry(key, value, next_key_hash_of(before), version, self.end))
        self._set_place(key_hash, self.end - 1)
        self._append(with_next_key_hash(before, key_hash, version, self.end, (old,)))
        self._places[before_hash] = self.end - 1
        self._deactivate(old)
        self.active += 1
        if self._is_compactible():
            # One test, two moves, as upstream.
            self._compact()
            self._compact()

    def _delete(self, at: int, version: int) -> None:
        key_hash = self._key_hashes[at]
        before_hash = self._locate_before(key_hash)
        if not self.active:
            raise BadStateWitness(WitnessFlaw.COUNTERS, f"shard {self.number} counts no active entry")
        gone, old = self._places[key_hash], self._places[before_hash]
        entry, before = self.entries[gone], self.entries[old]
        self._append(with_next_key_hash(before, next_key_hash_of(entry), version, self.end, (gone, old)))
        self._places[before_hash] = self.end - 1
        self._deactivate(gone)
        self._deactivate(old)
        del self._places[key_hash]
        del self._key_hashes[bisect_left(self._key_hashes, key_hash)]
        self.active -= 1

    def _is_compactible(self) -> bool:
        config = self._config
        return (
            self.active >= config.compaction_threshold
            and self.active * config.compaction_divisor <= (self.end - self.start) * config.compaction_ratio
        )

    def _compact(self) -> None:
        old = self._oldest()
        entry = self.entries[old]
        key_hash = key_hash_in(entry)
        self._append(moved(entry, self.end, old))
        self._set_place(key_hash, self.end - 1)
        self._deactivate(old)
        self.start = old + 1

    def _append(self, entry: bytes) -> None:
        if not self.is_appended_to:
            self._source.load_end(self)
            self.is_appended_to = True
        number = self.end >> CHUNK_SHIFT
        self.chunks[number] = self.chunks.get(number, 0) | 1 << (self.end & CHUNK_MASK)
        self.entries[self.end] = entry
        self._new_leaves.add(self.end)
        self._new_chunks.add(number)
        self.end += 1

    def _deactivate(self, serial_number: int) -> None:
        number = serial_number >> CHUNK_SHIFT
        self.chunks[number] &= ~(1 << (serial_number & CHUNK_MASK))
        self._new_chunks.add(number)
        if serial_number in self._new_leaves:
            # Appended and displaced inside the block: its hash stays in the tree.
            self.tree.put_leaf(serial_number, self.entries[serial_number])
        del self.entries[serial_number]

    def check_used(self) -> None:
        """Raises `BadStateWitness` where something was added that nothing led to."""
        for serial_number in self.unused:
            raise BadStateWitness(WitnessFlaw.UNUSED, f"entry {serial_number} of shard {self.number}")
        for number in self.unused_chunks:
            raise BadStateWitness(WitnessFlaw.UNUSED, f"chunk {number} of shard {self.number}")
        if self.has_end and not self.is_appended_to:
            raise BadStateWitness(WitnessFlaw.UNUSED, f"the end of shard {self.number}")

    # Lookups

    def _locate(self, key_hash: bytes) -> int:
        """Where in the known key hashes the key's own is, or that of the entry that is followed by a later
        key."""
        at = self._find(key_hash)
        if at < 0:
            self._source.load_key(self, key_hash, WitnessFlaw.KEY)
            at = self._find(key_hash)
            if at < 0:
                raise BadStateWitness(WitnessFlaw.KEY, f"key hash {key_hash.hex()}")
        self.unused.discard(self._places[self._key_hashes[at]])
        return at

    def _find(self, key_hash: bytes) -> int:
        at = bisect_right(self._key_hashes, key_hash) - 1
        if at < 0:
            return -1
        found = self._key_hashes[at]
        if found == key_hash or key_hash < next_key_hash_of(self.entries[self._places[found]]):
            return at
        return -1

    def _locate_before(self, key_hash: bytes) -> bytes:
        """The key hash of the entry whose successor is this one, which is no sentry's."""
        found = self._find_before(key_hash)
        if found is None:
            below = (int.from_bytes(key_hash, "big") - 1).to_bytes(32, "big")
            self._source.load_key(self, below, WitnessFlaw.NEIGHBOUR)
            found = self._find_before(key_hash)
            if found is None:
                raise BadStateWitness(WitnessFlaw.NEIGHBOUR, f"key hash {key_hash.hex()}")
        self.unused.discard(self._places[found])
        return found

    def _find_before(self, key_hash: bytes) -> bytes | None:
        at = bisect_left(self._key_hashes, key_hash) - 1
        if at < 0:
            return None
        found = self._key_hashes[at]
        return found if next_key_hash_of(self.entries[self._places[found]]) == key_hash else None

    def _oldest(self) -> int:
        """Serial number of the oldest active entry."""
        at = self.start
        while True:
            number = at >> CHUNK_SHIFT
            if at >= self.end:
                raise BadStateWitness(WitnessFlaw.COUNTERS, f"shard {self.number} has no active entry")
            if number not in self.chunks:
                self._source.load_chunk(self, number)
            self.unused_chunks.discard(number)
            bits = self.chunks[number] >> (at & CHUNK_MASK)
            if bits:
                at += (bits & -bits).bit_length() - 1
                break
            at = (number + 1) << CHUNK_SHIFT
        if at not in self.entries:
            self._source.load_entry(self, at)
        self.unused.discard(at)
        return at

    def _set_place(self, key_hash: bytes, serial_number: int) -> None:
        if key_hash not in self._places:
            self._key_hashes.insert(bisect_left(self._key_hashes, key_hash), key_hash)
        self._places[key_hash] = serial_number
