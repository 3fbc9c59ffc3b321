"""Makes the draft of a slot in turns of limited work, so that the zones' owner can do something else in
between."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from devnet.chain.types import ZoneName
from devnet.proving.flaws import Refused
from devnet.proving.program import Program
from devnet.settlement.chain import ChainView
from devnet.settlement.draft import Draft, Recorded, Section
from devnet.settlement.producing import Span
from devnet.settlement.system_facts import ShownFacts
from devnet.state import StateGone
from devnet.zone.errors import ZoneError
from devnet.zone.port import ZonePort

BLOCK_WORK = 100_000
"""What a block costs beside its transactions, in gas: its system calls, its header."""


@dataclass(frozen=True, slots=True)
class Task:
    """What one zone is to put into a slot."""

    index: int
    name: ZoneName
    zone: ZonePort
    program: Program
    spans: Sequence[Span]
    """Of the updates, at least one."""


class Drafting:
    """The draft of one slot while it is made. For the thread that owns the zones; whoever takes blocks of
    theirs away drops it."""

    def __init__(
        self, base: ChainView, slot: int, tasks: Sequence[Task], show: Callable[[Sequence[int]], ShownFacts]
    ) -> None:
        """`show` gives the facts of the system zone for zones, which it read of them before."""
        self.base = base
        self._show = show
        self.slot = slot
        self.hindrances: dict[ZoneName, str] = {}
        """Why blocks of a zone cannot be settled."""
        self._tasks = deque(tasks)
        self._recorded: list[Recorded] = []
        """Of the first task."""
        self._sections: list[Section] = []

    def turn(self, limit: int | None = None) -> bool:
        """Records blocks of one update, of some `limit` gas (see `ZonePort.record_update`); whether all that
        there was to do is done."""
        if self._tasks:
            task = self._tasks[0]
            span = task.spans[len(self._recorded)]
            try:
                witness = task.zone.record_update(task.program, span.first, span.last, limit)
            except (Refused, ZoneError, StateGone) as reason:
                self.hindrances[task.name] = str(reason)
                self._next_task()
                return not self._tasks
            if witness is not None:
                self._recorded.append(Recorded(span, witness))
                if len(self._recorded) == len(task.spans):
                    self._sections.append(Section(task.index, task.program, tuple(self._recorded)))
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
        shown = self._show([section.zone for section in self._sections])
        return Draft(self.base, self.slot, tuple(self._sections), shown)


def bounded(zone: ZonePort, settled: int, most: int) -> int:
    """The last of the zone's blocks after `settled` that are some `most` gas of work together; at least one
    block's number."""
    number, newest = settled, zone.number()
    work = 0
    while number < newest and work < most:
        number += 1
        block = zone.block(number)
        # What cannot be found, recording says.
        work += BLOCK_WORK + (0 if block is None else block.header.gas_used)
    return number
