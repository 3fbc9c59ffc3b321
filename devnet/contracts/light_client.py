"""The contract LightClient from outside: what genesis stores in it, and the certificates that it is shown.

Written out by hand because it runs where no ABI library may be imported; the tests hold it against the
compiled artifact. docs/settlement-contracts.md explains the contract.
"""

from __future__ import annotations

from devnet.chain.types import Hash32
from devnet.contracts.layout import mapping_slot, packed
from devnet.settlement.block import SettlementBlock, ValidatorSet
from devnet.settlement.bls import uncompressed_key

NETWORK_SLOT = 0
ROOT_SLOT = 1
VALIDATORS_ROOT_SLOT = 2
NEWEST_SLOT = 3
"""Height (64 bits), slot (64), incarnation (64)."""
ROOTS_SLOT = 4

MEMBER_SIZE = 108
"""Bytes of a member of the set: x and y of its key (48 each) and its stake (12)."""


def storage_of(network: Hash32, validators_root: Hash32) -> dict[int, int]:
    """The storage of a light client that knows the genesis settlement block, whose root names the network,
    and the set that signs height 1."""
    root = int.from_bytes(network, "big")
    return {
        NETWORK_SLOT: root,
        ROOT_SLOT: root,
        VALIDATORS_ROOT_SLOT: int.from_bytes(validators_root, "big"),
        mapping_slot(0, ROOTS_SLOT): root,
    }


def storage_at(network: Hash32, block: SettlementBlock) -> dict[int, int]:
    """What the contract stores when this is the newest block that it knows."""
    root = int.from_bytes(block.root, "big")
    return {
        NETWORK_SLOT: int.from_bytes(network, "big"),
        ROOT_SLOT: root,
        VALIDATORS_ROOT_SLOT: int.from_bytes(block.validators_root, "big"),
        NEWEST_SLOT: packed((block.height, 64), (block.slot, 64), (block.incarnation, 64)),
        mapping_slot(block.height, ROOTS_SLOT): root,
    }


def members_of(validators: ValidatorSet) -> bytes:
    """The set as the contract is shown it. Raises ValueError for a key that is no point, OverflowError for a
    stake that no validator can have."""
    return b"".join(
        _numbers(uncompressed_key(validator.public_key)) + validator.stake.to_bytes(12, "big")
        for validator in validators.validators
    )


def _numbers(key: bytes) -> bytes:
    """x and y without the zeros that EIP-2537 puts before them."""
    return key[16:64] + key[80:128]
