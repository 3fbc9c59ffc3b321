"""The blocks of a zone in a log: one record a block or reserved range, in the chain's order, cut where the
chain is.

It is the zone's `BlockArchive`: the chain store tells it what changed and asks it for old blocks. Nothing
goes to the log before `write`, so blocks that come and go between two commits cost no file.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from struct import error as StructError

from devnet.chain.codec import REFERENCE, Codec
from devnet.chain.types import Hash32
from devnet.persistence.errors import FolderError, WriteFailed
from devnet.persistence.removal import Removal
from devnet.persistence.segmented_log import LogPosition, SegmentedLog
from devnet.zone.block_archive import HASH_REACH, Handle
from devnet.zone.block_record import BlockRecord
from devnet.zone.old_blocks import PlacedBlock
from devnet.zone.reserved_range import ReservedRange
from devnet.zone.storing.block_codec import decode_block, encode_block, read_outline
from devnet.zone.storing.kinds import RecordKind
from devnet.zone.storing.links import Links
from devnet.zone.storing.reserved_codec import decode_reserved, encode_reserved
from devnet.zone.transaction_index import short_keys_of

KIND = b"BLKS"


@dataclass(slots=True)
class _Unwritten:
    """A part of the chain that the log does not have yet."""

    first: int
    """Its lowest block number."""
    part: BlockRecord | ReservedRange
    payload: bytes | None = None
    handle: int | None = None
    """What `put` gave for it: below 0, because it has no offset yet."""

    def encoded(self, codec: Codec) -> bytes:
        if self.payload is None:
            part = self.part
            self.payload = (
                encode_block(part, codec) if isinstance(part, BlockRecord) else encode_reserved(part)
            )
        return self.payload


class BlockLog:
    """See the module. A handle is an offset in the log; one below 0 stands for a block that had none yet."""

    def __init__(self, log: SegmentedLog, codec: Codec = REFERENCE) -> None:
        self._log = log
        self._codec = codec
        self._firsts = array("Q")
        """The lowest block number of each record that counts."""
        self._offsets = array("Q")
        self._ranges: dict[int, ReservedRange] = {}
        """The written reserved ranges by their first number."""
        self._unwritten: list[_Unwritten] = []
        self._cut: int | None = None
        """The offset from which on records no longer count, until `write` tells the log."""
        self._handles = 0
        self._early: dict[int, bytes | int] = {}
        """By handle below 0, the block's record, or its offset once there is one."""
        self._has_new_early = False

    # ------------------------------------------------------------ the archive

    def added(self, record: BlockRecord) -> None:
        """See `BlockArchive`."""
        self._unwritten.append(_Unwritten(record.number, record))

    def reserved(self, blocks: ReservedRange) -> None:
        """See `BlockArchive`."""
        self._unwritten.append(_Unwritten(blocks.first, blocks))

    def truncated(self, number: int) -> None:
        """See `BlockArchive`."""
        unwritten = self._unwritten
        while unwritten and unwritten[-1].first > number:
            unwritten.pop()
        if unwritten:
            last = unwritten[-1]
            if isinstance(last.part, ReservedRange) and last.part.last > number:
                unwritten[-1] = _Unwritten(last.first, last.part.shortened(number))
            return
        keep = bisect_right(self._firsts, number)
        shortened = None
        last_range = self._ranges.get(self._firsts[keep - 1]) if keep else None
        if last_range is not None and last_range.last > number:
            keep -= 1
            shortened = last_range.shortened(number)
        if keep < len(self._firsts):
            self._cut = self._offsets[keep]
            for first in self._firsts[keep:]:
                self._ranges.pop(first, None)
            del self._firsts[keep:]
            del self._offsets[keep:]
        if shortened is not None:
            self.reserved(shortened)

    def forgotten(self, oldest: int) -> None:
        """See `BlockArchive`."""
        firsts = self._firsts
        keep = bisect_right(firsts, max(0, oldest - HASH_REACH)) - 1
        if keep > 0 and firsts[keep] in self._ranges:
            # A range needs the block before it to be read again.
            keep -= 1
        if keep > 0:
            for first in firsts[:keep]:
                self._ranges.pop(first, None)
            del firsts[:keep]
            del self._offsets[:keep]

    def put(self, record: BlockRecord) -> Handle:
        """See `BlockArchive`."""
        number = record.number
        index = bisect_left(self._firsts, number)
        if index < len(self._firsts) and self._firsts[index] == number:
            return self._offsets[index]
        found = self._unwritten[bisect_left(self._unwritten, number, key=_first_of)]
        if found.handle is None:
            self._handles += 1
            found.handle = -self._handles
            self._early[found.handle] = found.encoded(self._codec)
            self._has_new_early = True
        return found.handle

    def get(self, handle: Handle) -> BlockRecord:
        """See `BlockArchive`."""
        place = handle
        if isinstance(place, int) and place < 0:
            place = self._early[place]
        if isinstance(place, bytes):
            return decode_block(place, self._codec)
        try:
            return decode_block(self._log.read(place), self._codec)
        except (FolderError, StructError):
            index = bisect_left(self._offsets, place)
            if index < len(self._offsets) and self._offsets[index] == place:
                raise
            raise LookupError(f"the block at {place} went while it was read") from None

    # ------------------------------------------------------------ files

    @property
    def is_behind(self) -> bool:
        """Whether the chain changed since `write`. Any thread may ask."""
        return bool(self._unwritten) or self._cut is not None

    def write(self) -> LogPosition:
        """Gives what changed to the operating system. Raises WriteFailed; then the next call tries again."""
        log = self._log
        if self._cut is not None:
            log.cut(self._cut)
        if self._offsets:
            log.drop(self._offsets[0])
        if not self._unwritten:
            position = log.write()
            self._cut = None
            return position
        start = log.end
        offsets = [log.append(item.encoded(self._codec)) for item in self._unwritten]
        try:
            position = log.write()
        except WriteFailed:
            log.cut(start)
            raise
        self._written(offsets)
        return position

    def _written(self, offsets: list[int]) -> None:
        for item, offset in zip(self._unwritten, offsets, strict=True):
            self._firsts.append(item.first)
            self._offsets.append(offset)
            if isinstance(item.part, ReservedRange):
                self._ranges[item.first] = item.part
            if item.handle is not None:
                self._early[item.handle] = offset
        self._unwritten = []
        self._cut = None
        if self._has_new_early:
            self._has_new_early = False
            # What is still bytes was truncated, and nobody asks for that any more.
            known = frozenset(self._offsets)
            self._early = {handle: place for handle, place in self._early.items() if place in known}

    def removes(self) -> Removal:
        """See `Durable`."""
        return self._log.removes()

    def committed(self) -> None:
        """See `Durable`."""
        self._log.committed()

    def sync(self) -> None:
        """See `Durable`."""
        self._log.sync()

    def close(self) -> None:
        """See `Durable`."""
        self._log.close()

    # ------------------------------------------------------------ opening

    def parts(self, genesis: BlockRecord) -> Iterator[BlockRecord | ReservedRange]:
        """Reads the log from its first record that counts on. Raises FolderError (DAMAGED) where the bytes
        are no chain."""
        for part in self.restore(genesis, None):
            assert not isinstance(part, tuple)
            yield part

    def restore(
        self, genesis: BlockRecord, whole: int | None
    ) -> Iterator[BlockRecord | ReservedRange | PlacedBlock]:
        """As `parts`, for a chain store that will ask for the blocks: of all but the last `whole` records the
        outline is enough."""
        links = Links(genesis)
        reader = _Reader(genesis)
        waiting: deque[tuple[int, bytes]] = deque()
        offset = 0
        try:
            for offset, payload in self._log.scan():
                waiting.append((offset, payload))
                if whole is None or len(waiting) > whole:
                    offset, payload = waiting.popleft()
                    yield self._found(offset, reader.read(payload, offset, whole is not None), links)
            while waiting:
                offset, payload = waiting.popleft()
                yield self._found(offset, reader.read(payload, offset, False), links)
        except ValueError as error:
            raise self.damage(f"the record makes no sense: {error}", offset) from error

    def _found(self, offset: int, part: _Read, links: Links) -> BlockRecord | ReservedRange | PlacedBlock:
        found, first = part.part, part.first
        links.link(first, part.parent_hash, part.last, part.last_hash)
        self._firsts.append(first)
        self._offsets.append(offset)
        if isinstance(found, ReservedRange):
            self._ranges[first] = found
        return found

    def damage(self, detail: str, offset: int | None = None) -> FolderError:
        """What to raise where the log holds something that it cannot."""
        return self._log.damage(detail, offset)


@dataclass(frozen=True, slots=True)
class _Read:
    """A record that was read, and how it follows the one before."""

    part: BlockRecord | ReservedRange | PlacedBlock
    first: int
    parent_hash: Hash32
    last: int
    last_hash: Hash32


class _Reader:
    """Reads records in their order."""

    def __init__(self, genesis: BlockRecord) -> None:
        self._genesis = genesis
        self._block: bytes | None = None
        """The record of the newest block that is no reserved one."""

    def read(self, payload: bytes, offset: int, is_outline_enough: bool) -> _Read:
        """The next record. Raises ValueError."""
        if payload[0] == RecordKind.RESERVED:
            parent = self._genesis if self._block is None else decode_block(self._block)
            blocks = decode_reserved(payload, parent)
            last = blocks.last
            return _Read(blocks, blocks.first, blocks.template.parent_hash, last, blocks.hash_of(last))
        self._block = payload
        if not is_outline_enough:
            record = decode_block(payload)
            block = record.block
            return _Read(record, record.number, block.header.parent_hash, record.number, block.hash)
        outline = read_outline(payload)
        number = outline.number
        keys = short_keys_of(outline.transaction_hashes)
        old = (
            outline.hash,
            outline.state_height,
            outline.has_account_overrides,
            outline.bloom,
            keys,
            offset,
        )
        return _Read((number, old), number, outline.parent_hash, number, outline.hash)


def _first_of(item: _Unwritten) -> int:
    return item.first
