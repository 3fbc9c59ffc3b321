"""The positions that count, of all logs together, replaced as one.

The file has a header and four slots of equal size (the header's number). Commits alternate between the first
two; commits that are known to survive a power cut are copied to the other two in turn. So a torn write hits
the slot that the present commit is not in.

A slot: u32 payload length ‖ u32 CRC-32C ‖ u64 sequence number ‖ payload. The checksum covers the sequence
number and the payload. A slot that was never written is zeros.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from struct import Struct

from devnet.persistence.errors import Flaw, FolderError, WriteFailed
from devnet.persistence.header import HEADER_SIZE, Header, decode_header, validate_header
from devnet.persistence.platform import OPEN_FLAGS, read_fully, sync_file, sync_folder, write_fully
from devnet.persistence.records import crc32c

KIND = b"CMIT"
PAGE = 4096
"""Slots begin on pages and fill whole ones: a page is written whole, or not at all, when a process is
killed."""

_NEWEST, _DURABLE = (0, 1), (2, 3)
_PREFIX = Struct("<IIQ")
_SEQUENCE = Struct("<Q")


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit as it was read."""

    sequence: int
    payload: bytes


class CommitFile:
    """An open commit file. `newest` is what counts, `durable` what survives a power cut for certain; both are
    None in a new file."""

    def __init__(self, path: Path, file: int, slot_size: int) -> None:
        self._path = path
        self._file = file
        self._slot_size = slot_size
        self.newest: Commit | None = None
        self.durable: Commit | None = None
        self._durable_slot = _DURABLE[1]

    @classmethod
    def create(cls, path: Path, header: Header, capacity: int) -> CommitFile:
        """A new file for payloads of at most `capacity` bytes. Raises FileExistsError and WriteFailed."""
        slot_size = -(-(capacity + _PREFIX.size) // PAGE) * PAGE
        header = Header(KIND, header.identity, header.zone, slot_size)
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | OPEN_FLAGS, 0o600)
        except FileExistsError:
            raise
        except OSError as error:
            raise WriteFailed(path, error) from error
        try:
            write_fully(file, header.encode().ljust(PAGE + 4 * slot_size, b"\0"), 0)
        except OSError as error:
            os.close(file)
            raise WriteFailed(path, error) from error
        return cls(path, file, slot_size)

    @classmethod
    def open(cls, path: Path, header: Header) -> CommitFile:
        """The file as the last process left it. Raises FolderError."""
        try:
            file = os.open(path, os.O_RDWR | OPEN_FLAGS)
        except FileNotFoundError:
            raise FolderError(Flaw.MISSING, path, "without it the other files mean nothing") from None
        try:
            found = decode_header(read_fully(file, HEADER_SIZE, 0), path)
            validate_header(found, Header(KIND, header.identity, header.zone, found.number), path)
            opened = cls(path, file, found.number)
            opened.newest, _ = opened._best(_NEWEST)
            opened.durable, opened._durable_slot = opened._best(_DURABLE)
        except BaseException:
            os.close(file)
            raise
        return opened

    def _best(self, slots: tuple[int, int]) -> tuple[Commit | None, int]:
        """The newer one of two slots, and which it is in."""
        best: Commit | None = None
        best_slot = slots[1]
        for slot in slots:
            offset = self._offset(slot)
            content = read_fully(self._file, self._slot_size, offset)
            if len(content) < self._slot_size:
                raise FolderError(Flaw.DAMAGED, self._path, "the file was cut", offset=offset + len(content))
            if not any(content):
                continue
            length, checksum, sequence = _PREFIX.unpack_from(content)
            covered = content[8 : _PREFIX.size + length]
            if _PREFIX.size + length > self._slot_size or crc32c(covered) != checksum:
                raise FolderError(
                    Flaw.DAMAGED,
                    self._path,
                    f"slot {slot} does not match its checksum",
                    offset=offset,
                    advice="`zero data check --repair` goes back to the newest commit that is whole",
                )
            if best is None or sequence > best.sequence:
                best, best_slot = Commit(sequence, covered[8:]), slot
        return best, best_slot

    def write(self, payload: bytes) -> None:
        """Makes the commit the newest one. Raises WriteFailed; then the one before still counts."""
        sequence = 1 if self.newest is None else self.newest.sequence + 1
        self._write_slot(_NEWEST[sequence % 2], sequence, payload)
        self.newest = Commit(sequence, payload)

    def make_durable(self, commit: Commit) -> None:
        """Notes that everything `commit` names survives a power cut, the note included: the logs were synced
        after it was written. May be called from another thread than `write`. Raises WriteFailed."""
        # Never over the present one: it must stay readable while this one is written.
        slot = _DURABLE[0] if self._durable_slot == _DURABLE[1] else _DURABLE[1]
        self._write_slot(slot, commit.sequence, commit.payload)
        try:
            sync_file(self._file)
        except OSError as error:
            raise WriteFailed(self._path, error) from error
        self._durable_slot = slot
        self.durable = commit

    def sync_name(self) -> None:
        """Makes the file's name survive a power cut."""
        sync_folder(self._path.parent)

    def close(self) -> None:
        """Closes the file; writes nothing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _write_slot(self, slot: int, sequence: int, payload: bytes) -> None:
        if _PREFIX.size + len(payload) > self._slot_size:
            raise ValueError(f"a commit of {len(payload)} bytes does not fit into {self._slot_size}")
        covered = _SEQUENCE.pack(sequence) + payload
        content = _PREFIX.pack(len(payload), crc32c(covered), sequence) + payload
        try:
            write_fully(self._file, content, self._offset(slot))
        except OSError as error:
            raise WriteFailed(self._path, error) from error

    def _offset(self, slot: int) -> int:
        return PAGE + slot * self._slot_size
