"""The validators of a network, as far as an answer of zero_getValidators shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from devnet.chain.epochs import STAKING
from devnet.chain.validator_set import Validator, ValidatorSet
from zero_sdk.proofs.errors import Flaw, InvalidProof
from zero_sdk.proofs.fields import agree, take, take_data, take_list, take_number
from zero_sdk.proofs.state import verify_slot

_SET_ROOT_SLOT = 0


@dataclass(frozen=True, slots=True)
class ProvenValidators:
    """A set of validators that hashes to its root."""

    validators: tuple[Validator, ...]
    """In the order in which certificates name them."""
    root: bytes
    """Compare it with `validatorsRoot` of a settlement block that is trusted."""
    state_root: bytes | None
    """The system zone's state in which Staking has that root; None where the answer has no proof."""


def verify_validators(answer: Any) -> ProvenValidators:
    """An answer of zero_getValidators, held against itself: the members give the root, and the proof shows
    the root in the state that it names. Whether that state is the network's, its settlement blocks say.
    Raises `InvalidProof`."""
    members = tuple(
        Validator(take_data(entry, "publicKey", 48), take_number(entry, "stake"))
        for entry in take_list(answer, "validators")
    )
    found = ValidatorSet(members)
    if not found.total_stake or any(member.stake >> 128 for member in members):
        raise InvalidProof(Flaw.ANSWER, "these stakes cannot be")
    root = take_data(answer, "root", 32)
    agree(root, found.root, "root of the set")
    agree(take_number(answer, "totalStake"), found.total_stake, "stake")
    proof = take(answer, "proof")
    if proof is None:
        return ProvenValidators(members, root, None)
    agree(take_data(proof, "contract", 20), STAKING, "contract")
    agree(take_number(proof, "slot"), _SET_ROOT_SLOT, "slot")
    state_root = take_data(proof, "stateRoot", 32)
    value = verify_slot(state_root, STAKING, _SET_ROOT_SLOT, take_data(proof, "proof"))
    agree(value.to_bytes(32, "big"), root, "root of the set")
    return ProvenValidators(members, root, state_root)
