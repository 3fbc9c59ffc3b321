"""The contract Staking from outside: what genesis stores in it, what to call it with, and how to read it.

Written out by hand because it runs where no ABI library may be imported; the tests hold it against the
compiled artifact. docs/settlement-contracts.md explains the contract.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from devnet.chain.epochs import EPOCH_SLOT, SEATS_SLOT
from devnet.chain.keccak import keccak256
from devnet.chain.types import Address, Hash32, Wei
from devnet.chain.validator_set import Validator, ValidatorSet
from devnet.contracts.layout import Load, list_slot, mapping_slot, packed, unpacked

SET_ROOT_SLOT = 0
"""The validator set's root of the newest sealed epoch."""
PARAMETERS_SLOT = 2
"""Slots of unbonding (32), seats (32), issuance (128)."""
SEATED_SLOT = 3
"""Stake with a seat (128), the slot up to which issuance is distributed (64), validators (32)."""
RESERVE_SLOT = 5
"""Remainder of the last division (128), reserve (128)."""
MEMBERS_SLOT = 8
VALIDATORS_SLOT = 9
VALIDATOR_OF_KEY_SLOT = 10
DELEGATIONS_SLOT = 11

MOST_SEATS = 1200
MOST_STAKE = (1 << 96) - 1
"""Wei, of a validator."""

REGISTER_SELECTOR = bytes.fromhex("a3747fef")
"""Of `register(bytes,bytes)`."""
DELEGATE_SELECTOR = bytes.fromhex("a8bec7f5")
"""Of `delegate(uint32)`."""

_KEY_SIZE = 48


@dataclass(frozen=True, slots=True)
class StakingParameters:
    """What genesis fixes of staking."""

    epoch_heights: int = 32
    """Settlement heights to an epoch: how often the set of validators changes at most."""
    unbonding_slots: int = 1024
    """Slots between undelegating and withdrawing."""
    seat_limit: int = MOST_SEATS
    """The most validators that a set has."""
    issuance: Wei = Wei(10**18)
    """What each slot adds to the rewards."""
    reserve: Wei = Wei(100_000_000 * 10**18)
    """What issuance is paid from: the EVM mints nothing."""


@dataclass(frozen=True, slots=True)
class GenesisValidator:
    """A validator that is there from the start; its stake is its operator's delegation."""

    public_key: bytes
    """BLS12-381, 48 bytes. Who writes a genesis answers for the possession of the keys in it."""
    stake: Wei
    operator: Address


def storage_of(parameters: StakingParameters, validators: Sequence[GenesisValidator]) -> dict[int, int]:
    """The contract's storage at genesis: these validators have the first seats and are the set of epoch 0.

    Raises ValueError for more validators than seats, without stake, or with a key of another length or
    twice.
    """
    _check(parameters, validators)
    count = len(validators)
    total = sum(validator.stake for validator in validators)
    members = ValidatorSet(tuple(Validator(v.public_key, v.stake) for v in validators))
    storage = {
        SET_ROOT_SLOT: int.from_bytes(members.root, "big"),
        EPOCH_SLOT: packed((0, 64), (count, 32), (total, 128), (parameters.epoch_heights, 32)),
        PARAMETERS_SLOT: packed(
            (parameters.unbonding_slots, 32), (parameters.seat_limit, 32), (parameters.issuance, 128)
        ),
        SEATED_SLOT: packed((total, 128), (0, 64), (count, 32)),
        RESERVE_SLOT: packed((0, 128), (parameters.reserve, 128)),
        SEATS_SLOT: count,
        MEMBERS_SLOT: count,
    }
    for place in range(0, count, 8):
        seats = [(number + 1, 32) for number in range(place, min(place + 8, count))]
        storage[list_slot(SEATS_SLOT) + place // 8] = packed(*seats)
    for index, validator in enumerate(validators):
        number, head, tail = index + 1, validator.public_key[:32], validator.public_key[32:]
        key_node = keccak256(head + tail.ljust(32, b"\0"))
        base = validator_slot(number)
        storage |= {
            list_slot(MEMBERS_SLOT) + index: number << 128 | validator.stake,
            base: int.from_bytes(head, "big"),
            base + 1: packed((int.from_bytes(tail, "big"), 128), (number, 32)),
            base + 2: int.from_bytes(key_node, "big"),
            base + 3: int.from_bytes(validator.operator, "big"),
            base + 4: validator.stake,
            mapping_slot(key_node, VALIDATOR_OF_KEY_SLOT): number,
            delegation_slot(number, validator.operator): validator.stake,
        }
    return {slot: value for slot, value in storage.items() if value}


def balance_of(parameters: StakingParameters, validators: Sequence[GenesisValidator]) -> Wei:
    """The contract's balance at genesis: what it owes to the delegators, and the reserve."""
    return Wei(parameters.reserve + sum(validator.stake for validator in validators))


def validator_slot(number: int) -> int:
    """The first of a validator's slots: the key's first 32 bytes; its last 16, place, whether it is retired
    and changes of the operator; the key's node in the set's tree; operator; stake; mark of its rewards."""
    return mapping_slot(number, VALIDATORS_SLOT)


def delegation_slot(number: int, delegator: Address) -> int:
    """The first of a delegation's slots: stake (128) and fraction (128), what a wei had earned, wei owed."""
    return mapping_slot(delegator, mapping_slot(number, DELEGATIONS_SLOT))


def member_slots(count: int) -> tuple[int, ...]:
    """The slots of the sealed set's members, each of them validator << 128 | stake."""
    return tuple(list_slot(MEMBERS_SLOT) + index for index in range(count))


def set_root(load: Load) -> Hash32:
    """The root of the set that was sealed last."""
    return Hash32(load(SET_ROOT_SLOT).to_bytes(32, "big"))


def sealed_epoch(load: Load) -> int:
    """The epoch of that set."""
    return unpacked(load(EPOCH_SLOT), 64)[0]


def seated_set(load: Load) -> ValidatorSet:
    """The set that sealing would make: those with a seat, with the stake that they have now."""
    seats = [load(list_slot(SEATS_SLOT) + place) for place in range((load(SEATS_SLOT) + 7) // 8)]
    numbers = [number for word in seats for number in unpacked(word, *[32] * 8)]
    return ValidatorSet(tuple(_seated(load, number) for number in numbers[: load(SEATS_SLOT)]))


def _seated(load: Load, number: int) -> Validator:
    return _member(load, number << 128 | load(validator_slot(number) + 4))


def sealed_set(load: Load) -> ValidatorSet:
    """The set that was sealed last, in its order; its root is `set_root`."""
    count = unpacked(load(EPOCH_SLOT), 64, 32)[1]
    return ValidatorSet(tuple(_member(load, load(slot)) for slot in member_slots(count)))


def _member(load: Load, word: int) -> Validator:
    stake, number = unpacked(word, 128, 32)
    base = validator_slot(number)
    tail = load(base + 1) & ((1 << 128) - 1)
    return Validator(load(base).to_bytes(32, "big") + tail.to_bytes(16, "big"), stake)


def register_call(key: bytes, possession: bytes) -> bytes:
    """Calldata that registers the validator with this key; both are points as EIP-2537 takes them
    (`devnet.settlement.bls.uncompressed_key` and `uncompressed_signature` give them)."""
    if len(key) != 128 or len(possession) != 256:
        raise ValueError("a key has 128 bytes and a proof of possession 256, uncompressed")
    words = (64, 64 + 32 + 128)
    head = b"".join(word.to_bytes(32, "big") for word in words)
    tail = (128).to_bytes(32, "big") + key + (256).to_bytes(32, "big") + possession
    return REGISTER_SELECTOR + head + tail


def delegate_call(validator: int) -> bytes:
    """Calldata that delegates what is sent along to a validator."""
    return DELEGATE_SELECTOR + validator.to_bytes(32, "big")


def _check(parameters: StakingParameters, validators: Sequence[GenesisValidator]) -> None:
    if not 0 < parameters.seat_limit <= MOST_SEATS or parameters.epoch_heights < 1:
        raise ValueError(f"between 1 and {MOST_SEATS} seats, and an epoch has a height")
    if len(validators) > parameters.seat_limit:
        raise ValueError(f"{len(validators)} validators do not fit on {parameters.seat_limit} seats")
    if any(len(validator.public_key) != _KEY_SIZE for validator in validators):
        raise ValueError(f"a validator's key has {_KEY_SIZE} bytes")
    if len({validator.public_key for validator in validators}) < len(validators):
        raise ValueError("two validators have the same key")
    if any(not 0 < validator.stake <= MOST_STAKE for validator in validators):
        raise ValueError("a validator of genesis has stake, less than 2^96 wei")
