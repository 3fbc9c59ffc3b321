"""Solidity's syntax tree as far as debugging asks: which function or contract holds a piece of source."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from zero_sdk.debugging.source_files import Span

Node: TypeAlias = Mapping[str, Any]

DeclarationKind = Literal[
    "function", "constructor", "fallback", "receive", "modifier", "getter", "free function"
]


@dataclass(frozen=True, slots=True)
class Declaration:
    """Something that has instructions of its own. A public variable is a getter."""

    kind: DeclarationKind
    name: str
    contract: str
    """The contract that declares it; "" for a free function."""
    span: Span
    head: int
    """The byte where its name stands, or where it begins."""
    node: Node = field(repr=False, hash=False, compare=False)

    @property
    def label(self) -> str:
        """`Token.transfer`, `Token.constructor`, `max` for a free function."""
        return f"{self.contract}.{self.name}" if self.contract else self.name


@dataclass(frozen=True, slots=True)
class ContractNode:
    """A contract, interface or library."""

    kind: str
    name: str
    span: Span
    head: int
    node: Node = field(repr=False, hash=False, compare=False)
    declarations: tuple[Declaration, ...] = field(repr=False)


class Syntax:
    """One file's syntax tree."""

    def __init__(self, tree: Node) -> None:
        """`tree` is a SourceUnit as solc writes it (the compact form)."""
        self.tree = tree
        self.contracts: list[ContractNode] = []
        self.declarations: list[Declaration] = []
        for node in tree.get("nodes") or ():
            kind = node.get("nodeType")
            if kind == "ContractDefinition":
                found = tuple(_declarations(node))
                self.contracts.append(
                    ContractNode(
                        str(node.get("contractKind")), node["name"], span_of(node), _head(node), node, found
                    )
                )
                self.declarations += found
            elif kind == "FunctionDefinition":
                self.declarations.append(
                    Declaration("free function", node["name"], "", span_of(node), _head(node), node)
                )
        self.declarations.sort(key=lambda declaration: declaration.span)
        self._starts = [declaration.span for declaration in self.declarations]
        self._whole = {declaration.span: declaration for declaration in self.declarations}
        self._contracts = {contract.span for contract in self.contracts}
        self._nodes: dict[Span, list[Node]] | None = None

    def enclosing(self, span: Span) -> Declaration | None:
        """The declaration that the piece of source lies in."""
        place = bisect_right(self._starts, (span.file, span.start, 1 << 62)) - 1
        if place < 0:
            return None
        found = self.declarations[place]
        return found if found.span.contains(span) else None

    def whole(self, span: Span) -> Declaration | None:
        """The declaration that this is the whole of."""
        return self._whole.get(span)

    def is_whole_contract(self, span: Span) -> bool:
        """True where this is the whole of a contract."""
        return span in self._contracts

    def contract_at(self, span: Span) -> ContractNode | None:
        """The contract that the piece of source lies in."""
        return next((contract for contract in self.contracts if contract.span.contains(span)), None)

    def assembly_at(self, span: Span) -> Node | None:
        """The inline assembly that is exactly this piece of source."""
        found = (node for node in self.nodes_at(span) if node.get("nodeType") == "InlineAssembly")
        return next(found, None)

    def nodes_at(self, span: Span) -> list[Node]:
        """The nodes that are exactly this piece of source, outermost first."""
        if self._nodes is None:
            self._nodes = {}
            for node in walk(self.tree):
                self._nodes.setdefault(span_of(node), []).append(node)
        return self._nodes.get(span, [])


def span_of(node: Node) -> Span:
    """Where a node stands (its `src`)."""
    start, length, file = (int(part) for part in node["src"].split(":"))
    return Span(file, start, start + length)


def walk(node: Any) -> Iterator[Node]:
    """A node and everything below it, in the order of the tree. Inline assembly's nodes are among them."""
    if isinstance(node, Mapping):
        if "nodeType" in node and "src" in node:
            yield node
        for key, value in node.items():
            # Documentation and what refers elsewhere is no part of the code.
            if key not in ("documentation", "externalReferences") and isinstance(value, dict | list):
                yield from walk(value)
    elif isinstance(node, list):
        for item in node:
            yield from walk(item)


def _head(node: Node) -> int:
    """Where the name stands; solc tells it from 0.7.6 on."""
    location = str(node.get("nameLocation") or "")
    start = location.split(":")[0]
    if start.isdecimal():
        return int(start)
    return span_of(node).start


def _declarations(contract: Node) -> Iterator[Declaration]:
    name = str(contract["name"])
    for node in contract.get("nodes") or ():
        kind = node.get("nodeType")
        span, head = span_of(node), span_of(node).start
        if kind == "FunctionDefinition":
            # solc before 0.5 had no `kind`; it has no name for all but functions.
            what: DeclarationKind = node.get("kind") or (
                "constructor" if node.get("isConstructor") else "function"
            )
            if what == "function":
                yield Declaration("function", node["name"] or "fallback", name, span, _head(node), node)
            else:
                yield Declaration(what, what, name, span, head, node)
        elif kind == "ModifierDefinition":
            yield Declaration("modifier", node["name"], name, span, _head(node), node)
        elif kind == "VariableDeclaration" and node.get("visibility") == "public":
            yield Declaration("getter", node["name"], name, span, _head(node), node)
