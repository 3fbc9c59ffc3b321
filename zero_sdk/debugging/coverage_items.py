"""What can be covered in a Solidity file: functions, statements and branches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from zero_sdk.debugging.source_files import Span
from zero_sdk.debugging.syntax import Node, Syntax, span_of, walk

ItemKind = Literal["function", "statement", "branch"]

_SIMPLE: Final = frozenset(
    {
        "ExpressionStatement",
        "VariableDeclarationStatement",
        "Return",
        "EmitStatement",
        "RevertStatement",
        "Break",
        "Continue",
    }
)
_YUL: Final = frozenset({"YulAssignment", "YulExpressionStatement", "YulVariableDeclaration"})


@dataclass(frozen=True, slots=True)
class Item:
    """Something that code can run. `span` is what its instructions were made of; a branch has the whole of
    what decides (`if`, `require`, `? :`) and `way`, whether it is taken where the jump goes or where it goes
    on."""

    kind: ItemKind
    span: Span
    name: str = ""
    """Of a function: `Token.transfer`."""
    jumps: bool = False
    """Of a branch: it is the way of the jump."""
    number: int = 0
    """Of a branch: its decision's number in the file."""
    is_block: bool = False
    """Of a branch: it is told by its first statement (`try` and `catch`), not by a jump."""


def items_of(syntax: Syntax) -> list[Item]:
    """Everything in the file that can be covered, in the order of the source."""
    found: list[Item] = []
    decisions = 0
    for declaration in syntax.declarations:
        body = declaration.node.get("body")
        if declaration.kind == "getter" or not body:
            continue
        found.append(Item("function", declaration.span, declaration.label))
        for node in walk(body):
            span = _statement(node)
            if span is not None:
                found.append(Item("statement", span))
            ways = _clauses(node)
            found += [Item("branch", way, number=decisions, is_block=True) for way in ways]
            decisions += bool(ways)
            decision = _decision(node)
            if decision is not None:
                place, first_jumps = decision
                found.append(Item("branch", place, jumps=first_jumps, number=decisions))
                found.append(Item("branch", place, jumps=not first_jumps, number=decisions))
                decisions += 1
    return found


def _statement(node: Node) -> Span | None:
    """The piece of source whose instructions are the statement's own, without those of statements inside."""
    kind = node.get("nodeType")
    if kind in _SIMPLE:
        if kind == "VariableDeclarationStatement" and not node.get("initialValue"):
            return None
        return span_of(node)
    if kind in ("IfStatement", "WhileStatement", "DoWhileStatement"):
        return span_of(node["condition"])
    if kind == "ForStatement" and node.get("condition"):
        return span_of(node["condition"])
    if kind == "TryStatement":
        return span_of(node["externalCall"])
    if kind in _YUL:
        return span_of(node)
    return None


def _clauses(node: Node) -> list[Span]:
    """The first statements of a `try`'s clauses; what is empty has no code of its own."""
    if node.get("nodeType") != "TryStatement":
        return []
    blocks = [(clause.get("block") or {}).get("statements") or () for clause in node.get("clauses") or ()]
    return [span for block in blocks if block and (span := _statement(block[0])) is not None]


def _decision(node: Node) -> tuple[Span, bool] | None:
    """(the piece of source that the jump is made of, whether the first way is that of the jump): solc jumps
    over the body of an `if` and over the failure of a `require`, and to the first value of `? :`."""
    kind = node.get("nodeType")
    if kind == "IfStatement":
        return span_of(node), False
    if kind == "FunctionCall":
        callee: Mapping[str, Any] = node.get("expression") or {}
        if callee.get("nodeType") == "Identifier" and callee.get("name") in ("require", "assert"):
            return span_of(node), True
    return None
