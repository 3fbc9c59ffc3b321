"""The validators that run inside a network's process: the real consensus of each, messages carried by hand.

Time is virtual: nobody waits, and timers elapse in their order when nothing else is left to do, so that the
same questions give the same answers. Each validator keeps its own consensus and judges for itself. What is
between them is a `Wire`.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet

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
from devnet.settlement.consensus.judging import Archive, Judge
from devnet.settlement.consensus.messages import Decision, Message
from devnet.settlement.consensus.setting import Height, Timing
from devnet.settlement.evidence import EvidenceBook
from devnet.settlement.flaws import Flaw
from devnet.settlement.proposal import Candidate
from devnet.settlement.routing import AtOnce, Wire
from devnet.settlement.signatures import SignatureScheme
from devnet.settlement.standstill import Standstill, Undecided

ROUNDS = 12
"""After so many rounds in vain a height is given up; it may be tried again."""

QUIET = 10_000
"""Milliseconds of virtual time, beyond a round and a message, after which nothing comes any more."""

GRACE = 1_000
"""Milliseconds of virtual time that others have to hear of a decision."""

Authoring = Callable[[int], "Candidate | None"]
"""Makes the candidate of a proposer, given by index; None where he accepts nothing of what there is."""


class Council:
    """The validators of one process, in the order in which their judges are given."""

    def __init__(
        self,
        scheme: SignatureScheme,
        secrets: Sequence[bytes],
        judges: Sequence[Judge],
        archive: Archive,
    ) -> None:
        # Nobody is behind for long here, so nobody need ask while there is nothing to settle.
        self._timing = timing = Timing(idle=0)
        self._members = [
            Consensus(scheme, judge, archive, timing, secret)
            for judge, secret in zip(judges, secrets, strict=True)
        ]
        self.evidence = EvidenceBook()
        """Of validators that contradicted themselves."""

    def decide(
        self,
        setting: Height,
        author: Authoring,
        wire: Wire | None = None,
        absent: AbstractSet[int] = frozenset(),
    ) -> Decision:
        """What they agree on at this height. `wire` is between them (nothing, by default), those `absent` do
        not run. What was said in an earlier attempt at this height holds on: it may be what was proposed
        then that is decided. Raises Undecided."""
        run = _Run(self._members, setting, author, self.evidence, wire or AtOnce(), absent, self._timing)
        for index in range(len(self._members)):
            if index not in absent:
                run.begin(index)
        while not run.is_over:
            run.step()
        if run.decision is None:
            raise Undecided(run.standstill())
        return run.decision

    def binding(self) -> Iterator[Candidate]:
        """What two thirds once voted for at the height that is not decided yet, in the eyes of a validator:
        it may be proposed again, so what it takes to judge it must stay."""
        for member in self._members:
            candidate = member.binding
            if candidate is not None:
                yield candidate


class _Run:
    """One attempt at a height."""

    def __init__(
        self,
        members: Sequence[Consensus],
        setting: Height,
        author: Authoring,
        evidence: EvidenceBook,
        wire: Wire,
        absent: AbstractSet[int],
        timing: Timing,
    ) -> None:
        self._members = members
        self._setting = setting
        self._author = author
        self._evidence = evidence
        self._wire = wire
        self._absent = absent
        self._timing = timing
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
        self._refused: dict[int, str] = {}
        self._empty: set[int] = set()
        """Leaders that had nothing to propose."""
        self._has_candidate = False
        self.decision: Decision | None = None
        self.is_over = False

    def begin(self, index: int) -> None:
        self._carry_out(index, self._members[index].begin(self._setting))
        self._mail.append((index, Wake(self._setting.height)))

    def step(self) -> None:
        """The next message, or the next timer where there is none."""
        if self._mail:
            index, event = self._mail.popleft()
        else:
            if not self._later or len(self._decided) == len(self._members) - len(self._absent):
                self.is_over = True
                return
            when, _, index, event = heapq.heappop(self._later)
            if self._is_given_up(when):
                self.is_over = True
                return
            self._now = when
        self._carry_out(index, self._members[index].handle(event))

    def _is_given_up(self, when: int) -> bool:
        if self._ends is not None:
            return when > self._ends
        if len(self._rounds) > ROUNDS or self._nobody_has_anything():
            return True
        round_time = self._timing.growth * max(self._rounds, default=0)
        return when - self._moved > QUIET + 2 * self._slowest + 5 * round_time

    def _nobody_has_anything(self) -> bool:
        return not self._has_candidate and len(self._empty) == len(self._members) - len(self._absent)

    def standstill(self) -> Standstill:
        """What there was to see."""
        everybody = range(len(self._members))
        silent = tuple(index for index in everybody if index not in self._heard)
        return Standstill(
            self._setting.height,
            self._setting.validators,
            tuple(sorted(self._decided)),
            silent if len(everybody) > 1 else (),
            dict(sorted(self._refused.items())),
            self._nobody_has_anything(),
        )

    def _carry_out(self, index: int, effects: Sequence[Effect]) -> None:
        for effect in effects:
            match effect:
                case Broadcast(message):
                    for other in range(len(self._members)):
                        self._send(index, other, message)
                case Send(peer, message):
                    self._send(index, peer, message)
                case SetTimer(timer, delay):
                    if timer.wait is Wait.PROPOSE and timer.round not in self._rounds:
                        self._rounds.add(timer.round)
                        self._moved = self._now
                    self._push(index, Elapsed(timer), delay)
                case Author(height, round_, proposer):
                    candidate = self._author(proposer)
                    if candidate is None:
                        self._empty.add(index)
                    else:
                        self._has_candidate = True
                        self._mail.append((index, Authored(height, round_, candidate)))
                case Decided(decision):
                    self._decided.add(index)
                    self.decision = decision
                    if self._ends is None:
                        self._ends = self._now + GRACE
                case Accuse(found):
                    self._evidence.add(found)
                case Ignored(_, flaw, detail):
                    if flaw is Flaw.JUDGED:
                        self._refused[index] = detail
                case _:
                    # What is kept is in the members' memory: none of them outlives this process.
                    pass

    def _send(self, sender: int, receiver: int, message: Message) -> None:
        if receiver == sender or receiver in self._absent:
            return
        for arrival in self._wire.carry(sender, receiver, message, self._now):
            self._heard.add(sender)
            event = Received(sender, arrival.message)
            if arrival.delay:
                self._slowest = max(self._slowest, arrival.delay)
                self._push(receiver, event, arrival.delay)
            else:
                self._mail.append((receiver, event))

    def _push(self, index: int, event: Event, delay: int) -> None:
        self._count += 1
        heapq.heappush(self._later, (self._now + delay, self._count, index, event))
