"""Dispersals in a data folder: one file for each settlement block.

    header ‖ record: `DispersedIndex` ‖ record: `encode_block`

Header and records are those of all files (`devnet.persistence`). A file is written under another name and
then named, so that a killed process leaves whole ones; what does not match its checksum does not count.
Nothing is synced: after a power cut the newest may be missing, and nothing but this folder knows of them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from devnet.chain.rlp import RlpError
from devnet.chain.types import Hash32
from devnet.persistence.errors import Flaw, FolderError
from devnet.persistence.header import HEADER_SIZE, NO_ZONE, Header, decode_header, validate_header
from devnet.persistence.records import FRAME, FRAME_SIZE, crc32c, frame
from devnet.settlement.dispersed import DispersedBlock, DispersedIndex, decode_block, encode_block

ARCHIVE_KIND = b"DISP"
_SUFFIX = ".data"
_PREPARED = ".new"
_NAME = re.compile(r"[0-9]{20}\.data\Z")
_INDEX_LIMIT = 1 << 22


class ArchiveFiles:
    """The files of one network."""

    def __init__(self, folder: Path, identity: bytes, *, is_read_only: bool = False) -> None:
        """`identity` is the network's configuration hash. The folder is made when something is written."""
        self.folder = folder
        self.is_read_only = is_read_only
        self._identity = identity

    def listing(self) -> Iterator[tuple[int, DispersedIndex | FolderError, int]]:
        """Of each file the height in its name, what is in it or what is wrong with it, and its bytes; by
        height. Removes what a killed process left unfinished."""
        if not self.folder.is_dir():
            return
        for name in sorted(os.listdir(self.folder)):
            path = self.folder / name
            if not _NAME.match(name):
                if name.endswith(_PREPARED):
                    self._unlink(path)
                continue
            height = int(name[: -len(_SUFFIX)])
            try:
                yield height, self._index(path, height), path.stat().st_size
            except FolderError as error:
                yield height, error, 0

    def prepare(self, block: DispersedBlock) -> int:
        """Gives the block to the operating system under a name that does not count; the file's bytes. Raises
        OSError, with nothing there. Another thread than that of the others may call it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        content = (
            self._header(block.height).encode()
            + frame(DispersedIndex.of(block).encode())
            + frame(encode_block(block))
        )
        new = self._prepared(block.height, block.root)
        try:
            new.write_bytes(content)
        except OSError:
            new.unlink(missing_ok=True)
            raise
        return len(content)

    def accept(self, height: int, root: Hash32) -> None:
        """What was prepared for the settlement block counts. Raises OSError."""
        self._prepared(height, root).replace(self._path(height))

    def read(self, height: int) -> DispersedBlock:
        """The block of that height. Raises FolderError where the file is damaged, and OSError."""
        path = self._path(height)
        content = path.read_bytes()
        validate_header(decode_header(content, path), self._header(height), path)
        index, place = _payload(content, HEADER_SIZE, path)
        encoded, end = _payload(content, place, path)
        if end != len(content):
            raise _damaged(path, end, "there is something behind its end")
        try:
            block = decode_block(encoded)
        except (ValueError, RlpError) as error:
            raise _damaged(path, place, f"it makes no sense: {error}") from None
        if DispersedIndex.of(block).encode() != index:
            raise _damaged(path, HEADER_SIZE, "its index is not that of its content")
        return block

    def remove(self, height: int) -> None:
        """Lets the file of that height go."""
        self._unlink(self._path(height))

    def _index(self, path: Path, height: int) -> DispersedIndex:
        try:
            with path.open("rb") as file:
                start = file.read(HEADER_SIZE + FRAME_SIZE)
                validate_header(decode_header(start, path), self._header(height), path)
                if len(start) == HEADER_SIZE + FRAME_SIZE:
                    length = FRAME.unpack_from(start, HEADER_SIZE)[0]
                    start += file.read(min(length, _INDEX_LIMIT))
        except OSError as error:
            raise _damaged(path, 0, error.strerror or str(error)) from None
        try:
            return DispersedIndex.decode(_payload(start, HEADER_SIZE, path)[0])
        except ValueError as error:
            raise _damaged(path, HEADER_SIZE, f"its index makes no sense: {error}") from None

    def _unlink(self, path: Path) -> None:
        if not self.is_read_only:
            path.unlink(missing_ok=True)

    def _path(self, height: int) -> Path:
        return self.folder / f"{height:020d}{_SUFFIX}"

    def _prepared(self, height: int, root: Hash32) -> Path:
        # Two attempts at one height may be under way, of which one was given up.
        path = self._path(height)
        return path.with_name(f"{path.name}.{root.hex()[:16]}{_PREPARED}")

    def _header(self, height: int) -> Header:
        return Header(ARCHIVE_KIND, self._identity, NO_ZONE, height)


def _payload(content: bytes, place: int, path: Path) -> tuple[bytes, int]:
    """The payload of the record that begins there, and where it ends. Raises FolderError."""
    if len(content) < place + FRAME_SIZE:
        raise _damaged(path, place, "it is cut short")
    length, checksum = FRAME.unpack_from(content, place)
    end = place + FRAME_SIZE + length
    payload = content[place + FRAME_SIZE : end]
    if len(payload) != length:
        raise _damaged(path, place, "it is cut short")
    if crc32c(payload) != checksum:
        raise _damaged(path, place, "a record does not match its checksum")
    return payload, end


def _damaged(path: Path, offset: int, detail: str) -> FolderError:
    return FolderError(Flaw.DAMAGED, path, detail, offset=offset)
