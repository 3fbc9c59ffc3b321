"""Votes: what a validator says about a height, and the bytes that it signs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TypeVar

from devnet.chain.hash_tree import fields_root
from devnet.chain.keccak import keccak256
from devnet.chain.rlp import Decoded, decode, decode_int, encode_bytes, encode_int, encode_list
from devnet.chain.rlp_items import hash32, members, sized
from devnet.chain.types import ZERO_HASH, Hash32
from devnet.chain.validator_set import ValidatorSet
from devnet.settlement.flaws import Flaw, Refused
from devnet.settlement.signatures import SIGNATURE_SIZE, SignatureScheme

VOTE_TAG = keccak256(b"zero settlement vote 1")
"""First field of what a vote signs, so that it is no signature on anything else."""

MOST_VALIDATORS = 1 << 16
NUMBER_LIMIT = 1 << 64
"""Heights and slots are below."""
ROUND_LIMIT = 1 << 32
_VOTE_SIZE_LIMIT = 256

Record = TypeVar("Record")


class VoteKind(IntEnum):
    """The two votes of a round."""

    PREVOTE = 1
    """I accept this block in this round (or none)."""
    PRECOMMIT = 2
    """I saw two thirds of the stake accept it in this round (or none)."""


@dataclass(frozen=True, slots=True)
class SigningDomain:
    """Which network and which of its lives a signature is for."""

    network: Hash32
    """The root of the genesis settlement block, which is the network's configuration hash."""
    incarnation: int
    """Grows when development takes settled history back."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What is voted for: a block, or nothing."""

    slot: int
    root: Hash32

    @property
    def is_nil(self) -> bool:
        return self.root == ZERO_HASH


NIL = Choice(0, ZERO_HASH)


class Signable:
    """What a validator says, whose hash is computed once in a domain: whoever receives the same object, in
    the same process, asks for the same one."""

    __slots__ = ("_kept_hash",)
    _kept_hash: tuple[SigningDomain, Hash32]

    def _compute_hash(self, domain: SigningDomain) -> Hash32:
        raise NotImplementedError

    def _hash(self, domain: SigningDomain) -> Hash32:
        """What `_compute_hash` gives."""
        try:
            known, hashed = self._kept_hash
            if known == domain:
                return hashed
        except AttributeError:
            pass
        hashed = self._compute_hash(domain)
        self._keep_hash(domain, hashed)
        return hashed

    def _keep_hash(self, domain: SigningDomain, hashed: Hash32) -> None:
        """For whoever knows it: of the same words without a signature, say."""
        object.__setattr__(self, "_kept_hash", (domain, hashed))


@dataclass(frozen=True, slots=True)
class Vote(Signable):
    """One validator's vote in one round of one height."""

    kind: VoteKind
    height: int
    round: int
    choice: Choice
    validator: int
    """Index in the set of validators of this height."""
    signature: bytes = b""
    """96 bytes, over `signed_hash`."""

    def signed_hash(self, domain: SigningDomain) -> Hash32:
        """What the validator signs. It does not say who he is: all votes for one thing sign one message, so
        that their signatures aggregate."""
        return self._hash(domain)

    def _compute_hash(self, domain: SigningDomain) -> Hash32:
        return vote_hash(domain, self.kind, self.height, self.round, self.choice)

    def signed(self, domain: SigningDomain, scheme: SignatureScheme, secret: bytes) -> Vote:
        """This vote with the signature of its validator, whose secret this is."""
        hashed = self.signed_hash(domain)
        vote = replace(self, signature=scheme.sign(secret, hashed))
        vote._keep_hash(domain, hashed)
        return vote

    def verify(self, domain: SigningDomain, validators: ValidatorSet, scheme: SignatureScheme) -> None:
        """Raises `Refused` unless a validator of this set said exactly this."""
        check_choice(self.choice)
        check_signature(self.validator, self.signed_hash(domain), self.signature, validators, scheme)

    def encode(self) -> bytes:
        """RLP of [kind, height, round, slot, root, validator, signature]."""
        return encode_list(
            [
                encode_int(self.kind),
                encode_int(self.height),
                encode_int(self.round),
                encode_int(self.choice.slot),
                encode_bytes(self.choice.root),
                encode_int(self.validator),
                encode_bytes(self.signature),
            ]
        )


def decode_vote(data: bytes) -> Vote:
    """The vote that these bytes encode. Raises `Refused` (malformed, too-large, kind, nil)."""
    return read_record(data, _VOTE_SIZE_LIMIT, vote_of)


def vote_of(item: Decoded) -> Vote:
    """The same of decoded RLP; raises ValueError for what is malformed."""
    kind, height, round_, slot, root, validator, signature = members(item, 7)
    vote = Vote(
        vote_kind(decode_int(kind)),
        bounded(height, NUMBER_LIMIT),
        bounded(round_, ROUND_LIMIT),
        Choice(bounded(slot, NUMBER_LIMIT), hash32(root)),
        bounded(validator, MOST_VALIDATORS),
        sized(signature, SIGNATURE_SIZE),
    )
    check_choice(vote.choice)
    return vote


def vote_hash(domain: SigningDomain, kind: VoteKind, height: int, round_: int, choice: Choice) -> Hash32:
    """The keccak tree of eight fields: tag, network, incarnation, kind, height, slot, round, root. A vote for
    nothing has slot and root zero."""
    return fields_root(
        (
            VOTE_TAG,
            domain.network,
            domain.incarnation,
            int(kind),
            height,
            choice.slot,
            round_,
            choice.root,
        )
    )


def check_signature(
    index: int, message: Hash32, signature: bytes, validators: ValidatorSet, scheme: SignatureScheme
) -> None:
    """Raises `Refused` (validator, signature) unless the validator with this index signed the message."""
    if not 0 <= index < len(validators.validators):
        raise Refused(Flaw.VALIDATOR, f"{index} of {len(validators.validators)}")
    if not scheme.verify(validators.validators[index].public_key, message, signature):
        raise Refused(Flaw.SIGNATURE, f"of validator {index}")


def check_choice(choice: Choice) -> None:
    """Raises `Refused` (nil) for a slot without a block: there is one way to vote for nothing."""
    if choice.is_nil and choice.slot:
        raise Refused(Flaw.NIL, f"slot {choice.slot} without a root")


def vote_kind(number: int) -> VoteKind:
    """The kind with this number. Raises `Refused` (kind)."""
    try:
        return VoteKind(number)
    except ValueError:
        raise Refused(Flaw.KIND, str(number)) from None


def bounded(item: Decoded, limit: int) -> int:
    """An integer below the limit. Raises ValueError."""
    value = decode_int(item)
    if value >= limit:
        raise ValueError(f"{value} is not below {limit}")
    return value


def read_record(data: bytes, limit: int, read: Callable[[Decoded], Record]) -> Record:
    """What `read` makes of the RLP in `data`. Raises `Refused` (too-large, malformed, or its own)."""
    if len(data) > limit:
        raise Refused(Flaw.TOO_LARGE, f"{len(data)} bytes, at most {limit}")
    try:
        return read(decode(data))
    except ValueError as error:
        raise Refused(Flaw.MALFORMED, str(error)) from None
