"""The witness of a state as bytes, and the partial state that it opens (docs/proving.md, "The witness").

    u16le which shards
    of each of these, ascending:
        start, end, active                          numbers
        u8                                          1: what the next entry needs is there
        count, then serial numbers                  sentries in their first places
        count, then entries                         all others, as they are hashed
        count, then numbers of chunks               in which none of these is, nor the next entry
        32 bytes each                               the chunks of active bits, as far as there are entries
        32 bytes each                               nodes, in the order in which the shard's root needs them
    32 bytes each                                   nodes, in the order in which the zone's root needs them

Numbers are LEB128 of the least length. Serial numbers and numbers of chunks ascend and are written as the
difference to the one before, less one. Which chunks and nodes belong there follows from what comes before, so
there is one witness for each set of entries, and nothing in it is without effect.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from devnet.chain.types import Hash32
from devnet.state.config import QmdbConfig
from devnet.state.entries import (
    FIXED_LENGTH,
    MAX_DEACTIVATED,
    SENTRIES_PER_SHARD,
    SHARD_COUNT,
    decode_entry,
    is_sentry,
    sentry,
)
from devnet.state.partial import PartialState
from devnet.state.partial_shard import PartialShard
from devnet.state.partial_tree import CHUNK_SHIFT
from devnet.state.places import shard_leaf
from devnet.state.trees import null_nodes
from devnet.state.witness_flaws import BadStateWitness, WitnessFlaw
from devnet.state.zone_tree import PartialZoneTree

HASH_LENGTH = 32
_NUMBER_LIMIT = 1 << 62
"""No number in a witness reaches it: beyond, the trees would have more levels than there are null nodes."""


def open_state(
    content: bytes, root: Hash32, height: int, config: QmdbConfig, codes: Mapping[Hash32, bytes]
) -> PartialState:
    """The state after block `height` with that root, as far as the witness holds it. Raises
    `BadStateWitness`. `codes` are taken as they are."""
    reader = _Reader(content)
    source = _Given(reader)
    mask = int.from_bytes(reader.take(2), "little")
    shards: dict[int, PartialShard] = {}
    leaves: dict[int, bytes] = {}
    for number in range(SHARD_COUNT):
        if mask >> number & 1:
            shards[number], leaves[number] = _read_shard(reader, number, config, source)
    tree = PartialZoneTree(leaves, source.load_zone_node)
    if reader.at != len(content):
        raise BadStateWitness(WitnessFlaw.FORMAT, f"{len(content) - reader.at} bytes too many")
    if tree.root != root:
        raise BadStateWitness(WitnessFlaw.ROOT, f"it leads to {tree.root.hex()}")
    source.is_open = True
    return PartialState(height, shards, tree, codes)


def _read_shard(
    reader: _Reader, number: int, config: QmdbConfig, source: _Given
) -> tuple[PartialShard, bytes]:
    """The shard and its leaf in the zone's tree."""
    start, end, active = reader.number(), reader.number(), reader.number()
    if not (start <= end and end >= SENTRIES_PER_SHARD and active <= end - start):
        raise BadStateWitness(WitnessFlaw.COUNTERS, f"shard {number}")
    shard = PartialShard(number, (start, end, active), config, null_nodes(), source)
    flag = reader.take(1)[0]
    if flag > 1:
        raise BadStateWitness(WitnessFlaw.FORMAT, f"{flag} is neither 0 nor 1")
    shard.has_end = flag == 1
    entries = {place: sentry(number, place) for place in reader.ascending(SENTRIES_PER_SHARD)}
    last = SENTRIES_PER_SHARD - 1
    for _ in range(reader.number()):
        entry, place = reader.entry()
        if place <= last:
            raise BadStateWitness(WitnessFlaw.FORMAT, f"entry {place} of shard {number} is out of order")
        entries[place] = entry
        last = place
    extra = set(reader.ascending((end >> CHUNK_SHIFT) + 1))
    implied = {place >> CHUNK_SHIFT for place in entries}
    if shard.has_end:
        implied.add(end >> CHUNK_SHIFT)
    if extra & implied or not (extra or implied):
        raise BadStateWitness(WitnessFlaw.FORMAT, f"chunks of shard {number}")
    chunks = sorted(extra | implied)
    for chunk in chunks:
        if chunk << CHUNK_SHIFT < end:
            shard.add_chunk(chunk, reader.take(HASH_LENGTH))
    for place, entry in entries.items():
        if not start <= place < end:
            raise BadStateWitness(WitnessFlaw.COUNTERS, f"entry {place} of shard {number}")
        if not shard.is_active(place):
            raise BadStateWitness(WitnessFlaw.INACTIVE, f"entry {place} of shard {number}")
        shard.add_entry(place, entry)
    shard.unused_chunks = extra
    root = shard.tree.climb(climbed_leaves(entries, shard.has_end, end), chunks)
    return shard, shard_leaf(root, start, end, active)


def climbed_leaves(entries: Iterable[int], has_end: bool, end: int) -> list[int]:
    """The leaves from which the root over a witness is climbed: sentries' halves of twigs are constants."""
    leaves = [place for place in entries if place >= SENTRIES_PER_SHARD]
    return [*leaves, end] if has_end else leaves


class _Reader:
    """Takes the witness from its beginning to its end."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.at = 0

    def take(self, size: int) -> bytes:
        """The next bytes."""
        end = self.at + size
        if end > len(self.content):
            raise BadStateWitness(WitnessFlaw.FORMAT, "it is cut short")
        taken = self.content[self.at : end]
        self.at = end
        return taken

    def number(self) -> int:
        """The next number."""
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if value >= _NUMBER_LIMIT:
                raise BadStateWitness(WitnessFlaw.FORMAT, "a number is too large")
            if byte < 0x80:
                if not byte and shift:
                    raise BadStateWitness(WitnessFlaw.FORMAT, "a number is longer than it need be")
                return value
            shift += 7
            if shift > 63:
                raise BadStateWitness(WitnessFlaw.FORMAT, "a number is too long")

    def ascending(self, limit: int) -> list[int]:
        """A count, and so many numbers below a limit."""
        numbers: list[int] = []
        last = -1
        for _ in range(self.number()):
            last += 1 + self.number()
            if last >= limit:
                raise BadStateWitness(WitnessFlaw.FORMAT, f"{last} is not below {limit}")
            numbers.append(last)
        return numbers

    def entry(self) -> tuple[bytes, int]:
        """The next entry and its serial number."""
        head = self.take(5)
        size = FIXED_LENGTH + head[0] + int.from_bytes(head[1:4], "little") + 8 * head[4]
        if head[4] > MAX_DEACTIVATED:
            raise BadStateWitness(WitnessFlaw.FORMAT, f"an entry deactivates {head[4]} others")
        if is_sentry(head) and head[0] < 2:
            raise BadStateWitness(WitnessFlaw.FORMAT, "an entry without value is no sentry")
        entry = head + self.take(size - 5)
        return entry, decode_entry(entry).serial_number


class _Given:
    """The `Source` of a state that holds what its witness gave: nodes while it is opened, then nothing."""

    def __init__(self, reader: _Reader) -> None:
        self._reader = reader
        self.is_open = False

    def load_key(self, shard: PartialShard, key_hash: bytes, flaw: WitnessFlaw) -> None:
        raise BadStateWitness(flaw, f"key hash {key_hash.hex()}")

    def load_entry(self, shard: PartialShard, serial_number: int) -> None:
        raise BadStateWitness(WitnessFlaw.OLDEST, f"entry {serial_number} of shard {shard.number}")

    def load_chunk(self, shard: PartialShard, number: int) -> None:
        raise BadStateWitness(WitnessFlaw.OLDEST, f"chunk {number} of shard {shard.number}")

    def load_end(self, shard: PartialShard) -> None:
        if not shard.has_end:
            raise BadStateWitness(WitnessFlaw.FRONTIER, f"shard {shard.number}")

    def load_node(self, shard: int, space: int, number: int) -> bytes:
        if self.is_open:
            raise BadStateWitness(WitnessFlaw.NODE, f"shard {shard}, level {space}, node {number}")
        return self._reader.take(HASH_LENGTH)

    def load_zone_node(self, above: int, number: int) -> bytes:
        return self.load_node(SHARD_COUNT, above, number)
