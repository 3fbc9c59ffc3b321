"""ParaScheduler: after which transactions a transaction of the frame order may start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from devnet.scheduling.access import AccessSet

WINDOW: Final = 128
"""How many places before its own a transaction is compared with; it waits for all before those."""


def starts_after(accesses: Sequence[AccessSet], frames: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """For each place in the frame order the last place that must be done, with all before it; -1 for none.

    Those of one frame do not conflict and are not compared; everything in the first frame starts at once.
    """
    order = [index for frame in frames for index in frame]
    after: list[int] = []
    start = 0
    for frame in frames:
        for _ in frame:
            after.append(_after(accesses, order, len(after), start) if start else -1)
        start += len(frame)
    return tuple(after)


def _after(accesses: Sequence[AccessSet], order: Sequence[int], place: int, start: int) -> int:
    access = accesses[order[place]]
    stop = max(place - WINDOW, 0)
    for earlier in range(start - 1, stop - 1, -1):
        if access.conflicts_with(accesses[order[earlier]]):
            return earlier
    return stop - 1
