"""The network's one clock: logical (each block adds a second) or the wall's."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from devnet.zone.messages import ClockReading


@dataclass(frozen=True, slots=True)
class KeptTime:
    """A clock as a data folder or a dump keeps it."""

    is_wall: bool
    seconds: int
    """Of a clock on the wall: how far it is ahead of the time of day. Of a logical one: its moment."""


class Clock(Protocol):
    """Tells zones what time it is. `mark` and `go_back` make it part of a network's snapshots, `kept` and
    `resume` of its files."""

    def reading(self) -> ClockReading:
        """What a message to a zone carries."""

    def advance(self, blocks: int) -> None:
        """Some zone sealed that many blocks with the last reading."""

    def mark(self) -> int:
        """The present moment, for `go_back`."""

    def go_back(self, mark: int) -> None:
        """Makes the moment of `mark` the present again; a clock on the wall cannot and does not."""

    def kept(self) -> KeptTime:
        """What `resume` needs to go on from here, in another process."""

    def resume(self, kept: KeptTime) -> None:
        """Goes on where a clock of either kind was when it was kept. A logical clock has stood still since; a
        clock on the wall went on."""


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

    def kept(self) -> KeptTime:
        """As `Clock.kept`."""
        return KeptTime(False, self.now)

    def resume(self, kept: KeptTime) -> None:
        """As `Clock.resume`."""
        self.now = int(time.time()) + kept.seconds if kept.is_wall else kept.seconds


class WallClock:
    """The time of day; what a served network runs on. `now` gives seconds since the epoch, and `offset` is
    how many seconds the network is ahead of it."""

    __slots__ = ("_now", "offset")

    def __init__(self, now: Callable[[], float] = time.time, offset: int = 0) -> None:
        self._now = now
        self.offset = offset

    def reading(self) -> ClockReading:
        """As `Clock.reading`: all blocks of a message are due now."""
        return ClockReading(int(self._now()) + self.offset, 0)

    def advance(self, blocks: int) -> None:
        """As `Clock.advance`: nothing to do."""

    def mark(self) -> int:
        """As `Clock.mark`."""
        return int(self._now()) + self.offset

    def go_back(self, mark: int) -> None:
        """As `Clock.go_back`: time on the wall goes on."""

    def kept(self) -> KeptTime:
        """As `Clock.kept`."""
        return KeptTime(True, self.offset)

    def resume(self, kept: KeptTime) -> None:
        """As `Clock.resume`."""
        self.offset = kept.seconds if kept.is_wall else kept.seconds - int(self._now())
