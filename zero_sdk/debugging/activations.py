"""Which functions of a contract were active at a step of a frame, and where each of them was.

solc marks jumps into and out of functions. A function of the source has an entry whose source is the whole
function; anything else that is jumped into is a routine of the compiler's, which has no place in the source:
where it was called from counts.
"""

from __future__ import annotations

from dataclasses import dataclass

from zero_sdk.debugging.execution import Frame
from zero_sdk.debugging.source_files import Span
from zero_sdk.debugging.source_map import INTO, OUT
from zero_sdk.debugging.sources import KnownCode
from zero_sdk.debugging.syntax import Declaration, span_of


@dataclass(frozen=True, slots=True)
class Activation:
    """A function that was active. `span` is where it was; the whole of it while it was being entered."""

    declaration: Declaration | None
    """None outside functions: state variables that get their first value, or the contract as such."""
    span: Span


@dataclass(frozen=True, slots=True)
class _Level:
    site: int
    """The number of the step that jumped."""
    entry: Declaration | None
    """The function that was jumped into; None for the compiler's routines."""


def activations_at(known: KnownCode, frame: Frame, step: int) -> list[Activation]:
    """The functions that were active at a step, innermost first; empty where no source is known for any."""
    levels = _levels(known, frame, step)
    found: list[Activation] = []
    best = _place_before(known, frame, step)
    for level in reversed(levels):
        if level.entry is not None:
            found += _in_function(known, level.entry, best)
            best = None
        if best is None or _is_vague(known, best):
            best = _place(known, frame, level.site) or best
    if best is not None:
        declaration = known.sources.declaration(best)
        is_repeated = bool(found) and declaration is not None and declaration == found[-1].declaration
        # Outside of the function that was entered last is only the dispatcher.
        if not is_repeated and (not found or not _is_vague(known, best)):
            found.append(Activation(declaration, best))
    return _without_repetitions(found)


def _levels(known: KnownCode, frame: Frame, step: int) -> list[_Level]:
    table, pcs = known.table, frame.pcs
    levels: list[_Level] = []
    # Every jump of the frame is looked at: a frame has many steps and few jumps.
    for number in range(step):
        if frame.opcodes[number] != "JUMP":
            continue
        jump = table.jump(pcs[number])
        if jump == INTO:
            span = table.span(pcs[number + 1]) if number + 1 < len(pcs) else None
            levels.append(_Level(number, known.sources.whole(span)))
        elif jump == OUT and levels:
            levels.pop()
    return levels


def _place(known: KnownCode, frame: Frame, step: int) -> Span | None:
    return known.sources.user_span(known.table.span(frame.pcs[step]))


def _place_before(known: KnownCode, frame: Frame, step: int) -> Span | None:
    """Where the step was; of one without any source, where those before it were, in the same function
    (solc 0.5 gives the check of a callee's code no place)."""
    for number in range(step, -1, -1):
        if number < step and known.table.jump(frame.pcs[number]) in (INTO, OUT):
            return None
        if known.table.span(frame.pcs[number]) is not None:
            return _place(known, frame, number)
    return None


def _is_vague(known: KnownCode, span: Span) -> bool:
    """True for a whole contract: what the compiler's routines and the dispatcher are made of."""
    syntax = known.sources.syntax.get(span.file)
    return syntax is not None and syntax.is_whole_contract(span)


def _in_function(known: KnownCode, entry: Declaration, best: Span | None) -> list[Activation]:
    """A function that was entered, and where it is. Without Yul a modifier's code stands in the function:
    being there means being in both."""
    if best is None or _is_vague(known, best):
        return [Activation(entry, entry.span)]
    inside = known.sources.declaration(best)
    if inside is None or inside == entry:
        return [Activation(entry, best)]
    return [Activation(inside, best), Activation(entry, invocation(entry, inside))]


def invocation(entry: Declaration, inside: Declaration) -> Span:
    """Where in a function's head the modifier (or base constructor) is named; else the function."""
    for modifier in entry.node.get("modifiers") or ():
        name = modifier.get("modifierName") or {}
        written = str(name.get("name") or "").rpartition(".")[2]
        if inside.name == written or (inside.kind == "constructor" and inside.contract == written):
            return span_of(modifier)
    return entry.span


def _without_repetitions(found: list[Activation]) -> list[Activation]:
    """Through Yul a function with modifiers is two, with the modifiers between them: the body, the modifiers
    at their `_`, the function. Only what holds the place counts."""
    kept: list[Activation] = []
    at = 0
    while at < len(found):
        activation = found[at]
        kept.append(activation)
        at += 1
        declaration = activation.declaration
        if declaration is None or not declaration.node.get("modifiers"):
            continue
        after = at
        while after < len(found) and _is_modifier(found[after]):
            after += 1
        if after > at and after < len(found) and found[after].declaration == declaration:
            at = after + 1
    return kept


def _is_modifier(activation: Activation) -> bool:
    return activation.declaration is not None and activation.declaration.kind == "modifier"
