"""Which functions can be reached from the one that a call entered, and through which calls.

An over-estimate: every function that is mentioned counts, and with a virtual one all that may override it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from zero_sdk.debugging.source_files import Span
from zero_sdk.debugging.sources import KnownCode
from zero_sdk.debugging.syntax import Declaration, Node, span_of, walk


@dataclass(frozen=True)
class Mention:
    """A place in a function that names another one: a call, a modifier, a base constructor's arguments."""

    span: Span
    target: Declaration


@dataclass
class Reach:
    """What can be reached from a declaration of a contract."""

    known: KnownCode
    entries: tuple[Declaration, ...]
    is_open: bool = False
    """True where functions are called through variables: anything may be reached then."""
    mentions: dict[Declaration, list[Mention]] = field(default_factory=dict)

    @classmethod
    def of(cls, known: KnownCode, entry: Declaration | None) -> Reach:
        """From the entry; init code enters every constructor. Computed once for each."""
        kept = known.reached.get(entry)
        if isinstance(kept, Reach):
            return kept
        entries: tuple[Declaration, ...] = (entry,) if entry is not None else ()
        if known.is_creation:
            entries = tuple(
                declaration
                for base in known.bases
                for declaration in base.declarations
                if declaration.kind == "constructor"
            )
        reach = cls(known, entries)
        waiting = deque(entries)
        for value in reach.first_values:
            waiting.extend(mention.target for mention in reach._mentions(value))
        while waiting:
            declaration = waiting.popleft()
            if declaration in reach.mentions:
                continue
            found = list(reach._mentions(declaration.node))
            reach.mentions[declaration] = found
            waiting.extend(mention.target for mention in found)
        known.reached[entry] = reach
        return reach

    @property
    def declarations(self) -> Iterator[Declaration]:
        """Everything that can be reached, nearest first."""
        return iter(self.mentions)

    @cached_property
    def first_values(self) -> list[Node]:
        """The expressions that state variables begin with: init code runs them."""
        if not self.known.is_creation:
            return []
        return [
            node["value"]
            for base in self.known.bases
            for node in base.node.get("nodes") or ()
            if node.get("nodeType") == "VariableDeclaration" and node.get("value")
        ]

    def path(self, target: Declaration) -> tuple[list[tuple[Declaration, Span]], bool]:
        """(callers of the target with the places of their calls, innermost first; whether there is no other
        way). Empty for an entry itself, and where no way is known."""
        ways = self._ways(target)
        if not ways:
            return [], False
        return ways[0], len(ways) == 1

    def _ways(self, target: Declaration) -> list[list[tuple[Declaration, Span]]]:
        """At most two ways, the shortest first."""
        found: list[list[tuple[Declaration, Span]]] = []
        waiting: deque[tuple[Declaration, list[tuple[Declaration, Span]]]] = deque(
            (entry, []) for entry in self.entries
        )
        looked = 0
        while waiting and len(found) < 2 and looked < 2_000:
            looked += 1
            declaration, way = waiting.popleft()
            if declaration == target:
                found.append(way)
                # A function that calls itself can be there at any depth.
                if any(mention.target == target for mention in self.mentions.get(target, ())):
                    found.append(way)
                continue
            on_way = {caller for caller, _ in way} | {declaration}
            waiting.extend(
                (mention.target, [(declaration, mention.span), *way])
                for mention in self.mentions.get(declaration, ())
                if mention.target not in on_way
            )
        return found

    def _mentions(self, node: Node) -> Iterator[Mention]:
        calls = [inner for inner in walk(node) if inner.get("nodeType") == "FunctionCall"]
        for inner in walk(node):
            kind = inner.get("nodeType")
            if kind == "FunctionCall":
                self._look_for_variable(inner)
            if kind not in (
                "Identifier",
                "MemberAccess",
                "IdentifierPath",
                "UnaryOperation",
                "BinaryOperation",
            ):
                continue
            reference = inner.get("referencedDeclaration") or inner.get("function")
            target = self.known.sources.by_identifier.get(reference) if reference is not None else None
            if target is None or target.kind == "getter" or _is_external(inner, target, self.known):
                continue
            span = _whole_call(inner, calls, node)
            for version in self._versions(target):
                yield Mention(span, version)

    def _versions(self, target: Declaration) -> Iterator[Declaration]:
        """The function and those of the contract's bases that may override it."""
        yield target
        if target.kind not in ("function", "modifier"):
            return
        for base in self.known.bases:
            for declaration in base.declarations:
                is_namesake = declaration.kind == target.kind and declaration.name == target.name
                if is_namesake and declaration != target:
                    yield declaration

    def _look_for_variable(self, call: Node) -> None:
        expression: Mapping[str, Any] = call.get("expression") or {}
        kind = str((expression.get("typeDescriptions") or {}).get("typeIdentifier") or "")
        if kind.startswith("t_function_internal"):
            reference = expression.get("referencedDeclaration")
            if reference is None or reference not in self.known.sources.by_identifier:
                self.is_open = True


def _is_external(node: Node, target: Declaration, known: KnownCode) -> bool:
    """Whether the mention makes a call that runs in a frame of its own."""
    kind = str((node.get("typeDescriptions") or {}).get("typeIdentifier") or "")
    return kind.startswith(("t_function_external", "t_function_delegatecall", "t_function_declaration"))


def _whole_call(node: Node, calls: list[Node], within: Node) -> Span:
    """The call that the mentioned name is the callee of; the name itself where it is none."""
    span = span_of(node)
    for call in calls:
        expression = call.get("expression") or {}
        if expression.get("src") == node.get("src"):
            return span_of(call)
    for modifier in within.get("modifiers") or ():
        if span_of(modifier).contains(span):
            return span_of(modifier)
    return span
