"""The currency's supply as JSON, and its schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from devnet.rpc.codec.encode_transactions import hex_data
from devnet.rpc.codec.shapes import Schema, array_of, ref

if TYPE_CHECKING:
    from devnet.supply import NetworkSupply, Reserves, ZoneShare
    from devnet.zone.messages import ZoneSupply

_SIGNED: Schema = {"type": "string", "pattern": "^(0x0|-?0x[1-9a-f][0-9a-f]*)$"}
"""Wei; less than nothing has a minus sign in front."""


def encode_zone_supply(supply: ZoneSupply) -> dict[str, Any]:
    """What a zone's accounts hold, and what changed that."""
    return {
        "number": hex(supply.number),
        "hash": hex_data(supply.hash),
        "since": hex(supply.since),
        "opening": hex(supply.opening),
        "credited": hex(supply.credited),
        "debited": hex(supply.debited),
        "burntBaseFees": hex(supply.burnt_base_fees),
        "burntBlobFees": hex(supply.burnt_blob_fees),
        "destroyed": hex(supply.destroyed),
        "balances": hex(supply.balances),
        "difference": hex(supply.difference),
    }


def encode_supply(supply: NetworkSupply) -> dict[str, Any]:
    """The network's supply, and each zone's part."""
    return {
        "opening": hex(supply.opening),
        "issuance": hex(supply.issuance),
        "credited": hex(supply.credited),
        "debited": hex(supply.debited),
        "burnt": hex(supply.burnt),
        "circulating": hex(supply.circulating),
        "inFlight": hex(supply.in_flight),
        "owed": hex(supply.owed),
        "difference": hex(supply.difference),
        "zones": [_encode_share(share) for share in supply.shares],
    }


def _encode_share(share: ZoneShare) -> dict[str, Any]:
    return {
        "zone": share.zone,
        "circulating": hex(share.circulating),
        "issued": hex(share.issued),
        "supply": encode_zone_supply(share.supply),
        "reserve": _encode_reserves(share.reserves, share.reserve_balance),
    }


def _encode_reserves(reserves: Reserves, balance: int) -> dict[str, Any]:
    counts = reserves.counts
    return {
        "atGenesis": hex(counts.at_genesis),
        "sent": hex(counts.sent),
        "paid": hex(counts.paid),
        "owed": hex(reserves.owed),
        "balance": hex(balance),
        "staking": hex(reserves.staking),
    }


def _object(properties: dict[str, Schema]) -> Schema:
    return {
        "type": "object",
        "required": list(properties),
        "properties": properties,
        "additionalProperties": False,
    }


_UINT = ref("uint")

ZONE_SUPPLY = _object(
    {
        "number": _UINT,
        "hash": ref("hash32"),
        "since": _UINT,
        "opening": _UINT,
        "credited": _UINT,
        "debited": _UINT,
        "burntBaseFees": _UINT,
        "burntBlobFees": _UINT,
        "destroyed": _UINT,
        "balances": _UINT,
        "difference": _SIGNED,
    }
)
"""Of `encode_zone_supply`."""

SUPPLY = _object(
    {
        "opening": _SIGNED,
        "issuance": _SIGNED,
        "credited": _UINT,
        "debited": _UINT,
        "burnt": _UINT,
        "circulating": _SIGNED,
        "inFlight": _SIGNED,
        "owed": _UINT,
        "difference": _SIGNED,
        "zones": array_of(
            _object(
                {
                    "zone": {"type": "string"},
                    "circulating": _SIGNED,
                    "issued": _SIGNED,
                    "supply": ZONE_SUPPLY,
                    "reserve": _object(
                        dict.fromkeys(("atGenesis", "sent", "paid", "owed", "balance", "staking"), _UINT)
                    ),
                }
            )
        ),
    }
)
"""Of `encode_supply`."""
