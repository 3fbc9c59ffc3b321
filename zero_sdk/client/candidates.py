"""What bytes may mean: call data, revert data, logs and return data read with every ABI that is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from devnet.artifacts.items import AbiItem, make_item
from devnet.artifacts.registry import ArtifactRegistry
from devnet.artifacts.standard import standard_items
from zero_sdk.client.errors import BadReturnData
from zero_sdk.client.interface import ErrorType, EventType, Function

_BUILT_IN = ("Error(string reason)", "Panic(uint256 code)")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One reading."""

    kind: str
    """function, error or event."""
    signature: str
    args: tuple[Any, ...]
    """A NamedTuple."""
    contract: str
    """Who declares it; "" for common standards."""


def read_data(registry: ArtifactRegistry, data: bytes) -> list[Candidate]:
    """Functions and errors whose selector begins the data and whose parameters the rest decodes to; those of
    artifacts first."""
    found: dict[tuple[str, str], Candidate] = {}
    for contract, item in _items(registry):
        if item.kind not in ("function", "error") or item.selector != data[:4]:
            continue
        args = _arguments(item, data)
        if args is not None:
            found.setdefault(
                (item.kind, item.signature), Candidate(item.kind, item.signature, args, contract)
            )
    return list(found.values())


def read_log(registry: ArtifactRegistry, topics: Sequence[bytes], data: bytes) -> list[Candidate]:
    """Events that the log may be."""
    found: dict[tuple[str, tuple[bool, ...]], Candidate] = {}
    for contract, item in _items(registry):
        if item.kind != "event" or not topics or item.digest != topics[0]:
            continue
        args = EventType(item).try_decode(topics, data)
        if args is not None:
            key = (item.signature, tuple(parameter.is_indexed for parameter in item.inputs))
            found.setdefault(key, Candidate("event", item.signature, args, contract))
    return list(found.values())


def _arguments(item: AbiItem, data: bytes) -> tuple[Any, ...] | None:
    if item.kind == "error":
        error = ErrorType(item).decode(data)
        return None if error is None else error.args
    try:
        return Function(item).decode_arguments(data)
    except BadReturnData:
        return None


def _items(registry: ArtifactRegistry) -> Iterator[tuple[str, AbiItem]]:
    from devnet.artifacts.items import parse_signature

    for artifact in registry:
        for item in artifact.items:
            yield artifact.name, item
    for text in _BUILT_IN:
        parsed = parse_signature("error", text)
        yield "", make_item("error", parsed.name, parsed.inputs)
    for item in standard_items():
        yield "", item
