"""zero: snapshots of the whole network, by id or name."""

from __future__ import annotations

from typing import Any

from devnet.rpc.codec.shapes import (
    BOOLEAN,
    NUMBER,
    STRING,
    Schema,
    Shape,
    array_of,
    nullable,
    read_number,
    read_string,
    ref,
)
from devnet.rpc.context import Context
from devnet.rpc.methods import Kind, Method, Param
from devnet.snapshots import SnapshotInfo, is_name


def snapshot(context: Context, name: str | None, replace: bool) -> str:
    return hex(context.network.snapshots.take(name, replace=replace))


def revert(context: Context, snapshot: int | str) -> bool:
    context.network.revert(snapshot)
    return True


def snapshots(context: Context) -> list[dict[str, Any]]:
    return [_encode(info) for info in context.network.snapshots.listing()]


def delete_snapshot(context: Context, snapshot: int | str) -> bool:
    context.network.snapshots.delete(snapshot)
    return True


def _encode(info: SnapshotInfo) -> dict[str, Any]:
    taken = info.taken
    return {
        "id": hex(taken.identifier),
        "name": taken.name,
        "takenAt": taken.taken_at,
        "clock": taken.clock,
        "zones": [
            {
                "name": use.zone,
                "number": hex(use.number),
                "usable": use.loss is None,
                "reason": use.loss,
                "pinnedBlocks": use.pinned,
            }
            for use in info.zones
        ],
    }


def _read_snapshot(value: Any) -> int | str:
    """An id as a number, or a name."""
    if type(value) is str and is_name(value):
        return read_string(value)
    return read_number(value)


_SNAPSHOT = Param("snapshot", Shape(_read_snapshot, {"oneOf": [NUMBER.schema, STRING.schema]}))
_SECONDS: Schema = {"type": "integer"}
_SNAPSHOT_SCHEMA: Schema = {
    "type": "object",
    "required": ["id", "name", "takenAt", "clock", "zones"],
    "properties": {
        "id": ref("uint"),
        "name": nullable({"type": "string"}),
        "takenAt": _SECONDS,
        "clock": _SECONDS,
        "zones": array_of(
            {
                "type": "object",
                "required": ["name", "number", "usable", "reason", "pinnedBlocks"],
                "properties": {
                    "name": {"type": "string"},
                    "number": ref("uint"),
                    "usable": {"type": "boolean"},
                    "reason": nullable({"type": "string"}),
                    "pinnedBlocks": {"type": "integer"},
                },
                "additionalProperties": False,
            }
        ),
    },
    "additionalProperties": False,
}

METHODS = (
    Method(
        "zero_snapshot",
        snapshot,
        (Param("name", STRING, None), Param("replace", BOOLEAN, False)),
        Kind.WRITE,
        ref("uint"),
        "Remembers every zone and the clock, perhaps under a name; gives the snapshot's id.",
    ),
    Method(
        "zero_revert",
        revert,
        (_SNAPSHOT,),
        Kind.WRITE,
        {"const": True},
        "Takes the whole network back to a snapshot, by id or name; it stays usable, newer ones do not.",
    ),
    Method(
        "zero_snapshots",
        snapshots,
        (),
        Kind.STATE,
        array_of(_SNAPSHOT_SCHEMA),
        "The snapshots that there are, oldest first: where each goes back to, and in which zones still.",
    ),
    Method(
        "zero_deleteSnapshot",
        delete_snapshot,
        (_SNAPSHOT,),
        Kind.WRITE,
        {"const": True},
        "Forgets a snapshot, by id or name.",
    ),
)
