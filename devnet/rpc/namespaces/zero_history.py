"""zero: what a zone keeps of its past (docs/zones.md)."""

from __future__ import annotations

from typing import Any

from devnet.rpc.codec.shapes import Schema, nullable, ref
from devnet.rpc.context import Context
from devnet.rpc.methods import Kind, Method


def history(context: Context) -> dict[str, Any]:
    status = context.zone.history()
    network = context.network
    counted = sum(zone.history().total_bytes for zone in network.zones.values())
    return {
        "oldest": hex(status.oldest),
        "newest": hex(status.newest),
        "limit": status.limit,
        "pinned": None if status.pinned is None else hex(status.pinned),
        "stateBytes": status.state_bytes,
        "blockBytes": status.block_bytes,
        "networkBytes": counted,
        "memoryLimit": network.config.memory_limit,
    }


_INTEGER: Schema = {"type": "integer", "minimum": 0}
_HISTORY: Schema = {
    "type": "object",
    "required": [
        "oldest",
        "newest",
        "limit",
        "pinned",
        "stateBytes",
        "blockBytes",
        "networkBytes",
        "memoryLimit",
    ],
    "properties": {
        "oldest": ref("uint"),
        "newest": ref("uint"),
        "limit": nullable(_INTEGER),
        "pinned": nullable(ref("uint")),
        "stateBytes": _INTEGER,
        "blockBytes": _INTEGER,
        "networkBytes": _INTEGER,
        "memoryLimit": nullable(_INTEGER),
    },
    "additionalProperties": False,
}

METHODS = (
    Method(
        "zero_history",
        history,
        (),
        Kind.READ,
        _HISTORY,
        "What the zone keeps of its past: the oldest block, what bounds and pins it, counted memory.",
    ),
)
