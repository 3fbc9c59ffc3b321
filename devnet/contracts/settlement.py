"""The contract SettlementRoots from outside: what to call it with, and what genesis stores in it.

Written out by hand because both run where no ABI library may be imported (every start, every block); the
tests hold them against the compiled artifact.
"""

from __future__ import annotations

from devnet.zone.messages import SettlementHead

RING = 8191
"""Heights that the ring holds."""

RECORD_SELECTOR = bytes.fromhex("18e46b19")
"""Of `record(uint64,bytes32,uint64,uint32)`."""


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


def storage_of(head: SettlementHead) -> dict[int, int]:
    """The contract's storage when `head` is the only settlement block ever recorded: what genesis holds."""
    entry = 1 + 2 * (head.height % RING)
    slots = {
        0: head.height,
        entry: head.height | head.slot << 64 | head.zone_count << 128,
        entry + 1: int.from_bytes(head.root, "big"),
    }
    return {slot: value for slot, value in slots.items() if value}
