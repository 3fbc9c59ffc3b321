"""What goes wrong in a process: it is killed at its N-th file call, or the disk is full for a while.

Installed in the process under test before the command runs. Counted are the calls that write in the data
folder; nothing of the project is replaced, only `os` functions below it.
"""

from __future__ import annotations

import errno
import os
import resource
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

BY_PATH = ("open", "unlink", "remove", "rename", "replace", "mkdir", "rmdir")
BY_FILE = ("write", "pwrite", "writev", "pwritev", "ftruncate", "truncate", "fsync", "fdatasync")


@dataclass(frozen=True, slots=True)
class Interference:
    """`kill_at` counts from 1. `full_from` to `full_to`: the calls during which nothing can be written."""

    kill_at: int | None = None
    when: str = "before"
    """"before" the call, "middle" (a part of a write is done, else before) or "after"."""
    linger: float = 0.0
    """Seconds between the call's moment and the kill, in which other threads go on."""
    full_from: int | None = None
    full_to: int | None = None
    part_is_written: bool = False
    """Whether the write that finds the disk full writes a part."""
    file_size_limit: int | None = None
    """Bytes: RLIMIT_FSIZE."""

    def install(self, folder: str) -> None:
        """From now on, in this process."""
        if self.file_size_limit is not None:
            # The other half of the pair stays, so that the test can lift the limit.
            _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.file_size_limit, hard))
        if self.kill_at is not None or self.full_from is not None:
            _Patched(self, os.path.abspath(folder)).install()


PAGE = 4096


def _whole_pages(count: int, offset: int) -> int:
    """About half of a write of `count` bytes at `offset`, ending with a page; 0 where it is within one. The
    system looks for signals, and for space, between pages: it writes one whole or not at all."""
    size = -(-(offset + count // 2) // PAGE) * PAGE - offset
    return size if 0 < size < count else 0


class _Patched:
    def __init__(self, spec: Interference, folder: str) -> None:
        self._spec = spec
        self._folder = folder
        self._files: set[int] = set()
        self._lock = threading.Lock()
        self._count = 0

    def install(self) -> None:
        for name in BY_PATH:
            setattr(os, name, self._by_path(name, getattr(os, name)))
        for name in BY_FILE:
            setattr(os, name, self._by_file(name, getattr(os, name)))
        close = os.close

        def close_and_forget(fd: int) -> None:
            self._files.discard(fd)
            close(fd)

        os.close = close_and_forget

    def _by_path(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def patched(path: Any, *args: Any, **named: Any) -> Any:
            text = os.fspath(path) if not isinstance(path, int) else ""
            text = text.decode() if isinstance(text, bytes) else text
            above = named.get("dir_fd")
            is_inside = (
                os.path.abspath(text).startswith(self._folder) if above is None else above in self._files
            )
            if not is_inside:
                return call(path, *args, **named)
            if name == "open":
                flags = args[0] if args else named.get("flags", 0)
                is_writing = bool(flags & (os.O_CREAT | os.O_TRUNC))
                file = (
                    self._around(name, lambda: call(path, *args, **named))
                    if is_writing
                    else call(path, *args, **named)
                )
                self._files.add(file)
                return file
            return self._around(name, lambda: call(path, *args, **named))

        return patched

    def _by_file(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def patched(file: Any, *args: Any) -> Any:
            if file not in self._files:
                return call(file, *args)
            part: Callable[[], Any] | None = None
            if name == "pwrite" and (size := _whole_pages(len(args[0]), args[1])):
                part = lambda: call(file, bytes(args[0])[:size], *args[1:])  # noqa: E731
            return self._around(name, lambda: call(file, *args), part)

        return patched

    def _around(self, name: str, call: Callable[[], Any], part: Callable[[], Any] | None = None) -> Any:
        spec = self._spec
        with self._lock:
            self._count += 1
            count = self._count
        if count == spec.kill_at:
            if spec.when == "middle" and part is not None:
                part()
            if spec.when == "after":
                # A call that fails is over as well.
                with suppress(OSError):
                    call()
            if spec.linger:
                time.sleep(spec.linger)
            os.kill(os.getpid(), signal.SIGKILL)
        grows = name in ("open", "write", "pwrite", "mkdir", "rename", "replace")
        if grows and spec.full_from is not None and spec.full_from <= count < (spec.full_to or 1 << 60):
            if spec.part_is_written and part is not None:
                part()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return call()
