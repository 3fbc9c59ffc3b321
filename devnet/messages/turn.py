"""What a turn of the courier did: data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from devnet.chain.types import Address, Hash32, Wei
from devnet.messages.modes import Mode


class ActionKind(StrEnum):
    """Names stay as they are once released."""

    COMMIT = "commit"
    """A message was proven."""
    DELIVER = "deliver"
    COMPOSE = "compose"
    REPLACE = "replace"
    """A transaction that waited with too low a fee was sent again."""
    WAIT = "wait"
    """A message cannot go on: `Action.detail` says why."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something that the courier did for a message, or could not do."""

    kind: ActionKind
    guid: Hash32
    zone: int
    """Index of the destination."""
    transaction_hash: Hash32 | None
    """Of the transaction that it sent; whether it is in a block depends on how the zone mines."""
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What a turn did."""

    actions: tuple[Action, ...]
    """In their order."""
    is_done: bool
    """Whether the courier has nothing more to do before a block or a settlement moves things on."""


@dataclass(frozen=True, slots=True)
class CourierAccount:
    """One of the courier's accounts in one zone."""

    zone: int
    address: Address
    balance: Wei


@dataclass(frozen=True, slots=True)
class CourierStatus:
    """How the courier does."""

    mode: Mode
    is_paused: bool
    waiting: int
    """Messages that it has something to do for, now or later. Failed ones wait for somebody to try again and
    are not among them."""
    failed: int
    trouble: str | None
    """What it could not do lately and somebody should look after, an empty account for example."""
    accounts: tuple[CourierAccount, ...]
