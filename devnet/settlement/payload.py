"""What a settlement block's candidate carries: its updates, what shows the facts of the system zone that they
are judged by, and the set of validators where another one follows.

The block commits to the updates by `zones_root` and to the set by `validators_root`; the proof needs no
commitment, since it shows nothing but what the settled state root says.
"""

from __future__ import annotations

from dataclasses import dataclass

from devnet.chain.rlp import Decoded, decode, encode_bytes, encode_int, encode_list
from devnet.chain.rlp_items import NOTHING, members, optional, sized
from devnet.chain.validator_set import Validator, ValidatorSet
from devnet.settlement.block import ZoneUpdate
from devnet.settlement.signatures import PUBLIC_KEY_SIZE
from devnet.settlement.system_proofs import SystemProof, system_proof_of
from devnet.settlement.update_codec import encode_update, read_updates
from devnet.settlement.votes import MOST_VALIDATORS, bounded

_STAKE_LIMIT = 1 << 128


@dataclass(frozen=True, slots=True)
class Payload:
    """Of a candidate."""

    updates: tuple[ZoneUpdate, ...]
    """By zone, those of one zone in their order."""
    system: SystemProof
    """Of what `devnet.settlement.system_facts.read_facts` reads for these updates, against the system zone's
    state root that the chain before this block settled."""
    elected: ValidatorSet | None = None
    """The set that signs the next height; None where it is the one that signs this height."""

    def encode(self) -> bytes:
        """RLP of [updates, proof, set], the set a list of one list of [key, stake] or of none."""
        return encode_list(
            [
                encode_list([encode_update(update) for update in self.updates]),
                self.system.encode(),
                encode_optional_set(self.elected),
            ]
        )


def decode_payload(payload: bytes) -> Payload:
    """The inverse of `Payload.encode`. Raises ValueError."""
    updates, system, elected = members(decode(payload), 3)
    return Payload(read_updates(updates), system_proof_of(system), optional(elected, read_set))


def encode_optional_set(validators: ValidatorSet | None) -> bytes:
    """A list of one set, or of none."""
    return NOTHING if validators is None else encode_list([encode_set(validators)])


def encode_set(validators: ValidatorSet) -> bytes:
    """RLP of a list of [key, stake]."""
    return encode_list(
        [
            encode_list([encode_bytes(validator.public_key), encode_int(validator.stake)])
            for validator in validators.validators
        ]
    )


def read_set(item: Decoded) -> ValidatorSet:
    """The inverse of `encode_set`, out of decoded RLP. Raises ValueError, also for a set without stake."""
    found = members(item)
    if not 0 < len(found) <= MOST_VALIDATORS:
        raise ValueError(f"a set of {len(found)} validators")
    read = ValidatorSet(tuple(_read_validator(each) for each in found))
    if not read.total_stake:
        raise ValueError("a set without stake")
    return read


def _read_validator(item: Decoded) -> Validator:
    key, stake = members(item, 2)
    return Validator(sized(key, PUBLIC_KEY_SIZE), bounded(stake, _STAKE_LIMIT))
