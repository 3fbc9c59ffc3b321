"""The zone's blocks by number and hash, and where each transaction is."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from devnet.chain.types import Hash32
from devnet.zone.block_record import BlockRecord
from devnet.zone.reserved_range import ReservedRange

BLOCKHASH_REACH = 256


@dataclass(frozen=True, slots=True)
class _Segment:
    """A reserved range, and how many whole blocks the store held when it was added."""

    blocks: ReservedRange
    position: int


_End = tuple[BlockRecord, tuple[Hash32, ...]]
"""The newest block, and the hashes of the last 257 blocks, its own last: replaced as one."""


class ChainStore:
    """A chain of blocks from genesis on. Its owner appends and truncates; any thread reads.

    A reader that meets a truncation sees the chain before or after it: every look-up checks what it found.
    """

    __slots__ = ("_end", "_genesis_number", "_numbers", "_records", "_segments", "_transactions")

    def __init__(self, genesis: BlockRecord) -> None:
        self._genesis_number = genesis.number
        self._records = [genesis]
        self._segments: list[_Segment] = []
        self._numbers: dict[Hash32, int] = {genesis.block.hash: genesis.number}
        self._transactions: dict[Hash32, tuple[BlockRecord, int]] = {}
        self._end: _End = (genesis, (genesis.block.hash,))

    @property
    def head(self) -> BlockRecord:
        """The newest block."""
        return self._end[0]

    @property
    def genesis(self) -> BlockRecord:
        return self._records[0]

    # ------------------------------------------------------------ changes

    def append(self, record: BlockRecord) -> None:
        """Adds the block after the head."""
        block = record.block
        for index, transaction in enumerate(block.transactions):
            self._transactions[transaction.hash] = (record, index)
        self._records.append(record)
        self._numbers[block.hash] = record.number
        self._end = (record, (*self._end[1][-BLOCKHASH_REACH:], block.hash))

    def reserve(self, blocks: ReservedRange) -> None:
        """Adds a range of empty blocks after the head."""
        self._segments.append(_Segment(blocks, len(self._records)))
        self._end = (blocks.record(blocks.last), self._hashes_up_to(blocks.last))

    def truncate(self, number: int) -> list[BlockRecord]:
        """Removes every block above `number`, which is at least genesis'; gives the removed ones, newest
        first, the reserved ones left out."""
        while self._segments and self._segments[-1].blocks.first > number:
            self._segments.pop()
        keep = self._position(number) + 1
        if self._segments and self._segments[-1].blocks.last > number:
            segment = self._segments.pop()
            self._segments.append(_Segment(segment.blocks.shortened(number), segment.position))
            keep = segment.position
        removed = self._records[keep:]
        del self._records[keep:]
        for record in removed:
            del self._numbers[record.block.hash]
            for transaction in record.block.transactions:
                self._transactions.pop(transaction.hash, None)
        head = self.by_number(number)
        assert head is not None
        self._end = (head, self._hashes_up_to(number))
        removed.reverse()
        return removed

    # ------------------------------------------------------------ look-ups

    def by_number(self, number: int) -> BlockRecord | None:
        """The block with that number, None where there is none."""
        segment = self._segment_at_or_before(number)
        if segment is not None and number <= segment.blocks.last:
            return segment.blocks.record(number)
        position = self._position_after(segment, number)
        if position < 0:
            return None
        try:
            record = self._records[position]
        except IndexError:
            return None
        return record if record.number == number else None

    def hash_of(self, number: int) -> Hash32 | None:
        """The hash of the block with that number, without making a reserved one."""
        segment = self._segment_at_or_before(number)
        if segment is not None and number <= segment.blocks.last:
            return segment.blocks.hash_of(number)
        record = self.by_number(number)
        return None if record is None else record.block.hash

    def by_hash(self, block_hash: Hash32) -> BlockRecord | None:
        """The block with that hash, None where there is none."""
        number = self._numbers.get(block_hash)
        if number is None:
            for segment in self._segments:
                number = segment.blocks.number_of(block_hash)
                if number is not None:
                    break
            else:
                return None
        record = self.by_number(number)
        return record if record is not None and record.block.hash == block_hash else None

    def locate(self, transaction_hash: Hash32) -> tuple[BlockRecord, int] | None:
        """The block that holds a transaction, and its index there."""
        return self._transactions.get(transaction_hash)

    def recent_hashes(self, number: int) -> tuple[Hash32, ...]:
        """What BLOCKHASH reaches in block `number`: the hashes of at most 256 blocks before it, newest
        last."""
        newest, recent = self._end
        if number == newest.number + 1:
            return recent[-BLOCKHASH_REACH:]
        if number == newest.number:
            return recent[:-1]
        return self._hashes_up_to(number - 1)[-BLOCKHASH_REACH:]

    def whole_blocks(self, first: int, last: int) -> Iterator[BlockRecord]:
        """The blocks from `first` to `last` that may hold something: all but the reserved ones."""
        position = bisect_left(self._records, first, key=_number_of)
        yield from self._records[position : bisect_right(self._records, last, key=_number_of)]

    def reserved(self, first: int) -> Iterator[ReservedRange]:
        """The reserved ranges that reach block `first` or later."""
        return (segment.blocks for segment in self._segments if segment.blocks.last >= first)

    def _hashes_up_to(self, last: int) -> tuple[Hash32, ...]:
        first = max(self._genesis_number, last - BLOCKHASH_REACH)
        hashes = (self.hash_of(number) for number in range(first, last + 1))
        return tuple(found for found in hashes if found is not None)

    def _segment_at_or_before(self, number: int) -> _Segment | None:
        if not self._segments:
            return None
        index = bisect_right(self._segments, number, key=_first_of)
        return self._segments[index - 1] if index else None

    def _position(self, number: int) -> int:
        """Where the whole block `number` is, or would be, in `_records`."""
        return self._position_after(self._segment_at_or_before(number), number)

    def _position_after(self, segment: _Segment | None, number: int) -> int:
        if segment is None:
            return number - self._genesis_number
        return segment.position + number - segment.blocks.last - 1


def _number_of(record: BlockRecord) -> int:
    return record.number


def _first_of(segment: _Segment) -> int:
    return segment.blocks.first
