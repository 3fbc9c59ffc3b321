"""What a zone knows of the newest settlement block, and how a block records it (protocol section 2).

Written out by hand because it runs where no ABI library may be imported (every start, every block); the tests
hold it against the compiled artifact.
"""

from __future__ import annotations

from dataclasses import dataclass

from devnet.chain.types import Address, Hash32

SETTLEMENT_ROOTS = Address(b"ZERO" + bytes(15) + b"\x01")
"""Where the contract is, in every zone; docs/contracts.md is the table."""

NEWEST_HEIGHT_SLOT = 0
"""The contract's slot that holds the newest recorded height."""

RECORD_SELECTOR = bytes.fromhex("18e46b19")
"""Of `record(uint64,bytes32,uint64,uint32)`."""


@dataclass(frozen=True, slots=True)
class SettlementHead:
    """What a zone knows of the newest settlement block."""

    height: int
    root: Hash32
    slot: int
    zone_count: int


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
