"""Why snapshots cannot be gone back to any more, remembered by ranges of their ids."""

from __future__ import annotations

import datetime
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

LOSS_LIMIT = 1_024
"""How many reasons are remembered; of an older loss only that it happened is known."""

FORGOTTEN = "so much happened to the snapshots since that the reason is no longer remembered"


@dataclass(frozen=True, slots=True)
class SnapshotLoss:
    """One event that ended snapshots."""

    first: int
    last: int
    """Ids: all from `first` to `last` that were usable until then ended."""
    reason: str
    """A sentence without its full stop: what ended them, and when."""


class SnapshotLosses:
    """The newest losses, oldest first. Costs nothing that grows with the snapshots."""

    __slots__ = ("_losses", "forgotten")

    def __init__(self, losses: Iterable[SnapshotLoss] = (), forgotten: int = 0) -> None:
        self._losses: deque[SnapshotLoss] = deque()
        self.forgotten = forgotten
        """The highest id of which a reason may have been forgotten."""
        for loss in losses:
            self.add(loss)

    def __iter__(self) -> Iterator[SnapshotLoss]:
        return iter(tuple(self._losses))

    def add(self, loss: SnapshotLoss) -> None:
        """Remembers a loss; neighbours with one reason become one."""
        losses = self._losses
        if losses and losses[-1].reason == loss.reason and losses[-1].last + 1 == loss.first:
            losses[-1] = replace(losses[-1], last=loss.last)
            return
        losses.append(loss)
        if len(losses) > LOSS_LIMIT:
            self.forgotten = max(self.forgotten, losses.popleft().last)

    def reason(self, identifier: int) -> str:
        """What ended a snapshot that was taken and is gone: the first loss that covers it."""
        if identifier > self.forgotten:
            for loss in tuple(self._losses):
                if loss.first <= identifier <= loss.last:
                    return loss.reason
        return FORGOTTEN


def utc(seconds: int) -> str:
    """A moment in seconds since the epoch as a reason names it."""
    try:
        moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    except (OverflowError, ValueError, OSError):
        return f"second {seconds}"  # Timestamps go far beyond the calendar's year 9999.
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
