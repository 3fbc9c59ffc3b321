"""What differs between systems: positioned reads and writes, what makes bytes durable, locks, limits.

The one module with branches for POSIX and Windows. Only Linux is tested here.
"""

from __future__ import annotations

import errno
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path

if sys.platform == "win32":  # pragma: no cover
    import msvcrt

    _SEEKING = threading.Lock()
    """A file has one position for all threads there."""

    def try_lock(file: int) -> bool:
        """Takes the lock of an open file for this process; False where another one has it."""
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def read_at(file: int, count: int, offset: int) -> bytes:
        """Up to `count` bytes from `offset` on."""
        with _SEEKING:
            os.lseek(file, offset, os.SEEK_SET)
            return os.read(file, count)

    def write_at(file: int, content: bytes, offset: int) -> int:
        """Writes at `offset`; gives how many bytes were taken."""
        with _SEEKING:
            os.lseek(file, offset, os.SEEK_SET)
            return os.write(file, content)

    def sync_folder(folder: Path) -> None:
        """Nothing to do: a folder cannot be synced."""

    def allow_open_files(count: int) -> None:
        """Nothing to do: there is no such limit."""
else:
    import fcntl
    import resource

    def try_lock(file: int) -> bool:
        """Takes the lock of an open file for this process; False where another one has it."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def read_at(file: int, count: int, offset: int) -> bytes:
        """Up to `count` bytes from `offset` on."""
        return os.pread(file, count, offset)

    def write_at(file: int, content: bytes, offset: int) -> int:
        """Writes at `offset`; gives how many bytes were taken."""
        return os.pwrite(file, content, offset)

    def sync_folder(folder: Path) -> None:
        """Makes new and removed names in a folder survive a power cut."""
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def allow_open_files(count: int) -> None:
        """Lets the process have that many files open at once, as far as the system permits."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY:
            count = min(count, hard)
        if soft != resource.RLIM_INFINITY and soft < count:
            # Some systems have another limit beside the one that they tell.
            with suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


OPEN_FLAGS = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
"""Always among the flags of `os.open`."""


def sync_file(file: int) -> None:
    """Makes a file's bytes survive a power cut."""
    if sys.platform == "darwin":  # pragma: no cover
        # fsync leaves the bytes in the drive's cache there.
        fcntl.fcntl(file, fcntl.F_FULLFSYNC)
    else:
        os.fsync(file)


def sync_tree(folder: Path) -> None:
    """Makes everything below a folder survive a power cut; what goes away meanwhile is passed over. Raises
    OSError."""
    for below, _, names in os.walk(folder, onerror=_unless_gone):
        for name in names:
            with suppress(FileNotFoundError):
                file = os.open(os.path.join(below, name), os.O_RDWR | OPEN_FLAGS)
                try:
                    sync_file(file)
                finally:
                    os.close(file)
        with suppress(FileNotFoundError):
            sync_folder(Path(below))


def _unless_gone(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


def read_fully(file: int, count: int, offset: int) -> bytes:
    """`count` bytes from `offset` on; fewer only at the file's end."""
    parts = []
    while count > 0:
        part = read_at(file, count, offset)
        if not part:
            break
        parts.append(part)
        count -= len(part)
        offset += len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def write_fully(file: int, content: bytes, offset: int) -> None:
    """Writes everything at `offset`. Raises OSError; a part may then be there."""
    written = write_at(file, content, offset)
    while written < len(content):
        more = write_at(file, content[written:], offset + written)
        if not more:
            raise OSError(errno.EIO, "the file takes nothing more")
        written += more
