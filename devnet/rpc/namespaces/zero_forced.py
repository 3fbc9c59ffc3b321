"""zero: the zone's inbox of forced transactions (docs/settlement.md, "Forced inclusion")."""

from __future__ import annotations

from typing import Any

from devnet.chain.keccak import keccak256
from devnet.rpc.codec.encode_transactions import hex_data
from devnet.rpc.codec.shapes import QUANTITY_64, Schema, Shape, array_of, nullable, read_u64, ref
from devnet.rpc.context import Context
from devnet.rpc.methods import Kind, Method, Param

MOST_ITEMS = 100


def _read_count(value: Any) -> int:
    count = read_u64(value)
    if not 0 < count <= MOST_ITEMS:
        raise ValueError(f"from 1 to {MOST_ITEMS} can be asked for at once, not {count}")
    return count


_COUNT = Shape(_read_count, ref("uint64"))


def forced_transactions(context: Context, first: int | None, count: int) -> list[dict[str, Any]]:
    from devnet.settlement.forced_queue import QueueItem, queue_length, read_queue

    network, zone = context.network, context.zone.config.index
    zones = tuple(network.zones.values())
    if first is None:
        first = max(0, queue_length(zones, zone) - count)

    def encode(item: QueueItem) -> dict[str, Any]:
        consumed = item.consumed
        return {
            "index": hex(item.index),
            "status": item.status.value,
            "transaction": None if item.encoded is None else hex_data(item.encoded),
            "hash": None if item.encoded is None else hex_data(keccak256(item.encoded)),
            "gas": hex(item.entry.gas),
            "postedInBlock": hex(item.entry.posted_in),
            "dueHeight": None if item.due_height is None else hex(item.due_height),
            "blockNumber": hex(consumed.number) if consumed else None,
            "blockHash": hex_data(consumed.block_hash) if consumed else None,
            "hasEffect": consumed.transaction_hash is not None if consumed else None,
        }

    return [encode(item) for item in read_queue(network.settlement.chain, zones, zone, first, count)]


_PROPERTIES: dict[str, Schema] = {
    "index": ref("uint"),
    "status": {"enum": ["posted", "settled", "due", "consumed"]},
    "transaction": nullable(ref("bytes")),
    "hash": nullable(ref("hash32")),
    "gas": ref("uint"),
    "postedInBlock": ref("uint"),
    "dueHeight": nullable(ref("uint")),
    "blockNumber": nullable(ref("uint")),
    "blockHash": nullable(ref("hash32")),
    "hasEffect": nullable({"type": "boolean"}),
}

METHODS = (
    Method(
        "zero_getForcedTransactions",
        forced_transactions,
        (Param("from", QUANTITY_64, None), Param("count", _COUNT, MOST_ITEMS)),
        Kind.STATE,
        array_of(
            {
                "type": "object",
                "required": list(_PROPERTIES),
                "properties": _PROPERTIES,
                "additionalProperties": False,
            }
        ),
        "What was posted to the zone's inbox from a place in its queue on (default: the newest 100): posted, "
        "settled, due or consumed, and in which block with or without effect.",
    ),
)
