"""Where a part keeps its files, and what of them counts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Home:
    """A folder that belongs to one part of one zone."""

    folder: Path
    identity: bytes
    """32 bytes that name the network, for the headers."""
    zone: int
    """Index of the zone."""
    position: bytes | None
    """What the part's `write` gave for the last commit; None where there is none: the part begins anew and
    removes what a process that never committed left there."""


class Durable(Protocol):
    """A part that keeps something in files. Without files `write` gives b"" and the others do nothing."""

    def write(self) -> bytes:
        """Gives everything that changed to the operating system; what the commit must hold for it. Raises
        WriteFailed; everything is then as before, and the next call tries again."""

    def committed(self) -> None:
        """A commit with what `write` gave was written: cleans up what it no longer names."""

    def sync(self) -> None:
        """Makes everything that was written survive a power cut. May be called from another thread."""

    def close(self) -> None:
        """Lets the files go; writes nothing."""
