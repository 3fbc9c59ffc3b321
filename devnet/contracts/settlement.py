"""What genesis stores in the contract SettlementRoots; what it is called with is in
`devnet.chain.settlement_head`.

Written out by hand because it runs where no ABI library may be imported (every start); the tests hold it
against the compiled artifact.
"""

from __future__ import annotations

from devnet.chain.settlement_head import NEWEST_HEIGHT_SLOT, SettlementHead, entry_slot


def storage_of(head: SettlementHead) -> dict[int, int]:
    """The contract's storage when `head` is the only settlement block ever recorded: what genesis holds."""
    entry = entry_slot(head.height)
    slots = {
        NEWEST_HEIGHT_SLOT: head.height,
        entry: head.height | head.slot << 64 | head.zone_count << 128,
        entry + 1: int.from_bytes(head.root, "big"),
    }
    return {slot: value for slot, value in slots.items() if value}
