"""Call trees and stack traces as text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from zero_sdk.debugging.call_tree import CallNode, ConsoleNode, EventNode, NamedValue
from zero_sdk.debugging.stack_trace import SourceFrame, SourceTrace

Paint: TypeAlias = Callable[[str, str], str]
"""(style, text) to text; `zero_sdk.cli.output.Paint` is one."""

BOLD: Final = "1"
DIM: Final = "2"
RED: Final = "31"
GREEN: Final = "32"
YELLOW: Final = "33"
CYAN: Final = "36"

EXCERPT: Final = 2
"""Lines shown before and after the one that failed."""


def plain(_: str, text: str) -> str:
    """No colours."""
    return text


@dataclass(frozen=True, slots=True)
class TreeOptions:
    """How much of a call tree is shown."""

    depth: int = 32
    """Levels; what is deeper is counted."""
    nodes: int = 2_000
    """Lines in all; what comes after is counted."""
    text: int = 200
    """Characters of all arguments of one call together."""
    gas: bool = False
    source: bool = False


def render_trace(trace: SourceTrace, paint: Paint = plain, *, excerpt: bool = True) -> str:
    """The message, the frames innermost first, and the source around the innermost place that is exact."""
    lines = [paint(RED, trace.message)]
    lines += [f"    at {_frame(frame, paint)}" for frame in _shortened(trace.frames)]
    first = next((frame for frame in trace.frames if frame.line is not None), None)
    if excerpt and first is not None and first.certainty == "exact":
        shown = _excerpt(trace, first, paint)
        if shown:
            lines += ["", *shown]
    return "\n".join(lines)


def _shortened(frames: Sequence[SourceFrame]) -> Sequence[SourceFrame | int]:
    """Deep recursion is cut in the middle; a number stands for the frames left out."""
    if len(frames) <= 40:
        return frames
    return [*frames[:20], len(frames) - 40, *frames[-20:]]


def _frame(frame: SourceFrame | int, paint: Paint) -> str:
    if isinstance(frame, int):
        return paint(DIM, f"… {frame} more frames")
    label = paint(BOLD, frame.label or "state variables")
    if frame.file is None:
        return label
    if frame.certainty == "exact":
        return f"{label} ({paint(CYAN, f'{frame.file}:{frame.line}:{frame.column}')})"
    return f"{label} ({paint(CYAN, frame.file)}, {paint(DIM, f'perhaps line {frame.line}: optimized')})"


def _excerpt(trace: SourceTrace, frame: SourceFrame, paint: Paint) -> list[str]:
    file = trace.sources.file(frame.file or "")
    if file is None or frame.line is None:
        return []
    numbers = range(max(frame.line - EXCERPT, 1), min(frame.line + EXCERPT, len(file.line_starts)) + 1)
    width = len(str(numbers[-1]))
    shown = []
    for number in numbers:
        mark = ">" if number == frame.line else " "
        text = f"  {mark} {number:>{width}} | {file.line(number)}".rstrip()
        shown.append(text if number == frame.line else paint(DIM, text))
    return shown


def render_tree(root: CallNode, paint: Paint = plain, options: TreeOptions | None = None) -> str:
    """The tree, one line a call, event and console line."""
    options = options or TreeOptions()
    lines: list[str] = []
    for line in _lines(root, "", "", 0, paint, options):
        if len(lines) >= options.nodes:
            rest = sum(1 for _ in _lines(root, "", "", 0, plain, options)) - len(lines)
            lines.append(paint(DIM, f"… {rest} more lines"))
            break
        lines.append(line)
    return "\n".join(lines)


def _lines(
    node: CallNode | EventNode | ConsoleNode,
    lead: str,
    indent: str,
    depth: int,
    paint: Paint,
    options: TreeOptions,
) -> Iterator[str]:
    if isinstance(node, ConsoleNode):
        first, *more = node.text.split("\n")
        yield f"{lead}{paint(YELLOW, 'console.log')} {first}"
        yield from (f"{indent}            {line}" for line in more)
        return
    if isinstance(node, EventNode):
        text = f"{node.name}({_values(node.arguments, options)})" if node.name else node.text
        yield f"{lead}{paint(CYAN, 'event')} {text}"
        return
    yield lead + _call(node, paint, options)
    if depth + 1 >= options.depth and node.inside:
        yield f"{indent}└─ {paint(DIM, f'… {_count(node)} deeper')}"
        return
    for number, inner in enumerate(node.inside):
        is_last = number == len(node.inside) - 1
        branch, below = ("└─ ", "   ") if is_last else ("├─ ", "│  ")
        yield from _lines(inner, indent + branch, indent + below, depth + 1, paint, options)


def _count(node: CallNode) -> int:
    return sum(1 + (_count(inner) if isinstance(inner, CallNode) else 0) for inner in node.inside)


def _call(node: CallNode, paint: Paint, options: TreeOptions) -> str:
    if node.kind == "SELFDESTRUCT":
        return f"{paint(RED, 'selfdestruct')} to {node.address}, {node.value} wei"
    parts = []
    if node.kind in ("CREATE", "CREATE2"):
        parts.append(paint(YELLOW, "new" if node.kind == "CREATE" else "new (create2)"))
    elif node.kind != "CALL":
        parts.append(paint(DIM, node.kind.lower()))
    parts.append(_title(node, paint, options))
    if node.value and node.kind != "DELEGATECALL":
        parts.append(paint(YELLOW, f"{{value: {node.value}}}"))
    if node.error is not None:
        parts.append(paint(RED, f"✗ {node.error}"))
    elif node.returns:
        parts.append(f"→ {_values(node.returns, options)}")
    elif node.returned:
        parts.append(f"→ {_cut(node.returned, options)}")
    if options.gas:
        parts.append(paint(DIM, f"[{node.gas_used:,} gas]"))
    if options.source and node.site is not None:
        parts.append(paint(DIM, f"({node.site.file}:{node.site.line})"))
    return " ".join(parts)


def _title(node: CallNode, paint: Paint, options: TreeOptions) -> str:
    style = RED if node.error is not None else GREEN
    arguments = _values(node.arguments, options) if node.arguments else _cut(node.data, options)
    name = node.contract or node.address or "contract"
    if node.kind in ("CREATE", "CREATE2"):
        return f"{paint(style, name)}({arguments})"
    if not node.function:
        return paint(style, name)
    return f"{paint(style, name)}.{paint(style, node.function)}({arguments})"


def _values(values: Sequence[NamedValue], options: TreeOptions) -> str:
    text = ", ".join(f"{value.name}: {value.text}" if value.name else value.text for value in values)
    return _cut(text, options)


def _cut(text: str, options: TreeOptions) -> str:
    return text if len(text) <= options.text else text[: options.text - 1] + "…"
