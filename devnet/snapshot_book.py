"""The network's list of snapshots: plain data. Zones keep their part of each under the same id.

Whatever happens to the list is a `Taken` or an `Ended`, and applying the same ones again gives the same list:
that is how a network that is kept in a folder writes it down.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from devnet.zone.snapshot_losses import SnapshotLoss, SnapshotLosses

NAME_MEMORY = 1_024
"""How many names of ended snapshots are remembered, so that asking for one says what became of it."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A snapshot of the whole network."""

    identifier: int
    """Counts up from 1; never given twice in the life of the network."""
    name: str | None
    clock: int
    """The network's clock, in seconds since the epoch."""
    taken_at: int
    """The time of day, in seconds since the epoch."""
    numbers: tuple[int, ...]
    """Of the newest block of every zone, in the order of the zones."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The snapshots with ids from `first` to `last` are gone: one of them, or all the newest."""

    first: int
    last: int
    reason: str


BookChange: TypeAlias = Taken | Ended


@dataclass(frozen=True, slots=True)
class BookState:
    """A whole book."""

    taken: tuple[Taken, ...]
    last_id: int
    losses: tuple[SnapshotLoss, ...]
    forgotten: int
    """As `SnapshotLosses.forgotten`."""
    ended_names: tuple[tuple[str, int], ...]


class SnapshotBook:
    """The snapshots that there are, oldest first, and why others are gone. Its owner changes it, any thread
    asks. No step costs more for there being more snapshots."""

    __slots__ = ("_changes", "_ended_names", "_last", "_losses", "_names", "_taken", "_unnamed")

    def __init__(self) -> None:
        self._taken: OrderedDict[int, Taken] = OrderedDict()
        self._unnamed: OrderedDict[int, None] = OrderedDict()
        self._names: dict[str, int] = {}
        self._ended_names: OrderedDict[str, int] = OrderedDict()
        self._losses = SnapshotLosses()
        self._last = 0
        self._changes: list[BookChange] | None = None

    # ------------------------------------------------------------ questions

    def __len__(self) -> int:
        return len(self._taken)

    def __iter__(self) -> Iterator[Taken]:
        # list() copies in one step under the interpreter's lock.
        return iter(list(self._taken.values()))

    @property
    def last_id(self) -> int:
        """Of the newest snapshot that ever was, 0 before the first."""
        return self._last

    @property
    def newest_id(self) -> int:
        """Of the newest snapshot that there is, 0 where there is none."""
        return next(reversed(self._taken), 0)

    @property
    def oldest_unnamed(self) -> int | None:
        """The id of the oldest snapshot without a name."""
        return next(iter(self._unnamed), None)

    @property
    def named(self) -> int:
        """How many have a name."""
        return len(self._names)

    def get(self, identifier: int) -> Taken | None:
        """The snapshot with that id, None where it is gone or never was."""
        return self._taken.get(identifier)

    def by_name(self, name: str) -> Taken | None:
        """The snapshot with that name, None where it is gone or never was."""
        identifier = self._names.get(name)
        return None if identifier is None else self._taken.get(identifier)

    def ended_with_name(self, name: str) -> int | None:
        """The id of the last one that had that name and is gone."""
        return self._ended_names.get(name)

    def why_gone(self, identifier: int) -> str:
        """Why `get` gives none."""
        if not 0 < identifier <= self._last:
            return "it was never taken"
        return self._losses.reason(identifier)

    # ------------------------------------------------------------ changes

    def apply(self, change: BookChange) -> None:
        """Makes a change, and keeps it for `take_changes` where they are recorded."""
        if isinstance(change, Taken) and change.identifier <= self._last:
            raise ValueError(f"snapshot {change.identifier:#x} cannot follow snapshot {self._last:#x}")
        if self._changes is not None:
            # Noted before anybody sees it.
            self._changes.append(change)
        if isinstance(change, Taken):
            self._take(change)
        else:
            self._end(change)

    def _take(self, taken: Taken) -> None:
        self._last = taken.identifier
        self._taken[taken.identifier] = taken
        if taken.name is None:
            self._unnamed[taken.identifier] = None
        else:
            self._names[taken.name] = taken.identifier
            self._ended_names.pop(taken.name, None)

    def _end(self, ended: Ended) -> None:
        if ended.first == ended.last:
            self._forget(self._taken.pop(ended.last, None))
        else:
            while self._taken and next(reversed(self._taken)) >= ended.first:
                self._forget(self._taken.popitem()[1])
        self._losses.add(SnapshotLoss(ended.first, ended.last, ended.reason))

    def _forget(self, taken: Taken | None) -> None:
        if taken is None:
            return
        if taken.name is None:
            del self._unnamed[taken.identifier]
            return
        del self._names[taken.name]
        self._ended_names[taken.name] = taken.identifier
        if len(self._ended_names) > NAME_MEMORY:
            self._ended_names.popitem(last=False)

    # ------------------------------------------------------------ keeping it in a file

    def record_changes(self) -> None:
        """From now on changes are kept until `take_changes` asks for them."""
        self._changes = []

    @property
    def has_changes(self) -> bool:
        """Whether `take_changes` has something to give. Any thread may ask."""
        return bool(self._changes)

    def take_changes(self) -> tuple[BookChange, ...]:
        """The changes since the last time, oldest first; none where they are not recorded."""
        if not self._changes:
            return ()
        changes = tuple(self._changes)
        self._changes.clear()
        return changes

    def state(self) -> BookState:
        """Everything, for a journal that begins anew."""
        return BookState(
            tuple(self._taken.values()),
            self._last,
            tuple(self._losses),
            self._losses.forgotten,
            tuple(self._ended_names.items()),
        )

    @classmethod
    def from_state(cls, state: BookState) -> SnapshotBook:
        """The book that `state` was taken from."""
        book = cls()
        for taken in state.taken:
            book._take(taken)
        book._last = state.last_id
        book._losses = SnapshotLosses(state.losses, state.forgotten)
        book._ended_names = OrderedDict(state.ended_names)
        return book
