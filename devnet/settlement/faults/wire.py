"""A `Wire` on which messages are lost, late, corrupt or contradicted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Protocol, TypeVar

from devnet.settlement.consensus.messages import Message, Peer
from devnet.settlement.consensus.setting import Height
from devnet.settlement.consensus.wire import decode_message, encode_message
from devnet.settlement.faults.bits import flip
from devnet.settlement.faults.kinds import (
    CorruptMessages,
    DelayMessages,
    Equivocate,
    Fault,
    Kind,
    LoseMessages,
    Partition,
    SlowValidator,
)
from devnet.settlement.flaws import Refused
from devnet.settlement.proposal import Candidate, Heading, Proposal
from devnet.settlement.routing import Arrival
from devnet.settlement.votes import NIL, Choice, SigningDomain, Vote

_BETWEEN = (SlowValidator, Equivocate, Partition, LoseMessages, DelayMessages, CorruptMessages)

Statement = TypeVar("Statement", Vote, Heading)


class Signer(Protocol):
    """Signs in the name of a validator of this process."""

    def __call__(self, public_key: bytes, statement: Statement, domain: SigningDomain) -> Statement | None:
        """The statement with the signature of who has that key; None where it is elsewhere."""
        ...


def is_between(kind: Kind) -> bool:
    """Whether this fault is one of messages between validators."""
    return isinstance(kind, _BETWEEN)


class FaultyWire:
    """One height's; each fault has a randomness of its own and draws as messages are sent."""

    def __init__(self, faults: Sequence[tuple[Fault, Random]], setting: Height, signer: Signer) -> None:
        self._faults = faults
        self._setting = setting
        self._signer = signer
        self._others: dict[object, Message | None] = {}
        """What else a validator said beside a statement, by the statement."""

    def carry(self, sender: Peer, receiver: Peer, message: Message, now: int) -> Sequence[Arrival]:
        """What is left of a message, with what is added to it."""
        messages = [message]
        delay = 0
        for fault, random in self._faults:
            match fault.kind:
                case Equivocate(validator) if validator == sender:
                    messages = [said for each in messages for said in self._both(sender, each, random)]
                case Partition(groups, heals) if heals is None or now < heals:
                    if not _are_together(groups, sender, receiver):
                        return ()
                case SlowValidator(validator, slower) if validator in (sender, receiver):
                    delay += slower
                case LoseMessages(rate):
                    messages = [each for each in messages if random.random() >= rate]
                case DelayMessages(most):
                    delay += random.randint(1, most)
                case CorruptMessages(rate):
                    messages = [
                        found
                        for each in messages
                        if (found := _corrupt(each, random) if random.random() < rate else each) is not None
                    ]
                case _:
                    pass
        return [Arrival(each, delay) for each in messages]

    def _both(self, sender: Peer, message: Message, random: Random) -> list[Message]:
        """A statement of the sender's own and its opposite; some hear the one first, some the other."""
        statement = message.heading if isinstance(message, Proposal) else message
        if not isinstance(statement, Vote | Heading) or statement.validator != sender:
            return [message]
        if statement not in self._others:
            self._others[statement] = self._opposite(message)
        other = self._others[statement]
        if other is None:
            return [message]
        return [other, message] if random.getrandbits(1) else [message, other]

    def _opposite(self, message: Message) -> Message | None:
        domain = self._setting.domain
        if isinstance(message, Vote):
            # Beside a vote for nothing one for a block that there is not.
            made_up = Choice(self._setting.parent_slot + 1, self._setting.parent_root)
            vote = replace(message, choice=made_up if message.choice == NIL else NIL, signature=b"")
            return self._signer(self._key(message.validator), vote, domain)
        assert isinstance(message, Proposal)
        block = replace(message.candidate.block, slot=message.candidate.block.slot + 1)
        candidate = Candidate(block, message.candidate.payload)
        heading = replace(message.heading, choice=candidate.choice, signature=b"")
        signed = self._signer(self._key(heading.validator), heading, domain)
        return None if signed is None else Proposal(signed, candidate, None)

    def _key(self, validator: int) -> bytes:
        return self._setting.validators.validators[validator].public_key


def _are_together(groups: Sequence[Sequence[int]], one: Peer, other: Peer) -> bool:
    return any(one in group and other in group for group in groups)


def _corrupt(message: Message, random: Random) -> Message | None:
    try:
        return decode_message(flip(encode_message(message), random))
    except Refused:
        return None
