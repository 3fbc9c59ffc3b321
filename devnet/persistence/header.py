"""The 64 bytes that every file begins with: what it is, in which format, of which network and zone.

    8  magic "ZEROFILE"        4  kind, ASCII          4  format version
   32  identity of the network (its configuration's hash)
    4  zone index              8  number: where a log's file starts, or a slot's size
    4  CRC-32C of the bytes before

All numbers are little-endian.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import eq
from pathlib import Path
from struct import Struct

from devnet.persistence.errors import Flaw, FolderError
from devnet.persistence.records import crc32c

HEADER_SIZE = 64
FORMAT_VERSION = 1
MAGIC = b"ZEROFILE"
NO_ZONE = 0xFFFFFFFF
"""Stands for a zone in files of the network as a whole."""

_LAYOUT = Struct("<8s4sI32sIQ")
_CHECKSUM = Struct("<I")


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of itself."""

    kind: bytes
    """Four ASCII letters."""
    identity: bytes
    """32 bytes that name the network: its configuration's hash."""
    zone: int
    """Index of the zone; `NO_ZONE` for files of the network as a whole."""
    number: int = 0

    def encode(self) -> bytes:
        """The 64 bytes."""
        content = _LAYOUT.pack(MAGIC, self.kind, FORMAT_VERSION, self.identity, self.zone, self.number)
        return content + _CHECKSUM.pack(crc32c(content))


def decode_header(content: bytes, path: Path) -> Header:
    """Takes a header apart. Raises FolderError: NOT_OURS, NEWER_FORMAT or DAMAGED."""
    if len(content) < HEADER_SIZE:
        raise FolderError(Flaw.DAMAGED, path, f"it ends inside its header, at byte {len(content)}", offset=0)
    magic, kind, version, identity, zone, number = _LAYOUT.unpack_from(content)
    is_whole = content[60:64] == _CHECKSUM.pack(crc32c(content[:60]))
    if sum(map(eq, magic, MAGIC)) < len(MAGIC) // 2:
        raise FolderError(Flaw.NOT_OURS, path, "it does not begin as a file of a Zero network does", offset=0)
    if magic != MAGIC or not is_whole:
        raise FolderError(Flaw.DAMAGED, path, "its header does not match its checksum", offset=0)
    if version > FORMAT_VERSION:
        raise FolderError(
            Flaw.NEWER_FORMAT,
            path,
            f"format {version}, this version reads up to {FORMAT_VERSION}",
            advice="upgrade zero-zones, or choose another folder",
        )
    return Header(kind, identity, zone, number)


def validate_header(found: Header, expected: Header, path: Path) -> None:
    """Raises FolderError where the file is not the expected one."""
    if found.identity != expected.identity:
        raise FolderError(
            Flaw.OTHER_NETWORK,
            path,
            f"it is of the network {found.identity.hex()[:16]}…, not of {expected.identity.hex()[:16]}…",
            advice="start with the options that the folder was made with, or choose another folder",
        )
    if (found.kind, found.zone, found.number) != (expected.kind, expected.zone, expected.number):
        raise FolderError(
            Flaw.DAMAGED,
            path,
            f"it says that it is {_in_words(found)}, and stands where {_in_words(expected)} should be",
            offset=0,
        )


def _in_words(header: Header) -> str:
    return f"{header.kind.decode('ascii', 'replace')} of zone {header.zone}, number {header.number}"
