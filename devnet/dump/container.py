"""The container of a dump: a header, sections of checksummed records, a digest of everything.

    header    32 bytes:  8 magic "ZERODUMP"   4 format version   1 compression (0 none, 1 zlib)
              1 level of the compression   14 zeros   4 CRC-32C of the bytes before
    body      records (`devnet.persistence.records`); one zlib stream where the header says so
    digest    32 bytes: SHA-256 of the header and the body as they are stored

A record's payload begins with its kind:

    1  a section begins      u32 zone index (0xffffffff: the network) ‖ its name, ASCII
    2  content               a record of the section, or the last piece of one
    3  a piece               of a record that goes on in the next payload
    4  the section's end     u64 records ‖ u64 bytes of them
    5  the dump's end        u32 sections ‖ u64 records of all of them

Numbers are little-endian. Both directions are streams: neither side holds more than one record.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from struct import Struct
from typing import BinaryIO, Protocol

from devnet.dump.errors import DumpError, Fault, damaged
from devnet.persistence.records import FRAME, FRAME_SIZE, crc32c, frame

FORMAT_VERSION = 3
"""2 came with settlement: its chain among the network's records, what a block recorded of it in its own; 3
with what a block consumed of its zone's inbox, and the set of validators that follows a settlement block."""
MAGIC = b"ZERODUMP"
HEADER_SIZE = 32
DIGEST_SIZE = 32

PIECE = 1024 * 1024
"""Bytes of content in one payload at most."""

LARGEST_RECORD = (1 << 30) - 1
"""Bytes of a record, all pieces together."""

DEFAULT_LEVEL = 1
"""Of zlib. Most of a dump is hashes, keys and signatures, which higher levels do not make smaller."""

NETWORK = 0xFFFFFFFF
"""Zone index of sections that belong to the network as a whole."""

_SECTION, _CONTENT, _PIECE, _SECTION_END, _END = 1, 2, 3, 4, 5
_HEADER = Struct("<8sIBB14s")
_CHECKSUM = Struct("<I")
_ZONE = Struct("<I")
_SECTION_COUNTS = Struct("<QQ")
_COUNTS = Struct("<IQ")
_NAME_LIMIT = 64
_CHUNK = 256 * 1024


class Sink(Protocol):
    """What a dump is written to."""

    def write(self, content: bytes, /) -> object: ...


@dataclass(frozen=True, slots=True)
class SectionName:
    """Which part of which zone a section holds."""

    name: str
    zone: int = NETWORK


# ---------------------------------------------------------------- writing


class DumpWriter:
    """Writes a dump section by section; `finish` completes it. `size` is the bytes written so far."""

    def __init__(self, sink: Sink, level: int = DEFAULT_LEVEL) -> None:
        """`level` is zlib's, 1 to 9; 0 stores the body as it is."""
        if not 0 <= level <= 9:
            raise ValueError(f"zlib has the levels 1 to 9, and 0 means none; not {level}")
        self._sink = sink
        self._digest = hashlib.sha256()
        self._packing = zlib.compressobj(level) if level else None
        self._sections = 0
        self._records = 0
        self.size = 0
        header = _HEADER.pack(MAGIC, FORMAT_VERSION, 1 if level else 0, level, bytes(14))
        self._store(header + _CHECKSUM.pack(crc32c(header)))

    def section(self, name: SectionName, records: Iterable[bytes]) -> None:
        """Writes a whole section; every record has at least one byte."""
        self._put(_SECTION, _ZONE.pack(name.zone) + name.name.encode("ascii"))
        count = size = 0
        for record in records:
            if not 0 < len(record) <= LARGEST_RECORD:
                raise ValueError(f"a record has 1 to {LARGEST_RECORD} bytes, not {len(record)}")
            last = (len(record) - 1) // PIECE * PIECE
            for start in range(0, last, PIECE):
                self._put(_PIECE, record[start : start + PIECE])
            self._put(_CONTENT, record[last:] if last else record)
            count += 1
            size += len(record)
        self._put(_SECTION_END, _SECTION_COUNTS.pack(count, size))
        self._sections += 1
        self._records += count

    def finish(self) -> None:
        """Writes the end and the digest; nothing can follow."""
        self._put(_END, _COUNTS.pack(self._sections, self._records))
        if self._packing is not None:
            self._store(self._packing.flush())
        self._sink.write(self._digest.digest())
        self.size += DIGEST_SIZE

    def _put(self, kind: int, content: bytes) -> None:
        record = frame(bytes((kind,)) + content)
        if self._packing is None:
            self._store(record)
        elif packed := self._packing.compress(record):
            self._store(packed)

    def _store(self, content: bytes) -> None:
        self._digest.update(content)
        self._sink.write(content)
        self.size += len(content)


# ---------------------------------------------------------------- reading


def validate_digest(file: BinaryIO) -> int:
    """Reads a seekable dump through once, and goes back to its start; gives its size in bytes.

    Raises DumpError: NOT_A_DUMP, NEWER_FORMAT, or DAMAGED for every file that is not whole and unchanged.
    """
    header = _read_up_to(file, HEADER_SIZE)
    if len(header) < HEADER_SIZE and not (header and MAGIC.startswith(header[: len(MAGIC)])):
        raise _foreign()
    if len(header) < HEADER_SIZE:
        raise damaged("it is cut short")
    _decode_header(header)
    digest = hashlib.sha256(header)
    held = b""
    size = len(header)
    while chunk := file.read(_CHUNK):
        size += len(chunk)
        held += chunk
        digest.update(held[:-DIGEST_SIZE])
        held = held[-DIGEST_SIZE:]
    if digest.digest() != held:
        raise damaged("it does not match its digest: it was cut short, or bytes of it were changed")
    file.seek(0)
    return size


class DumpReader:
    """Reads the sections of a dump in their order. What is read is checked against checksums and counts, so
    that a dump that was put together wrongly is found as well; `validate_digest` comes before."""

    def __init__(self, stream: BinaryIO) -> None:
        """Raises DumpError."""
        is_packed = _decode_header(_read_fully(stream, HEADER_SIZE))
        self._source = _Unpacking(stream) if is_packed else _Plain(stream)
        self._section: SectionName | None = None
        self._sections = 0
        self._records = 0

    def next_section(self) -> SectionName | None:
        """The next section; its records come from `records`, which must be read to the end first. None at the
        dump's end. Raises DumpError."""
        if self._section is not None:
            raise RuntimeError("the section before was not read to its end")
        kind, content = self._take()
        if kind == _END:
            if content != _COUNTS.pack(self._sections, self._records):
                raise damaged("the counts at its end are not those of its sections")
            self._source.finish()
            return None
        if kind != _SECTION or not _ZONE.size < len(content) <= _ZONE.size + _NAME_LIMIT:
            raise damaged("a section should begin here")
        name = content[_ZONE.size :]
        if not name.isascii():
            raise damaged("a section has a name that is not ASCII")
        self._section = SectionName(name.decode("ascii"), _ZONE.unpack_from(content)[0])
        return self._section

    def records(self) -> Iterator[bytes]:
        """The records of the section. Raises DumpError."""
        count = size = 0
        pieces: list[bytes] = []
        held = 0
        while True:
            kind, content = self._take()
            if kind == _SECTION_END and not pieces:
                break
            if kind not in (_CONTENT, _PIECE) or not content:
                raise damaged("there is something in a section that does not belong there")
            held += len(content)
            if held > LARGEST_RECORD:
                raise damaged(f"a record has more than {LARGEST_RECORD} bytes")
            pieces.append(content)
            if kind == _CONTENT:
                yield pieces[0] if len(pieces) == 1 else b"".join(pieces)
                count += 1
                size += held
                pieces = []
                held = 0
        if content != _SECTION_COUNTS.pack(count, size):
            raise damaged("a section's counts are not those of its records")
        self._section = None
        self._sections += 1
        self._records += count

    def _take(self) -> tuple[int, bytes]:
        length, checksum = FRAME.unpack(self._source.take(FRAME_SIZE))
        if not 0 < length <= PIECE + 1:
            raise damaged(f"a record says that it has {length} bytes")
        payload = self._source.take(length)
        if crc32c(payload) != checksum:
            raise damaged("a record does not match its checksum")
        return payload[0], payload[1:]


class _Plain:
    """A body as it is."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def take(self, count: int) -> bytes:
        """Exactly so many bytes."""
        return _read_fully(self._stream, count)

    def finish(self) -> None:
        """The body is over: only the digest may follow."""
        if len(_read_up_to(self._stream, DIGEST_SIZE + 1)) != DIGEST_SIZE:
            raise damaged("what follows its end is not a digest")


class _Unpacking:
    """A body that is one zlib stream. Never holds much more than what is asked for."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._unpacking = zlib.decompressobj()
        self._held = bytearray()
        self._packed = b""

    def take(self, count: int) -> bytes:
        """Exactly so many bytes."""
        held = self._held
        while len(held) < count:
            held += self._more(max(_CHUNK, count - len(held)))
        taken = bytes(memoryview(held)[:count])
        del held[:count]
        return taken

    def finish(self) -> None:
        """The body is over: only the digest may follow."""
        while not self._unpacking.eof and not self._held:
            self._held += self._more(_CHUNK, may_end=True)
        rest = self._unpacking.unused_data
        if self._held or len(rest + _read_up_to(self._stream, DIGEST_SIZE + 1)) != DIGEST_SIZE:
            raise damaged("what follows its end is not a digest")

    def _more(self, count: int, *, may_end: bool = False) -> bytes:
        if self._unpacking.eof and not may_end:
            raise damaged("it ends inside a record")
        packed = self._unpacking.unconsumed_tail or self._stream.read(_CHUNK)
        if not packed:
            raise damaged("it is cut short")
        try:
            return self._unpacking.decompress(packed, count)
        except zlib.error as error:
            raise damaged(f"its compressed part cannot be read: {error}") from None


def _read_fully(stream: BinaryIO, count: int) -> bytes:
    content = _read_up_to(stream, count)
    if len(content) < count:
        raise damaged("it is cut short")
    return content


def _read_up_to(stream: BinaryIO, count: int) -> bytes:
    """Pipes and sockets give less than what is asked for before their end."""
    content = stream.read(count)
    while len(content) < count and (more := stream.read(count - len(content))):
        content += more
    return content


def _foreign() -> DumpError:
    return DumpError(Fault.NOT_A_DUMP, "it does not begin as one", "a state file of Anvil is loaded as such")


def _decode_header(header: bytes) -> bool:
    """Whether the body is compressed. Raises DumpError."""
    magic, version, compression, level, zeros = _HEADER.unpack_from(header)
    is_whole = header[-_CHECKSUM.size :] == _CHECKSUM.pack(crc32c(header[: -_CHECKSUM.size]))
    if magic != MAGIC and not is_whole:
        raise _foreign()
    if not is_whole or magic != MAGIC:
        raise damaged("its header does not match its checksum")
    if version > FORMAT_VERSION:
        detail = f"format {version}, this version reads up to {FORMAT_VERSION}"
        raise DumpError(Fault.NEWER_FORMAT, detail, "upgrade zero-zones")
    is_level = level in range(1, 10) if compression == 1 else level == 0
    if version < 1 or compression > 1 or not is_level or any(zeros):
        raise damaged("its header says what no header can say")
    return bool(compression)
