"""Vyper's contracts: their syntax in the form of Solidity's, and what their failures mean.

Vyper reverts without data where one of its own checks fails; its output says which check each place belongs
to (`errorMap`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from zero_sdk.debugging.activations import Activation
from zero_sdk.debugging.execution import Frame
from zero_sdk.debugging.failures import Failure
from zero_sdk.debugging.source_files import SourceFile
from zero_sdk.debugging.source_map import INTO
from zero_sdk.debugging.sources import KnownCode
from zero_sdk.debugging.syntax import Declaration

LOOK_BACK: Final = 8
"""Steps from a check to the REVERT that all checks share."""

CHECKS: Final = {
    "safeadd": "overflow in an addition",
    "safesub": "underflow in a subtraction",
    "safemul": "overflow in a multiplication",
    "safediv": "division by zero, or overflow",
    "safemod": "modulo by zero",
    "safepow": "overflow in a power",
    "bounds check": "index out of bounds",
    "clamp gt 0": "a value is zero that has to be more",
}
"""By the compiler's word, as far as words are clearer."""

_KINDS: Final = {"__init__": "constructor", "__default__": "fallback"}


def syntax_tree(name: str, number: int, tree: Mapping[str, Any], file: SourceFile) -> dict[str, Any]:
    """Vyper's tree of a file as a SourceUnit with one contract of the file's name."""
    tree = tree.get("ast", tree)
    body = tree.get("body") or ()
    first = number * 1_000_000 + 1
    nodes = []
    for identifier, node in enumerate(body, first + 1):
        kind = node.get("ast_type")
        if kind == "FunctionDef":
            nodes.append(_function(node, identifier, number, file))
        elif kind == "VariableDecl" and node.get("is_public"):
            nodes.append(_getter(node, identifier, number, file))
    contract = {
        "nodeType": "ContractDefinition",
        "contractKind": "contract",
        "name": PurePosixPath(name).stem,
        "src": f"0:{len(file.text)}:{number}",
        "id": first,
        "linearizedBaseContracts": [first],
        "nodes": nodes,
    }
    return {"nodeType": "SourceUnit", "src": contract["src"], "nodes": [contract]}


def _place(node: Mapping[str, Any], number: int, file: SourceFile) -> str:
    start = file.offset(node["lineno"], node["col_offset"])
    end = file.offset(node["end_lineno"], node["end_col_offset"])
    return f"{start}:{end - start}:{number}"


def _function(node: Mapping[str, Any], identifier: int, number: int, file: SourceFile) -> dict[str, Any]:
    decorators = {decorator.get("id") for decorator in node.get("decorator_list") or ()}
    return {
        "nodeType": "FunctionDefinition",
        "kind": _KINDS.get(node["name"], "function"),
        "name": node["name"],
        "src": _place(node, number, file),
        "id": identifier,
        "stateMutability": "payable" if "payable" in decorators else "nonpayable",
        "visibility": "internal" if "internal" in decorators else "external",
    }


def _getter(node: Mapping[str, Any], identifier: int, number: int, file: SourceFile) -> dict[str, Any]:
    return {
        "nodeType": "VariableDeclaration",
        "visibility": "public",
        "name": (node.get("target") or {}).get("id") or "",
        "src": _place(node, number, file),
        "id": identifier,
    }


def places(known: KnownCode, frame: Frame, step: int) -> list[tuple[Activation, bool]]:
    """The functions that were active, innermost first, and whether the place is sure: where the last steps
    came from, and the calls that led there. Vyper has no recursion, and does not mark where functions are
    left. Without its optimizer calls have no place of their own; the nearest before them stands for it."""
    found: list[tuple[Activation, bool]] = []
    current: Declaration | None = None
    after: Declaration | None = None
    leads_here = False
    for number in range(step, -1, -1):
        pc = frame.pcs[number]
        if frame.opcodes[number] == "JUMP" and known.table.jump(pc) == INTO:
            leads_here = current is not None and after == current
        span = known.sources.user_span(known.table.span(pc))
        declaration = known.sources.declaration(span) if span is not None else None
        if span is None or declaration is None:
            continue
        is_whole = span == declaration.span
        is_caller = leads_here and declaration != current
        if not is_whole and (current is None or is_caller):
            found.append((Activation(declaration, span), not found or frame.opcodes[number] == "JUMP"))
            current, leads_here = declaration, False
        after = declaration
    return found


def check_of(known: KnownCode, frame: Frame) -> str | None:
    """The compiler's word for the check that failed."""
    code = "bytecode" if known.is_creation else "deployedBytecode"
    errors = ((known.contract.get("evm") or {}).get(code) or {}).get("errorMap") or {}
    for pc in reversed(frame.pcs[-LOOK_BACK:]):
        word = errors.get(str(pc))
        if word is not None:
            return str(word)
    return None


def explained(known: KnownCode, frame: Frame, failure: Failure) -> Failure:
    """The failure in words, where it is one of the compiler's checks."""
    word = check_of(known, frame)
    if failure.kind != "bare revert" or word is None or word.startswith("user "):
        return failure
    if word == "bad calldatasize or callvalue":
        entry = known.entry(frame.input)
        label = entry.label if entry is not None else known.artifact.name
        return Failure("bad call data", f"{label} was given too little call data")
    known_word = next((check for check in CHECKS if word.endswith(check)), None)
    return Failure("compiler check", CHECKS[known_word] if known_word is not None else word)
