"""What an implementation must not have, because a proxy runs it on its own storage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from zero_sdk.deploy.layouts import bases, nodes

INITIAL_VALUE, SELFDESTRUCT, DELEGATECALL = "initial-value", "selfdestruct", "delegatecall"


def unsafe_parts(source: Any) -> Iterator[tuple[str, str]]:
    """Findings of a contract and what it inherits: the name by which it can be allowed, and what it is.
    Nothing for an artifact without syntax trees."""
    from zero_sdk.compile.artifact import ContractArtifact

    if not isinstance(source, ContractArtifact) or source.compiler.name != "solc":
        return
    for contract in bases(source):
        for node in nodes(contract["nodes"]):
            kind = node["nodeType"]
            if kind == "VariableDeclaration" and _has_initial_value(node):
                named = f"{node['name']} of {contract['name']}"
                yield (
                    INITIAL_VALUE,
                    f"{named} gets its value from the constructor, which a proxy does not run",
                )
            elif kind == "Identifier" and node.get("name") in ("selfdestruct", "suicide"):
                yield SELFDESTRUCT, f"{contract['name']} calls selfdestruct"
            elif kind == "MemberAccess" and node.get("memberName") == "delegatecall":
                yield DELEGATECALL, f"{contract['name']} uses delegatecall"


def _has_initial_value(variable: Mapping[str, Any]) -> bool:
    is_in_code = variable.get("constant") or variable.get("mutability") == "immutable"
    return bool(variable.get("stateVariable")) and variable.get("value") is not None and not is_in_code
