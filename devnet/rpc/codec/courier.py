"""The courier as JSON: its mode, what it did, how it does, and its faults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from devnet.chain.types import ZoneName
from devnet.rpc.codec.encode_transactions import hex_data
from devnet.rpc.codec.message_shapes import COURIER_FAULT_KINDS, INTEGER, record
from devnet.rpc.codec.read_messages import zone_index
from devnet.rpc.codec.shapes import (
    Shape,
    describe,
    optional_field,
    read_hash,
    read_object,
    read_string,
    read_u64_number,
)

if TYPE_CHECKING:
    from devnet.messages.faults import CourierFault, Kind
    from devnet.messages.turn import CourierStatus, Turn

_MODES = ("automatic", "delayed", "manual")


@dataclass(frozen=True, slots=True)
class GivenMode:
    """When the courier is to work."""

    mode: str
    delay: int
    """Slots."""


def _read_mode(value: Any) -> GivenMode:
    source = read_object(value)
    for name in source:
        if name not in ("mode", "delay"):
            raise ValueError(f"{describe(name)} is not known; there are mode, delay")
    mode = optional_field(source, "mode", read_string)
    if mode not in _MODES:
        raise ValueError(f"mode: expected one of {', '.join(_MODES)}, got {describe(mode)}")
    return GivenMode(mode, optional_field(source, "delay", read_u64_number) or 0)


MODE = Shape(_read_mode, record({"mode": {"enum": list(_MODES)}}, {"delay": INTEGER}))


def encode_status(
    status: CourierStatus, faults: Sequence[CourierFault], zones: Sequence[ZoneName]
) -> dict[str, Any]:
    """How the courier does."""
    return {
        "mode": status.mode.kind.value,
        "delay": status.mode.delay,
        "isPaused": status.is_paused,
        "waiting": status.waiting,
        "failed": status.failed,
        "trouble": status.trouble,
        "accounts": [
            {
                "zone": zones[account.zone],
                "address": hex_data(account.address),
                "balance": hex(account.balance),
            }
            for account in status.accounts
        ],
        "faults": [encode_courier_fault(fault, zones) for fault in faults],
    }


def encode_turn(turn: Turn, zones: Sequence[ZoneName]) -> dict[str, Any]:
    """What a turn did."""
    return {
        "actions": [
            {
                "kind": action.kind.value,
                "guid": hex_data(action.guid),
                "zone": zones[action.zone],
                "transactionHash": (
                    None if action.transaction_hash is None else hex_data(action.transaction_hash)
                ),
                "detail": action.detail,
            }
            for action in turn.actions
        ],
        "isDone": turn.is_done,
    }


def encode_courier_fault(fault: CourierFault, zones: Sequence[ZoneName]) -> dict[str, Any]:
    """A fault in effect: what it was injected with, its id, and what it does in words."""
    from devnet.messages.faults import describe as describe_fault
    from devnet.messages.faults import name_of

    kind, selection = fault.kind, fault.kind.selection
    return {
        "id": fault.id,
        "kind": name_of(kind),
        "source": None if selection.source is None else zones[selection.source],
        "destination": None if selection.destination is None else zones[selection.destination],
        "guid": None if selection.guid is None else hex_data(selection.guid),
        "rate": selection.rate,
        **{name: getattr(kind, name) for name in _particulars(type(kind))},
        "seed": hex(fault.seed),
        "text": describe_fault(kind, tuple(zones)),
    }


def read_courier_fault(given: Mapping[str, Any], zones: Sequence[ZoneName]) -> Kind:
    """The fault that an object names by `kind`, with its other fields. Raises ValueError."""
    from devnet.messages.faults import KINDS, Selection

    if "kind" not in given:
        raise ValueError(f"kind is missing; there are {', '.join(COURIER_FAULT_KINDS)}")
    name = read_string(given["kind"])
    kind = KINDS.get(name)
    if kind is None:
        raise ValueError(
            f"kind: there is no fault {describe(name)}; there are {', '.join(COURIER_FAULT_KINDS)}"
        )
    own = _particulars(kind)
    known = ("kind", "seed", "source", "destination", "guid", "rate", *own)
    for entry in given:
        if entry not in known:
            raise ValueError(
                f"{describe(entry)}: a fault {name} has no such field; it has {', '.join(known)}"
            )
    index = partial(zone_index, zones=zones)
    rate = optional_field(given, "rate", _read_rate)
    selection = Selection(
        source=optional_field(given, "source", index),
        destination=optional_field(given, "destination", index),
        guid=optional_field(given, "guid", read_hash),
    )
    if rate is not None:
        selection = replace(selection, rate=rate)
    values = {field: optional_field(given, field, _READ[field]) for field in own}
    if "slots" in values and values["slots"] is None:
        raise ValueError("slots: a fault delay needs it")
    return kind(selection=selection, **{field: value for field, value in values.items() if value is not None})


def _particulars(kind: type[Kind]) -> tuple[str, ...]:
    """The fields that only this kind has."""
    return tuple(field.name for field in fields(kind) if field.name != "selection")


def _read_rate(value: Any) -> float:
    if type(value) not in (int, float):
        raise ValueError("expected a number")
    return float(value)


def _read_part(value: Any) -> Any:
    from devnet.messages.faults import CorruptPart

    try:
        return CorruptPart(read_string(value))
    except ValueError:
        parts = ", ".join(part.value for part in CorruptPart)
        raise ValueError(f"expected one of {parts}, got {describe(value)}") from None


_READ = {"part": _read_part, "slots": read_u64_number}
