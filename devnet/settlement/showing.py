"""What the contract LightClient is shown of settlement, and what it then stores.

docs/settlement-contracts.md explains the contract.
"""

from __future__ import annotations

from devnet.chain.types import Hash32
from devnet.chain.validator_set import ValidatorSet
from devnet.contracts.layout import mapping_slot, packed
from devnet.contracts.light_client import (
    NETWORK_SLOT,
    NEWEST_SLOT,
    ROOT_SLOT,
    ROOTS_SLOT,
    VALIDATORS_ROOT_SLOT,
)
from devnet.settlement.block import SettlementBlock
from devnet.settlement.bls import uncompressed_key

MEMBER_SIZE = 108
"""Bytes of a member of the set: x and y of its key (48 each) and its stake (12)."""


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
