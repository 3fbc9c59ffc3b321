"""Makes a state from its records: one pass over them, then every leaf and node is hashed once.

Blocks up to the oldest kept one only count by what is left of them. Those above become history: what a block
displaced, and so its undo record, follows from the serial numbers that its entries deactivate; what it did
to a key follows from whether an entry brings a key, changes its value or takes a key away.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby

from devnet.chain.types import Address, Hash32
from devnet.state.config import DEVNET, QmdbConfig
from devnet.state.costs import Costs
from devnet.state.entries import SENTRIES_PER_SHARD, SHARD_COUNT, sentry
from devnet.state.index import Index, Unit
from devnet.state.log import EntryLog
from devnet.state.records import (
    HASH_LENGTH,
    HeadRecord,
    PieceRecord,
    ShardPart,
    decode_block,
    decode_code,
    decode_head,
    decode_piece,
    split_entries,
)
from devnet.state.sentries import SENTRY_LEFT_ROOTS, SENTRY_TWIGS
from devnet.state.shard import Displaced, Shard, ShardUndo
from devnet.state.trees import (
    ACTIVE_BYTES,
    LEAVES_PER_TWIG,
    TWIG_SHIFT,
    ZONE_LEVEL,
    Levels,
    NullNodes,
    null_nodes,
    rehash,
    right_nodes,
)
from devnet.state.twig import LeftTree, Twig, split_leaves
from devnet.state.values import ACCOUNT_KEY_LENGTH, SLOT_KEY_LENGTH, decode_account
from devnet.state.views import Block, Values, Version

_SENTRY = b""
"""Stands for an active sentry in its first place."""

_SENTRY_KEY_LENGTH = 32

Change = Callable[[bytes, bytes], None]
"""Takes a key and its new value, b"" where the key is gone."""


class _ShardRecords:
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
            self.leaves.append(item if len(item) == HASH_LENGTH else sha256(item).digest())
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
        if self.end + len(entries) != part.end:
            raise ValueError(f"shard {self.number}: the record does not hold the entries up to {part.end}")
        self.leaves.append(b"".join([sha256(entry).digest() for entry in entries]))
        self.start, self.active, self.leaf = part.start, part.active, part.leaf
        return entries

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
                displaced.append((hash_of(key), serial_number, deactivate(serial_number)))
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
        """Hashes every leaf's way up once."""
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

    def _index(self, hash_of: Callable[[bytes], bytes]) -> Index:
        index = Index()
        places = [
            (hash_of(entry[5 : 5 + entry[0]]), serial_number)
            for serial_number, entry in enumerate(self.entries, self.low)
            if entry
        ]
        places.sort()
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


@dataclass(frozen=True, slots=True)
class Restored:
    """A state made from records."""

    shards: list[Shard]
    zone: Levels
    values: Values
    blocks: dict[int, Block]
    oldest: int
    newest: Block


class Restorer:
    """Takes records, the base's before the blocks, and makes the state of them.

    `oldest` is the lowest height that is wanted; None: that of the base. Every method raises ValueError for
    records that cannot be.
    """

    def __init__(self, oldest: int | None) -> None:
        self._oldest = oldest
        self._shards = [_ShardRecords(number) for number in range(SHARD_COUNT)]
        self._heads: dict[int, HeadRecord] = {}
        self._pieces: list[list[PieceRecord]] = [[] for _ in range(SHARD_COUNT)]
        self._key_hashes: dict[bytes, bytes] = {}
        self._values = Values()
        self._codes: list[tuple[int, bytes, int]] = []
        self._blocks: dict[int, Block] = {}
        self._newest: Block | None = None
        """Of the history; None up to the oldest kept height."""
        self._height = -1
        self._starts: list[int] = []
        self._leaves: list[bytes] = []

    @property
    def height(self) -> int:
        """Of the newest block so far."""
        return self._height

    def head(self, record: bytes) -> HeadRecord:
        """Takes a HEAD; a later one of the same shard takes its place."""
        head = decode_head(record)
        if head.number >= SHARD_COUNT:
            raise ValueError(f"there is no shard {head.number}")
        self._heads[head.number] = head
        return head

    def piece(self, record: bytes) -> PieceRecord:
        """Takes a PIECE."""
        piece = decode_piece(record)
        if piece.number >= SHARD_COUNT:
            raise ValueError(f"there is no shard {piece.number}")
        self._pieces[piece.number].append(piece)
        return piece

    def code(self, record: bytes, offset: int = -1) -> None:
        """Takes a CODE."""
        height, code_hash, code = decode_code(record)
        self._values.codes[Hash32(code_hash)] = code
        self._codes.append((height, code_hash, offset))

    def end_base(self, height: int | None = None) -> None:
        """All HEADs and PIECEs were taken. `height`: what the base must be of."""
        heights = {head.height for head in self._heads.values()}
        if self._heads and (len(self._heads) != SHARD_COUNT or len(heights) != 1):
            raise ValueError("the shards' heads are not all there, or not of one height")
        found = heights.pop() if heights else -1
        if height is not None and found != height:
            raise ValueError(f"the shards' heads are of height {found}, not {height}")
        self._height = found
        if self._heads:
            for shard in self._shards:
                shard.take_base(self._heads[shard.number], self._pieces[shard.number])
        self._heads.clear()
        self._pieces.clear()
        self._starts = [shard.start for shard in self._shards]
        self._leaves = [shard.leaf or _leaf_of_sentries(shard.number) for shard in self._shards]
        if self._oldest is None:
            self._oldest = found
        if self._oldest < found:
            raise ValueError(f"height {self._oldest} is wanted, and the records begin at {found}")
        if self._oldest == found:
            self._begin_history(None)

    def block(self, record: bytes, offset: int = -1) -> None:
        """Takes a BLOCK, which must be the next one; `offset` is where it stands."""
        block = decode_block(record)
        if block.height != self._height + 1:
            raise ValueError(f"block {block.height} cannot follow block {self._height}")
        if any(part.number >= SHARD_COUNT for part in block.parts):
            raise ValueError("a block names a shard that there is not")
        self._height = block.height
        before = self._newest
        undo = []
        if before is not None:
            self._newest = self._blocks[block.height] = Block(
                block.height, before.root, before.start, before.leaves
            )
        for part in block.parts:
            shard = self._shards[part.number]
            if before is not None:
                undo.append((part.number, shard.take(part, self._hash_of, self._change)))
            else:
                shard.skip(part)
            self._starts[part.number] = part.start
            self._leaves[part.number] = part.leaf
        if self._newest is not None:
            new = self._newest
            new.offset = offset
            new.shards = undo
            if new.root != block.root:
                new.root = Hash32(block.root)
            if undo:
                starts = tuple(self._starts)
                if starts != new.start:
                    new.start = starts
                new.leaves = tuple(self._leaves)
        elif self._height == self._oldest:
            self._begin_history(block.root)

    def finish(self, config: QmdbConfig, costs: Costs, nulls: NullNodes) -> Restored:
        """The state; hashes everything."""
        newest = self._newest
        if newest is None or self._oldest is None:
            raise ValueError(f"the blocks end at {self._height}, below the oldest kept height")
        self._place_codes()
        all_active = right_nodes(b"\xff" * ACTIVE_BYTES)
        shards = [shard.finish(config, costs, nulls, all_active, self._hash_of) for shard in self._shards]
        zone: Levels = [[shard.leaf() for shard in shards], [], [], [], []]
        costs.hashes += rehash(zone, range(SHARD_COUNT), ZONE_LEVEL, ())
        for number, (leaf, expected) in enumerate(zip(zone[0], newest.leaves, strict=True)):
            if leaf != expected:
                raise ValueError(f"shard {number} does not give the root that its record names")
        if newest.root != zone[-1][0]:
            raise ValueError(f"the entries do not give the root that block {newest.height} names")
        return Restored(shards, zone, self._values, self._blocks, self._oldest, newest)

    # Inside

    def _begin_history(self, root: bytes | None) -> None:
        """The state is that of the oldest kept height."""
        zone: Levels = [list(self._leaves), [], [], [], []]
        rehash(zone, range(SHARD_COUNT), ZONE_LEVEL, ())
        if root is not None and root != zone[-1][0]:
            raise ValueError(f"the shards do not give the root that block {self._height} names")
        self._newest = Block(self._height, Hash32(zone[-1][0]), tuple(self._starts), tuple(self._leaves))
        self._blocks[self._height] = self._newest
        for shard in self._shards:
            for entry in shard.entries:
                if entry and entry[1:4] != b"\0\0\0":
                    key_end = 5 + entry[0]
                    self._change(entry[5:key_end], entry[key_end : len(entry) - 48 - 8 * entry[4]])
        self._newest.forget_undo()

    def _change(self, key: bytes, value: bytes) -> None:
        """Puts a new version of a key in front; `value` is b"" where the key is gone."""
        block = self._newest
        assert block is not None
        if len(key) == ACCOUNT_KEY_LENGTH:
            address = Address(key)
            accounts = self._values.accounts
            account = decode_account(value) if value else None
            version = accounts[address] = Version(block.height, account, accounts.get(address))
            block.accounts.append((address, version))
        elif len(key) == SLOT_KEY_LENGTH:
            address = Address(key[:ACCOUNT_KEY_LENGTH])
            slot = int.from_bytes(key[ACCOUNT_KEY_LENGTH:], "big")
            slots = self._values.slots.get(address)
            if slots is None:
                slots = self._values.slots[address] = {}
            slot_version = slots[slot] = Version(block.height, int.from_bytes(value, "big"), slots.get(slot))
            block.slots.append((address, slot, slot_version))
        else:
            raise ValueError(f"neither an account nor a slot has a key of {len(key)} bytes")

    def _place_codes(self) -> None:
        """Notes which blocks brought which code."""
        for height, code_hash, offset in self._codes:
            if height > self._height:
                raise ValueError(f"code of height {height}, and the blocks end at {self._height}")
            assert self._oldest is not None
            if height > self._oldest:
                block = self._blocks[height]
                if not block.codes:
                    block.code_offset = offset
                block.codes.append(Hash32(code_hash))

    def _hash_of(self, key: bytes) -> bytes:
        """The key hash of a key or, where it has 32 bytes, of a sentry, which is its key."""
        key_hash = self._key_hashes.get(key)
        if key_hash is None:
            key_hash = key if len(key) == _SENTRY_KEY_LENGTH else sha256(key).digest()
            self._key_hashes[key] = key_hash
        return key_hash


def _leaf_of_sentries(number: int) -> bytes:
    """The leaf of a shard in which nothing ever happened."""
    nulls, costs = null_nodes(), Costs()
    log = EntryLog.of_sentries(number, costs, nulls, right_nodes(b"\xff" * ACTIVE_BYTES))
    return Shard(number, DEVNET, costs, log, Index()).leaf()


def _split(leaves: bytes) -> list[bytes]:
    if len(leaves) == HASH_LENGTH * LEAVES_PER_TWIG:
        return split_leaves(leaves)
    return [leaves[at : at + HASH_LENGTH] for at in range(0, len(leaves), HASH_LENGTH)]
