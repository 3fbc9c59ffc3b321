"""Proposals: a settlement block that its leader puts to the vote, with whatever it takes to judge it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from devnet.chain.hash_tree import fields_root
from devnet.chain.keccak import keccak256
from devnet.chain.rlp import Decoded, encode_bytes, encode_int, encode_list
from devnet.chain.rlp_items import NOTHING, hash32, members, optional, sized, text
from devnet.chain.types import Hash32
from devnet.chain.validator_set import ValidatorSet
from devnet.settlement.block import SettlementBlock
from devnet.settlement.certificate import Certificate, certificate_of
from devnet.settlement.flaws import Flaw, Refused
from devnet.settlement.signatures import SIGNATURE_SIZE, SignatureScheme
from devnet.settlement.votes import (
    MOST_VALIDATORS,
    NUMBER_LIMIT,
    ROUND_LIMIT,
    Choice,
    Signable,
    SigningDomain,
    VoteKind,
    bounded,
    check_choice,
    check_signature,
    read_record,
)

PROPOSAL_TAG = keccak256(b"zero settlement proposal 1")
PAYLOAD_LIMIT = 1 << 25
"""Bytes. What is dispersed does not travel in proposals."""

NO_ROUND = -1
_BLOCK_LIMIT = 512


@dataclass(frozen=True, slots=True)
class Candidate:
    """What may be decided: a settlement block and what its root commits to."""

    block: SettlementBlock
    payload: bytes
    """Opaque to consensus; `Judge.belongs` says whether it is this block's."""

    @property
    def choice(self) -> Choice:
        return Choice(self.block.slot, self.block.root)

    def encode(self) -> bytes:
        """RLP of [block, payload], the block a list of its fields in their order."""
        block = self.block
        fields = [
            encode_int(block.height),
            encode_bytes(block.parent_root),
            encode_int(block.slot),
            encode_int(block.incarnation),
            encode_int(block.proposer),
            encode_bytes(block.zones_root),
            encode_bytes(block.validators_root),
        ]
        return encode_list([encode_list(fields), encode_bytes(self.payload)])


def candidate_of(item: Decoded) -> Candidate:
    """Raises ValueError for what is malformed and `Refused` (too-large)."""
    fields, payload = members(item, 2)
    height, parent, slot, incarnation, proposer, zones, validators = members(fields, 7)
    content = text(payload)
    if len(content) > PAYLOAD_LIMIT:
        raise Refused(Flaw.TOO_LARGE, f"a payload of {len(content)} bytes")
    return Candidate(
        SettlementBlock(
            bounded(height, NUMBER_LIMIT),
            hash32(parent),
            bounded(slot, NUMBER_LIMIT),
            bounded(incarnation, NUMBER_LIMIT),
            bounded(proposer, MOST_VALIDATORS),
            hash32(zones),
            hash32(validators),
        ),
        content,
    )


def decode_candidate(data: bytes) -> Candidate:
    """The candidate that these bytes encode. Raises `Refused` (malformed, too-large)."""
    return read_record(data, PAYLOAD_LIMIT + _BLOCK_LIMIT, candidate_of)


@dataclass(frozen=True, slots=True)
class Heading(Signable):
    """What a leader signs of a proposal."""

    height: int
    round: int
    valid_round: int
    """The round in which two thirds of the stake accepted this block before, or `NO_ROUND`."""
    choice: Choice
    validator: int
    """The leader of this round."""
    signature: bytes = b""

    def signed_hash(self, domain: SigningDomain) -> Hash32:
        """The keccak tree of eight fields: tag, network, incarnation, height, slot, round, valid round + 1,
        root."""
        return self._hash(domain)

    def _compute_hash(self, domain: SigningDomain) -> Hash32:
        return fields_root(
            (
                PROPOSAL_TAG,
                domain.network,
                domain.incarnation,
                self.height,
                self.choice.slot,
                self.round,
                self.valid_round + 1,
                self.choice.root,
            )
        )

    def signed(self, domain: SigningDomain, scheme: SignatureScheme, secret: bytes) -> Heading:
        """This heading with the signature of its leader, whose secret this is."""
        hashed = self.signed_hash(domain)
        heading = replace(self, signature=scheme.sign(secret, hashed))
        heading._keep_hash(domain, hashed)
        return heading

    def verify(self, domain: SigningDomain, validators: ValidatorSet, scheme: SignatureScheme) -> None:
        """Raises `Refused` unless a validator of this set proposed exactly this. Whether it was its turn is
        not looked at here."""
        if self.choice.is_nil:
            raise Refused(Flaw.NIL, "a proposal of nothing")
        if not NO_ROUND <= self.valid_round < self.round:
            raise Refused(Flaw.ROUND, f"accepted in round {self.valid_round}, proposed in {self.round}")
        check_signature(self.validator, self.signed_hash(domain), self.signature, validators, scheme)

    def encode(self) -> bytes:
        """RLP of [height, round, valid round + 1, slot, root, validator, signature]."""
        return encode_list(
            [
                encode_int(self.height),
                encode_int(self.round),
                encode_int(self.valid_round + 1),
                encode_int(self.choice.slot),
                encode_bytes(self.choice.root),
                encode_int(self.validator),
                encode_bytes(self.signature),
            ]
        )


def heading_of(item: Decoded) -> Heading:
    """Raises ValueError for what is malformed and `Refused` (nil)."""
    height, round_, valid_round, slot, root, validator, signature = members(item, 7)
    choice = Choice(bounded(slot, NUMBER_LIMIT), hash32(root))
    check_choice(choice)
    return Heading(
        bounded(height, NUMBER_LIMIT),
        bounded(round_, ROUND_LIMIT),
        bounded(valid_round, ROUND_LIMIT) - 1,
        choice,
        bounded(validator, MOST_VALIDATORS),
        sized(signature, SIGNATURE_SIZE),
    )


@dataclass(frozen=True, slots=True)
class Proposal:
    """A leader's heading and the candidate that it names."""

    heading: Heading
    candidate: Candidate
    proof: Certificate | None = None
    """Of the prevotes of the valid round, where there is one."""

    def verify_proof(self, domain: SigningDomain, validators: ValidatorSet, scheme: SignatureScheme) -> None:
        """Raises `Refused` unless two thirds prevoted this block in the heading's valid round."""
        heading, proof = self.heading, self.proof
        if proof is None or heading.valid_round == NO_ROUND:
            if proof is not None or heading.valid_round != NO_ROUND:
                raise Refused(Flaw.PROOF, f"for valid round {heading.valid_round}")
            return
        if proof.kind is not VoteKind.PREVOTE:
            raise Refused(Flaw.KIND, "precommits in the place of prevotes")
        if proof.height != heading.height:
            raise Refused(Flaw.HEIGHT, f"prevotes of {proof.height} for {heading.height}")
        if proof.round != heading.valid_round:
            raise Refused(Flaw.ROUND, f"prevotes of round {proof.round}, not {heading.valid_round}")
        if proof.choice != heading.choice:
            raise Refused(Flaw.ROOT, "prevotes for another block")
        proof.verify(domain, validators, scheme)

    def encode(self) -> bytes:
        """RLP of [heading, candidate, a list of the proof or of none]."""
        proof = NOTHING if self.proof is None else encode_list([self.proof.encode()])
        return encode_list([self.heading.encode(), self.candidate.encode(), proof])


def proposal_of(item: Decoded) -> Proposal:
    """Raises ValueError for what is malformed and `Refused` (nil, too-large)."""
    heading, candidate, proof = members(item, 3)
    return Proposal(heading_of(heading), candidate_of(candidate), optional(proof, certificate_of))
