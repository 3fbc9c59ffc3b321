"""What consensus wants done, in the order given. Where one fails (a disk is full), none after it may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from devnet.settlement.consensus.events import Timer
from devnet.settlement.consensus.memory import Memory
from devnet.settlement.consensus.messages import Decision, Message, Peer
from devnet.settlement.evidence import Evidence
from devnet.settlement.flaws import Flaw


@dataclass(frozen=True, slots=True)
class Keep:
    """Make this durable, in the place of what was kept before. Its vote follows in the next effect."""

    memory: Memory


@dataclass(frozen=True, slots=True)
class Broadcast:
    """Send to everyone else."""

    message: Message


@dataclass(frozen=True, slots=True)
class Send:
    """Send to one."""

    peer: Peer
    message: Message


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Tell with `events.Elapsed` when this much time has passed."""

    timer: Timer
    delay: int
    """Milliseconds."""


@dataclass(frozen=True, slots=True)
class Author:
    """It is our turn: make a candidate and tell with `events.Authored`. Its block's proposer is us."""

    height: int
    round: int
    proposer: int


@dataclass(frozen=True, slots=True)
class Decided:
    """This block is final. Keep it, then `Consensus.begin` the next height."""

    decision: Decision


@dataclass(frozen=True, slots=True)
class Accuse:
    """Somebody contradicted himself."""

    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Ignored:
    """A message that does not hold was dropped; for logs, and for transports that cut off who sends such."""

    sender: Peer
    flaw: Flaw
    detail: str


Effect: TypeAlias = "Keep | Broadcast | Send | SetTimer | Author | Decided | Accuse | Ignored"
