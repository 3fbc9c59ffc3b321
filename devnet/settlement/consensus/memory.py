"""What a validator must know after a crash so as never to contradict what it signed before."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from devnet.chain.rlp import Decoded, encode_bytes, encode_int, encode_list
from devnet.chain.rlp_items import NOTHING, hash32, members, optional
from devnet.settlement.certificate import Certificate, certificate_of
from devnet.settlement.consensus.wire import MESSAGE_SIZE_LIMIT
from devnet.settlement.proposal import NO_ROUND, Proposal, proposal_of
from devnet.settlement.votes import (
    NUMBER_LIMIT,
    ROUND_LIMIT,
    Choice,
    SigningDomain,
    Vote,
    bounded,
    read_record,
    vote_of,
)


class Step(IntEnum):
    """Where in a round a validator is."""

    PROPOSE = 1
    PREVOTE = 2
    """It prevoted."""
    PRECOMMIT = 3
    """It precommitted."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Written before anything of it is sent; replaces the one before. One a validator's key."""

    domain: SigningDomain
    height: int
    round: int
    step: Step
    locked_round: int
    """The last round in which it precommitted a block at this height, or `NO_ROUND`."""
    locked: Choice | None
    valid_round: int
    """The last round in which it saw two thirds accept a block at this height, or `NO_ROUND`."""
    valid: Proposal | None
    """That block, as it was proposed."""
    proof: Certificate | None
    """Of those prevotes: others' votes are gone after a crash, and without them nobody could follow."""
    proposal: Proposal | None
    """Its own one of this round."""
    votes: tuple[Vote, ...]
    """Its own of this round and of those before, as far back as votes are kept."""

    def encode(self) -> bytes:
        """RLP of the fields in their order; what may be missing is a list of one or of none."""
        locked = self.locked
        return encode_list(
            [
                encode_bytes(self.domain.network),
                encode_int(self.domain.incarnation),
                encode_int(self.height),
                encode_int(self.round),
                encode_int(self.step),
                encode_int(self.locked_round + 1),
                _maybe(None if locked is None else _encode_choice(locked)),
                encode_int(self.valid_round + 1),
                _maybe(None if self.valid is None else self.valid.encode()),
                _maybe(None if self.proof is None else self.proof.encode()),
                _maybe(None if self.proposal is None else self.proposal.encode()),
                encode_list([vote.encode() for vote in self.votes]),
            ]
        )


def decode_memory(data: bytes) -> Memory:
    """The memory that these bytes encode. Raises `Refused` (malformed, too-large): a validator that
    cannot read its memory must not vote."""
    return read_record(data, 2 * MESSAGE_SIZE_LIMIT, _read)


def _read(item: Decoded) -> Memory:
    fields = members(item, 12)
    return Memory(
        SigningDomain(hash32(fields[0]), bounded(fields[1], NUMBER_LIMIT)),
        bounded(fields[2], NUMBER_LIMIT),
        bounded(fields[3], ROUND_LIMIT),
        Step(bounded(fields[4], 4)),
        bounded(fields[5], ROUND_LIMIT) + NO_ROUND,
        optional(fields[6], _choice),
        bounded(fields[7], ROUND_LIMIT) + NO_ROUND,
        optional(fields[8], proposal_of),
        optional(fields[9], certificate_of),
        optional(fields[10], proposal_of),
        tuple(vote_of(vote) for vote in members(fields[11])),
    )


def _maybe(encoded: bytes | None) -> bytes:
    return NOTHING if encoded is None else encode_list([encoded])


def _encode_choice(choice: Choice) -> bytes:
    return encode_list([encode_int(choice.slot), encode_bytes(choice.root)])


def _choice(item: Decoded) -> Choice:
    slot, root = members(item, 2)
    return Choice(bounded(slot, NUMBER_LIMIT), hash32(root))
