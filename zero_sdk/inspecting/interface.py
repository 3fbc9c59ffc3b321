"""Functions, events and errors of a contract, by selector and topic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from zero_sdk.compile.artifact import ContractArtifact


@dataclass(frozen=True, slots=True)
class FunctionRow:
    """One external function."""

    selector: str
    signature: str
    mutability: str
    """view, pure, nonpayable or payable."""
    returns: str


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event. `topic` is empty where it is anonymous."""

    topic: str
    signature: str
    declaration: str
    """With names and `indexed`."""


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One custom error."""

    selector: str
    signature: str
    declaration: str


def functions(artifact: ContractArtifact) -> list[FunctionRow]:
    """In the order of the ABI. A library's functions that take storage are only in the method identifiers."""
    from devnet.artifacts.items import parse_item

    rows = []
    for entry in _of_kind(artifact.abi, "function"):
        item = parse_item(entry)
        assert item is not None
        returns = ",".join(str(output.type) for output in item.outputs)
        rows.append(FunctionRow(f"0x{item.selector.hex()}", item.signature, _mutability(entry), returns))
    known = {row.selector for row in rows}
    for signature, selector in artifact.method_identifiers.items():
        if f"0x{selector}" not in known:
            rows.append(FunctionRow(f"0x{selector}", signature, "", ""))
    return rows


def events(artifact: ContractArtifact) -> list[EventRow]:
    """In the order of the ABI."""
    from devnet.artifacts.items import parse_item

    rows = []
    for entry in _of_kind(artifact.abi, "event"):
        item = parse_item(entry)
        assert item is not None
        topic = "" if item.is_anonymous else f"0x{item.digest.hex()}"
        rows.append(EventRow(topic, item.signature, declaration(entry)))
    return rows


def errors(artifact: ContractArtifact) -> list[ErrorRow]:
    """In the order of the ABI."""
    from devnet.artifacts.items import parse_item

    rows = []
    for entry in _of_kind(artifact.abi, "error"):
        item = parse_item(entry)
        assert item is not None
        rows.append(ErrorRow(f"0x{item.selector.hex()}", item.signature, declaration(entry)))
    return rows


def declaration(entry: Mapping[str, Any]) -> str:
    """An element of an ABI as Solidity declares it: `function f(uint256 a) view returns (bool)`."""
    kind = entry.get("type", "function")
    inputs = ", ".join(_parameter(parameter) for parameter in entry.get("inputs", ()))
    name = f" {entry['name']}" if entry.get("name") else ""
    text = f"{kind}{name}({inputs})"
    if kind in ("function", "fallback", "receive"):
        text += " external"
    if (mutability := _mutability(entry)) not in ("nonpayable", ""):
        text += f" {mutability}"
    if entry.get("anonymous"):
        text += " anonymous"
    if outputs := entry.get("outputs"):
        text += f" returns ({', '.join(_parameter(parameter) for parameter in outputs)})"
    return text


def _mutability(entry: Mapping[str, Any]) -> str:
    """Before Solidity 0.5 two flags said it."""
    if entry.get("type", "function") in ("event", "error"):
        return ""
    if entry.get("constant"):
        return str(entry.get("stateMutability", "view"))
    return str(entry.get("stateMutability") or ("payable" if entry.get("payable") else "nonpayable"))


def _parameter(parameter: Mapping[str, Any]) -> str:
    from devnet.artifacts.abi import parse_parameter

    kind = str(parse_parameter(parameter).type)
    indexed = " indexed" if parameter.get("indexed") else ""
    return f"{kind}{indexed} {parameter.get('name', '')}".rstrip()


def _of_kind(abi: Iterable[Mapping[str, Any]], kind: str) -> list[Mapping[str, Any]]:
    return [entry for entry in abi if entry.get("type", "function") == kind]
