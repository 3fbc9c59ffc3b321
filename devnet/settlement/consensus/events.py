"""What consensus is told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from devnet.settlement.consensus.messages import Message, Peer
from devnet.settlement.proposal import Candidate


class Wait(StrEnum):
    """What a timer is for."""

    PROPOSE = "propose"
    """How long a proposal is waited for."""
    PREVOTE = "prevote"
    """How long more prevotes, once two thirds of the stake prevoted, but not alike."""
    PRECOMMIT = "precommit"
    """How long more precommits, after which the next round begins."""
    GOSSIP = "gossip"
    """Time to tell someone where one is."""


@dataclass(frozen=True, slots=True)
class Timer:
    """One timer; those of past heights and rounds are ignored when they elapse."""

    wait: Wait
    incarnation: int
    height: int
    round: int


@dataclass(frozen=True, slots=True)
class Received:
    """A message came."""

    sender: Peer
    message: Message


@dataclass(frozen=True, slots=True)
class Elapsed:
    """A timer that was asked for ran out."""

    timer: Timer


@dataclass(frozen=True, slots=True)
class Wake:
    """There is something to settle at this height: let round 0 begin. Until then nothing happens."""

    height: int


@dataclass(frozen=True, slots=True)
class Authored:
    """The candidate that `effects.Author` asked for."""

    height: int
    round: int
    candidate: Candidate


@dataclass(frozen=True, slots=True)
class Reconsider:
    """Pending verdicts may have changed: judge again."""

    height: int


Event: TypeAlias = "Received | Elapsed | Wake | Authored | Reconsider"
