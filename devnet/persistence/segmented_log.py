"""An append-only stream of records, in files ("segments") of bounded size.

A record's place is its *offset* in the stream, which counts every byte ever appended and is never used twice:
what is cut off the end leaves a gap, and the stream goes on behind it in a new segment. A segment is named by
the offset that it starts at; its bytes follow a header. A segment that is not the last one ends with a *seal*:
the frame with length 0xffffffff, whose payload is the u64 offset at which the next segment starts. So a
missing segment and a shortened one are both noticed.

    log = SegmentedLog.create(folder, Header(b"BLKS", identity, zone))
    at = log.append(b"...")        kept in memory
    position = log.write()         given to the operating system; put it into the commit, then
    log.committed()                clean up what the commit no longer names

Until `committed`, everything that an earlier commit named is still there. One thread appends, cuts and writes;
`read` and `sync` may be called from others.
"""

from __future__ import annotations

import os
import threading
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from struct import Struct

from devnet.persistence.errors import Flaw, FolderError, WriteFailed
from devnet.persistence.header import HEADER_SIZE, Header, decode_header, validate_header
from devnet.persistence.platform import OPEN_FLAGS, read_fully, sync_file, sync_folder, write_fully
from devnet.persistence.records import FRAME, FRAME_SIZE, RECORD_LIMIT, crc32c, frame

SEGMENT_SIZE = 32 * 1024 * 1024
"""Bytes after which a segment is sealed."""

_SEAL_LENGTH = 0xFFFFFFFF
_U64 = Struct("<Q")
_SEAL_SIZE = FRAME_SIZE + _U64.size
_POSITION = Struct("<QQQQ")
_SUFFIX = ".log"
_REPAIR = "`zero data check` says what is lost, `zero data check --repair` goes back to what is whole"


@dataclass(frozen=True, slots=True)
class LogPosition:
    """What of a log counts: the records from `first` on and before `end`, but not those from `cut_from` to
    `cut_to`."""

    first: int = 0
    end: int = 0
    cut_from: int = 0
    cut_to: int = 0

    SIZE = _POSITION.size

    def encode(self) -> bytes:
        """32 bytes for a commit."""
        return _POSITION.pack(self.first, self.end, self.cut_from, self.cut_to)

    @classmethod
    def decode(cls, content: bytes) -> LogPosition:
        """The inverse of `encode`. Raises ValueError."""
        if len(content) != _POSITION.size:
            raise ValueError(f"a position has {_POSITION.size} bytes, not {len(content)}")
        return cls(*_POSITION.unpack(content))


class _Segment:
    """One file. `size` is the bytes of records in it that were written, without header and seal."""

    __slots__ = ("_file", "is_dirty", "is_sealed", "path", "size", "start")

    def __init__(self, path: Path, start: int, size: int, is_sealed: bool) -> None:
        self.path = path
        self.start = start
        self.size = size
        self.is_sealed = is_sealed
        self.is_dirty = False
        self._file: _File | None = None

    @property
    def file(self) -> _File:
        """The open file. Whoever holds it may use it, also after the segment was removed."""
        if self._file is None:
            self._file = _File(os.open(self.path, os.O_RDWR | OPEN_FLAGS))
        return self._file

    def take(self, file: _File) -> None:
        self._file = file

    def let_go(self) -> None:
        """The file is closed when nobody uses it any more."""
        self._file = None


class _File:
    """A descriptor that is closed when the last one who holds it lets it go, so that no reader finds another
    file under its number."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number

    def __del__(self) -> None:
        os.close(self.number)


class SegmentedLog:
    """See the module. `end` is the offset that the next record gets."""

    OPEN_FILES = 32
    """Segments whose files stay open."""

    def __init__(self, folder: Path, header: Header, segment_size: int) -> None:
        self._folder = folder
        self._header = header
        self._segment_size = segment_size
        self._segments: list[_Segment] = []
        self._lock = threading.Lock()
        """Guards `_segments` between the owner and other threads."""
        self._pending: list[bytes] = []
        self._pending_start = 0
        """Offset of the first record that is not written."""
        self._cut: tuple[int, int] = (0, 0)
        self._is_cut_open = False
        """Whether the files still hold what was cut."""
        self._first = 0
        self._has_new_names = False
        self._is_fresh_segment_due = False
        self.end = 0

    # ------------------------------------------------------------ open and close

    @classmethod
    def create(cls, folder: Path, header: Header, segment_size: int = SEGMENT_SIZE) -> SegmentedLog:
        """A new log in a folder of its own, which is made. Raises WriteFailed."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WriteFailed(folder, error) from error
        log = cls(folder, header, segment_size)
        for path in log._files():
            # Left by a process that was killed before its first commit.
            path.unlink()
        log._is_fresh_segment_due = True
        return log

    @classmethod
    def open(
        cls, folder: Path, header: Header, position: LogPosition, segment_size: int = SEGMENT_SIZE
    ) -> SegmentedLog:
        """The log as a commit describes it. What lies beyond was never reported and is removed. Raises
        FolderError where something that the commit names is missing or shortened (`scan` checks the bytes)."""
        log = cls(folder, header, segment_size)
        log._first = position.first
        log.end = log._pending_start = position.end
        log._cut = (position.cut_from, position.cut_to)
        log._find_segments(position)
        log.committed()
        return log

    def close(self) -> None:
        """Lets the files go; writes nothing."""
        with self._lock:
            for segment in self._segments:
                segment.let_go()

    # ------------------------------------------------------------ the owner's

    def append(self, payload: bytes) -> int:
        """Adds a record in memory; gives its offset."""
        record = frame(payload)
        at = self.end
        self._pending.append(record)
        self.end = at + len(record)
        return at

    def cut(self, offset: int) -> None:
        """Takes the records from `offset` on away. At most once between two calls of `committed` may it reach
        back behind what is written."""
        if offset >= self.end:
            return
        if offset >= self._pending_start:
            self._drop_pending(offset)
            return
        if self._is_cut_open:
            if offset >= self._cut[1]:
                raise RuntimeError("a log is cut once between two commits, not where it went on after a cut")
            offset = min(offset, self._cut[0])
        self._pending.clear()
        # Offsets are not used twice: what comes next begins where the stream had come to.
        self._cut = (offset, self._pending_start)
        self._is_cut_open = True
        self.end = self._pending_start
        self._is_fresh_segment_due = True

    def drop(self, offset: int) -> None:
        """Records before `offset` are not needed any more; whole segments of them go at `committed`."""
        self._first = max(self._first, offset)

    def start_anew(self) -> None:
        """Everything up to here is not needed any more once what is appended next is committed; it goes into
        a new segment, so that all older ones can go."""
        self.drop(self.end)
        self._is_fresh_segment_due = True

    def write(self) -> LogPosition:
        """Gives everything appended to the operating system. Raises WriteFailed; everything is then as before
        and the next call tries again."""
        if self._pending:
            segment = self._segment_for_writing()
            content = b"".join(self._pending)
            try:
                write_fully(segment.file.number, content, HEADER_SIZE + segment.size)
            except OSError as error:
                with suppress(OSError):
                    _shorten(segment)
                raise WriteFailed(segment.path, error) from error
            segment.size += len(content)
            segment.is_dirty = True
            self._pending.clear()
            self._pending_start = self.end
        return LogPosition(self._first, self.end, *self._cut)

    @property
    def has_pending(self) -> bool:
        """Whether `write` has something to write."""
        return bool(self._pending)

    def committed(self) -> None:
        """The position that `write` gave is committed: removes the segments that it does not name and
        shortens the one that was cut into. Raises WriteFailed; the next call tries again."""
        if len(self._segments) == 1 and not self._is_cut_open:
            return
        try:
            self._remove_dropped()
            if self._is_cut_open:
                self._finish_cut()
                self._is_cut_open = False
            self._join()
        except OSError as error:
            raise WriteFailed(self._folder, error) from error
        self._limit_open_files()

    # ------------------------------------------------------------ anyone's

    def read(self, offset: int) -> bytes:
        """The payload of the written record at `offset`. Raises KeyError where none can be there any more and
        FolderError (DAMAGED) where it is not what was written."""
        with self._lock:
            segment = self._segment_of(offset)
            file = segment.file
        place = HEADER_SIZE + offset - segment.start
        length, checksum = FRAME.unpack(read_fully(file.number, FRAME_SIZE, place))
        payload = read_fully(file.number, length, place + FRAME_SIZE)
        if len(payload) != length or crc32c(payload) != checksum:
            raise self._damage(segment, place, "the record does not match its checksum")
        return payload

    def scan(self, start: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Every written record from the first one that counts (or `start`) on: offset and payload. Raises
        FolderError (DAMAGED)."""
        first = self._first if start is None else start
        for segment in list(self._segments):
            if segment.start + segment.size > first:
                yield from self._scan_segment(segment, first)

    def sync(self) -> None:
        """Makes everything written so far survive a power cut. Raises WriteFailed."""
        with self._lock:
            dirty = [(segment, segment.file) for segment in self._segments if segment.is_dirty]
            for segment, _ in dirty:
                segment.is_dirty = False
            has_new_names, self._has_new_names = self._has_new_names, False
        try:
            for _, file in dirty:
                sync_file(file.number)
            if has_new_names:
                sync_folder(self._folder)
        except OSError as error:
            for segment, _ in dirty:
                segment.is_dirty = True
            self._has_new_names |= has_new_names
            raise WriteFailed(self._folder, error) from error

    def size(self) -> int:
        """Bytes of all segments."""
        return sum(segment.size + HEADER_SIZE for segment in list(self._segments))

    # ------------------------------------------------------------ segments

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob(f"*{_SUFFIX}"))

    def _path(self, start: int) -> Path:
        return self._folder / f"{start:016x}{_SUFFIX}"

    def _segment_of(self, offset: int) -> _Segment:
        index = bisect_right(self._segments, offset, key=_start_of) - 1
        if index < 0 or offset >= self._segments[index].start + self._segments[index].size:
            raise KeyError(f"no record is at offset {offset} of {self._folder}")
        return self._segments[index]

    def _segment_for_writing(self) -> _Segment:
        """The last segment, or a new one where that is full or was cut into. Raises WriteFailed."""
        last = self._segments[-1] if self._segments else None
        if last is not None and not self._is_fresh_segment_due and last.size < self._segment_size:
            return last
        start = self._pending_start
        if last is not None and last.start == start:
            return last
        path = self._path(start)
        try:
            if last is not None and not self._is_fresh_segment_due:
                # One that was cut into must stay what the last commit says until the next one; see `_join`.
                self._seal(last, start)
            file = _File(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | OPEN_FLAGS, 0o600))
            write_fully(file.number, self._header_at(start).encode(), 0)
        except OSError as error:
            raise WriteFailed(path, error) from error
        segment = _Segment(path, start, 0, False)
        segment.take(file)
        with self._lock:
            self._segments.append(segment)
            self._has_new_names = True
        self._is_fresh_segment_due = False
        return segment

    def _header_at(self, start: int) -> Header:
        return Header(self._header.kind, self._header.identity, self._header.zone, start)

    def _seal(self, segment: _Segment, following: int) -> None:
        payload = _U64.pack(following)
        seal = FRAME.pack(_SEAL_LENGTH, crc32c(payload)) + payload
        write_fully(segment.file.number, seal, HEADER_SIZE + segment.size)
        os.ftruncate(segment.file.number, HEADER_SIZE + segment.size + len(seal))
        segment.is_sealed = True
        segment.is_dirty = True

    def _remove_dropped(self) -> None:
        """Removes the segments whose records all lie before the first that counts."""
        while len(self._segments) > 1 and self._segments[1].start <= self._first:
            self._remove(self._segments[0])

    def _finish_cut(self) -> None:
        """Removes from the files what was cut."""
        cut_from, cut_to = self._cut
        for segment in reversed([segment for segment in self._segments if segment.start < cut_to]):
            if segment.start >= cut_from:
                self._remove(segment)
                continue
            if segment.start + segment.size > cut_from:
                segment.size = cut_from - segment.start
                segment.is_sealed = False
                _shorten(segment)
            break

    def _join(self) -> None:
        """Seals a segment that was cut into, or left early, once another one follows it."""
        for index in range(len(self._segments) - 2, -1, -1):
            segment = self._segments[index]
            if segment.is_sealed:
                break
            self._seal(segment, self._segments[index + 1].start)

    def _remove(self, segment: _Segment) -> None:
        with self._lock:
            self._segments.remove(segment)
            self._has_new_names = True
            segment.let_go()
        segment.path.unlink(missing_ok=True)

    def _limit_open_files(self) -> None:
        with self._lock:
            for segment in self._segments[: -self.OPEN_FILES]:
                if not segment.is_dirty:
                    segment.let_go()

    def _drop_pending(self, offset: int) -> None:
        at = self._pending_start
        for index, record in enumerate(self._pending):
            if at == offset:
                del self._pending[index:]
                break
            at += len(record)
        self.end = offset

    # ------------------------------------------------------------ reading what another process left

    def _find_segments(self, position: LogPosition) -> None:
        found: list[_Segment] = []
        for path in self._files():
            try:
                start = int(path.stem, 16)
            except ValueError:
                raise FolderError(Flaw.NOT_OURS, path, "no file of a log has such a name") from None
            if start >= position.end:
                # Written after the commit and never reported.
                path.unlink()
                continue
            found.append(self._found_segment(path, start))
        self._segments = found
        self._finish_cut()
        self._validate(position)

    def _found_segment(self, path: Path, start: int) -> _Segment:
        length = path.stat().st_size
        segment = _Segment(path, start, max(0, length - HEADER_SIZE), False)
        file = segment.file.number
        validate_header(decode_header(read_fully(file, HEADER_SIZE, 0), path), self._header_at(start), path)
        if length >= HEADER_SIZE + _SEAL_SIZE:
            seal = read_fully(file, _SEAL_SIZE, length - _SEAL_SIZE)
            mark, checksum = FRAME.unpack_from(seal)
            if mark == _SEAL_LENGTH and crc32c(seal[FRAME_SIZE:]) == checksum:
                segment.size -= _SEAL_SIZE
                segment.is_sealed = True
        segment.let_go()
        return segment

    def _validate(self, position: LogPosition) -> None:
        """Every segment that the commit names is there, and as long as it must be; of the last one, what lies
        beyond the commit is removed."""
        segments = self._segments
        ends_with_cut = position.cut_from < position.cut_to == position.end
        data_end = position.cut_from if ends_with_cut else position.end
        if data_end > position.first and not (position.cut_from <= position.first < position.cut_to):
            if not segments or segments[0].start > position.first:
                raise FolderError(
                    Flaw.MISSING,
                    self._path(position.first),
                    f"the records from {position.first} to {position.end} should begin there",
                    advice=_REPAIR,
                )
        for segment, following in pairwise(segments):
            if segment.is_sealed:
                wanted = self._sealed_for(segment)
                if wanted != following.start and wanted not in range(position.cut_from, position.cut_to):
                    raise FolderError(
                        Flaw.MISSING,
                        self._path(wanted),
                        f"it should follow {segment.path.name}",
                        advice=_REPAIR,
                    )
            elif not (
                following.start == position.cut_to
                and segment.start + segment.size == position.cut_from < position.cut_to
            ):
                raise self._damage(
                    segment, HEADER_SIZE + segment.size, "its end is missing: the file was cut"
                )
        if segments:
            self._validate_last(segments[-1], data_end)

    def _validate_last(self, segment: _Segment, data_end: int) -> None:
        missing = data_end - segment.start - segment.size
        if missing > 0:
            raise self._damage(
                segment,
                HEADER_SIZE + segment.size,
                f"the file ends here, and {missing} bytes more were reported as written: it was cut",
            )
        if missing < 0 or segment.is_sealed:
            # Written after the commit and never reported.
            segment.size = data_end - segment.start
            segment.is_sealed = False
            _shorten(segment)

    def _sealed_for(self, segment: _Segment) -> int:
        seal = read_fully(segment.file.number, _SEAL_SIZE, HEADER_SIZE + segment.size)
        following: int = _U64.unpack(seal[FRAME_SIZE:])[0]
        return following

    def _scan_segment(self, segment: _Segment, first: int) -> Iterator[tuple[int, bytes]]:
        file = segment.file
        content = memoryview(read_fully(file.number, segment.size, HEADER_SIZE))
        place = 0
        while place < len(content):
            if place + FRAME_SIZE > len(content):
                raise self._damage(segment, HEADER_SIZE + place, "the file ends inside a record")
            length, checksum = FRAME.unpack_from(content, place)
            end = place + FRAME_SIZE + length
            if not 0 < length <= RECORD_LIMIT or end > len(content):
                raise self._damage(segment, HEADER_SIZE + place, "no record can begin like this")
            offset = segment.start + place
            if offset >= first:
                payload = bytes(content[place + FRAME_SIZE : end])
                if crc32c(payload) != checksum:
                    raise self._damage(segment, HEADER_SIZE + place, "the record does not match its checksum")
                yield offset, payload
            place = end

    def _damage(self, segment: _Segment, place: int, detail: str) -> FolderError:
        return FolderError(Flaw.DAMAGED, segment.path, detail, offset=place, advice=_REPAIR)


def _shorten(segment: _Segment) -> None:
    """Takes what lies behind the segment's records away: what was cut, or never counted, or a seal."""
    os.ftruncate(segment.file.number, HEADER_SIZE + segment.size)
    segment.is_dirty = True


def _start_of(segment: _Segment) -> int:
    return segment.start
