"""Makes a state from its records: one pass over them, then every leaf and node is hashed once.

Blocks up to the oldest kept one only count by what is left of them. Those above become history: what a block
displaced, and so its undo record, follows from the serial numbers that its entries deactivate; what it did
to a key follows from whether an entry brings a key, changes its value or takes a key away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256

from devnet.chain.account import Account
from devnet.chain.types import Address, Hash32
from devnet.state.config import DEVNET, QmdbConfig
from devnet.state.content import RecordRefused
from devnet.state.costs import Costs
from devnet.state.entries import SHARD_COUNT
from devnet.state.index import Index
from devnet.state.log import EntryLog
from devnet.state.records import (
    HEAD,
    PIECE,
    HeadRecord,
    PieceRecord,
    decode_block,
    decode_code,
    decode_head,
    decode_piece,
)
from devnet.state.shard import Shard
from devnet.state.shard_records import ShardRecords
from devnet.state.trees import (
    ACTIVE_BYTES,
    ZONE_LEVEL,
    Levels,
    NullNodes,
    null_nodes,
    rehash,
    right_nodes,
)
from devnet.state.values import ACCOUNT_KEY_LENGTH, SLOT_KEY_LENGTH, decode_account
from devnet.state.views import Block, Values, Version

_SENTRY_KEY_LENGTH = 32
_WORD_LENGTH = 32


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
        self._shards = [ShardRecords(number) for number in range(SHARD_COUNT)]
        self._heads: dict[int, HeadRecord] = {}
        self._pieces: list[list[PieceRecord]] = [[] for _ in range(SHARD_COUNT)]
        self._key_hashes: dict[bytes, bytes] = {}
        self._values = Values()
        self._codes: list[tuple[int, bytes]] = []
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

    def take_base(self, records: Sequence[bytes]) -> None:
        """See `devnet.state.content.Restoring`, and below."""
        _each(self._base_record, records)

    def take_codes(self, records: Sequence[bytes]) -> None:
        _each(self._code, records)

    def take_blocks(self, records: Sequence[bytes]) -> None:
        _each(self._block, records)

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

    def _block(self, record: bytes) -> None:
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

    def _base_record(self, record: bytes) -> None:
        if record[0] == HEAD:
            head = decode_head(record)
            _check_shard(head.number)
            self._heads[head.number] = head
        elif record[0] == PIECE:
            piece = decode_piece(record)
            _check_shard(piece.number)
            self._pieces[piece.number].append(piece)
        else:
            raise ValueError(f"there is no record of kind {record[0]} here")

    def _code(self, record: bytes) -> None:
        height, code_hash, code = decode_code(record)
        self._values.codes[Hash32(code_hash)] = code
        self._codes.append((height, code_hash))

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
            account = _account(value) if value else None
            version = accounts[address] = Version(block.height, account, accounts.get(address))
            block.accounts.append((address, version))
        elif len(key) == SLOT_KEY_LENGTH:
            address = Address(key[:ACCOUNT_KEY_LENGTH])
            slot = int.from_bytes(key[ACCOUNT_KEY_LENGTH:], "big")
            if len(value) > _WORD_LENGTH:
                raise ValueError(f"a slot's value has at most {_WORD_LENGTH} bytes")
            slots = self._values.slots.get(address)
            if slots is None:
                slots = self._values.slots[address] = {}
            slot_version = slots[slot] = Version(block.height, int.from_bytes(value, "big"), slots.get(slot))
            block.slots.append((address, slot, slot_version))
        else:
            raise ValueError(f"neither an account nor a slot has a key of {len(key)} bytes")

    def _place_codes(self) -> None:
        """Notes which blocks brought which code."""
        for height, code_hash in self._codes:
            if height > self._height:
                raise ValueError(f"code of height {height}, and the blocks end at {self._height}")
            assert self._oldest is not None
            if height > self._oldest:
                self._blocks[height].codes.append(Hash32(code_hash))

    def _hash_of(self, key: bytes) -> bytes:
        """The key hash of a key or, where it has 32 bytes, of a sentry, which is its key."""
        key_hash = self._key_hashes.get(key)
        if key_hash is None:
            key_hash = key if len(key) == _SENTRY_KEY_LENGTH else sha256(key).digest()
            self._key_hashes[key] = key_hash
        return key_hash


def _each(take: Callable[[bytes], None], records: Sequence[bytes]) -> None:
    for index, record in enumerate(records):
        try:
            take(record)
        except ValueError as error:
            raise RecordRefused(index, str(error)) from None


def _account(value: bytes) -> Account:
    """The account that an entry's value holds. Raises ValueError."""
    with suppress(ValueError):
        account = decode_account(value)
        if account.nonce < 1 << 64 and account.balance < 1 << 8 * _WORD_LENGTH:
            return account
    raise ValueError("the value of an account's entry is no account")


def _check_shard(number: int) -> None:
    if number >= SHARD_COUNT:
        raise ValueError(f"there is no shard {number}")


def _leaf_of_sentries(number: int) -> bytes:
    """The leaf of a shard in which nothing ever happened."""
    nulls, costs = null_nodes(), Costs()
    log = EntryLog.of_sentries(number, costs, nulls, right_nodes(b"\xff" * ACTIVE_BYTES))
    return Shard(number, DEVNET, costs, log, Index()).leaf()
