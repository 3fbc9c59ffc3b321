"""One attempt at a height: validators of this process, their messages and their timers, step by step."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence

from devnet.settlement.consensus.core import Consensus
from devnet.settlement.consensus.effects import (
    Accuse,
    Author,
    Broadcast,
    Decided,
    Effect,
    Ignored,
    Send,
    SetTimer,
)
from devnet.settlement.consensus.events import Authored, Elapsed, Event, Received, Wait, Wake
from devnet.settlement.consensus.messages import Decision, Message
from devnet.settlement.consensus.setting import Height, Timing
from devnet.settlement.evidence import EvidenceBook
from devnet.settlement.flaws import Flaw
from devnet.settlement.proposal import Candidate
from devnet.settlement.routing import Wire
from devnet.settlement.standstill import Standstill

ROUNDS = 12
"""After so many rounds in vain a height is given up; it may be tried again."""

QUIET = 10_000
"""`Attempt.quiet`, of virtual time."""

GRACE = 1_000
"""Milliseconds that others have to hear of a decision."""

Authoring = Callable[[int], "Candidate | None"]
"""Makes the candidate of a proposer, given by index; None where he accepts nothing of what there is."""


class Attempt:
    """Time is virtual: nobody waits, and timers elapse in their order when nothing else is left to do."""

    quiet = QUIET
    """Milliseconds, beyond a round and a message, after which nothing comes any more."""
    rounds = ROUNDS
    """After so many in vain it is given up."""

    def __init__(
        self,
        members: Mapping[int, Consensus],
        setting: Height,
        author: Authoring,
        evidence: EvidenceBook,
        wire: Wire,
        timing: Timing,
        delay: int = 0,
    ) -> None:
        """`members` are those who take part, by their index in the set of validators. It takes `delay`
        milliseconds to make a candidate."""
        self._members = members
        self._setting = setting
        self._author = author
        self._evidence = evidence
        self._wire = wire
        self._timing = timing
        self._delay = delay
        self._mail: deque[tuple[int, Event]] = deque()
        self._later: list[tuple[int, int, int, Event]] = []
        """(when, count, member, event), messages on their way and timers."""
        self._now = 0
        self._count = 0
        self._slowest = 0
        """The longest that a message took."""
        self._moved = 0
        """When somebody entered a new round last."""
        self._rounds: set[int] = set()
        self._ends: int | None = None
        """When those who have not decided are left behind."""
        self._decided: set[int] = set()
        self._heard: set[int] = set()
        self.refused: dict[int, str] = {}
        """Why a validator would not vote for what was proposed."""
        self._empty: set[int] = set()
        """Leaders that had nothing to propose."""
        self._has_candidate = False
        self.decision: Decision | None = None
        self.is_over = False

    def run(self) -> None:
        """Begins, and goes on until it is over: then there is a decision, or a standstill."""
        for index in self._members:
            self._begin(index)
        while not self.is_over:
            self._step()

    def _begin(self, index: int) -> None:
        self._carry_out(index, self._members[index].begin(self._setting))
        self._mail.append((index, Wake(self._setting.height)))

    def _step(self) -> None:
        """The next message, or the next timer where there is none."""
        if self._mail:
            index, event = self._mail.popleft()
        else:
            if not self._later or len(self._decided) == len(self._members):
                self.is_over = True
                return
            when, _, index, event = heapq.heappop(self._later)
            if self._is_given_up(when):
                self.is_over = True
                return
            self._now = when
        self._tell(index, event)

    def _tell(self, index: int, event: Event) -> None:
        self._carry_out(index, self._members[index].handle(event))

    def _is_given_up(self, when: int) -> bool:
        if self._ends is not None:
            return when > self._ends
        if len(self._rounds) > self.rounds or self._nobody_has_anything():
            return True
        round_time = self._timing.growth * max(self._rounds, default=0)
        return when - self._moved > self.quiet + 2 * self._slowest + 5 * round_time

    def _nobody_has_anything(self) -> bool:
        return not self._has_candidate and len(self._empty) == len(self._members)

    def standstill(self) -> Standstill:
        """What there was to see."""
        everybody = range(len(self._setting.validators.validators))
        silent = tuple(index for index in everybody if index not in self._heard)
        return Standstill(
            self._setting.height,
            self._setting.validators,
            tuple(sorted(self._decided)),
            silent if len(everybody) > 1 else (),
            dict(sorted(self.refused.items())),
            self._nobody_has_anything(),
        )

    def _carry_out(self, index: int, effects: Sequence[Effect]) -> None:
        for effect in effects:
            match effect:
                case Broadcast(message):
                    for other in self._receivers():
                        self._send(index, other, message)
                case Send(peer, message):
                    self._send(index, peer, message)
                case SetTimer(timer, delay):
                    # Who goes on with a round of an earlier attempt may be past waiting for its proposal.
                    if timer.wait is not Wait.GOSSIP and timer.round not in self._rounds:
                        self._rounds.add(timer.round)
                        self._moved = self._now
                    self._push(index, Elapsed(timer), delay)
                case Author(height, round_, proposer):
                    candidate = self._author(proposer)
                    if candidate is None:
                        self._empty.add(index)
                        # What the others accept does not depend on whose turn it is: nobody need wait for it.
                        self._empty.update(other for other in self._members if self._author(other) is None)
                    else:
                        self._has_candidate = True
                        self._deliver(index, Authored(height, round_, candidate), self._delay)
                case Decided(decision):
                    self._decided.add(index)
                    if self.decision is None:
                        # The first: there is another only where a third of the stake lies, or more.
                        self.decision = decision
                        self._ends = self._now + GRACE
                case Accuse(found):
                    self._evidence.add(found, self._setting.validators)
                case Ignored(sender, flaw, detail):
                    self._ignored(index, sender, flaw, detail)
                case _:
                    # What is kept is in the members' memory: none of them outlives this process.
                    pass

    def _receivers(self) -> Collection[int]:
        """Whom messages can reach."""
        return self._members

    def _ignored(self, index: int, sender: int, flaw: Flaw, detail: str) -> None:
        if flaw is Flaw.JUDGED:
            self.refused[index] = detail

    def _send(self, sender: int, receiver: int, message: Message) -> None:
        if receiver == sender or receiver not in self._receivers():
            return
        for arrival in self._wire.carry(sender, receiver, message, self._now):
            self._heard.add(sender)
            self._slowest = max(self._slowest, arrival.delay)
            self._deliver(receiver, Received(sender, arrival.message), arrival.delay)

    def _deliver(self, index: int, event: Event, delay: int) -> None:
        if delay:
            self._push(index, event, delay)
        else:
            self._mail.append((index, event))

    def _push(self, index: int, event: Event, delay: int) -> None:
        self._count += 1
        heapq.heappush(self._later, (self._now + delay, self._count, index, event))
