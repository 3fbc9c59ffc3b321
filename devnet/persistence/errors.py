"""What can be wrong with a folder, by a stable kind, with the file, the place and what to do.

FolderError      the folder cannot be used as it is
WriteFailed      the disk did not take what was written; nothing that was committed is lost
SyncFailed       what was written could not be made to survive a power cut, and this process cannot try again
"""

from __future__ import annotations

import enum
from pathlib import Path


class Flaw(enum.Enum):
    """Kinds of `FolderError`; the names are stable."""

    IN_USE = "another process uses the folder"
    NEWER_FORMAT = "the folder was written by a newer version"
    OTHER_NETWORK = "the folder belongs to another network"
    DAMAGED = "a file is damaged"
    MISSING = "a file is missing"
    NOT_OURS = "the folder holds something else"


class FolderError(Exception):
    """The folder cannot be used as it is. `path` and `offset` say where, `advice` what to do."""

    def __init__(
        self, flaw: Flaw, path: Path, detail: str, *, offset: int | None = None, advice: str = ""
    ) -> None:
        place = f"{path}" if offset is None else f"{path}, byte {offset}"
        super().__init__(f"{flaw.value}: {place}: {detail}" + (f"; {advice}" if advice else ""))
        self.flaw = flaw
        self.path = path
        self.detail = detail
        self.offset = offset
        self.advice = advice


class WriteFailed(OSError):
    """A file could not be written (full disk, quota, input/output error). What was committed before is whole;
    what was to be written is kept and goes out with the next write that works."""

    def __init__(self, path: Path, cause: OSError) -> None:
        super().__init__(cause.errno, f"{path}: {cause.strerror or cause}")
        self.path = path


class SyncFailed(WriteFailed):
    """The system could not bring to the disk what it had taken. It may have thrown that away, and would say
    nothing of it if it were asked again: only a new process, which reads what is there, can go on."""

    def __init__(self, path: Path, cause: OSError) -> None:
        super().__init__(path, cause)
        self.strerror = f"{self.strerror} (while syncing: look after the disk and start the network again)"
