"""Whom consensus asks what a block is worth."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from devnet.settlement.consensus.messages import Decision
from devnet.settlement.proposal import Candidate


class Opinion(StrEnum):
    ACCEPTED = "accepted"
    REFUSED = "refused"
    PENDING = "pending"
    """Something is missing that may still come; an event `Reconsider` asks again."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge says, and why."""

    opinion: Opinion
    reason: str = ""


ACCEPTED = Verdict(Opinion.ACCEPTED)
PENDING = Verdict(Opinion.PENDING)


class Judge(Protocol):
    """Says of candidates whether this validator accepts them (protocol section 7, "Acceptance"). That height,
    parent, incarnation and proposer are right, consensus has seen to."""

    def belongs(self, candidate: Candidate) -> bool:
        """Whether the payload is what the block commits to, whole and signed as it must be: a question about
        these bytes alone, answered alike by everyone and for ever. Whoever changes a payload on its way is
        found out here."""
        ...

    def judge(self, candidate: Candidate) -> Verdict:
        """Whether to vote for it. The answer does not depend on the round; `PENDING` may become another."""
        ...


class Archive(Protocol):
    """Where decisions of earlier heights are, for validators that were away."""

    def decision(self, height: int) -> Decision | None:
        """The decision at this height of the current incarnation, None where it is not kept."""
        ...
