"""How far a transfer is, on stderr, for people only."""

from __future__ import annotations

import sys
import time
from types import TracebackType

_WIDTH = 30
_INTERVAL = 0.1


class Progress:
    """A bar while it is used in `with`; nothing where stderr is no terminal."""

    def __init__(self, what: str, total: int | None = None) -> None:
        """`total` is in bytes; None where it is not known."""
        self._what = what
        self._total = total
        self._is_shown = sys.stderr.isatty()
        self._drawn = 0.0
        self._done = 0

    def __enter__(self) -> Progress:
        self._draw()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def expect(self, total: int) -> None:
        """So many bytes will come."""
        self._total = total

    def add(self, count: int) -> None:
        """So many bytes more are done."""
        self._done += count
        if self._is_shown and time.monotonic() - self._drawn >= _INTERVAL:
            self._draw()

    def say(self, what: str) -> None:
        """What is going on now."""
        self._what = what
        self._draw()

    def _draw(self) -> None:
        if not self._is_shown:
            return
        self._drawn = time.monotonic()
        bar = ""
        if self._total:
            filled = _WIDTH * self._done // self._total
            bar = f"[{'#' * filled}{' ' * (_WIDTH - filled)}] "
        sys.stderr.write(f"\r\x1b[K{self._what} {bar}{size_in_words(self._done)}")
        sys.stderr.flush()


def size_in_words(count: int) -> str:
    """`1.2 MB`."""
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
