"""When the set of validators follows the stakes: the rule by which blocks of the system zone seal an epoch.

Written out by hand because it runs where no ABI library may be imported (every block); the tests hold it
against the compiled contract. docs/settlement-contracts.md explains it.
"""

from __future__ import annotations

from collections.abc import Callable

from devnet.chain.types import Address

STAKING = Address(b"ZERO" + bytes(15) + b"\x02")
"""Where the contract is, in the system zone; docs/contracts.md is the table."""

SYSTEM_ZONE_INDEX = 0

EPOCH_SLOT = 1
"""Epoch that was sealed last (64 bits), members (32), their stake (128), heights to an epoch (32)."""
SEATS_SLOT = 7
"""How many validators have a seat."""

SEAL_EPOCH_CALL = bytes.fromhex("b8e94cf7")
"""Calldata of `sealEpoch()`."""


def is_epoch_over(load: Callable[[int], int], height: int) -> bool:
    """Whether `sealEpoch` has something to do in a zone whose newest known settlement height this is; `load`
    reads the contract. Never where there is no such contract. Seats are read only where the epoch is over."""
    word = load(EPOCH_SLOT)
    epoch, heights = word & (1 << 64) - 1, word >> 224
    return heights != 0 and height // heights > epoch and load(SEATS_SLOT) != 0
