"""The blocks of a zone in a log: one record a block or reserved range, in the chain's order, cut where the
chain is.

It is the zone's `BlockArchive`: the chain store tells it what changed and asks it for old blocks. Nothing
goes to the log before `write`, so blocks that come and go between two commits cost no file.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from struct import error as StructError

from devnet.persistence.errors import Flaw, FolderError, WriteFailed
from devnet.persistence.removal import Removal
from devnet.persistence.segmented_log import LogPosition, SegmentedLog
from devnet.zone.block_archive import HASH_REACH, Handle
from devnet.zone.block_record import BlockRecord
from devnet.zone.reserved_range import ReservedRange
from devnet.zone.storing.block_codec import decode_block, encode_block
from devnet.zone.storing.kinds import RecordKind
from devnet.zone.storing.reserved_codec import decode_reserved, encode_reserved

KIND = b"BLKS"

REPAIR_ADVICE = "`zero data check` says what is lost, `zero data check --repair` goes back to what is whole"


@dataclass(slots=True)
class _Unwritten:
    """A part of the chain that the log does not have yet."""

    first: int
    """Its lowest block number."""
    part: BlockRecord | ReservedRange
    payload: bytes | None = None
    handle: int | None = None
    """What `put` gave for it: below 0, because it has no offset yet."""

    def encoded(self) -> bytes:
        if self.payload is None:
            part = self.part
            self.payload = encode_block(part) if isinstance(part, BlockRecord) else encode_reserved(part)
        return self.payload


class BlockLog:
    """See the module. A handle is an offset in the log; one below 0 stands for a block that had none yet."""

    def __init__(self, log: SegmentedLog, folder: Path) -> None:
        self._log = log
        self._folder = folder
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
            self._early[found.handle] = found.encoded()
            self._has_new_early = True
        return found.handle

    def get(self, handle: Handle) -> BlockRecord:
        """See `BlockArchive`."""
        place = handle
        if isinstance(place, int) and place < 0:
            place = self._early[place]
        if isinstance(place, bytes):
            return decode_block(place)
        try:
            return decode_block(self._log.read(place))
        except (FolderError, StructError):
            index = bisect_left(self._offsets, place)
            if index < len(self._offsets) and self._offsets[index] == place:
                raise
            raise LookupError(f"the block at {place} went while it was read") from None

    # ------------------------------------------------------------ files

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
        offsets = [log.append(item.encoded()) for item in self._unwritten]
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
        """Reads the log from its first record that counts on. Each part can be asked for (`put`) as soon as
        it is given. Raises FolderError (DAMAGED) where the bytes are no chain."""
        before = genesis
        for offset, payload in self._log.scan():
            try:
                if payload[0] == RecordKind.RESERVED:
                    part: BlockRecord | ReservedRange = decode_reserved(payload, before)
                else:
                    part = before = decode_block(payload)
            except ValueError as error:
                raise self.damage(f"the record at {offset} is no block: {error}") from error
            if isinstance(part, ReservedRange):
                self._ranges[part.first] = part
                first = part.first
            else:
                first = part.number
            if self._firsts and first <= self._firsts[-1]:
                raise self.damage(f"block {first} follows block {self._firsts[-1]}")
            self._firsts.append(first)
            self._offsets.append(offset)
            yield part

    def damage(self, detail: str) -> FolderError:
        """What to raise where the log holds something that it cannot."""
        return FolderError(Flaw.DAMAGED, self._folder, detail, advice=REPAIR_ADVICE)


def _first_of(item: _Unwritten) -> int:
    return item.first
