"""The network's one clock: logical (each block adds a second) or the wall's."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from devnet.zone.messages import ClockReading


class Clock(Protocol):
    """Tells zones what time it is. `mark` and `go_back` make it part of a network's snapshots."""

    def reading(self) -> ClockReading:
        """What a message to a zone carries."""

    def advance(self, blocks: int) -> None:
        """Some zone sealed that many blocks with the last reading."""

    def mark(self) -> int:
        """The present moment, for `go_back`."""

    def go_back(self, mark: int) -> None:
        """Makes the moment of `mark` the present again; a clock on the wall cannot and does not."""


class LogicalClock:
    """Starts at the genesis time and moves by one second for each block of any zone: the same run gives the
    same timestamps."""

    __slots__ = ("now",)

    def __init__(self, start: int) -> None:
        self.now = start
        """Seconds since the epoch, of the newest block."""

    def reading(self) -> ClockReading:
        """As `Clock.reading`: the next block is due one second after the newest."""
        return ClockReading(self.now + 1, 1)

    def advance(self, blocks: int) -> None:
        """As `Clock.advance`."""
        self.now += blocks

    def mark(self) -> int:
        """As `Clock.mark`."""
        return self.now

    def go_back(self, mark: int) -> None:
        """As `Clock.go_back`."""
        self.now = mark


class WallClock:
    """The time of day; what a served network runs on. `now` gives seconds since the epoch."""

    __slots__ = ("_now",)

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now

    def reading(self) -> ClockReading:
        """As `Clock.reading`: all blocks of a message are due now."""
        return ClockReading(int(self._now()), 0)

    def advance(self, blocks: int) -> None:
        """As `Clock.advance`: nothing to do."""

    def mark(self) -> int:
        """As `Clock.mark`."""
        return int(self._now())

    def go_back(self, mark: int) -> None:
        """As `Clock.go_back`: time on the wall goes on."""
