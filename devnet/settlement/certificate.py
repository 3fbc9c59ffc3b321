"""Certificates: two thirds of the stake said one thing, shown with one signature (protocol section 7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from devnet.chain.rlp import Decoded, decode_int, encode_bytes, encode_int, encode_list
from devnet.chain.rlp_items import hash32, members, sized, text
from devnet.chain.validator_set import ValidatorSet
from devnet.settlement.block import SettlementBlock
from devnet.settlement.flaws import Flaw, Refused
from devnet.settlement.signatures import SIGNATURE_SIZE, SignatureScheme
from devnet.settlement.votes import (
    MOST_VALIDATORS,
    NUMBER_LIMIT,
    ROUND_LIMIT,
    Choice,
    SigningDomain,
    Vote,
    VoteKind,
    bounded,
    check_choice,
    read_record,
    vote_hash,
    vote_kind,
)

CERTIFICATE_SIZE_LIMIT = MOST_VALIDATORS // 8 + 256


@dataclass(frozen=True, slots=True)
class Certificate:
    """Votes of one kind for one block in one round, aggregated. Of precommits it makes the block final."""

    kind: VoteKind
    height: int
    round: int
    choice: Choice
    signers: bytes
    """One bit for each validator of the height's set, by index, lowest bit of the first byte first; bits
    beyond the set are zero."""
    signature: bytes
    """96 bytes: the sum of the signers' signatures."""

    @property
    def members(self) -> tuple[int, ...]:
        """The signers' indices, ascending."""
        return tuple(
            8 * place + bit for place, byte in enumerate(self.signers) for bit in range(8) if byte >> bit & 1
        )

    def verify(self, domain: SigningDomain, validators: ValidatorSet, scheme: SignatureScheme) -> None:
        """Raises `Refused` unless more than two thirds of the stake of this set signed it.

        Whose block it is about, `verify_block` says.
        """
        check_choice(self.choice)
        if self.choice.is_nil:
            raise Refused(Flaw.NIL, "a certificate for nothing")
        count = len(validators.validators)
        if len(self.signers) != (count + 7) // 8 or int.from_bytes(self.signers, "little") >> count:
            raise Refused(Flaw.BITMAP, f"{len(self.signers)} bytes for {count} validators, or too many bits")
        signed = self.members
        if not validators.is_two_thirds(signed):
            stake = sum(validators.validators[index].stake for index in signed)
            raise Refused(Flaw.STAKE, f"{stake} of {validators.total_stake}")
        keys = [validators.validators[index].public_key for index in signed]
        message = vote_hash(domain, self.kind, self.height, self.round, self.choice)
        if not scheme.verify_aggregate(keys, message, self.signature):
            raise Refused(Flaw.SIGNATURE, f"of {len(signed)} validators")

    def verify_block(
        self, block: SettlementBlock, domain: SigningDomain, validators: ValidatorSet, scheme: SignatureScheme
    ) -> None:
        """Raises `Refused` unless it makes this block final: precommits of two thirds of this set, for it.

        That the set is the one that the block before names (`validators_root`) is the caller's to check.
        """
        if self.kind is not VoteKind.PRECOMMIT:
            raise Refused(Flaw.KIND, f"{self.kind.name.lower()}s make nothing final")
        if self.height != block.height:
            raise Refused(Flaw.HEIGHT, f"{self.height}, the block is at {block.height}")
        if domain.incarnation != block.incarnation:
            raise Refused(Flaw.PARENT, f"incarnation {block.incarnation}, not {domain.incarnation}")
        if self.choice.slot != block.slot:
            raise Refused(Flaw.SLOT, f"{self.choice.slot}, the block's is {block.slot}")
        if self.choice.root != block.root:
            raise Refused(Flaw.ROOT, f"0x{self.choice.root.hex()}, the block's is 0x{block.root.hex()}")
        self.verify(domain, validators, scheme)

    def encode(self) -> bytes:
        """RLP of [kind, height, round, slot, root, signers, signature]."""
        return encode_list(
            [
                encode_int(self.kind),
                encode_int(self.height),
                encode_int(self.round),
                encode_int(self.choice.slot),
                encode_bytes(self.choice.root),
                encode_bytes(self.signers),
                encode_bytes(self.signature),
            ]
        )


def decode_certificate(data: bytes) -> Certificate:
    """The certificate that these bytes encode. Raises `Refused` (malformed, too-large, kind, nil)."""
    return read_record(data, CERTIFICATE_SIZE_LIMIT, certificate_of)


def certificate_of(item: Decoded) -> Certificate:
    """The same of decoded RLP; raises ValueError for what is malformed."""
    kind, height, round_, slot, root, signers, signature = members(item, 7)
    choice = Choice(bounded(slot, NUMBER_LIMIT), hash32(root))
    check_choice(choice)
    bitmap = text(signers)
    if len(bitmap) > MOST_VALIDATORS // 8:
        raise Refused(Flaw.BITMAP, f"{len(bitmap)} bytes")
    return Certificate(
        vote_kind(decode_int(kind)),
        bounded(height, NUMBER_LIMIT),
        bounded(round_, ROUND_LIMIT),
        choice,
        bitmap,
        sized(signature, SIGNATURE_SIZE),
    )


def certify(votes: Sequence[Vote], validators: ValidatorSet, scheme: SignatureScheme) -> Certificate:
    """The certificate of votes that say one thing, each of them verified before, one a validator.

    Raises ValueError where they differ, where one validator is twice among them, and for none.
    """
    if not votes:
        raise ValueError("no votes to certify")
    first = votes[0]
    if any(_said(vote) != _said(first) for vote in votes):
        raise ValueError("votes for different things make no certificate")
    signers = signers_bitmap([vote.validator for vote in votes], len(validators.validators))
    signature = scheme.aggregate([vote.signature for vote in votes])
    return Certificate(first.kind, first.height, first.round, first.choice, signers, signature)


def signers_bitmap(indices: Iterable[int], count: int) -> bytes:
    """The bitmap of these validators out of `count`. Raises ValueError for one twice and one beyond."""
    bits = 0
    for index in indices:
        if not 0 <= index < count or bits >> index & 1:
            raise ValueError(f"validator {index} of {count} is not there, or twice")
        bits |= 1 << index
    return bits.to_bytes((count + 7) // 8, "little")


def _said(vote: Vote) -> tuple[VoteKind, int, int, Choice]:
    return vote.kind, vote.height, vote.round, vote.choice
