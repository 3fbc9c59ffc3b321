"""How much of a busy network's time settlement takes: a share, earned before it is spent.

What a slot will take is reckoned from its work, in gas, and from what the slots before it took. A burst of
requests that is over before that is earned meets no slot at all: what it made is settled when it is quiet.
"""

from __future__ import annotations

SHARE = 1 / 32
"""Of the time, for settling while the network is busy."""

SLOT_WORK = 3_000_000
"""What a slot costs beside its blocks, in gas."""

FIRST_GUESS = 4e-9
"""Seconds that a unit of work takes, before anything is measured."""

HEAD_START = 8.0
"""Seconds of a burst after which a slot begins that is not earned yet. The debt is paid back afterwards."""

MOST_DEBT = 32.0
"""Seconds for which settlement rests at most: a slot that cost more than a second (a backlog that somebody
wished to be settled) takes more than the share, and what comes after it still becomes final."""

_RATIO = 1 / SHARE - 1
"""Seconds in which one is earned."""


class Pace:
    """Times are of a clock that only rises, in seconds."""

    def __init__(self) -> None:
        self._per_work = FIRST_GUESS
        self._since = 0.0
        """From when on what is earned was not spent yet; in the future where more was spent than earned. What
        a slot is begun with lasts for all of its parts."""

    @property
    def rests(self) -> float:
        """Until when settlement has had its share."""
        return self._since

    def begin(self, now: float) -> None:
        """There is something to settle since now: nothing is earned before."""
        self._since = max(self._since, now)

    def ready(self, work: int) -> float:
        """When a slot with blocks of so much work is earned."""
        return self._since + min(HEAD_START, (SLOT_WORK + work) * self._per_work * _RATIO)

    def spend(self, now: float, seconds: float) -> None:
        """So long a processor was busy with a part of a slot until now. What was earned beyond that is for
        the next part, or for the next slot where this one came to nothing."""
        self._since = min(self._since + seconds * _RATIO, now + MOST_DEBT)

    def end(self, now: float) -> None:
        """The slot is over. What was earned beyond it is not kept."""
        self._since = max(self._since, now)

    def worth(self, seconds: float) -> int:
        """The work of blocks that makes a slot of so much time, judging by the slots before."""
        return max(0, int(seconds / self._per_work) - SLOT_WORK)

    def learn(self, work: int, seconds: float) -> None:
        """A whole slot with blocks of so much work took so long."""
        self._per_work = (self._per_work + seconds / (SLOT_WORK + work)) / 2
