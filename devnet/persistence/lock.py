"""One process at a time in a folder."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from devnet.persistence.errors import Flaw, FolderError
from devnet.persistence.platform import OPEN_FLAGS, try_lock, write_at

LOCK_NAME = "lock"


class FolderLock:
    """Held from its making until `release`, or until the process ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        """Raises FolderError (IN_USE) where another process, or this one, has the lock."""
        path = folder / LOCK_NAME
        self._process = os.getpid()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | OPEN_FLAGS, 0o600)
        if not try_lock(self._file):
            owner = os.read(self._file, 32).decode("ascii", "replace").strip()
            os.close(self._file)
            raise FolderError(
                Flaw.IN_USE,
                folder,
                f"process {owner} has it open" if owner else "another process has it open",
                advice="stop it first, or choose another folder",
            )
        self.left_by = os.read(self._file, 32).decode("ascii", "replace").strip()
        """The process that had the lock before and ended without releasing it: it was killed. "" for none."""
        # The lock holds without the number, too: a disk that is full is no reason to refuse.
        with suppress(OSError):
            os.ftruncate(self._file, 0)
            write_at(self._file, f"{os.getpid()}\n".encode("ascii"), 0)

    def release(self, *, as_found: bool = False) -> None:
        """Lets others in. Once is enough; more does no harm. `as_found`: who only looked leaves the note of
        a process that was killed. A process that was forked from the holder lets nobody in."""
        if self._file >= 0:
            if os.getpid() == self._process:
                with suppress(OSError):
                    os.ftruncate(self._file, 0)
                    if as_found and self.left_by:
                        write_at(self._file, f"{self.left_by}\n".encode("ascii"), 0)
            os.close(self._file)
            self._file = -1
