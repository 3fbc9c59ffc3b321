"""The validators that run inside a network's process: the real consensus of each, messages carried by hand.

Time is virtual: nobody waits, and timers elapse in their order when nothing else is left to do, so that the
same questions give the same answers. Each validator keeps its own consensus and judges for itself. What is
between them is a `Wire`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from devnet.settlement.attempt import Attempt, Authoring
from devnet.settlement.consensus.core import Consensus
from devnet.settlement.consensus.judging import Archive, Judge
from devnet.settlement.consensus.messages import Decision
from devnet.settlement.consensus.setting import Height, Timing
from devnet.settlement.evidence import EvidenceBook
from devnet.settlement.proposal import Candidate
from devnet.settlement.remote.attempt import RemoteAttempt
from devnet.settlement.remote.seats import Seats
from devnet.settlement.routing import AtOnce, Wire
from devnet.settlement.signatures import SignatureScheme
from devnet.settlement.standstill import Undecided


class Council:
    """The validators whose keys one process has. Whom the set in force does not have waits; whose key nobody
    here has does not vote."""

    def __init__(
        self,
        scheme: SignatureScheme,
        secrets: Sequence[bytes],
        judges: Sequence[Judge],
        archive: Archive,
        seats: Seats | None = None,
        evidence: EvidenceBook | None = None,
    ) -> None:
        """A judge for each secret, at least one. `seats` says who lives elsewhere; `evidence` is where it is
        kept that validators contradicted themselves."""
        # Nobody is behind for long here, so nobody need ask while there is nothing to settle.
        self._timing = timing = Timing(idle=0)
        self._members = {
            scheme.public_key(secret): Consensus(scheme, judge, archive, timing, secret)
            for judge, secret in zip(judges, secrets, strict=True)
        }
        """By their public keys."""
        self._away: dict[bytes, Consensus] = {}
        """Those that do not vote. They remember what they voted, should they come back."""
        self._scheme = scheme
        self._kept = archive
        self._seats = seats
        self._observer = Consensus(scheme, judges[0], archive, timing)
        self.evidence = EvidenceBook() if evidence is None else evidence
        self.dissent: Mapping[int, str] = {}
        """Who refused what was proposed at the last height, and why."""

    def hold(self, secret: bytes, judge: Judge) -> None:
        """From the next height on this process votes with this key, too, where the set has it. A key that was
        let go before comes back with the judge that it had."""
        key = self._scheme.public_key(secret)
        if key not in self._members:
            returning = self._away.pop(key, None)
            self._members[key] = returning or Consensus(self._scheme, judge, self._kept, self._timing, secret)

    def let_go(self, public_key: bytes) -> None:
        """It does not vote with this key any more. Raises KeyError where it did not."""
        self._away[public_key] = self._members.pop(public_key)

    def decide(
        self,
        setting: Height,
        author: Authoring,
        wire: Wire | None = None,
        absent: AbstractSet[int] = frozenset(),
        delay: int = 0,
        offer: Authoring | None = None,
    ) -> Decision:
        """What they agree on at this height. `wire` is between them (nothing, by default), those `absent` do
        not run, and a candidate takes `delay` milliseconds of virtual time to make. What was said in an
        earlier attempt at this height holds on: it may be what was proposed then that is decided. `offer`
        makes what validators who live elsewhere are given to judge (default: `author`). Raises Undecided."""
        here = {
            index: self._members[validator.public_key]
            for index, validator in enumerate(setting.validators.validators)
            if validator.public_key in self._members
        }
        members = {index: each for index, each in here.items() if index not in absent}
        wire = wire or AtOnce()
        seats = self._seats
        if seats is None:
            attempt = Attempt(members, setting, author, self.evidence, wire, self._timing, delay)
            attempt.run()
        else:
            attempt = self._attempt_with(
                seats, frozenset(here), members, setting, author, wire, absent, delay, offer or author
            )
        self.dissent = attempt.refused
        if attempt.decision is None:
            raise Undecided(attempt.standstill())
        return attempt.decision

    def _attempt_with(
        self,
        seats: Seats,
        held: frozenset[int],
        members: Mapping[int, Consensus],
        setting: Height,
        author: Authoring,
        wire: Wire,
        absent: AbstractSet[int],
        delay: int,
        offer: Authoring,
    ) -> Attempt:
        """One at which validators that live elsewhere can take part."""
        remote = seats.begin(setting, held, offer)
        attempt: Attempt
        if not remote:
            attempt = Attempt(members, setting, author, self.evidence, wire, self._timing, delay)
        else:
            here = {index: each for index, each in members.items() if index not in remote}
            if not here:
                # Somebody here has to see what the others decide.
                here = {len(setting.validators.validators): self._observer}
            attempt = RemoteAttempt(
                here, setting, author, self.evidence, wire, self._timing, delay, seats, self._scheme, absent
            )
        try:
            attempt.run()
        finally:
            seats.end(attempt.decision)
        return attempt

    def binding(self) -> Iterator[Candidate]:
        """What two thirds once voted for at the height that is not decided yet, in the eyes of a validator:
        it may be proposed again, so what it takes to judge it must stay."""
        for member in self._members.values():
            candidate = member.binding
            if candidate is not None:
                yield candidate
