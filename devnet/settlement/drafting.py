"""Makes the draft of a slot in turns of limited work, so that the zones' owner can do something else in
between."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from devnet.chain.transaction import Transaction
from devnet.chain.types import ZoneName
from devnet.proving.flaws import Refused
from devnet.proving.program import Program
from devnet.settlement.chain import ChainView
from devnet.settlement.draft import Draft, Recorded, Section
from devnet.settlement.faults.conditions import Conditions
from devnet.settlement.producing import Span
from devnet.settlement.system_facts import ShownFacts, Spans
from devnet.state import StateGone
from devnet.zone.errors import ZoneError
from devnet.zone.port import ZonePort

BLOCK_WORK = 100_000
"""What a block costs beside its transactions, in gas: its system calls, its header."""


_MOST_PARTED = 4
"""Zones of which a leader may leave out any."""


@dataclass(frozen=True, slots=True)
class Task:
    """What one zone is to put into a slot."""

    index: int
    name: ZoneName
    zone: ZonePort
    program: Program
    spans: Sequence[Span]
    """Of the updates, at least one."""
    inbox: tuple[int, int]
    """From where to where they consume the zone's inbox."""
    work: int | None
    """Of its blocks, in gas; None where nobody counted."""


class Drafting:
    """The draft of one slot while it is made. For the thread that owns the zones; whoever takes blocks of
    it away drops it. Where `records_anywhere`, another thread may `record` it, while the owner does
    nothing with it but drop it."""

    def __init__(
        self,
        base: ChainView,
        slot: int,
        tasks: Sequence[Task],
        show: Callable[[Spans], ShownFacts],
        conditions: Conditions,
    ) -> None:
        """`show` gives the facts of the system zone for zones, which it read of them before. `conditions` are
        the faults of this slot."""
        self._conditions = conditions
        self.base = base
        self._show = show
        self.slot = slot
        self.hindrances: dict[ZoneName, str] = {}
        """Why blocks of a zone cannot be settled."""
        self._tasks = deque(tasks)
        self._recorded: list[Recorded] = []
        """Of the first task."""
        self._sections: list[Section] = []
        self._is_dropped = False
        self.newest = {task.index: task.spans[-1].last for task in tasks}
        """Of each zone that it is of, by index, the newest block."""
        self.works = {task.index: task.work for task in tasks if task.work is not None}
        """Of zones by index, the work of their blocks, in gas, where somebody counted."""
        self.work = sum(self.works.values()) if len(self.works) == len(tasks) else None
        """In gas; None where nobody counted."""

    @property
    def records_anywhere(self) -> bool:
        """Whether all of its zones let another thread record."""
        return all(task.zone.records_anywhere for task in self._tasks)

    def drop(self) -> None:
        """Nobody wants it any more: whoever records it need not go on."""
        self._is_dropped = True

    @property
    def is_dropped(self) -> bool:
        """Whether nobody wants it any more."""
        return self._is_dropped

    def record(self) -> None:
        """Does all that there is to do, unless it is dropped. See `records_anywhere`."""
        while not self._is_dropped and not self.turn():
            pass

    def turn(self, limit: int | None = None) -> bool:
        """Records blocks of one update, of some `limit` gas (see `ZonePort.record_update`); whether all that
        there was to do is done."""
        if self._tasks:
            task = self._tasks[0]
            span = task.spans[len(self._recorded)]
            try:
                witness = task.zone.record_update(task.program, span.first, span.last, limit)
                # Another thread may let the blocks go in between.
                transactions = () if witness is None else _transactions(task.zone, span)
            except (Refused, ZoneError, StateGone) as reason:
                self.hindrances[task.name] = str(reason)
                self._next_task()
                return not self._tasks
            if witness is not None:
                self._recorded.append(Recorded(span, witness, transactions))
                if len(self._recorded) == len(task.spans):
                    self._sections.append(
                        Section(task.index, task.program, tuple(self._recorded), task.inbox)
                    )
                    self._next_task()
        return not self._tasks

    def _next_task(self) -> None:
        self._tasks.popleft()
        self._recorded = []

    @property
    def draft(self) -> Draft | None:
        """Once it is done; None where nothing could be recorded."""
        if not self._sections:
            return None
        spans = {section.zone: section.inbox for section in self._sections}
        shown = self._show(spans)
        # Only where somebody may do something wrong are there fewer zones than there could be.
        fewer = {
            frozenset(some): self._show({zone: spans[zone] for zone in some})
            for some in _parts(tuple(spans))
            if self._conditions.faults
        }
        return Draft(self.base, self.slot, tuple(self._sections), shown, fewer, self._conditions)


def _transactions(zone: ZonePort, span: Span) -> tuple[Transaction, ...]:
    blocks = map(zone.block, range(span.first, span.last + 1))
    return tuple([each for block in blocks if block is not None for each in block.transactions])


def _parts(zones: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Some of these zones in every way; of many zones, each alone."""
    most = len(zones) if len(zones) <= _MOST_PARTED else 2
    for count in range(1, most):
        yield from combinations(zones, count)


def bounded(zone: ZonePort, settled: int, newest: int, most: int) -> tuple[int, int]:
    """The last of the zone's blocks after `settled`, up to `newest`, that are some `most` gas of work
    together, at least one block's number; and that work."""
    number = settled
    work = 0
    while number < newest and work < most:
        number += 1
        block = zone.block(number)
        # What cannot be found, recording says.
        work += BLOCK_WORK + (0 if block is None else block.header.gas_used)
    return number, work
