"""Under which settlement block something is to be proven, and such proofs as JSON (docs/proofs.md)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from devnet.chain.types import ZoneName
from devnet.rpc.codec.encode_transactions import hex_data
from devnet.rpc.codec.shapes import Schema, Shape, array_of, describe, read_u64, ref
from devnet.settlement.settled_proofs import SettledBlockHash, SettledRoot
from devnet.settlement.settled_tree import Branch


class Knowledge(Enum):
    """Which settlement blocks count as known by a zone."""

    NEXT_BLOCK = "knownBy"
    """What its next block knows if nothing more is settled before it; calls at latest see it, too."""
    RECORDED = "recordedBy"
    """What its newest block knows, which no later settlement block changes."""


@dataclass(frozen=True, slots=True)
class KnownBy:
    """A settlement block that this zone knows."""

    zone: ZoneName
    knowledge: Knowledge


def _read(value: Any) -> int | KnownBy:
    if type(value) is not dict or len(value) != 1:
        raise ValueError(f"expected an object with height, knownBy or recordedBy, got {describe(value)}")
    [(name, given)] = value.items()
    if name == "height":
        return read_u64(given)
    if name not in {knowledge.value for knowledge in Knowledge}:
        raise ValueError(f"expected an object with height, knownBy or recordedBy, got {describe(name)}")
    if type(given) is not str:
        raise ValueError(f"expected a zone's name, got {describe(given)}")
    return KnownBy(ZoneName(given), Knowledge(name))


def object_of(properties: dict[str, Schema], *optional: str) -> Schema:
    """An object with exactly these properties."""
    return {
        "type": "object",
        "required": [name for name in properties if name not in optional],
        "properties": properties,
        "additionalProperties": False,
    }


SETTLED = Shape(
    _read,
    {
        "oneOf": [
            object_of({"height": ref("uint64")}),
            *(object_of({knowledge.value: {"type": "string"}}) for knowledge in Knowledge),
        ]
    },
)

_BRANCH = object_of({"zeros": ref("uint64"), "peers": array_of(ref("hash32"))})
_UNDER: dict[str, Schema] = {"height": ref("uint64"), "root": ref("hash32"), "zoneIndex": {"type": "integer"}}
SETTLED_ROOT = object_of({**_UNDER, "stateRoot": ref("hash32"), "branch": _BRANCH})
SETTLED_BLOCK = object_of(
    {
        **_UNDER,
        "index": ref("uint64"),
        "count": ref("uint64"),
        "peers": array_of(ref("hash32")),
        "branch": _BRANCH,
    }
)


def encode_settled_root(shown: SettledRoot, zone: int) -> dict[str, Any]:
    """A zone's state root under a settlement block: the members of `SettledRoot` in Solidity, and whose."""
    return {
        "height": hex(shown.height),
        "root": hex_data(shown.settlement_root(zone)),
        "zoneIndex": zone,
        "stateRoot": hex_data(shown.state_root),
        "branch": _branch(shown.branch),
    }


def encode_settled_block(shown: SettledBlockHash, zone: int, root: bytes) -> dict[str, Any]:
    """A zone's block under the settlement block with that root: the members of `BlockProof` in Solidity but
    for the header, and whose."""
    return {
        "height": hex(shown.height),
        "root": hex_data(root),
        "zoneIndex": zone,
        "index": hex(shown.index),
        "count": hex(shown.count),
        "peers": [hex_data(peer) for peer in shown.peers],
        "branch": _branch(shown.branch),
    }


def _branch(branch: Branch) -> dict[str, Any]:
    return {"zeros": hex(branch.zeros), "peers": [hex_data(peer) for peer in branch.peers]}
