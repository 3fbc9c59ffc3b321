"""An attempt at a height in which validators take part that live elsewhere: time is real."""

from __future__ import annotations

import heapq
import time
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace

from devnet.settlement.attempt import Attempt, Authoring
from devnet.settlement.certificate import Certificate, signers_bitmap
from devnet.settlement.consensus.core import Consensus
from devnet.settlement.consensus.events import Event, Received
from devnet.settlement.consensus.messages import Decision
from devnet.settlement.consensus.setting import Height, Timing
from devnet.settlement.evidence import EvidenceBook
from devnet.settlement.flaws import Flaw, Refused
from devnet.settlement.remote.seats import Seats
from devnet.settlement.routing import Wire
from devnet.settlement.signatures import SignatureScheme
from devnet.settlement.standstill import Standstill
from devnet.settlement.votes import Vote, VoteKind

GATHERING = 300
"""Milliseconds that a decision waits for the votes of attached validators who have looked at the block: in
this process everybody votes at once, and they would never be among the signers."""

QUIET = 4_000
"""Milliseconds without a new round after which an attempt is given up, so that somebody can say why; the
next one goes on where it was."""

ROUNDS = 6
"""In vain, after which it is given up: these take real time, and the next attempt is another producer's."""

_LONGEST_WAIT = 1_000
_MOST_PRECOMMITS = 16
"""Of one validator at one height."""


class RemoteAttempt(Attempt):
    """Whose index is not among `members` and not absent lives elsewhere, or nowhere."""

    quiet = QUIET
    rounds = ROUNDS

    def __init__(
        self,
        members: Mapping[int, Consensus],
        setting: Height,
        author: Authoring,
        evidence: EvidenceBook,
        wire: Wire,
        timing: Timing,
        delay: int,
        seats: Seats,
        scheme: SignatureScheme,
        absent: AbstractSet[int],
    ) -> None:
        super().__init__(members, setting, author, evidence, wire, timing, delay)
        self._seats = seats
        self._scheme = scheme
        count = len(setting.validators.validators)
        self._elsewhere = frozenset(range(count)) - frozenset(members) - absent
        self._reached = frozenset(members) | self._elsewhere
        self._precommits: dict[int, list[Vote]] = {}
        """What others elsewhere said, not verified."""
        self._gathers: int | None = None
        """Until when votes for the decision are gathered."""
        self._begun = time.monotonic()
        self._words: dict[int, str] = {}
        """Why validators elsewhere do not vote."""

    def run(self) -> None:
        self._seats.await_ready()
        self._begun = time.monotonic()
        super().run()
        self._words = self._seats.words()
        if self.decision is not None:
            self.decision = self._with_more_signers(self.decision)

    def standstill(self) -> Standstill:
        """With the words of those who refuse, and who is not attached."""
        found = super().standstill()
        return replace(found, refused={**found.refused, **self._words})

    def _step(self) -> None:
        self._now = int((time.monotonic() - self._begun) * 1000)
        if self._mail:
            self._tell(*self._mail.popleft())
        elif self._is_enough():
            self.is_over = True
        elif self._later and self._later[0][0] <= self._now:
            _, _, index, event = heapq.heappop(self._later)
            self._tell(index, event)
        elif self._is_given_up(self._now) or self._seats.is_cancelled:
            self.is_over = True
        else:
            self._receive(self._wait())

    def _wait(self) -> float:
        """Seconds until something happens here by itself."""
        until = self._later[0][0] if self._later else self._now + _LONGEST_WAIT
        if self._gathers is not None:
            until = min(until, self._gathers)
        return max(0, min(until - self._now, _LONGEST_WAIT)) / 1000

    def _receive(self, timeout: float) -> None:
        taken = self._seats.take(timeout)
        if taken is None or taken.index not in self._elsewhere:
            return
        message = taken.message
        if isinstance(message, Vote) and message.kind is VoteKind.PRECOMMIT:
            own = self._precommits.setdefault(taken.index, [])
            if message.validator == taken.index and len(own) < _MOST_PRECOMMITS:
                own.append(message)
        receivers = self._reached if taken.to is None else (taken.to,)
        for receiver in receivers:
            self._send(taken.index, receiver, message)

    def _tell(self, index: int, event: Event) -> None:
        if index in self._members:
            super()._tell(index, event)
        elif isinstance(event, Received):
            self._seats.send(index, event.sender, event.message)

    def _receivers(self) -> Collection[int]:
        return self._reached

    def _ignored(self, index: int, sender: int, flaw: Flaw, detail: str) -> None:
        super()._ignored(index, sender, flaw, detail)
        if sender in self._elsewhere:
            self._seats.blame(sender, flaw)

    # ------------------------------------------------------------ who signs

    def _is_enough(self) -> bool:
        """Whether everybody here has decided, and everybody elsewhere who was ready has signed or had his
        time."""
        if self.decision is None or len(self._decided) < len(self._members):
            return False
        if self._gathers is None:
            self._gathers = self._now + GATHERING
        if self._now >= self._gathers:
            return True
        signed = {
            *self.decision.certificate.members,
            *(index for index, own in self._precommits.items() if own),
        }
        return all(index in signed or not self._seats.is_ready(index) for index in self._elsewhere)

    def _with_more_signers(self, decision: Decision) -> Decision:
        """The decision with the votes of those who came late."""
        certificate, validators = decision.certificate, self._setting.validators
        late: list[Vote] = []
        for index, votes in self._precommits.items():
            if index in certificate.members:
                continue
            for vote in votes:
                if (vote.height, vote.round, vote.choice) != (
                    certificate.height,
                    certificate.round,
                    certificate.choice,
                ):
                    continue
                try:
                    vote.verify(self._setting.domain, validators, self._scheme)
                except Refused:
                    continue
                late.append(vote)
                break
        if not late:
            return decision
        signers = [*certificate.members, *(vote.validator for vote in late)]
        more = Certificate(
            certificate.kind,
            certificate.height,
            certificate.round,
            certificate.choice,
            signers_bitmap(signers, len(validators.validators)),
            self._scheme.aggregate([certificate.signature, *(vote.signature for vote in late)]),
        )
        return Decision(decision.candidate, more)
