"""How messages get from one validator to another: at once and all of them, unless a fault is between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from devnet.settlement.consensus.messages import Message, Peer


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message as its receiver gets it."""

    message: Message
    delay: int = 0
    """Milliseconds after it was sent."""


class Wire(Protocol):
    """What is between the validators of one height. One object a height and attempt."""

    def carry(self, sender: Peer, receiver: Peer, message: Message, now: int) -> Sequence[Arrival]:
        """What reaches the receiver of a message: nothing where it is lost, more than one where something is
        added to it. `now` is in milliseconds since the height was begun."""
        ...


class AtOnce:
    """The `Wire` of a network without faults."""

    def carry(self, sender: Peer, receiver: Peer, message: Message, now: int) -> Sequence[Arrival]:
        """The message itself."""
        return (Arrival(message),)
