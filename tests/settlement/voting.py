"""Validators with real keys, and what they sign."""

from __future__ import annotations

from collections.abc import Iterable

from devnet.chain.types import Hash32
from devnet.chain.validator_set import Validator, ValidatorSet
from devnet.settlement.block import SettlementBlock
from devnet.settlement.votes import Choice, SigningDomain, Vote, VoteKind
from tests.parts import parts_under_test

SCHEME = parts_under_test().signatures()
DOMAIN = SigningDomain(Hash32(b"\x01" * 32), 3)
SECRETS = tuple(SCHEME.make_secret(bytes([number]) * 32) for number in range(9))
STAKES = (5, 1, 4, 2, 6, 3, 7, 1, 4)
"""In all 33, so that 22 are not yet more than two thirds."""
SET = ValidatorSet(
    tuple(Validator(SCHEME.public_key(secret), stake) for secret, stake in zip(SECRETS, STAKES, strict=True))
)
BLOCK = SettlementBlock(12, Hash32(b"\x02" * 32), 40, 3, 4, Hash32(b"\x03" * 32), SET.root)
CHOICE = Choice(BLOCK.slot, BLOCK.root)


def vote(validator: int, kind: VoteKind = VoteKind.PRECOMMIT, choice: Choice = CHOICE) -> Vote:
    """A signed vote at BLOCK's height in round 2."""
    unsigned = Vote(kind, BLOCK.height, 2, choice, validator)
    return unsigned.signed(DOMAIN, SCHEME, SECRETS[validator])


def votes(validators: Iterable[int], kind: VoteKind = VoteKind.PRECOMMIT) -> list[Vote]:
    return [vote(validator, kind) for validator in validators]
