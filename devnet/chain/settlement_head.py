"""What a zone knows of the newest settlement block, and how a block records it (protocol section 2).

Written out by hand because it runs where no ABI library may be imported (every start, every block); the tests
hold it against the compiled artifact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from devnet.chain.types import Address, Hash32

SETTLEMENT_ROOTS = Address(b"ZERO" + bytes(15) + b"\x01")
"""Where the contract is, in every zone; docs/contracts.md is the table."""

NEWEST_HEIGHT_SLOT = 0
"""The contract's slot that holds the newest recorded height."""

RING = 8191
"""Heights that the contract's ring holds."""

RECORD_SELECTOR = bytes.fromhex("18e46b19")
"""Of `record(uint64,bytes32,uint64,uint32)`."""

_UINT64, _UINT32 = (1 << 64) - 1, (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class SettlementHead:
    """What a zone knows of the newest settlement block."""

    height: int
    root: Hash32
    slot: int
    zone_count: int


def entry_slot(height: int) -> int:
    """The first of the two slots that hold the settlement block of a height: height, slot and zone count
    packed, then the root."""
    return 1 + 2 * (height % RING)


def recorded_head(load: Callable[[int], int]) -> SettlementHead:
    """The newest settlement block that the contract holds; `load` gives the value of a slot."""
    height = load(NEWEST_HEIGHT_SLOT)
    entry = entry_slot(height)
    packed, root = load(entry), load(entry + 1)
    slot, zone_count = packed >> 64 & _UINT64, packed >> 128 & _UINT32
    return SettlementHead(height, Hash32(root.to_bytes(32, "big")), slot, zone_count)


def record_call(head: SettlementHead) -> bytes:
    """Calldata of the system call that makes `head` the newest settlement block the zone knows.

    The contract reverts unless the height is above every recorded one, so an unchanged head is no call at
    all.
    """
    return b"".join(
        (
            RECORD_SELECTOR,
            head.height.to_bytes(32, "big"),
            head.root,
            head.slot.to_bytes(32, "big"),
            head.zone_count.to_bytes(32, "big"),
        )
    )
