"""The zone's blocks by number and hash, and where each transaction is.

The newest blocks are objects; older ones are packed (`block_archive.py`) and unpacked when somebody asks.
Blocks go at both ends: a truncation takes the newest, the end of the kept history the oldest. Genesis stays.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from devnet.chain.block import Header
from devnet.chain.types import Hash32
from devnet.zone.block_archive import HASH_REACH, BlockArchive
from devnet.zone.block_record import BlockRecord
from devnet.zone.bloom_probe import BloomProbe
from devnet.zone.old_blocks import (
    DecodedBlocks,
    OldBlock,
    PlacedBlock,
    RemovedBlocks,
    memory_of,
    old_block,
)
from devnet.zone.reserved_range import ReservedRange
from devnet.zone.transaction_index import TransactionIndex, short_keys

BLOCKHASH_REACH = 256

LIVE_BLOCKS = 256
"""How many of the newest blocks are kept as objects."""

LIVE_TRANSACTIONS = 4_096
"""How many transactions those blocks hold together; the newest block is always an object."""

HEADERS = 2 * BLOCKHASH_REACH
"""Of so many of the newest blocks the headers stay, also where the blocks go: what BLOCKHASH says in a block
is proven by the headers between the two, and blocks wait a while until somebody proves them."""

_End = tuple[BlockRecord, tuple[Hash32, ...]]
"""The newest block, and the hashes of the last 257 blocks, its own last: replaced as one."""


@dataclass(frozen=True, slots=True)
class BlockSummary:
    """What is known of a block without unpacking it."""

    number: int
    hash: Hash32
    state_height: int
    """See `BlockRecord`."""
    has_account_overrides: bool
    """Whether development calls wrote accounts that the block carries."""


class ChainStore:
    """A chain of blocks: genesis, and everything from `oldest` to the head. Its owner appends, truncates and
    forgets; any thread reads.

    A reader that meets a change sees the chain before or after it: every look-up checks what it found. One
    that looks at several blocks compares `truncations` and `oldest` before and after.
    """

    __slots__ = (
        "_archive",
        "_blocks",
        "_decoded",
        "_end",
        "_genesis",
        "_hashes_below",
        "_headers",
        "_live",
        "_live_transactions",
        "_numbers",
        "_segments",
        "_transactions",
        "memory",
        "oldest",
        "truncations",
    )

    def __init__(self, genesis: BlockRecord, archive: BlockArchive) -> None:
        self._archive = archive
        self._genesis = genesis
        self._blocks: dict[int, BlockRecord | OldBlock] = {}
        """The whole blocks after genesis."""
        self._live: deque[BlockRecord] = deque()
        """Those of them that are objects, oldest first."""
        self._live_transactions = 0
        self._segments: tuple[ReservedRange, ...] = ()
        self._numbers: dict[Hash32, int] = {genesis.block.hash: genesis.number}
        self._transactions = TransactionIndex()
        self._decoded = DecodedBlocks()
        self._hashes_below: dict[int, Hash32] = {}
        """Of whole blocks below `oldest` that BLOCKHASH still reaches. They do not follow from `_headers`,
        which are counted from the head: with a long history all of them are above `oldest`, and what opening
        a folder did not unpack is not among them."""
        self._headers: dict[int, Header] = {}
        """Of the newest `HEADERS` whole blocks, ascending."""
        self._end: _End = (genesis, (genesis.block.hash,))
        self.oldest = genesis.number
        """The lowest number that is kept, genesis left out once more than it was forgotten."""
        self.truncations = 0
        """How often blocks were removed."""
        self.memory = memory_of(genesis)
        """Bytes that the blocks take, counted."""

    @property
    def head(self) -> BlockRecord:
        """The newest block."""
        return self._end[0]

    @property
    def genesis(self) -> BlockRecord:
        return self._genesis

    # ------------------------------------------------------------ changes

    def append(self, record: BlockRecord) -> None:
        """Adds the block after the head."""
        # Told before readers see it: they may ask whether the archive has everything.
        self._archive.added(record)
        self._append(record)
        self._pack_old_ones()

    def reserve(self, blocks: ReservedRange) -> None:
        """Adds a range of empty blocks after the head."""
        self._archive.reserved(blocks)
        self._reserve(blocks)

    def restore(
        self,
        parts: Iterable[BlockRecord | ReservedRange | PlacedBlock],
        oldest: int,
        hashes_below: Mapping[int, Hash32] = MappingProxyType({}),
        headers_below: Mapping[int, Header] = MappingProxyType({}),
    ) -> None:
        """Fills a store that has only genesis with what its archive holds already, from the lowest block that
        it holds on, at least the newest as an object. What lies below `oldest` gives only its hashes;
        `hashes_below` and `headers_below` are those of blocks that the archive does not hold."""
        self._hashes_below.update(hashes_below)
        self._headers.update(headers_below)
        is_first = True
        has_gap = False
        for part in parts:
            if isinstance(part, tuple):
                first = part[0]
            else:
                first = part.number if isinstance(part, BlockRecord) else part.first
            if is_first and first > self._genesis.number + 1:
                # The blocks in between are forgotten.
                self.oldest = first
                self._end = (self._genesis, self._hashes_up_to(first - 1) if hashes_below else ())
            is_first = False
            if isinstance(part, tuple):
                self._restore_old(*part)
                has_gap = True
            elif isinstance(part, BlockRecord):
                if has_gap:
                    self._end = (part, self._hashes_up_to(part.number - 1))
                    has_gap = False
                self._append(part)
                self._pack_old_ones()
            else:
                self._reserve(part)
        self._headers = dict(sorted(self._headers.items())[-HEADERS:])
        self._forget(oldest)

    def truncate(self, number: int) -> Sequence[BlockRecord]:
        """Removes every block above `number`, which is kept; gives the removed ones, newest first, the
        reserved ones left out. They can be unpacked until the archive writes what comes next."""
        self.truncations += 1
        self._archive.truncated(number)
        removed: list[BlockRecord | OldBlock] = []
        for span in reversed(list(self._whole_spans(number + 1, self.head.number))):
            for above in reversed(span):
                removed.append(self._take(above))
        segments = [blocks for blocks in self._segments if blocks.first <= number]
        if segments and segments[-1].last > number:
            segments[-1] = segments[-1].shortened(number)
        self._segments = tuple(segments)
        while self._headers and next(reversed(self._headers)) > number:
            self._headers.popitem()
        while self._live and self._live[-1].number > number:
            self._live_transactions -= len(self._live.pop().block.transactions)
        head = self.by_number(number)
        assert head is not None
        self._end = (head, self._hashes_up_to(number))
        return RemovedBlocks(removed, self._archive)

    def forget(self, oldest: int) -> None:
        """Lets the blocks below `oldest`, but for genesis, go; the newest block always stays."""
        oldest = min(oldest, self.head.number)
        if oldest > self.oldest:
            self._forget(oldest)
            self._archive.forgotten(oldest)

    # ------------------------------------------------------------ look-ups

    def by_number(self, number: int) -> BlockRecord | None:
        """The block with that number, None where there is none (any more)."""
        newest = self._end[0]
        if number == newest.number:
            return newest
        entry = self._blocks.get(number)
        if entry is not None:
            return self._record(number, entry)
        if number == self._genesis.number:
            return self._genesis
        segment = self._segment_of(number)
        return None if segment is None or number < self.oldest else segment.record(number)

    def by_hash(self, block_hash: Hash32) -> BlockRecord | None:
        """The block with that hash, None where there is none (any more)."""
        number = self._number_of(block_hash)
        record = None if number is None else self.by_number(number)
        return record if record is not None and record.block.hash == block_hash else None

    def summary(self, ref: int | Hash32) -> BlockSummary | None:
        """What is known of a block, by number or hash, without unpacking it."""
        number = ref if isinstance(ref, int) else self._number_of(ref)
        if number is None:
            return None
        entry = self._blocks.get(number)
        if isinstance(entry, tuple):
            found = BlockSummary(number, entry[0], entry[1], entry[2])
        else:
            record = entry or self.by_number(number)
            if record is None:
                return None
            has_overrides = bool(record.overrides.accounts)
            found = BlockSummary(number, record.block.hash, record.state_height, has_overrides)
        return found if isinstance(ref, int) or found.hash == ref else None

    def hash_of(self, number: int) -> Hash32 | None:
        """The hash of the block with that number, without making or unpacking it. The blocks just below the
        oldest kept one have theirs, too."""
        entry = self._blocks.get(number)
        if entry is not None:
            return entry[0] if isinstance(entry, tuple) else entry.block.hash
        if number == self._genesis.number:
            return self._genesis.block.hash
        segment = self._segment_of(number)
        return self._hashes_below.get(number) if segment is None else segment.hash_of(number)

    def header_of(self, number: int) -> Header | None:
        """The header of the block with that number; also of the newest `HEADERS` that are no longer kept."""
        header = self._headers.get(number)
        if header is not None:
            return header
        record = self.by_number(number)
        return None if record is None else record.block.header

    def headers_below(self, lowest: int) -> list[Header]:
        """Of the blocks from `lowest` on that are no longer kept, those that are known, ascending."""
        return [header for number, header in self._headers.items() if lowest <= number < self.oldest]

    def is_reserved(self, block_hash: Hash32) -> bool:
        """Whether the block with that hash is one of a reserved range."""
        return any(blocks.number_of(block_hash) is not None for blocks in self._segments)

    def following(self, number: int) -> int:
        """The number after the block's; for a block of a reserved range the one after the range."""
        segment = self._segment_of(number)
        return (number if segment is None else segment.last) + 1

    def locate(self, transaction_hash: Hash32) -> tuple[BlockRecord, int] | None:
        """The block that holds a transaction, and its index there; the newest where several do."""
        for number, index in self._transactions.find(transaction_hash):
            record = self.by_number(number)
            if record is not None:
                transactions = record.block.transactions
                if index < len(transactions) and transactions[index].hash == transaction_hash:
                    return record, index
        return None

    def recent_hashes(self, number: int) -> tuple[Hash32, ...]:
        """What BLOCKHASH reaches in block `number`: the hashes of at most 256 blocks before it, newest
        last."""
        newest, recent = self._end
        if number == newest.number + 1:
            return recent[-BLOCKHASH_REACH:]
        if number == newest.number:
            return recent[:-1]
        return self._hashes_up_to(number - 1)[-BLOCKHASH_REACH:]

    def whole_blocks(self, first: int, last: int, probe: BloomProbe | None = None) -> Iterator[BlockRecord]:
        """The blocks from `first` to `last` that may hold something: all but the reserved ones. With a probe
        only those behind whose filter a log of its query may be; the others are not unpacked."""
        first = max(first, self.oldest)
        if first <= self._genesis.number <= last and probe is None:
            yield self._genesis
        blocks = self._blocks
        for span in self._whole_spans(first, min(last, self.head.number)):
            for number in span:
                entry = blocks.get(number)
                if entry is None:
                    continue
                if probe is not None and not _may_hold(entry, probe):
                    continue
                # A search that unpacks many would push everything else out of the cache.
                record = self._record(number, entry, is_kept=False)
                if record is not None:
                    yield record

    def filled_blocks(self, first: int, last: int) -> Iterator[BlockRecord]:
        """Those that hold transactions, or that development calls wrote accounts before; no other is
        unpacked."""
        for span in self._whole_spans(max(first, self.oldest), min(last, self.head.number)):
            for number in span:
                entry = self._blocks.get(number)
                if entry is not None and _is_filled(entry):
                    record = self._record(number, entry, is_kept=False)
                    if record is not None:
                        yield record

    def reserved(self, first: int) -> Iterator[ReservedRange]:
        """The reserved ranges that reach block `first` or later."""
        return (blocks for blocks in self._segments if blocks.last >= first)

    # ------------------------------------------------------------ steps

    def _append(self, record: BlockRecord) -> None:
        block = record.block
        number = record.number
        if block.transactions:
            self._transactions.add(number, short_keys(block.transactions))
            self._live_transactions += len(block.transactions)
        self._blocks[number] = record
        self._live.append(record)
        self._numbers[block.hash] = number
        self._headers[number] = block.header
        if len(self._headers) > HEADERS:
            del self._headers[next(iter(self._headers))]
        self.memory += memory_of(record)
        self._end = (record, (*self._end[1][-BLOCKHASH_REACH:], block.hash))

    def _restore_old(self, number: int, entry: OldBlock) -> None:
        if entry[4]:
            self._transactions.add(number, entry[4])
        self._blocks[number] = entry
        self._numbers[entry[0]] = number
        self.memory += memory_of(entry)

    def _reserve(self, blocks: ReservedRange) -> None:
        self._segments = (*self._segments, blocks)
        self._end = (blocks.record(blocks.last), self._hashes_up_to(blocks.last))

    def _pack_old_ones(self) -> None:
        live = self._live
        while len(live) > LIVE_BLOCKS or (self._live_transactions > LIVE_TRANSACTIONS and len(live) > 1):
            record = live.popleft()
            self._live_transactions -= len(record.block.transactions)
            entry = old_block(record, self._archive.put(record))
            self.memory += memory_of(entry) - memory_of(record)
            self._blocks[record.number] = entry

    def _forget(self, oldest: int) -> None:
        # Readers find out first, then the blocks go.
        before, self.oldest = self.oldest, oldest
        reach = oldest - HASH_REACH
        hashes = self._hashes_below
        for span in self._whole_spans(before, oldest - 1):
            for number in span:
                if number == self._genesis.number:
                    block_hash = self._genesis.block.hash
                else:
                    block_hash = self._hash_in(self._take(number))
                if number >= reach:
                    hashes[number] = block_hash
        for number in list(hashes):
            if number >= reach:
                break
            del hashes[number]
        if self._segments and self._segments[0].last < reach:
            self._segments = tuple([blocks for blocks in self._segments if blocks.last >= reach])
        while self._live and self._live[0].number < oldest:
            self._live_transactions -= len(self._live.popleft().block.transactions)

    def _take(self, number: int) -> BlockRecord | OldBlock:
        """Takes a whole block out of all look-ups."""
        entry = self._blocks.pop(number)
        self.memory -= memory_of(entry)
        if isinstance(entry, tuple):
            keys = entry[4]
        else:
            keys = short_keys(entry.block.transactions)
        del self._numbers[self._hash_in(entry)]
        if keys:
            self._transactions.remove(number, keys)
        return entry

    def _record(self, number: int, entry: BlockRecord | OldBlock, is_kept: bool = True) -> BlockRecord | None:
        """The block itself, None where it went meanwhile."""
        if not isinstance(entry, tuple):
            return entry
        record = self._decoded.get(number, entry)
        if record is None:
            try:
                record = self._archive.get(entry[5])
            except Exception:
                if self._blocks.get(number) is not entry:
                    # Another thread removed the block while this one was reading its bytes.
                    return None
                raise
            if is_kept:
                self._decoded.put(number, entry, record)
        return record

    def _number_of(self, block_hash: Hash32) -> int | None:
        number = self._numbers.get(block_hash)
        if number is None:
            for segment in self._segments:
                number = segment.number_of(block_hash)
                if number is not None:
                    break
        return number

    @staticmethod
    def _hash_in(entry: BlockRecord | OldBlock) -> Hash32:
        return entry[0] if isinstance(entry, tuple) else entry.block.hash

    def _hashes_up_to(self, last: int) -> tuple[Hash32, ...]:
        first = max(self._genesis.number, last - BLOCKHASH_REACH)
        hashes = (self.hash_of(number) for number in range(first, last + 1))
        return tuple(found for found in hashes if found is not None)

    def _segment_of(self, number: int) -> ReservedRange | None:
        """The reserved range that holds the number."""
        segments = self._segments
        if not segments:
            return None
        index = bisect_right(segments, number, key=_first_of)
        return segments[index - 1] if index and number <= segments[index - 1].last else None

    def _whole_spans(self, first: int, last: int) -> Iterator[range]:
        """The numbers from `first` to `last` that are in no reserved range."""
        for blocks in self._segments:
            if blocks.last < first:
                continue
            if blocks.first > last:
                break
            yield range(first, blocks.first)
            first = blocks.last + 1
        yield range(first, last + 1)


def _may_hold(entry: BlockRecord | OldBlock, probe: BloomProbe) -> bool:
    if isinstance(entry, tuple):
        bloom = entry[3]
        return bloom is not None and probe.may_hold(bloom)
    block = entry.block
    return bool(block.transactions) and probe.may_hold(block.header.bloom)


def _is_filled(entry: BlockRecord | OldBlock) -> bool:
    if isinstance(entry, tuple):
        return bool(entry[2] or entry[4])
    return bool(entry.block.transactions or entry.overrides.accounts)


def _first_of(blocks: ReservedRange) -> int:
    return blocks.first
