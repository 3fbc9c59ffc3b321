"""One file of a log: a header, records, and in all but the last one a seal that names the file that follows.

The seal is the frame with length 0xffffffff, whose payload is the u64 offset at which the next segment
starts. So a missing segment and a shortened one are both noticed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from struct import Struct

from devnet.persistence.errors import Flaw, FolderError
from devnet.persistence.header import HEADER_SIZE, Header, decode_header, validate_header
from devnet.persistence.platform import OPEN_FLAGS, read_fully, write_fully
from devnet.persistence.records import FRAME, FRAME_SIZE, RECORD_LIMIT, crc32c

REPAIR_ADVICE = "`zero data check` says what is lost, `zero data check --repair` goes back to what is whole"

_SEAL_LENGTH = 0xFFFFFFFF
_U64 = Struct("<Q")
_SEAL_SIZE = FRAME_SIZE + _U64.size


class SegmentFile:
    """A descriptor that is closed when the last one who holds it lets it go, so that no reader finds another
    file under its number."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number

    def __del__(self) -> None:
        os.close(self.number)


class Segment:
    """`size` is the bytes of records in it that count or are written, without header and seal."""

    __slots__ = ("_file", "following", "is_dirty", "is_sealed", "path", "size", "start")

    def __init__(self, path: Path, start: int, size: int = 0) -> None:
        self.path = path
        self.start = start
        self.size = size
        self.is_sealed = False
        self.following = 0
        """What the seal names."""
        self.is_dirty = False
        """Whether something was written that is not known to survive a power cut."""
        self._file: SegmentFile | None = None

    @classmethod
    def create(cls, path: Path, header: Header) -> Segment:
        """A file with nothing but its header, which says where it starts. Raises OSError."""
        segment = cls(path, header.number)
        segment._file = SegmentFile(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | OPEN_FLAGS, 0o600))
        write_fully(segment._file.number, header.encode(), 0)
        return segment

    @classmethod
    def found(cls, path: Path, header: Header) -> Segment:
        """A file that another process left, which must have that header. Raises FolderError and OSError."""
        length = path.stat().st_size
        segment = cls(path, header.number, max(0, length - HEADER_SIZE))
        file = segment.file.number
        validate_header(decode_header(read_fully(file, HEADER_SIZE, 0), path), header, path)
        if segment.size >= _SEAL_SIZE:
            seal = read_fully(file, _SEAL_SIZE, length - _SEAL_SIZE)
            mark, checksum = FRAME.unpack_from(seal)
            if mark == _SEAL_LENGTH and crc32c(seal[FRAME_SIZE:]) == checksum:
                segment.size -= _SEAL_SIZE
                segment.is_sealed = True
                segment.following = _U64.unpack(seal[FRAME_SIZE:])[0]
        segment.let_go()
        return segment

    @property
    def end(self) -> int:
        """Offset behind its last record."""
        return self.start + self.size

    @property
    def file(self) -> SegmentFile:
        """The open file. Whoever holds it may use it, also after the segment was removed."""
        if self._file is None:
            self._file = SegmentFile(os.open(self.path, os.O_RDWR | OPEN_FLAGS))
        return self._file

    def let_go(self) -> None:
        """The file is closed when nobody uses it any more."""
        self._file = None

    def shorten(self, size: int) -> None:
        """Takes away what lies behind `size` bytes of records, a seal too. Raises OSError."""
        os.ftruncate(self.file.number, HEADER_SIZE + size)
        self.is_dirty = True

    def seal(self, following: int) -> None:
        """Ends the file with the name of the segment that follows. Raises OSError."""
        payload = _U64.pack(following)
        content = FRAME.pack(_SEAL_LENGTH, crc32c(payload)) + payload
        write_fully(self.file.number, content, HEADER_SIZE + self.size)
        os.ftruncate(self.file.number, HEADER_SIZE + self.size + len(content))
        self.is_sealed = True
        self.following = following
        self.is_dirty = True

    def remove(self) -> None:
        """Removes the file. Raises OSError."""
        self.let_go()
        self.path.unlink(missing_ok=True)

    def records(self, first: int) -> Iterator[tuple[int, bytes]]:
        """Offset and payload of the records from offset `first` on. Raises FolderError (DAMAGED)."""
        place = max(0, first - self.start)
        base = self.start + place
        content = memoryview(read_fully(self.file.number, self.size - place, HEADER_SIZE + place))
        if len(content) < self.size - place:
            raise self.damage(HEADER_SIZE + place + len(content), "the file ends here: it was cut")
        place = 0
        while place < len(content):
            at = HEADER_SIZE + base - self.start + place
            if place + FRAME_SIZE > len(content):
                raise self.damage(at, "the file ends inside a record")
            length, checksum = FRAME.unpack_from(content, place)
            end = place + FRAME_SIZE + length
            if not 0 < length <= RECORD_LIMIT or end > len(content):
                raise self.damage(at, "no record can begin like this")
            payload = bytes(content[place + FRAME_SIZE : end])
            if crc32c(payload) != checksum:
                raise self.damage(at, "the record does not match its checksum")
            yield base + place, payload
            place = end

    def unsealed(self) -> FolderError:
        """What to raise where a segment that another one follows has no seal."""
        place = max(HEADER_SIZE, HEADER_SIZE + self.size - _SEAL_SIZE)
        return self.damage(place, "its end is missing or damaged")

    def damage(self, place: int, detail: str) -> FolderError:
        """What to raise where the byte at `place` is not what was written."""
        return FolderError(Flaw.DAMAGED, self.path, detail, offset=place, advice=REPAIR_ADVICE)
