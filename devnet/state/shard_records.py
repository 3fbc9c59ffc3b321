"""One shard while it is made from records: its entries by serial number, which of them are active, and what
every block that is history displaced.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from itertools import groupby, pairwise

from devnet.state.config import QmdbConfig
from devnet.state.costs import Costs
from devnet.state.entries import SENTRIES_PER_SHARD, sentry
from devnet.state.index import Index, Unit
from devnet.state.log import EntryLog
from devnet.state.records import HASH_LENGTH, HeadRecord, PieceRecord, ShardPart, split_entries
from devnet.state.sentries import SENTRY_LEFT_ROOTS, SENTRY_TWIGS
from devnet.state.shard import Displaced, Shard, ShardUndo
from devnet.state.trees import ACTIVE_BYTES, LEAVES_PER_TWIG, TWIG_SHIFT, NullNodes, right_nodes
from devnet.state.twig import LeftTree, Twig, split_leaves
from devnet.state.values import ACCOUNT_KEY_LENGTH, SLOT_KEY_LENGTH

_SENTRY = b""
"""Stands for an active sentry in its first place."""

_SENTRY_KEY_END = bytes(30)
_KEY_LENGTHS = (ACCOUNT_KEY_LENGTH, SLOT_KEY_LENGTH)

Change = Callable[[bytes, bytes], None]
"""Takes a key and its new value, b"" where the key is gone."""


class ShardRecords:
    """One shard while records are taken."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.start = 0
        self.active = SENTRIES_PER_SHARD
        self.leaf = b""
        self.low = 0
        """Serial number of the first item of `entries`; twigs below are dead."""
        self.dead_roots: list[bytes] = []
        self.entries: list[bytes | None] = [_SENTRY] * SENTRIES_PER_SHARD
        """Active entries by serial number; None where an entry is inactive."""
        self.leaves: list[bytes] = []
        """Entry hashes from the first one behind the sentries, or `low`, on; each item of one or more."""

    @property
    def end(self) -> int:
        return self.low + len(self.entries)

    def take_base(self, head: HeadRecord, pieces: list[PieceRecord]) -> None:
        """Begins with the shard as it was at the height of `head`. Raises ValueError."""
        self.start, self.active, self.leaf = head.start, head.active, head.leaf
        self.dead_roots = head.dead_roots
        self.low = len(head.dead_roots) << TWIG_SHIFT
        items: list[bytes | None] = [None] * (head.end - self.low)
        for sn in range(self.low, SENTRIES_PER_SHARD):
            items[sn - self.low] = _SENTRY
        for piece in sorted(pieces, key=lambda piece: piece.first):
            skipped = max(0, self.low - piece.first)
            at = piece.first + skipped - self.low
            stays = piece.items[skipped:]
            items[at : at + len(stays)] = stays
        if len(items) != head.end - self.low:
            raise ValueError(f"shard {self.number}: a piece reaches beyond serial number {head.end}")
        self.leaves = []
        first = max(SENTRIES_PER_SHARD - self.low, 0)
        for item in items[first:]:
            if item is None:
                raise ValueError(f"shard {self.number}: an entry below serial number {head.end} is missing")
            if len(item) == HASH_LENGTH:
                self.leaves.append(item)
            else:
                self._check_key(item)
                self.leaves.append(sha256(item).digest())
        bits = int.from_bytes(b"".join(head.bits), "little")
        is_active = f"{bits:0{8 * ACTIVE_BYTES * len(head.bits)}b}"[::-1]
        if "1" in is_active[len(items) :]:
            raise ValueError(f"shard {self.number}: an entry that is not there is active")
        for at, bit in enumerate(is_active[: len(items)]):
            if bit == "0":
                items[at] = None
            elif len(items[at] or b"") == HASH_LENGTH:
                raise ValueError(
                    f"shard {self.number}: of active entry {self.low + at} only the hash is there"
                )
        self.entries = items

    def begin_part(self, part: ShardPart) -> list[bytes]:
        """The entries of a block's part; hashes them. Raises ValueError."""
        if part.first != self.end:
            raise ValueError(
                f"shard {self.number}: the entries begin at serial number {part.first}, not {self.end}"
            )
        if part.start > part.end:
            raise ValueError(f"shard {self.number}: it cannot start at {part.start} and end at {part.end}")
        entries = split_entries(part.content)
        for entry in entries:
            self._check_key(entry)
        if self.end + len(entries) != part.end:
            raise ValueError(f"shard {self.number}: the record does not hold the entries up to {part.end}")
        self.leaves.append(b"".join([sha256(entry).digest() for entry in entries]))
        self.start, self.active, self.leaf = part.start, part.active, part.leaf
        return entries

    def _check_key(self, entry: bytes) -> None:
        """Raises ValueError for an entry that no state writes: what stands in it is not asked again."""
        if entry[1:4] == b"\0\0\0":
            is_right = (
                entry[0] == HASH_LENGTH and entry[5] >> 4 == self.number and entry[7:37] == _SENTRY_KEY_END
            )
        else:
            is_right = entry[0] in _KEY_LENGTHS
        if not is_right:
            raise ValueError(
                f"shard {self.number}: an entry has the key of neither an account, a slot nor a sentry"
            )

    def deactivate(self, serial_number: int) -> bytes:
        """Takes an entry out of the active ones; gives it. Raises ValueError."""
        at = serial_number - self.low
        entry = self.entries[at] if 0 <= at < len(self.entries) else None
        if entry is None:
            raise ValueError(f"shard {self.number}: entry {serial_number} is deactivated and was not active")
        self.entries[at] = None
        return entry or sentry(self.number, serial_number)

    def skip(self, part: ShardPart) -> None:
        """Takes a block's part of which only what is left of it counts."""
        append = self.entries.append
        for entry in self.begin_part(part):
            count = entry[4]
            append(entry)
            if count:
                self.deactivate(int.from_bytes(entry[-8:], "little"))
                if count == 2:
                    self.deactivate(int.from_bytes(entry[-16:-8], "little"))

    def take(self, part: ShardPart, hash_of: Callable[[bytes], bytes], change: Change) -> ShardUndo:
        """Takes a block's part that is history: reports what changed, gives what takes it back."""
        displaced: list[Displaced] = []
        undo = ShardUndo(self.start, self.end, self.active, displaced)
        append = self.entries.append
        deactivate = self.deactivate
        for entry in self.begin_part(part):
            count = entry[4]
            append(entry)
            key_end = 5 + entry[0]
            key = entry[5:key_end]
            if count == 1:
                serial_number = int.from_bytes(entry[-8:], "little")
                old = deactivate(serial_number)
                displaced.append((hash_of(key), serial_number, old))
                # A move and a new successor leave the value as it is, an update never does.
                value = entry[key_end:-56]
                old_key_end = 5 + old[0]
                if key != old[5:old_key_end]:
                    raise ValueError(f"shard {self.number}: an entry takes the place of another key's")
                if value != old[old_key_end : len(old) - 48 - 8 * old[4]]:
                    change(key, value)
            elif count == 0:
                displaced.append((hash_of(key), -1, None))
                change(key, entry[key_end:-48])
            else:
                gone = int.from_bytes(entry[-16:-8], "little")
                old = deactivate(gone)
                gone_key = old[5 : 5 + old[0]]
                displaced.append((hash_of(gone_key), gone, old))
                serial_number = int.from_bytes(entry[-8:], "little")
                old = deactivate(serial_number)
                if key != old[5 : 5 + old[0]]:
                    raise ValueError(f"shard {self.number}: an entry takes the place of another key's")
                displaced.append((hash_of(key), serial_number, old))
                change(gone_key, b"")
        return undo

    # The shard itself

    def finish(
        self,
        config: QmdbConfig,
        costs: Costs,
        nulls: NullNodes,
        all_active: list[bytes],
        hash_of: Callable[[bytes], bytes],
    ) -> Shard:
        """Hashes every leaf's way up once. Raises ValueError."""
        self._check_counters()
        leaves = b"".join(self.leaves)
        costs.hashes += len(leaves) // HASH_LENGTH
        first_leaf = max(SENTRIES_PER_SHARD, self.low)
        youngest = self.end >> TWIG_SHIFT
        twigs = []
        young = LeftTree(nulls)
        for twig_id in range(self.low >> TWIG_SHIFT, youngest + 1):
            first = twig_id << TWIG_SHIFT
            entries = self.entries[first - self.low : first - self.low + LEAVES_PER_TWIG]
            twig = self._twig(twig_id, entries, all_active)
            if twig_id >= SENTRY_TWIGS:
                at = HASH_LENGTH * (first - first_leaf)
                tree = LeftTree(nulls, _split(leaves[at : at + HASH_LENGTH * LEAVES_PER_TWIG]))
                costs.hashes += tree.rehash()
                if twig_id < youngest:
                    twig.close(tree)
                else:
                    young = tree
                    twig.left_root = tree.root
                twig.payloads = entries
            costs.hashes += len(all_active)
            twigs.append(twig)
        log = EntryLog(self.number, costs, nulls, twigs, young, self.end, self.dead_roots)
        return Shard(self.number, config, costs, log, self._index(hash_of), self.start, self.active)

    def _check_counters(self) -> None:
        active = sum(entry is not None for entry in self.entries)
        if active != self.active:
            raise ValueError(
                f"shard {self.number}: {active} entries are active, and its record says {self.active}"
            )
        below = self.entries[: max(self.start - self.low, 0)]
        if any(entry is not None for entry in below):
            raise ValueError(f"shard {self.number}: an entry below its start, {self.start}, is active")

    def _twig(self, twig_id: int, entries: list[bytes | None], all_active: list[bytes]) -> Twig:
        is_full = len(entries) == LEAVES_PER_TWIG and None not in entries
        if is_full:
            active = b"\xff" * ACTIVE_BYTES
        else:
            bits = "".join(["0" if entry is None else "1" for entry in reversed(entries)])
            active = int(bits or "0", 2).to_bytes(ACTIVE_BYTES, "little")
        left_root = b""
        if twig_id < SENTRY_TWIGS:
            left_root = SENTRY_LEFT_ROOTS[SENTRY_TWIGS * self.number + twig_id]
        twig = Twig(left_root, list(all_active) if is_full else right_nodes(active))
        twig.active[:] = active
        return twig

    def _check_order(self, key_hashes: list[bytes]) -> None:
        """Of the active entries, sentries in their first places left out, ascending."""
        if any(key_hash[0] >> 4 != self.number for key_hash in (*key_hashes[:1], *key_hashes[-1:])):
            raise ValueError(f"shard {self.number}: an entry's key belongs to another shard")
        if any(one == other for one, other in pairwise(key_hashes)):
            raise ValueError(f"shard {self.number}: two active entries have the same key")
        moved = [key_hash for key_hash in key_hashes if key_hash[2:] == _SENTRY_KEY_END]
        stayed = self.entries[: max(SENTRIES_PER_SHARD - self.low, 0)]
        is_twice = any(
            stayed[at - self.low : at - self.low + 1] == [_SENTRY]
            for at in (int.from_bytes(key_hash[:2], "big") % SENTRIES_PER_SHARD for key_hash in moved)
            if at >= self.low
        )
        if is_twice or len(moved) + stayed.count(_SENTRY) != SENTRIES_PER_SHARD:
            raise ValueError(f"shard {self.number}: a sentry is missing, or there twice")

    def _index(self, hash_of: Callable[[bytes], bytes]) -> Index:
        index = Index()
        places = [
            (hash_of(entry[5 : 5 + entry[0]]), serial_number)
            for serial_number, entry in enumerate(self.entries, self.low)
            if entry
        ]
        places.sort()
        self._check_order([key_hash for key_hash, _ in places])
        for prefix, group in groupby(places, key=lambda place: place[0][:2]):
            unit = Unit(prefix)
            key_hashes, serial_numbers = zip(*group, strict=True)
            if key_hashes[0] == unit.key_hashes[0]:
                unit.key_hashes.clear()
                unit.serial_numbers.clear()
            unit.key_hashes += key_hashes
            unit.serial_numbers += serial_numbers
            index.units[prefix] = unit
        return index


def _split(leaves: bytes) -> list[bytes]:
    if len(leaves) == HASH_LENGTH * LEAVES_PER_TWIG:
        return split_leaves(leaves)
    return [leaves[at : at + HASH_LENGTH] for at in range(0, len(leaves), HASH_LENGTH)]
