"""`--memory-limit`: how much memory the past of all zones may take together.

What is counted is what the zones keep of their past: blocks, and what the state needs to go back. It is
counted from lengths and numbers of objects, not measured, so that the same run forgets the same blocks
everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable

from devnet.zone.messages import HistoryStatus
from devnet.zone.port import ZonePort

KEPT_BLOCKS = 128
"""So many blocks below the newest are never forgotten for memory."""

_MARGIN = 16
"""Once over the limit, the past shrinks to a sixteenth below it, so that not every block makes the next one
forget."""


class Retention:
    """Keeps the past of a network's zones within `limit` bytes."""

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def apply(self, zones: Iterable[ZonePort]) -> None:
        """Called after blocks. Costs next to nothing while the limit is kept; else the zone with the most
        forgets its oldest blocks, first those that no snapshot needs. The oldest snapshots give way last."""
        kept = [(zone, zone.history()) for zone in zones]
        if _total(kept) <= self.limit:
            return
        goal = self.limit - self.limit // _MARGIN
        for snapshots_give_way in (False, True):
            while (excess := _total(kept) - goal) > 0:
                shrinking = _largest(kept, snapshots_give_way)
                if shrinking is None:
                    break
                zone, status = kept[shrinking]
                others = max((other.total_bytes for _, other in kept if other is not status), default=0)
                # Down to what the next zone has, then in turns.
                step = excess // len(kept) + 1
                size = max(status.total_bytes - excess, min(others, status.total_bytes - step), 1)
                zone.forget(_highest(status, snapshots_give_way), size)
                kept[shrinking] = zone, zone.history()


def _total(kept: list[tuple[ZonePort, HistoryStatus]]) -> int:
    return sum(status.total_bytes for _, status in kept)


def _largest(kept: list[tuple[ZonePort, HistoryStatus]], snapshots_give_way: bool) -> int | None:
    """The place of the zone with the most bytes among those that have something to forget."""
    found = None
    most = -1
    for place, (_, status) in enumerate(kept):
        if status.total_bytes > most and status.oldest < _highest(status, snapshots_give_way):
            found, most = place, status.total_bytes
    return found


def _highest(status: HistoryStatus, snapshots_give_way: bool) -> int:
    """What the zone's oldest block may become."""
    highest = status.newest - KEPT_BLOCKS
    if snapshots_give_way or status.pinned is None:
        return highest
    return min(highest, status.pinned)
