"""An append-only stream of records, in files ("segments") of bounded size.

A record's place is its *offset* in the stream, which counts every byte that was ever committed and is never
used twice: what is cut off the end leaves a gap, and the stream goes on behind it in a new segment. A segment
is named by the offset that it starts at and ends with the one of the segment that follows
(`devnet.persistence.segment`).

    log = SegmentedLog.create(folder, Header(b"BLKS", identity, zone))
    at = log.append(b"...")        kept in memory
    position = log.write()         given to the operating system; put it into the commit, then
    log.committed()                clean up what the commit no longer names

Until `committed`, everything that an earlier commit named is still there. One thread appends, cuts and
writes; `read` and `sync` may be called from others.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from struct import Struct

from devnet.persistence.errors import Flaw, FolderError, SyncFailed, WriteFailed
from devnet.persistence.header import HEADER_SIZE, Header
from devnet.persistence.platform import read_fully, sync_file, sync_folder, write_fully
from devnet.persistence.records import FRAME, FRAME_SIZE, RECORD_LIMIT, crc32c, frame
from devnet.persistence.removal import Removal
from devnet.persistence.segment import REPAIR_ADVICE, Segment

SEGMENT_SIZE = 32 * 1024 * 1024
"""Bytes after which a segment is sealed."""

_POSITION = Struct("<QQQQ")
_SUFFIX = ".log"
_REMOVE = "move the file away if it is not the network's"


@dataclass(frozen=True, slots=True)
class LogPosition:
    """What of a log counts: the records from `first` on and before `end`, but not those from `cut_from` to
    `cut_to`."""

    first: int = 0
    end: int = 0
    cut_from: int = 0
    cut_to: int = 0

    SIZE = _POSITION.size

    @property
    def is_empty(self) -> bool:
        """Whether no record counts."""
        has_cut_end = self.cut_from < self.cut_to == self.end
        return self.first >= (self.cut_from if has_cut_end else self.end)

    def validate(self, folder: Path) -> None:
        """Raises FolderError (DAMAGED) for what no log's position can be."""
        if not (self.first <= self.end and self.cut_from <= self.cut_to <= self.end):
            raise FolderError(Flaw.DAMAGED, folder, f"the commit names a place that cannot be: {self}")

    def encode(self) -> bytes:
        """32 bytes for a commit."""
        return _POSITION.pack(self.first, self.end, self.cut_from, self.cut_to)

    @classmethod
    def decode(cls, content: bytes) -> LogPosition:
        """The inverse of `encode`. Raises ValueError."""
        if len(content) != _POSITION.size:
            raise ValueError(f"a position has {_POSITION.size} bytes, not {len(content)}")
        return cls(*_POSITION.unpack(content))


class SegmentedLog:
    """See the module. `end` is the offset that the next record gets."""

    OPEN_FILES = 8
    """Segments whose files stay open. A network has five logs a zone."""

    def __init__(self, folder: Path, header: Header, segment_size: int, *, is_read_only: bool) -> None:
        self.folder = folder
        self._header = header
        self._segment_size = segment_size
        self._is_read_only = is_read_only
        self._segments: list[Segment] = []
        """What is written, without what is cut."""
        self._lock = threading.Lock()
        """Guards `_segments` and their sizes between the owner and other threads."""
        self._cut_off: list[Segment] = []
        """Segments of which nothing is left, and those of which the end is cut off, since the last commit."""
        self._overlong: list[Segment] = []
        self._leftovers: list[Callable[[], None]] = []
        """What is to be done to the files for the commits that were."""
        self._pending: list[bytes] = []
        self._pending_start = 0
        """Offset of the first record that is not written."""
        self._written = LogPosition()
        """As `write` gave it last."""
        self._counted = LogPosition()
        """As it was committed last."""
        self._cut: tuple[int, int] = (0, 0)
        self._first = 0
        self._synced_end = 0
        """A commit that survives a power cut may name records before this offset, but none after it."""
        self._new_names: set[Path] = set()
        """Folders in which names appeared or went since they were synced."""
        self._is_fresh_segment_due = True
        self.end = 0

    # ------------------------------------------------------------ open and close

    @classmethod
    def create(cls, folder: Path, header: Header, segment_size: int = SEGMENT_SIZE) -> SegmentedLog:
        """A new log in a folder of its own, which is made. Raises WriteFailed."""
        log = cls(folder, header, segment_size, is_read_only=False)
        try:
            log._make_folder()
            for path in log._files():
                # Left by a process that was killed before its first commit.
                path.unlink()
        except OSError as error:
            raise WriteFailed(folder, error) from error
        return log

    @classmethod
    def open(
        cls,
        folder: Path,
        header: Header,
        position: LogPosition,
        segment_size: int = SEGMENT_SIZE,
        *,
        is_read_only: bool = False,
    ) -> SegmentedLog:
        """The log as a commit describes it. What lies beyond was never reported and is removed, unless the
        log is only to be read. Raises FolderError where something that the commit names is missing or
        shortened (`scan` checks the bytes), and WriteFailed."""
        log = cls(folder, header, segment_size, is_read_only=is_read_only)
        position.validate(folder)
        log._first = position.first
        log._cut = (position.cut_from, position.cut_to)
        log._written = log._counted = position
        log.end = log._pending_start = log._synced_end = position.end
        try:
            log._find_segments(position)
            if not is_read_only:
                log._make_folder()
                log._clean_up()
        except WriteFailed:
            raise
        except OSError as error:
            raise WriteFailed(folder, error) from error
        return log

    def close(self) -> None:
        """Lets the files go; writes nothing."""
        with self._lock:
            for segment in (*self._segments, *self._cut_off):
                segment.let_go()

    # ------------------------------------------------------------ the owner's

    @property
    def first(self) -> int:
        """Records before this offset are not needed any more."""
        return self._first

    def append(self, payload: bytes) -> int:
        """Adds a record in memory; gives its offset."""
        record = frame(payload)
        at = self.end
        self._pending.append(record)
        self.end = at + len(record)
        return at

    def cut(self, offset: int) -> None:
        """Takes the records from `offset` on away: a record's offset, or what `end` was at some time."""
        if offset >= self.end:
            return
        if offset >= self._pending_start:
            self._drop_pending(offset)
            return
        self._pending.clear()
        counted_end = self._counted.end
        if self._pending_start > counted_end:
            # No commit names it, so it needs no trace, and its offsets may be used again.
            self._take_back(max(offset, counted_end))
        self.end = self._pending_start
        if offset >= counted_end:
            return
        # Offsets that were committed are not used again: what comes next begins where the stream had come to.
        cut_from = self._take_off(offset)
        if self._is_cut_open:
            cut_from = min(cut_from, self._cut[0])
        self._cut = (cut_from, counted_end)
        if self._first >= cut_from:
            self._first = counted_end
        self._is_fresh_segment_due = True

    def drop(self, offset: int) -> None:
        """Records before `offset` are not needed any more; whole segments of them go at `committed`."""
        cut_from, cut_to = self._cut
        if cut_from <= offset < cut_to:
            offset = cut_to
        self._first = max(self._first, min(offset, self.end))

    def start_anew(self) -> None:
        """Everything up to here is not needed any more once what is appended next is committed; it goes into
        a new segment, so that all older ones can go."""
        self.drop(self.end)
        self._is_fresh_segment_due = True

    def write(self) -> LogPosition:
        """Gives everything appended to the operating system. Raises WriteFailed; everything is then as before
        and the next call tries again."""
        if self._leftovers:
            self._finish()
        if self._pending:
            segment = self._segment_for_writing()
            content = b"".join(self._pending)
            try:
                write_fully(segment.file.number, content, HEADER_SIZE + segment.size)
            except OSError as error:
                with suppress(OSError):
                    segment.shorten(segment.size)
                raise WriteFailed(segment.path, error) from error
            segment.size += len(content)
            segment.is_dirty = True
            self._pending.clear()
            self._pending_start = self.end
        self._written = LogPosition(self._first, self.end, *self._cut)
        return self._written

    def removes(self) -> Removal:
        """What `committed` will take away."""
        lowest = self._cut[0] if self._cut_off or self._overlong else self.end
        if self._has_dropped():
            lowest = min(lowest, self._segments[0].start)
        elif not self._cut_off and not self._overlong:
            return Removal.NOTHING
        return Removal.SYNCED if lowest < self._synced_end else Removal.UNSYNCED

    def committed(self) -> None:
        """The position that `write` gave is committed: removes the segments that it does not name and
        shortens the one that was cut into. Raises WriteFailed; the next `write` tries again."""
        self._counted = self._written
        if self._cut_off or self._overlong or len(self._segments) > 1:
            self._clean_up()

    # ------------------------------------------------------------ anyone's

    def read(self, offset: int) -> bytes:
        """The payload of the written record at `offset`. Raises KeyError where none is there any more and
        FolderError (DAMAGED) where it is not what was written."""
        with self._lock:
            segment = self._segment_of(offset)
            file = segment.file
        place = HEADER_SIZE + offset - segment.start
        prefix = read_fully(file.number, FRAME_SIZE, place)
        if len(prefix) == FRAME_SIZE:
            length, checksum = FRAME.unpack(prefix)
            payload = read_fully(file.number, length, place + FRAME_SIZE) if length <= RECORD_LIMIT else b""
            if payload and len(payload) == length and crc32c(payload) == checksum:
                return payload
        with self._lock:
            # It may have been cut off while it was read.
            if self._segment_of(offset) is not segment:
                raise KeyError(f"no record is at offset {offset} of {self.folder}")
        raise segment.damage(place, "the record does not match its checksum")

    def scan(self, start: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Every written record from the first one that counts (or `start`) on: offset and payload. Raises
        FolderError (DAMAGED)."""
        first = self._first if start is None else start
        for segment in list(self._segments):
            if segment.start + segment.size > first:
                yield from segment.records(first)

    def sync(self) -> None:
        """Makes everything written so far survive a power cut. Raises SyncFailed, and WriteFailed where
        nothing was asked of the disk."""
        with self._lock:
            self._synced_end = max(self._synced_end, self._pending_start)
            # What is cut off as well: the commit that is made durable may still name it.
            named = (*self._segments, *self._cut_off)
            dirty = [(segment, segment.file) for segment in named if segment.is_dirty]
            for segment, _ in dirty:
                segment.is_dirty = False
            folders, self._new_names = self._new_names, set()
        try:
            for _, file in dirty:
                sync_file(file.number)
            for folder in sorted(folders):
                sync_folder(folder)
        except OSError as error:
            for segment, _ in dirty:
                segment.is_dirty = True
            self._new_names |= folders
            raise SyncFailed(self.folder, error) from error

    def damage(self, detail: str, offset: int | None = None) -> FolderError:
        """What to raise where the record at `offset` says what cannot be, though its checksum is right; None
        where it cannot be told which record does."""
        segments = list(self._segments)
        index = -1 if offset is None else bisect_right(segments, offset, key=_start_of) - 1
        if offset is None or index < 0:
            return FolderError(Flaw.DAMAGED, self.folder, detail, advice=REPAIR_ADVICE)
        segment = segments[index]
        return segment.damage(HEADER_SIZE + offset - segment.start, detail)

    def size(self) -> int:
        """Bytes of all segments."""
        return sum(segment.size + HEADER_SIZE for segment in list(self._segments))

    # ------------------------------------------------------------ cutting

    @property
    def _is_cut_open(self) -> bool:
        """Whether something was cut since the last commit."""
        return self._cut != (self._counted.cut_from, self._counted.cut_to)

    def _drop_pending(self, offset: int) -> None:
        at = self._pending_start
        for index, record in enumerate(self._pending):
            if at >= offset:
                del self._pending[index:]
                break
            at += len(record)
        self.end = at

    def _take_back(self, offset: int) -> None:
        """Removes what was written from `offset` on and never committed."""
        with self._lock:
            while self._segments and self._segments[-1].start >= offset:
                # Before anything else is written: nothing else says later that the file does not count.
                self._leftovers.append(self._segments.pop().remove)
            if self._segments and self._segments[-1].start + self._segments[-1].size > offset:
                self._segments[-1].size = offset - self._segments[-1].start
                self._segments[-1].is_sealed = False
            self._pending_start = offset
        self._is_fresh_segment_due |= not self._segments or self._segments[-1].end != offset

    def _take_off(self, offset: int) -> int:
        """Leaves away from `offset` on what was committed; gives where the records that are left end. The
        files keep it until the next commit."""
        with self._lock:
            cut_from = min(offset, self._segments[0].start) if self._segments else offset
            has_cut = False
            while self._segments and self._segments[-1].start >= offset:
                self._cut_off.append(self._segments.pop())
                has_cut = True
            if self._segments:
                last = self._segments[-1]
                cut_from = min(offset, last.end)
                if has_cut or last.end > cut_from:
                    last.size = cut_from - last.start
                    # If it has a seal, that names a segment that goes.
                    last.is_sealed = False
                    self._overlong.append(last)
        return cut_from

    # ------------------------------------------------------------ after a commit

    def _has_dropped(self) -> bool:
        """Whether a segment holds nothing that the written position names."""
        return len(self._segments) > 1 and self._segments[1].start <= self._written.first

    def _clean_up(self) -> None:
        """Does to the files what the commit allows. Raises WriteFailed; `_finish` then goes on."""
        while self._has_dropped():
            with self._lock:
                self._cut_off.append(self._segments.pop(0))
        leftovers = self._leftovers
        # From the end, so that what is left is the beginning of the log at any moment.
        leftovers += [segment.remove for segment in sorted(self._cut_off, key=_start_of, reverse=True)]
        if self._cut_off:
            self._new_names.add(self.folder)
        leftovers += [
            partial(segment.shorten, segment.size)
            for segment in self._overlong
            if segment not in self._cut_off
        ]
        leftovers += [
            partial(segment.seal, following.start)
            for segment, following in pairwise(self._segments)
            if not segment.is_sealed
        ]
        self._cut_off, self._overlong = [], []
        self._finish()
        self._limit_open_files()

    def _finish(self) -> None:
        leftovers = self._leftovers
        try:
            while leftovers:
                leftovers[0]()
                del leftovers[0]
        except OSError as error:
            raise WriteFailed(self.folder, error) from error

    def _limit_open_files(self) -> None:
        if len(self._segments) <= self.OPEN_FILES:
            return
        with self._lock:
            for segment in self._segments[: -self.OPEN_FILES]:
                if not segment.is_dirty:
                    segment.let_go()

    # ------------------------------------------------------------ segments

    def _make_folder(self) -> None:
        made = self.folder
        while not made.exists():
            self._new_names.add(made.parent)
            made = made.parent
        self.folder.mkdir(parents=True, exist_ok=True)

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob(f"*{_SUFFIX}"))

    def _path(self, start: int) -> Path:
        return self.folder / f"{start:016x}{_SUFFIX}"

    def _segment_of(self, offset: int) -> Segment:
        index = bisect_right(self._segments, offset, key=_start_of) - 1
        if index < 0 or offset >= self._segments[index].end:
            raise KeyError(f"no record is at offset {offset} of {self.folder}")
        return self._segments[index]

    def _segment_for_writing(self) -> Segment:
        """The last segment, or a new one where that is full or was cut into. Raises WriteFailed."""
        if self._is_read_only:
            raise RuntimeError(f"{self.folder} was opened to be read")
        last = self._segments[-1] if self._segments else None
        if last is not None and not self._is_fresh_segment_due and last.size < self._segment_size:
            return last
        start = self._pending_start
        path = self._path(start)
        try:
            if last is not None and last not in self._overlong:
                # One that was cut into stays as the last commit has it until the next one is there.
                last.seal(start)
            segment = Segment.create(path, self._header_at(start))
        except OSError as error:
            raise WriteFailed(path, error) from error
        with self._lock:
            self._segments.append(segment)
            self._new_names.add(self.folder)
        # One of that name that got its header, nothing more, and was cut off: the name is needed again.
        self._cut_off = [other for other in self._cut_off if other.start != start]
        self._is_fresh_segment_due = False
        return segment

    def _header_at(self, start: int) -> Header:
        return Header(self._header.kind, self._header.identity, self._header.zone, start)

    # ------------------------------------------------------------ reading what another process left

    def _find_segments(self, position: LogPosition) -> None:
        starts = [self._start_in(path) for path in self._files()]
        cut_from, cut_to = self._cut
        kept = []
        for start in starts:
            # What starts beyond the commit was never reported.
            if start >= position.end or cut_from <= start < cut_to:
                self._cut_off.append(Segment(self._path(start), start))
            else:
                kept.append(start)
        while kept and ((len(kept) > 1 and kept[1] <= position.first) or position.is_empty):
            self._cut_off.append(Segment(self._path(kept[0]), kept[0]))
            del kept[0]
        self._segments = [Segment.found(self._path(start), self._header_at(start)) for start in kept]
        self._validate(position)
        self._is_fresh_segment_due = not self._segments or self._segments[-1].end != position.end

    def _start_in(self, path: Path) -> int:
        try:
            start = int(path.stem, 16)
        except ValueError:
            start = -1
        if start < 0 or path != self._path(start):
            raise FolderError(Flaw.NOT_OURS, path, "no file of a log has such a name", advice=_REMOVE)
        return start

    def _validate(self, position: LogPosition) -> None:
        """Every segment that the commit names is there, and as long as it must be; what lies beyond is left
        away."""
        if position.is_empty:
            return
        segments = self._segments
        if not segments or segments[0].start > position.first:
            raise self._missing(position.first, f"the records from {position.first} on should begin there")
        for segment, following in pairwise(segments):
            if following.start == position.cut_to > position.cut_from:
                self._leave_off(segment, position.cut_from, position.cut_to)
            elif not segment.is_sealed:
                raise segment.unsealed()
            elif segment.following != following.start:
                raise self._missing(segment.following, f"it should follow {segment.path.name}")
        ends_with_cut = position.cut_from < position.cut_to == position.end
        self._leave_off(segments[-1], position.cut_from if ends_with_cut else position.end, None)

    def _leave_off(self, segment: Segment, end: int, following: int | None) -> None:
        """The segment's records go up to `end`; then `following` follows, or nothing does."""
        missing = end - segment.end
        if missing > 0 and segment.is_sealed:
            raise self._missing(segment.following, f"it should follow {segment.path.name}")
        if missing > 0:
            raise segment.damage(
                HEADER_SIZE + segment.size,
                f"the file ends here, and {missing} bytes more were committed: it was cut",
            )
        if missing == 0 and segment.is_sealed and segment.following == following:
            return
        if missing < 0 or segment.is_sealed:
            segment.size = end - segment.start
            segment.is_sealed = False
            self._overlong.append(segment)

    def _missing(self, start: int, detail: str) -> FolderError:
        return FolderError(Flaw.MISSING, self._path(start), detail, advice=REPAIR_ADVICE)


def _start_of(segment: Segment) -> int:
    return segment.start
