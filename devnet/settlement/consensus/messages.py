"""What validators send each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from devnet.chain.types import ZERO_HASH, Hash32
from devnet.settlement.certificate import Certificate
from devnet.settlement.proposal import NO_ROUND, Candidate, Proposal
from devnet.settlement.votes import Vote

Peer: TypeAlias = int
"""Whom a message came from or goes to: a validator's index in the set of the height, or any number above that
the transport gives to others who follow."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A block that is final: what was decided, and the certificate that says so."""

    candidate: Candidate
    certificate: Certificate


@dataclass(frozen=True, slots=True)
class Status:
    """Where its sender is and what it has; who has more answers with it. Not signed: at worst it costs an
    answer."""

    height: int
    """The height that the sender has not decided yet."""
    round: int = NO_ROUND
    has_proposal: bool = False
    """Of this round."""
    prevotes: bytes = b""
    """Whose prevotes of this round it has: a bitmap as in certificates."""
    precommits: bytes = b""
    wanted: Hash32 = ZERO_HASH
    """Root of a block that two thirds voted for and whose content it lacks."""


Message: TypeAlias = "Proposal | Vote | Decision | Status"
