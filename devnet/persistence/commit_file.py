"""The positions that count, of all logs together, replaced as one.

The file has a header, padded to a page, and four slots of equal size (the header's number). Commits alternate
between the first two; commits that are known to survive a power cut are copied to the other two in turn. So a
torn write hits the slot that the present commit is not in.

A slot begins with a prefix: u32 payload length ‖ u32 CRC-32C of sequence number and payload ‖ u64 sequence
number ‖ u32 CRC-32C of the sixteen bytes before ‖ u32 zero. The payload follows. A slot that holds no commit
has sequence number 0. The prefix is written last and at once, so a slot whose prefix has an older sequence
number than the other slot and whose payload does not match it was being overwritten when the process was
killed, and does not matter; every other slot that does not match its checksums is damaged.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from struct import Struct

from devnet.persistence.errors import Flaw, FolderError, SyncFailed, WriteFailed
from devnet.persistence.header import HEADER_SIZE, Header, decode_header, validate_header
from devnet.persistence.platform import OPEN_FLAGS, read_fully, sync_file, sync_folder, write_fully
from devnet.persistence.records import crc32c

KIND = b"CMIT"
PAGE = 4096
"""Slots begin on pages, so that no prefix lies across the borders of what a disk writes at once."""

_NEWEST, _DURABLE = (0, 1), (2, 3)
_PREFIX = Struct("<IIQ")
_CHECKSUM = Struct("<II")
_PREFIX_SIZE = _PREFIX.size + _CHECKSUM.size
_SEQUENCE = Struct("<Q")
_REPAIR = "`zero data check --repair` goes back to the newest commit that is whole"


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit as it was read."""

    sequence: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Slot:
    """What one of the four slots holds."""

    commit: Commit | None
    """None where it holds none or does not match its checksums."""
    sequence: int | None
    """What its prefix says, also of a damaged or half-written payload; None where the prefix is damaged."""
    flaw: str = ""
    """What is wrong with it; empty where nothing is."""

    def flaw_beside(self, other: Slot) -> str:
        """Why it cannot be told that the other one has the newest commit, where this one has none; empty
        where it can."""
        if not self.flaw:
            return ""
        newest = 0 if other.commit is None else other.commit.sequence
        if self.sequence is not None and self.sequence < newest:
            return ""
        return f"a commit is damaged: {self.flaw}"


_EMPTY = Commit(0, b"")
"""In slots that hold no commit yet."""


class CommitFile:
    """An open commit file. `newest` is what counts, `durable` what survives a power cut for certain; both are
    None in a new file."""

    def __init__(self, path: Path, file: int, slot_size: int) -> None:
        self.path = path
        self._file = file
        self._slot_size = slot_size
        self.newest: Commit | None = None
        self.durable: Commit | None = None
        self._next_slot = _NEWEST[0]
        self._next_durable_slot = _DURABLE[0]
        self._has_new_name = True

    # ------------------------------------------------------------ open and close

    @classmethod
    def create(cls, path: Path, header: Header, capacity: int) -> CommitFile:
        """A new file for payloads of at most `capacity` bytes. Raises FileExistsError and WriteFailed."""
        slot_size = -(-(capacity + _PREFIX_SIZE) // PAGE) * PAGE
        header = Header(KIND, header.identity, header.zone, slot_size)
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | OPEN_FLAGS, 0o600)
        except FileExistsError:
            raise
        except OSError as error:
            raise WriteFailed(path, error) from error
        try:
            # All of it, so that a full disk does not keep a commit from being written.
            empty = b"".join(_encode(_EMPTY)).ljust(slot_size, b"\0")
            write_fully(file, header.encode().ljust(PAGE, b"\0") + 4 * empty, 0)
        except OSError as error:
            os.close(file)
            raise WriteFailed(path, error) from error
        return cls(path, file, slot_size)

    @classmethod
    def open(cls, path: Path, header: Header) -> CommitFile:
        """The file as the last process left it. Raises FolderError: DAMAGED where the newest commit, or one
        that may have been newer, is not whole."""
        opened = cls._opened(path, header)
        try:
            opened._find_newest(opened.slots())
        except BaseException:
            opened.close()
            raise
        return opened

    @classmethod
    def open_any(cls, path: Path, header: Header) -> CommitFile:
        """As `open`, but whatever the slots hold: for `slots`. `newest` and `durable` stay None.
        Raises FolderError where it is no commit file of this network."""
        return cls._opened(path, header)

    @classmethod
    def _opened(cls, path: Path, header: Header) -> CommitFile:
        try:
            file = os.open(path, os.O_RDWR | OPEN_FLAGS)
        except FileNotFoundError:
            raise FolderError(
                Flaw.MISSING,
                path,
                "it says what counts in the other files",
                advice="take it from a copy of the folder",
            ) from None
        try:
            found = decode_header(read_fully(file, HEADER_SIZE, 0), path)
            validate_header(found, Header(KIND, header.identity, header.zone, found.number), path)
            opened = cls(path, file, found.number)
            rest = read_fully(file, PAGE - HEADER_SIZE, HEADER_SIZE)
            if any(rest) or found.number % PAGE or not found.number:
                raise opened._damage(HEADER_SIZE, "the first page is not as it was written")
        except BaseException:
            os.close(file)
            raise
        return opened

    def close(self) -> None:
        """Closes the file; writes nothing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    # ------------------------------------------------------------ slots

    def slots(self) -> tuple[Slot, ...]:
        """The four slots as the file has them: two of commits, two of commits that survive a power cut.
        Raises FolderError where the file is too short for them."""
        return tuple(self._read_slot(slot) for slot in (*_NEWEST, *_DURABLE))

    def _read_slot(self, slot: int) -> Slot:
        offset = self._offset(slot)
        content = read_fully(self._file, self._slot_size, offset)
        if len(content) < self._slot_size:
            raise self._damage(offset + len(content), "the file ends here: it was cut")
        length, checksum, sequence = _PREFIX.unpack_from(content)
        if _CHECKSUM.unpack_from(content, _PREFIX.size) != (crc32c(content[: _PREFIX.size]), 0):
            return Slot(None, None, "the beginning does not match its checksum")
        covered = _SEQUENCE.pack(sequence) + content[_PREFIX_SIZE : _PREFIX_SIZE + length]
        if _PREFIX_SIZE + length > self._slot_size or crc32c(covered) != checksum:
            return Slot(None, sequence, "the content does not match its checksum")
        return Slot(Commit(sequence, covered[_SEQUENCE.size :]) if sequence else None, sequence)

    def _find_newest(self, slots: tuple[Slot, ...]) -> None:
        for slot, other in ((0, slots[1]), (1, slots[0])):
            flaw = slots[slot].flaw_beside(other)
            if flaw:
                raise self._damage(self._offset(slot), flaw)
        self.newest, newest = _newest(slots, _NEWEST)
        # A damaged one of these only means that less is known to survive.
        self.durable, durable = _newest(slots, _DURABLE)
        if self.newest is None and self.durable is not None:
            raise self._damage(self._offset(0), "both commits are gone")
        self._next_slot = _other(newest, _NEWEST)
        self._next_durable_slot = _other(durable, _DURABLE)
        self._has_new_name = False

    # ------------------------------------------------------------ writing

    def write(self, payload: bytes) -> None:
        """Makes the commit the newest one. Raises WriteFailed; then the one before still counts."""
        commit = Commit(1 if self.newest is None else self.newest.sequence + 1, payload)
        self._write_slot(self._next_slot, commit)
        self._next_slot = 1 - self._next_slot
        self.newest = commit

    def make_durable(self, commit: Commit) -> None:
        """Notes that everything `commit` names survives a power cut, the note included: the logs were synced
        after it was written. May be called from another thread than `write`. Raises WriteFailed, after which
        it may be called again, and SyncFailed."""
        # Never over the present one: it must stay readable while this one is written.
        self._write_slot(self._next_durable_slot, commit)
        try:
            sync_file(self._file)
            if self._has_new_name:
                sync_folder(self.path.parent)
                self._has_new_name = False
        except OSError as error:
            raise SyncFailed(self.path, error) from error
        self._next_durable_slot = _other(self._next_durable_slot, _DURABLE)
        self.durable = commit

    def forget_durable(self) -> None:
        """What was noted with `make_durable` does not hold any more. Raises WriteFailed."""
        if self.durable is None:
            return
        try:
            for slot in _DURABLE:
                write_fully(self._file, _encode(_EMPTY)[0], self._offset(slot))
        except OSError as error:
            raise WriteFailed(self.path, error) from error
        self.durable = None

    def _write_slot(self, slot: int, commit: Commit) -> None:
        payload = commit.payload
        if _PREFIX_SIZE + len(payload) > self._slot_size:
            raise ValueError(f"a commit of {len(payload)} bytes does not fit into {self._slot_size}")
        prefix, _ = _encode(commit)
        offset = self._offset(slot)
        try:
            write_fully(self._file, payload, offset + _PREFIX_SIZE)
            write_fully(self._file, prefix, offset)
        except OSError as error:
            raise WriteFailed(self.path, error) from error

    def _offset(self, slot: int) -> int:
        return PAGE + slot * self._slot_size

    def _damage(self, offset: int, detail: str) -> FolderError:
        return FolderError(Flaw.DAMAGED, self.path, detail, offset=offset, advice=_REPAIR)


def _newest(slots: tuple[Slot, ...], pair: tuple[int, int]) -> tuple[Commit | None, int]:
    """The newest commit of two slots, and its slot."""
    whole = [(commit.sequence, slot) for slot in pair if (commit := slots[slot].commit) is not None]
    sequence, slot = max(whole, default=(0, pair[1]))
    return slots[slot].commit if sequence else None, slot


def _other(slot: int, pair: tuple[int, int]) -> int:
    return pair[0] + pair[1] - slot


def _encode(commit: Commit) -> tuple[bytes, bytes]:
    """Prefix and payload."""
    covered = _SEQUENCE.pack(commit.sequence) + commit.payload
    prefix = _PREFIX.pack(len(commit.payload), crc32c(covered), commit.sequence)
    return prefix + _CHECKSUM.pack(crc32c(prefix), 0), commit.payload
