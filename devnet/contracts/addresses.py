"""Where the contracts of a zone's genesis are.

This project's own contracts have addresses that read `ZERO` in ASCII, then zeros, then their number;
contracts that a specification or a habit of tools puts somewhere are there. docs/contracts.md is the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from devnet.chain import epochs, outbox, settlement_head
from devnet.chain.types import Address


def own_address(number: int) -> Address:
    """The address of this project's contract number `number` (1 to 2^32 - 1)."""
    if not 0 < number < 1 << 32:
        raise ValueError(f"a contract number is between 1 and 2^32 - 1, not {number}")
    return Address(b"ZERO" + bytes(12) + number.to_bytes(4, "big"))


SYSTEM_ADDRESS = Address(bytes.fromhex("fffffffffffffffffffffffffffffffffffffffe"))
"""The sender of system calls (EIP-4788)."""

SETTLEMENT_ROOTS = settlement_head.SETTLEMENT_ROOTS
"""Number 1: the settlement blocks that the zone knows (protocol section 2)."""

STAKING = epochs.STAKING
"""Number 2, in the system zone as the three that follow: who validates, with how much stake (protocol section
9)."""

ZONE_REGISTRY = own_address(3)
"""The zones and their programs; its owner owns the other contracts too."""

FORCED_INBOX = own_address(4)
"""Transactions that zones must include (protocol section 7)."""

LIGHT_CLIENT = own_address(5)
"""Follows settlement by certificates."""

ENDPOINT = outbox.ENDPOINT
"""Where messages leave and arrive: LayerZero V2's endpoint is there on most chains."""

OUTBOX = outbox.OUTBOX
"""Number 6, in every zone as those that follow: what left the zone, under one root (protocol section 8)."""

SEND_LIBRARY = own_address(7)
RECEIVE_LIBRARY = own_address(8)
"""What says that a message arrived, by proofs."""

EXECUTOR = own_address(9)
"""Delivers messages, and says what that costs."""

PRICE_FEED = own_address(10)
BLOCKED_LIBRARY = own_address(11)
"""Refuses every message."""

RESERVE = own_address(12)
"""Holds what arrivals are paid from."""

BRIDGE = own_address(13)
"""Takes the currency from one zone to another."""

TIPS = own_address(14)
"""The coinbase unless another one is named: hands tips in to the stakers."""

BEACON_ROOTS = Address(bytes.fromhex("000f3df6d732807ef1319fb7b8bb8522d0beac02"))
"""EIP-4788."""

HISTORY_STORAGE = Address(bytes.fromhex("0000f90827f1c53a10cb7a02335b175320002935"))
"""EIP-2935."""

DEPLOYMENT_PROXY = Address(bytes.fromhex("4e59b44847b379578588920ca78fbf26c0b4956c"))
"""The deterministic deployment proxy: CREATE2 for everybody, same address on every chain."""

MULTICALL3 = Address(bytes.fromhex("ca11bde05977b3631167028862be2a173976ca11"))
"""Where tools look for Multicall3."""

NAMES: Mapping[Address, str] = MappingProxyType(
    {
        SETTLEMENT_ROOTS: "SettlementRoots",
        STAKING: "Staking",
        ZONE_REGISTRY: "ZoneRegistry",
        FORCED_INBOX: "ForcedInbox",
        LIGHT_CLIENT: "LightClient",
        ENDPOINT: "Endpoint",
        OUTBOX: "Outbox",
        SEND_LIBRARY: "ZeroSendLib",
        RECEIVE_LIBRARY: "ZeroReceiveLib",
        EXECUTOR: "Executor",
        PRICE_FEED: "PriceFeed",
        BLOCKED_LIBRARY: "BlockedLibrary",
        RESERVE: "Reserve",
        BRIDGE: "Bridge",
        TIPS: "Tips",
    }
)
"""What people read instead of the addresses of this project's contracts. Each is its artifact's name."""
