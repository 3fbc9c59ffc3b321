"""Which messages something happened to, in order, for those who watch."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import islice

from devnet.chain.types import Hash32

KEPT = 65_536
"""Entries."""


@dataclass(frozen=True, slots=True)
class Touched:
    """What was touched after a cursor."""

    guids: tuple[Hash32, ...]
    """Oldest first."""
    cursor: int
    """To ask with next time."""
    gap: bool = False
    """Whether older entries were dropped because nobody asked in time."""


class TouchedLog:
    """The newest entries."""

    __slots__ = ("_entries", "_newest")

    def __init__(self) -> None:
        self._entries: deque[Hash32] = deque(maxlen=KEPT)
        self._newest = 0

    def add(self, guid: Hash32) -> None:
        """Something happened to the message."""
        self._entries.append(guid)
        self._newest += 1

    def since(self, cursor: int | None) -> Touched:
        """Entries after the cursor."""
        if cursor is None or cursor >= self._newest:
            return Touched((), self._newest)
        wanted = self._newest - cursor
        start = max(len(self._entries) - wanted, 0)
        guids = tuple(islice(self._entries, start, None))
        return Touched(guids, self._newest, wanted > len(self._entries))
