"""The zone's part of the network's snapshots: a mark for each, under the network's ids.

Marks are a stack: a later one has a higher id and no lower block, for whatever removes a block ends the marks
that were taken at it. So going back takes marks off the end, and each costs its removal once.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from devnet.chain.rules import Rules
from devnet.execution import Overrides
from devnet.zone.environment import BlockSettings
from devnet.zone.sender_queue import Waiting
from devnet.zone.snapshot_losses import SnapshotLoss, SnapshotLosses
from devnet.zone.timestamps import TimeSettings


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """Everything that a revert restores. Nothing of it is copied: state and blocks are still there, and the
    rest is data that changes replace. Snapshots between which nothing changed share one mark."""

    number: int
    """Of the newest block."""
    overlay: Overrides
    """What development calls wrote since that block."""
    time: TimeSettings
    settings: BlockSettings
    rules: Rules
    pool: tuple[Waiting, ...]
    """The mempool in the order of arrival."""


class SnapshotMarks:
    """Marks by snapshot id, oldest first. The zone's owner changes them, any thread asks."""

    __slots__ = ("_last", "_losses", "_marks")

    def __init__(self) -> None:
        self._marks: OrderedDict[int, Mark] = OrderedDict()
        self._losses = SnapshotLosses()
        self._last = 0

    @property
    def marks(self) -> Mapping[int, Mark]:
        """All of them, oldest first."""
        return MappingProxyType(self._marks)

    def newest_first(self) -> Iterator[int]:
        """The ids of all of them."""
        return reversed(self._marks)

    @property
    def losses(self) -> SnapshotLosses:
        """Why others are gone."""
        return self._losses

    @property
    def last_id(self) -> int:
        """Of the newest snapshot there was, whether it is still there or not; 0 before the first."""
        return self._last

    @property
    def newest_id(self) -> int:
        """Of the newest snapshot that is still there, 0 where there is none."""
        return next(reversed(self._marks), 0)

    @property
    def newest(self) -> Mark | None:
        """The mark of the newest snapshot that is still there."""
        return next(reversed(self._marks.values())) if self._marks else None

    @property
    def lowest_number(self) -> int | None:
        """The lowest block that a snapshot goes back to; None where there are none."""
        return next(iter(self._marks.values())).number if self._marks else None

    def restore(self, marks: Mapping[int, Mark], losses: SnapshotLosses, last_id: int) -> None:
        """Holds exactly these; for a zone that is opened again."""
        self._marks = OrderedDict(sorted(marks.items()))
        self._losses = losses
        self._last = last_id

    # ------------------------------------------------------------ snapshots

    def put(self, identifier: int, mark: Mark) -> None:
        """Adds the newest. Raises ValueError for an id that is not higher than all before."""
        if identifier <= self._last:
            raise ValueError(f"snapshot {identifier:#x} cannot follow snapshot {self._last:#x}")
        self._last = identifier
        self._marks[identifier] = mark

    def get(self, identifier: int) -> Mark | None:
        """The mark, None where it ended or never was."""
        return self._marks.get(identifier)

    def why_gone(self, identifier: int) -> str:
        """Why `get` gives none."""
        if not 0 < identifier <= self._last:
            return "it was never taken"
        return self._losses.reason(identifier)

    def delete(self, identifier: int) -> None:
        """Forgets one, where it is there; the network knows why."""
        self._marks.pop(identifier, None)

    # ------------------------------------------------------------ ends

    def end_after(self, identifier: int, reason: str) -> None:
        """Ends the snapshots newer than that one."""
        first = None
        while self._marks and (newest := next(reversed(self._marks))) > identifier:
            self._marks.popitem()
            first = newest
        self._lose(first, self._last, reason)

    def end_above(self, number: int, reason: str) -> None:
        """Ends the snapshots taken above block `number`."""
        first = None
        while self._marks and (newest := next(reversed(self._marks.items())))[1].number > number:
            self._marks.popitem()
            first = newest[0]
        self._lose(first, self._last, reason)

    def end_below(self, number: int, reason: str) -> None:
        """Ends the snapshots taken below block `number`: the oldest ones."""
        last = 0
        while self._marks and (oldest := next(iter(self._marks.items())))[1].number < number:
            self._marks.popitem(last=False)
            last = oldest[0]
        self._lose(1 if last else None, last, reason)

    def end_all(self, reason: str) -> None:
        """Ends every snapshot."""
        self.end_after(0, reason)

    def _lose(self, first: int | None, last: int, reason: str) -> None:
        if first is not None:
            self._losses.add(SnapshotLoss(first, last, reason))
