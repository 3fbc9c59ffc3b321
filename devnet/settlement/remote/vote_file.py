"""A validator's own votes on disk: what it signed last, durable before it is sent.

One file, `vote`, replaced as a whole: magic ‖ public key (48) ‖ u32 length ‖ u32 CRC-32C of key and memory ‖
memory (`consensus.memory`), numbers little-endian. A file that is damaged, cut short or of another key is an
error and never "no votes yet": a validator that forgot what it signed could sign something else.
"""

from __future__ import annotations

import os
from pathlib import Path
from struct import Struct
from typing import Protocol

from devnet.persistence.errors import Flaw, FolderError, WriteFailed
from devnet.persistence.lock import FolderLock
from devnet.persistence.platform import OPEN_FLAGS, sync_file, sync_folder, write_fully
from devnet.persistence.records import crc32c
from devnet.settlement.consensus.memory import Memory, decode_memory
from devnet.settlement.flaws import Refused
from devnet.settlement.signatures import PUBLIC_KEY_SIZE

NAME = "vote"
_MAGIC = b"ZEROVOTE\x01\x00\x00\x00"
_LENGTHS = Struct("<II")
_ADVICE = (
    "without it this validator may sign what contradicts what it signed: restore the file, or give up the key"
    " and stake another one"
)


class Votes(Protocol):
    """Where a validator keeps what it signed."""

    def load(self) -> Memory | None:
        """What was kept last, None before the first vote."""
        ...

    def keep(self, memory: Memory) -> None:
        """Makes it durable, in the place of what was kept before. Raises OSError."""
        ...


class VotesInMemory:
    """For validators that nobody restarts: what was signed is known as long as the process lives."""

    def __init__(self) -> None:
        self._memory: Memory | None = None

    def load(self) -> Memory | None:
        return self._memory

    def keep(self, memory: Memory) -> None:
        self._memory = memory


class VoteFile:
    """The file of one key in a folder, which no other process uses meanwhile."""

    def __init__(self, folder: Path, public_key: bytes) -> None:
        """Makes the folder where there is none. Raises FolderError (in use) and OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = FolderLock(folder)
        self._folder = folder
        self._public_key = public_key

    @property
    def path(self) -> Path:
        return self._folder / NAME

    def load(self) -> Memory | None:
        """What was kept last, None before the first vote. Raises FolderError where the file is damaged or of
        another key."""
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return None
        key_end = len(_MAGIC) + PUBLIC_KEY_SIZE
        begin = key_end + _LENGTHS.size
        if len(content) < begin or content[: len(_MAGIC)] != _MAGIC:
            raise self._damaged("it is no file of votes, or was cut short")
        key = content[len(_MAGIC) : key_end]
        length, checksum = _LENGTHS.unpack_from(content, key_end)
        memory = content[begin:]
        if len(memory) != length or crc32c(key + memory) != checksum:
            raise self._damaged("its content does not match its checksum")
        if key != self._public_key:
            raise FolderError(
                Flaw.OTHER_NETWORK,
                self.path,
                f"it holds the votes of the key 0x{key.hex()}",
                advice="give each key a folder of its own",
            )
        try:
            return decode_memory(memory)
        except Refused as refused:
            raise self._damaged(str(refused)) from None

    def keep(self, memory: Memory) -> None:
        """Survives the process's end and a power cut when it returns. Raises WriteFailed."""
        payload = memory.encode()
        head = _LENGTHS.pack(len(payload), crc32c(self._public_key + payload))
        fresh = self._folder / f"{NAME}.new"
        try:
            file = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_TRUNC | OPEN_FLAGS, 0o600)
            try:
                write_fully(file, _MAGIC + self._public_key + head + payload, 0)
                sync_file(file)
            finally:
                os.close(file)
            os.replace(fresh, self.path)
            sync_folder(self._folder)
        except OSError as error:
            raise WriteFailed(self.path, error) from error

    def close(self) -> None:
        """Lets others into the folder."""
        self._lock.release()

    def _damaged(self, detail: str) -> FolderError:
        return FolderError(Flaw.DAMAGED, self.path, detail, advice=_ADVICE)
