"""What a network says of its courier, as data, and the faults that it can be given (docs/messages.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class CourierAccount:
    """An account that the courier delivers with."""

    zone: str
    address: str
    balance: int


@dataclass(frozen=True, slots=True)
class CourierFault:
    """A fault in effect."""

    id: int
    kind: str
    """drop, duplicate, reorder, corrupt or delay."""
    text: str
    raw: Mapping[str, Any] = field(repr=False, compare=False)
    """What it was injected with, and its seed, as the node says it."""


@dataclass(frozen=True, slots=True)
class CourierState:
    """The courier at the moment when the network was asked."""

    mode: str
    """automatic, delayed or manual."""
    delay: int
    """In slots."""
    is_paused: bool
    waiting: int
    """Messages that it has something to do for, now or later."""
    failed: int
    """Messages that wait for somebody to try again."""
    trouble: str | None
    """What keeps it from delivering, such as an account without money."""
    accounts: tuple[CourierAccount, ...]
    faults: tuple[CourierFault, ...]
    raw: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class CourierAction:
    """Something that the courier did in a turn."""

    kind: str
    """commit, deliver, compose, replace, or wait with what it waits for as `detail`."""
    guid: str
    zone: str
    transaction: str | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class CourierTurn:
    """What the courier did when it was told to."""

    actions: tuple[CourierAction, ...]
    is_done: bool
    """Whether it has nothing more to do before a block or a settlement moves things on."""
    raw: Mapping[str, Any] = field(repr=False)


def courier_of(answer: Mapping[str, Any]) -> CourierState:
    """Of what `zero_getCourier` gives."""
    return CourierState(
        answer["mode"],
        answer["delay"],
        answer["isPaused"],
        answer["waiting"],
        answer["failed"],
        answer["trouble"],
        tuple(
            CourierAccount(account["zone"], account["address"], int(account["balance"], 16))
            for account in answer["accounts"]
        ),
        tuple(map(courier_fault_of, answer["faults"])),
        answer,
    )


def courier_fault_of(answer: Mapping[str, Any]) -> CourierFault:
    """A fault as the network tells it."""
    return CourierFault(answer["id"], answer["kind"], answer["text"], answer)


def turn_of(answer: Mapping[str, Any]) -> CourierTurn:
    """Of what `zero_courierStep` gives."""
    actions = tuple(
        CourierAction(
            action["kind"], action["guid"], action["zone"], action["transactionHash"], action["detail"]
        )
        for action in answer["actions"]
    )
    return CourierTurn(actions, answer["isDone"], answer)
