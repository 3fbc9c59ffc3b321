"""Functions, events and errors of an ABI, with their selectors and topics."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from devnet.artifacts.abi import (
    AbiError,
    AbiParameter,
    decode,
    parse_declaration,
    parse_parameter,
    split_parameters,
)
from devnet.chain.keccak import keccak256

ItemKind: TypeAlias = Literal["function", "event", "error", "constructor"]

_KINDS: frozenset[str] = frozenset({"function", "event", "error", "constructor"})
_SIGNATURE = re.compile(r"\s*([A-Za-z_$][A-Za-z0-9_$]*)?\s*\((.*)\)\s*$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class AbiItem:
    """A function, event, error or constructor. `digest` is keccak256 of the signature."""

    kind: ItemKind
    name: str
    inputs: tuple[AbiParameter, ...]
    outputs: tuple[AbiParameter, ...] = ()
    is_anonymous: bool = False
    digest: bytes = b""

    @property
    def signature(self) -> str:
        """`transfer(address,uint256)`."""
        return signature_of(self.name, self.inputs)

    @property
    def selector(self) -> bytes:
        """The first 4 bytes of the digest: functions and errors."""
        return self.digest[:4]

    @property
    def indexed_count(self) -> int:
        """Of an event: how many arguments are topics."""
        return sum(parameter.is_indexed for parameter in self.inputs)

    def decode_inputs(self, data: bytes) -> tuple[Any, ...]:
        """The arguments out of call or revert data without its selector. Raises AbiError."""
        return decode([parameter.type for parameter in self.inputs], data)

    def decode_outputs(self, data: bytes) -> tuple[Any, ...]:
        """The values out of return data. Raises AbiError."""
        return decode([parameter.type for parameter in self.outputs], data)


def signature_of(name: str, inputs: Iterable[AbiParameter]) -> str:
    """The canonical text that selectors and topics are the hash of."""
    return f"{name}({','.join(str(parameter.type) for parameter in inputs)})"


def make_item(
    kind: ItemKind,
    name: str,
    inputs: Iterable[AbiParameter],
    outputs: Iterable[AbiParameter] = (),
    is_anonymous: bool = False,
) -> AbiItem:
    """The item with its digest."""
    inputs = tuple(inputs)
    digest = keccak256(signature_of(name, inputs).encode())
    return AbiItem(kind, name, inputs, tuple(outputs), is_anonymous, digest)


def parse_item(entry: Mapping[str, Any]) -> AbiItem | None:
    """One element of an ABI; None for kinds without a signature (receive, fallback). Raises AbiError."""
    if not isinstance(entry, Mapping):
        raise AbiError("an ABI is a list of objects")
    kind = entry.get("type", "function")
    if kind not in _KINDS:
        return None
    name = str(entry.get("name") or "")
    if not name and kind != "constructor":
        raise AbiError(f"an ABI {kind} has no name")
    inputs = [parse_parameter(parameter) for parameter in _parameters(entry, "inputs")]
    outputs = [parse_parameter(parameter) for parameter in _parameters(entry, "outputs")]
    return make_item(kind, name, inputs, outputs, bool(entry.get("anonymous")))


def _parameters(entry: Mapping[str, Any], key: str) -> list[Any]:
    value = entry.get(key) or []
    if not isinstance(value, list):
        raise AbiError(f"an ABI item's `{key}` is a list")
    return value


def parse_signature(kind: ItemKind, text: str) -> AbiItem:
    """An item from `Transfer(address indexed from, address indexed to, uint256 value)`; names, `indexed` and
    a trailing `returns (...)` may be there or not. Raises AbiError."""
    head, _, tail = text.partition(" returns ")
    match = _SIGNATURE.match(head)
    if match is None or not match[1]:
        raise AbiError(f"not a signature: {text[:80]!r}")
    returns = _SIGNATURE.match(tail) if tail else None
    outputs = [parse_declaration(part) for part in split_parameters(returns[2])] if returns else []
    return make_item(
        kind, match[1], [parse_declaration(part) for part in split_parameters(match[2])], outputs
    )


def parse_interface(
    functions: Iterable[str], events: Iterable[str], errors: Iterable[str]
) -> tuple[AbiItem, ...]:
    """The items of signatures as `parse_signature` takes them. Raises AbiError."""
    kinds: tuple[tuple[ItemKind, Iterable[str]], ...] = (
        ("function", functions),
        ("event", events),
        ("error", errors),
    )
    return tuple(parse_signature(kind, text) for kind, texts in kinds for text in texts)
