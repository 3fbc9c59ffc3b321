"""Where a part keeps its files, and what of them counts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from devnet.persistence.header import Header
from devnet.persistence.removal import Removal
from devnet.persistence.segmented_log import SEGMENT_SIZE, LogPosition, SegmentedLog


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
    is_read_only: bool = False
    """Nothing may be written, shortened or removed: the folder is only looked at."""

    def log(
        self, name: str, kind: bytes, position: LogPosition | None, segment_size: int = SEGMENT_SIZE
    ) -> SegmentedLog:
        """The part's log in the folder `name`: a new one without a position. `kind` is four ASCII letters.
        Raises FolderError and WriteFailed."""
        folder, header = self.folder / name, Header(kind, self.identity, self.zone)
        if position is None:
            return SegmentedLog.create(folder, header, segment_size)
        return SegmentedLog.open(folder, header, position, segment_size, is_read_only=self.is_read_only)


class Durable(Protocol):
    """A part that keeps something in files. Without files `write` gives b"" and the others do nothing."""

    def write(self) -> bytes:
        """Gives everything that changed to the operating system; what the commit must hold for it. Raises
        WriteFailed; everything is then as before, and the next call tries again."""

    def removes(self) -> Removal:
        """What `committed` will take away, the maximum of the logs' own (`SegmentedLog.removes`)."""

    def committed(self) -> None:
        """A commit with what `write` gave was written: cleans up what it no longer names. Raises WriteFailed;
        the next `write` tries again."""

    def sync(self) -> None:
        """Makes everything that was written survive a power cut. May be called from another thread. Raises
        WriteFailed."""

    def close(self) -> None:
        """Lets the files go; writes nothing."""
