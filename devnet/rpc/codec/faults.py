"""Faults as JSON: what is injected, and how what is in effect is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from functools import partial
from typing import Any

from devnet.chain.types import ZoneName
from devnet.rpc.codec.shapes import (
    Schema,
    array_of,
    nullable,
    optional_field,
    read_list,
    read_object,
    read_string,
    read_u64_number,
    ref,
)
from devnet.settlement.faults.kinds import KINDS, Fault, Kind, Lie, Until, describe, name_of

_MOST_MEMBERS = 1 << 16


def read_kind(given: Mapping[str, Any], zones: Sequence[ZoneName]) -> Kind:
    """The fault that an object names by `kind`, with its other fields. Raises ValueError."""
    if "kind" not in given:
        raise ValueError(f"kind: a fault needs it; there are {', '.join(KINDS)}")
    name = optional_field(given, "kind", read_string)
    kind = None if name is None else KINDS.get(name)
    if name is None or kind is None:
        raise ValueError(f"kind: there is no fault {name!r}; there are {', '.join(KINDS)}")
    known = {field.name for field in fields(kind)}
    for entry in given:
        if entry not in known | {"kind", "seed", "until"}:
            raise ValueError(f"{entry}: a {name} has no such field; it has {', '.join(sorted(known))}")
    values: dict[str, Any] = {}
    for field in fields(kind):
        value = optional_field(given, field.name, partial(_read, field.name, zones))
        if value is not None:
            values[field.name] = value
        elif field.default is MISSING:
            raise ValueError(f"{field.name}: a {name} needs it")
    return kind(**values)


def read_until(given: Mapping[str, Any]) -> Until:
    """When the fault ends. Raises ValueError."""
    until = optional_field(given, "until", read_object) or {}
    for entry in until:
        if entry not in ("slots", "heights"):
            raise ValueError(f"until: {entry}: it has slots and heights")
    return Until(
        optional_field(until, "slots", read_u64_number), optional_field(until, "heights", read_u64_number)
    )


def _read(name: str, zones: Sequence[ZoneName], value: Any) -> Any:
    if name == "zone":
        return _read_zone(value, zones)
    if name == "lie":
        return _read_lie(value)
    if name == "rate":
        if type(value) not in (int, float):
            raise ValueError("expected a number")
        return float(value)
    if name == "validators":
        return read_list(value, read_u64_number, _MOST_MEMBERS)
    if name == "groups":
        return read_list(value, lambda group: read_list(group, read_u64_number, _MOST_MEMBERS), _MOST_MEMBERS)
    return read_u64_number(value)


def _read_lie(value: Any) -> Lie:
    name = read_string(value)
    if name not in {lie.value for lie in Lie}:
        raise ValueError(f"there is no lie {name!r}; there are {', '.join(Lie)}")
    return Lie(name)


def _read_zone(value: Any, zones: Sequence[ZoneName]) -> int:
    name = read_string(value)
    if name not in zones:
        raise ValueError(f"there is no zone {name!r}; there are {', '.join(zones)}")
    return list(zones).index(ZoneName(name))


def encode_fault(fault: Fault, zones: Sequence[ZoneName]) -> dict[str, Any]:
    """A fault in effect: what it was injected with, its id, and what it does in words."""
    kind = fault.kind
    encoded: dict[str, Any] = {"id": fault.id, "kind": name_of(kind)}
    for field in fields(kind):
        value = getattr(kind, field.name)
        if field.name == "zone":
            value = None if value is None else zones[value]
        encoded[field.name] = value
    until = {"slots": fault.until.slots, "heights": fault.until.heights}
    return {**encoded, "seed": hex(fault.seed), "until": until, "text": describe(kind, zones)}


_COUNT: Schema = {"type": "integer", "minimum": 0}
_MEMBERS = array_of(_COUNT)
_FIELDS: dict[str, Schema] = {
    "kind": {"enum": list(KINDS)},
    "zone": nullable({"type": "string"}),
    "producer": nullable(_COUNT),
    "delay": _COUNT,
    "lie": {"enum": [lie.value for lie in Lie]},
    "validators": _MEMBERS,
    "validator": _COUNT,
    "groups": array_of(_MEMBERS),
    "heals": nullable(_COUNT),
    "rate": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
    "most": _COUNT,
    "until": {
        "type": "object",
        "properties": {"slots": nullable(_COUNT), "heights": nullable(_COUNT)},
        "additionalProperties": False,
    },
}

GIVEN_FAULT: Schema = {
    "type": "object",
    "required": ["kind"],
    "properties": {**_FIELDS, "seed": {"oneOf": [_COUNT, ref("uint64")]}},
    "additionalProperties": False,
}
"""A fault to inject. Which fields a kind has, docs/faults.md says."""

FAULT: Schema = {
    "type": "object",
    "required": ["id", "kind", "seed", "until", "text"],
    "properties": {**_FIELDS, "id": _COUNT, "seed": ref("uint64"), "text": {"type": "string"}},
    "additionalProperties": False,
}
