"""The validators that run inside a network's process: the real consensus of each, messages carried by hand.

Time is virtual: nobody waits, and timers elapse in their order when nothing else is left to do, so that the
same questions give the same answers. Each validator keeps its own consensus and judges for itself.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Sequence

from devnet.settlement.consensus.core import Consensus
from devnet.settlement.consensus.effects import Accuse, Author, Broadcast, Decided, Effect, Send, SetTimer
from devnet.settlement.consensus.events import Authored, Elapsed, Event, Received, Wake
from devnet.settlement.consensus.judging import Archive, Judge
from devnet.settlement.consensus.messages import Decision
from devnet.settlement.consensus.setting import Height, Timing
from devnet.settlement.evidence import Evidence
from devnet.settlement.proposal import Candidate
from devnet.settlement.signatures import SignatureScheme

PATIENCE = 120_000
"""Milliseconds of virtual time after which a height is given up: some dozen rounds."""


class Undecided(Exception):
    """The validators did not agree on a block; the message says why."""


class Council:
    """The validators of one process, in the order in which their judges are given."""

    def __init__(
        self,
        scheme: SignatureScheme,
        secrets: Sequence[bytes],
        judges: Sequence[Judge],
        archive: Archive,
    ) -> None:
        # Nobody is ever behind here, so nobody need ask while there is nothing to settle.
        timing = Timing(idle=0)
        self._members = [
            Consensus(scheme, judge, archive, timing, secret)
            for judge, secret in zip(judges, secrets, strict=True)
        ]
        self.evidence: list[Evidence] = []
        """Of validators that contradicted themselves."""

    def decide(self, setting: Height, author: Callable[[int], Candidate]) -> Decision:
        """What all of them agree on at this height. `author` makes the candidate of a proposer, who is given
        by index. Raises Undecided."""
        run = _Run(self._members, setting, author, self.evidence)
        for index in range(len(self._members)):
            run.begin(index)
        while not run.is_over:
            run.step()
        assert run.decision is not None
        return run.decision


class _Run:
    """One height."""

    def __init__(
        self,
        members: Sequence[Consensus],
        setting: Height,
        author: Callable[[int], Candidate],
        evidence: list[Evidence],
    ) -> None:
        self._members = members
        self._setting = setting
        self._author = author
        self._evidence = evidence
        self._mail: deque[tuple[int, Event]] = deque()
        self._timers: list[tuple[int, int, int, Elapsed]] = []
        """(when, count, member, event)."""
        self._now = 0
        self._count = 0
        self._decided: set[int] = set()
        self.decision: Decision | None = None

    @property
    def is_over(self) -> bool:
        return len(self._decided) == len(self._members)

    def begin(self, index: int) -> None:
        self._carry_out(index, self._members[index].begin(self._setting))
        self._mail.append((index, Wake(self._setting.height)))

    def step(self) -> None:
        """The next message, or the next timer where there is none."""
        if self._mail:
            index, event = self._mail.popleft()
        elif self._timers and self._timers[0][0] <= PATIENCE:
            self._now, _, index, event = heapq.heappop(self._timers)
        else:
            height = self._setting.height
            raise Undecided(
                f"{len(self._decided)} of {len(self._members)} validators decided height {height}"
            )
        self._carry_out(index, self._members[index].handle(event))

    def _carry_out(self, index: int, effects: Sequence[Effect]) -> None:
        for effect in effects:
            match effect:
                case Broadcast(message):
                    others = (other for other in range(len(self._members)) if other != index)
                    self._mail.extend((other, Received(index, message)) for other in others)
                case Send(peer, message):
                    self._mail.append((peer, Received(index, message)))
                case SetTimer(timer, delay):
                    self._count += 1
                    heapq.heappush(self._timers, (self._now + delay, self._count, index, Elapsed(timer)))
                case Author(height, round_, proposer):
                    self._mail.append((index, Authored(height, round_, self._author(proposer))))
                case Decided(decision):
                    self._decided.add(index)
                    self.decision = decision
                case Accuse(found):
                    self._evidence.append(found)
                case _:
                    # What is kept is in the members' memory: none of them outlives this process.
                    pass
