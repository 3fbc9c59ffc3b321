"""Blocks that are not among the newest: what the chain store keeps of them, and the few it has unpacked."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TypeAlias, overload

from devnet.chain.types import Hash32
from devnet.zone.block_archive import BlockArchive, Handle
from devnet.zone.block_record import BlockRecord
from devnet.zone.bloom_probe import PackedBloom, pack_bloom
from devnet.zone.transaction_index import short_keys

OldBlock: TypeAlias = tuple[Hash32, int, bool, PackedBloom | None, bytes, Handle]
"""Hash, height of the state after it, whether development calls wrote accounts before it, its logs' filter,
its transactions' short keys, and where the rest is. A plain tuple: the garbage collector lets go of those."""

PlacedBlock: TypeAlias = tuple[int, OldBlock]
"""With its number."""

DECODED_LIMIT = 2_048
"""How many blocks and transactions together the cache of unpacked blocks holds at most, twice."""

_FRAME_BYTES = 330
"""Of a whole block in any form: the tuple, the hash, its places in three dictionaries."""

_TRANSACTION_PLACE_BYTES = 130
"""Of a transaction in the index."""

_LIVE_BLOCK_BYTES = 2_600
_LIVE_TRANSACTION_BYTES = 1_500
_LIVE_LOG_BYTES = 700
"""What the objects take beside the bytes of data in them."""


def old_block(record: BlockRecord, handle: Handle) -> OldBlock:
    """What is kept of a block whose rest is elsewhere."""
    block = record.block
    return (
        block.hash,
        record.state_height,
        bool(record.overrides.accounts),
        pack_bloom(block.header.bloom),
        short_keys(block.transactions),
        handle,
    )


def memory_of(entry: BlockRecord | OldBlock) -> int:
    """Bytes of memory that a block takes in the chain store, counted and not measured: constants of this
    interpreter, and the lengths of what differs."""
    if isinstance(entry, tuple):
        _, _, _, bloom, keys, handle = entry
        count = len(keys) >> 3
        size = _FRAME_BYTES + count * _TRANSACTION_PLACE_BYTES + sys.getsizeof(keys) + sys.getsizeof(handle)
        return size if bloom is None else size + sys.getsizeof(bloom)
    block = entry.block
    transactions = len(block.transactions)
    if not transactions:
        return _FRAME_BYTES + _LIVE_BLOCK_BYTES + block.size
    logs = sum([len(receipt.logs) for receipt in block.receipts])
    data = sum([len(log.data) for receipt in block.receipts for log in receipt.logs]) if logs else 0
    return (
        _FRAME_BYTES
        + _LIVE_BLOCK_BYTES
        + transactions * (_LIVE_TRANSACTION_BYTES + _TRANSACTION_PLACE_BYTES)
        + logs * _LIVE_LOG_BYTES
        + data
        # The envelope, and the fields that were read out of it.
        + 2 * block.size
    )


class DecodedBlocks:
    """The old blocks that were asked for last, unpacked. Any thread uses it: every step is one assignment,
    and what one overwrites of another's is only unpacked again."""

    __slots__ = ("_older", "_weight", "_younger")

    def __init__(self) -> None:
        self._younger: dict[int, tuple[OldBlock, BlockRecord]] = {}
        self._older: dict[int, tuple[OldBlock, BlockRecord]] = {}
        self._weight = 0

    def get(self, number: int, entry: OldBlock) -> BlockRecord | None:
        """The block that `entry` stands for, where it is here."""
        found = self._younger.get(number)
        if found is None:
            found = self._older.get(number)
            if found is not None and found[0] is entry:
                self.put(number, *found)
        return found[1] if found is not None and found[0] is entry else None

    def put(self, number: int, entry: OldBlock, record: BlockRecord) -> None:
        """Keeps it for a while."""
        weight = 1 + len(record.block.transactions)
        if self._weight + weight > DECODED_LIMIT:
            self._older = self._younger
            self._younger = {}
            self._weight = 0
        self._younger[number] = (entry, record)
        self._weight += weight


class RemovedBlocks(Sequence[BlockRecord]):
    """Blocks that left the chain, unpacked when they are looked at: they may be very many."""

    __slots__ = ("_archive", "_entries")

    def __init__(self, entries: list[BlockRecord | OldBlock], archive: BlockArchive) -> None:
        self._entries = entries
        self._archive = archive

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[BlockRecord]:
        return map(self._record, self._entries)

    @overload
    def __getitem__(self, index: int) -> BlockRecord: ...

    @overload
    def __getitem__(self, index: slice) -> RemovedBlocks: ...

    def __getitem__(self, index: int | slice) -> BlockRecord | RemovedBlocks:
        if isinstance(index, slice):
            return RemovedBlocks(self._entries[index], self._archive)
        return self._record(self._entries[index])

    def _record(self, entry: BlockRecord | OldBlock) -> BlockRecord:
        return self._archive.get(entry[-1]) if isinstance(entry, tuple) else entry
