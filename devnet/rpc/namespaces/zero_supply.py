"""zero: how much of the currency there is, and why (docs/messages.md)."""

from __future__ import annotations

from typing import Any

from devnet.chain.types import BlockRef
from devnet.rpc.codec.blocks import BLOCK_REF
from devnet.rpc.codec.encode_supply import SUPPLY, ZONE_SUPPLY, encode_supply, encode_zone_supply
from devnet.rpc.context import Context
from devnet.rpc.methods import Kind, Method, Param


def get_supply(context: Context) -> dict[str, Any]:
    from devnet.supply import network_supply

    return encode_supply(network_supply(context.network.zones))


def get_zone_supply(context: Context, ref: BlockRef) -> dict[str, Any]:
    return encode_zone_supply(context.zone.supply(ref))


METHODS = (
    Method(
        "zero_getSupply",
        get_supply,
        (),
        # Blocks in which contracts destroyed themselves are run again, and all are looked at the first time.
        Kind.CALL,
        SUPPLY,
        "The currency of all zones: what circulates and is on its way between them, what was there, issued, "
        "given by development calls and burnt, and the difference, which is zero.",
    ),
    Method(
        "zero_getZoneSupply",
        get_zone_supply,
        (Param("block", BLOCK_REF, "latest"),),
        Kind.CALL,
        ZONE_SUPPLY,
        "What all balances of the zone add up to after a block, what changed that, and the difference.",
    ),
)
