"""Pieces of source that can fail in a given way, or make a given call.

Where the optimizer merged and moved code, source maps tell less than the syntax: what can have failed at all,
in the functions that can have been reached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from zero_sdk.debugging.execution import Frame
from zero_sdk.debugging.failures import Failure
from zero_sdk.debugging.source_files import Span
from zero_sdk.debugging.sources import KnownCode
from zero_sdk.debugging.syntax import Declaration, Node, span_of

Test: TypeAlias = Callable[[Node, bool], bool]
"""Whether a node can be it; the flag tells whether it stands in an `unchecked` block."""

SURE: Final = frozenset({"reason", "custom error"})
"""Failures that nothing can cause but what is written down."""
SURE_PANICS: Final = frozenset({"1", "17", "18", "49"})
"""assert, arithmetic, division, pop: the compiler adds no others of its own."""


@dataclass(frozen=True, slots=True)
class Culprit:
    """A piece of source that may be it. `declaration` is None for a state variable's first value."""

    declaration: Declaration | None
    span: Span
    hints: tuple[Span, ...]
    """Pieces whose code decides about it: itself, and the condition of the `if` around it."""


def find(root: Node, declaration: Declaration | None, test: Test) -> Iterator[Culprit]:
    """The pieces below a node that pass the test."""
    yield from _find(root, declaration, test, None, False)


def _find(
    node: Any, declaration: Declaration | None, test: Test, condition: Span | None, unchecked: bool
) -> Iterator[Culprit]:
    if isinstance(node, list):
        for item in node:
            yield from _find(item, declaration, test, condition, unchecked)
        return
    if not isinstance(node, Mapping):
        return
    kind = node.get("nodeType")
    if kind is not None and "src" in node:
        if test(node, unchecked):
            span = span_of(node)
            yield Culprit(declaration, span, (span,) if condition is None else (span, condition))
        if kind == "UncheckedBlock":
            unchecked = True
        if kind == "IfStatement":
            inside = span_of(node["condition"])
            yield from _find(node["condition"], declaration, test, condition, unchecked)
            yield from _find(node.get("trueBody"), declaration, test, inside, unchecked)
            yield from _find(node.get("falseBody"), declaration, test, inside, unchecked)
            return
    for key, value in node.items():
        if key not in ("documentation", "externalReferences") and isinstance(value, dict | list):
            yield from _find(value, declaration, test, condition, unchecked)


def failing(failure: Failure, opcode: str) -> Test | None:
    """What can fail in that way; `opcode` is the frame's last. None where that cannot be told."""
    match failure.kind:
        case "reason":
            return lambda node, _: _gives_reason(node, failure.detail) or _assembly(node, {"revert"})
        case "custom error":
            return lambda node, _: _throws(node, failure.detail) or _assembly(node, {"revert"})
        case "panic":
            panic = _PANICS.get(failure.detail)
            if panic is None:
                return None
            return lambda node, unchecked: panic(node, unchecked) or _assembly(node, {"revert"})
        case "raw revert":
            return lambda node, _: _assembly(node, {"revert"})
        case "bare revert":
            return lambda node, _: _reverts_silently(node) or _assembly(node, {"revert"})
        case "invalid opcode":
            return lambda node, _: _assembly(node, {"invalid"})
        case "assertion":
            return lambda node, _: _fails_assertion(node)
        case "no code" | "bad return data":
            return lambda node, _: _external(node) is not None
    return None


def calling(call: Frame, known: KnownCode) -> Test:
    """What can have made the call."""
    selector = call.input[:4].hex()

    def test(node: Node, _: bool) -> bool:
        if _assembly(node, {call.kind.lower()}):
            return True
        kind = _external(node)
        if kind is None or (kind == "creation") != call.is_creation:
            return False
        if kind not in ("external", "delegatecall"):
            return True
        expression = _callee(node)
        if (kind == "delegatecall") != (call.kind == "DELEGATECALL"):
            return False
        target = known.sources.by_identifier.get(expression.get("referencedDeclaration") or -1)
        told = target.node.get("functionSelector") if target is not None else None
        return told is None or told == selector

    return test


def _callee(node: Node) -> Mapping[str, Any]:
    expression: Mapping[str, Any] = node.get("expression") or {}
    while expression.get("nodeType") == "FunctionCallOptions":
        expression = expression.get("expression") or {}
    return expression


def _type(node: Mapping[str, Any]) -> str:
    return str((node.get("typeDescriptions") or {}).get("typeIdentifier") or "")


_EXTERNAL = (
    "external",
    "delegatecall",
    "barecall",
    "baredelegatecall",
    "barestaticcall",
    "creation",
    "send",
    "transfer",
)


def _external(node: Node) -> str | None:
    """What kind of call into another frame the node is."""
    if node.get("nodeType") != "FunctionCall":
        return None
    kind = _type(_callee(node)).removeprefix("t_function_").partition("_")[0]
    return kind if kind in _EXTERNAL else None


def _called_name(node: Node) -> str:
    if node.get("nodeType") != "FunctionCall":
        return ""
    callee = _callee(node)
    return str(callee.get("name") or "") if callee.get("nodeType") == "Identifier" else ""


def _arguments(node: Node) -> list[Mapping[str, Any]]:
    return list(node.get("arguments") or ())


def _gives_reason(node: Node, reason: str) -> bool:
    name, arguments = _called_name(node), _arguments(node)
    if name not in ("require", "revert") or len(arguments) != (2 if name == "require" else 1):
        return False
    told = arguments[-1]
    if told.get("nodeType") == "Literal" and told.get("kind") in ("string", "unicodeString"):
        return bool(told.get("value") == reason)
    return _type(told).startswith(("t_string", "t_stringliteral"))


def _throws(node: Node, name: str) -> bool:
    if node.get("nodeType") == "RevertStatement":
        return _is_error(node.get("errorCall") or {}, name)
    if _called_name(node) == "require" and len(_arguments(node)) == 2:
        return _is_error(_arguments(node)[1], name)
    return False


def _is_error(call: Mapping[str, Any], name: str) -> bool:
    if call.get("nodeType") != "FunctionCall":
        return False
    callee = call.get("expression") or {}
    written = callee.get("name") or callee.get("memberName")
    return written == name or (not name and _type(callee).startswith("t_function_error"))


def _reverts_silently(node: Node) -> bool:
    name, arguments = _called_name(node), _arguments(node)
    if (name == "require" and len(arguments) == 1) or (name == "revert" and not arguments):
        return True
    if node.get("nodeType") == "IndexRangeAccess" or _external(node) is not None:
        return True
    return node.get("nodeType") == "FunctionCall" and _type(_callee(node)).startswith("t_function_abidecode")


def _assembly(node: Node, names: set[str]) -> bool:
    if node.get("nodeType") != "YulFunctionCall":
        return False
    return str((node.get("functionName") or {}).get("name")) in names


def _is_constant(node: Node) -> bool:
    return _type(node).startswith("t_rational")


def _operator(node: Node, *operators: str) -> bool:
    return (
        node.get("nodeType") in ("BinaryOperation", "UnaryOperation", "Assignment")
        and node.get("operator") in operators
        and not _is_constant(node)
    )


def _signed(node: Node) -> bool:
    return _type(node).startswith("t_int")


def _overflows(node: Node, unchecked: bool) -> bool:
    if unchecked:
        return False
    is_minus = node.get("nodeType") == "UnaryOperation" and node.get("operator") == "-"
    if is_minus:
        return _signed(node)
    return _operator(node, "+", "-", "*", "**", "++", "--", "+=", "-=", "*=") or (
        _operator(node, "/", "/=") and _signed(node)
    )


def _divides(node: Node) -> bool:
    return _operator(node, "/", "%", "/=", "%=") or _called_name(node) in ("addmod", "mulmod")


def _indexes(node: Node) -> bool:
    if node.get("nodeType") != "IndexAccess":
        return False
    return not _type(node.get("baseExpression") or {}).startswith(("t_mapping", "t_type"))


def _is_member_call(node: Node, name: str) -> bool:
    return node.get("nodeType") == "FunctionCall" and _callee(node).get("memberName") == name


def _calls_variable(node: Node) -> bool:
    callee = _callee(node)
    return node.get("nodeType") == "FunctionCall" and _type(callee).startswith("t_function_internal")


def _converts(node: Node) -> bool:
    return (
        node.get("nodeType") == "FunctionCall"
        and node.get("kind") == "typeConversion"
        and _type(node).startswith("t_enum")
    )


def _allocates(node: Node) -> bool:
    if node.get("nodeType") != "FunctionCall":
        return False
    return (node.get("expression") or {}).get("nodeType") == "NewExpression" or _is_member_call(node, "push")


_PANICS: Final[dict[str, Test]] = {
    "1": lambda node, _: _called_name(node) == "assert",
    "17": _overflows,
    "18": lambda node, _: _divides(node),
    "33": lambda node, _: _converts(node),
    "49": lambda node, _: _is_member_call(node, "pop"),
    "50": lambda node, _: _indexes(node),
    "65": lambda node, _: _allocates(node),
    "81": lambda node, _: _calls_variable(node),
}


def _fails_assertion(node: Node) -> bool:
    """Before 0.8 all panics were the INVALID opcode, and arithmetic did not check."""
    return panic_of(node) is not None or _assembly(node, {"invalid"})


def panic_of(node: Node) -> int | None:
    """The code of the panic that the node would be from 0.8 on, arithmetic aside."""
    codes = ("1", "18", "33", "49", "50", "65", "81")
    return next((int(code) for code in codes if _PANICS[code](node, False)), None)
