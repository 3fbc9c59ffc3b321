"""Where source maps are vague (optimizer, Yul), what the syntax says about the places of a frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from zero_sdk.debugging import vyper
from zero_sdk.debugging.activations import Activation, activations_at
from zero_sdk.debugging.culprits import SURE, SURE_PANICS, Culprit, Test, calling, failing, find
from zero_sdk.debugging.execution import Frame
from zero_sdk.debugging.failures import Failure
from zero_sdk.debugging.reach import Reach
from zero_sdk.debugging.sources import KnownCode
from zero_sdk.debugging.syntax import Declaration

Certainty = Literal["exact", "function", "unknown"]


@dataclass(frozen=True, slots=True)
class Located:
    """A place with how sure it is."""

    place: Activation
    certainty: Certainty


def locate_failure(known: KnownCode, frame: Frame, failure: Failure) -> list[Located]:
    """The functions that were active when the frame failed by itself, innermost first."""
    last = len(frame.pcs) - 1
    if known.sources.language == "Vyper":
        return _of_vyper(known, frame, last)
    active = activations_at(known, frame, last)
    test = failing(failure, frame.opcodes[-1])
    if not known.sources.is_optimized:
        return _precise(known, active, test)
    is_sure = failure.kind in SURE or (failure.kind == "panic" and failure.detail in SURE_PANICS)
    return _likely(known, frame, active, test, _decision(frame), is_sure)


def locate_call(known: KnownCode, frame: Frame, call: Frame) -> list[Located]:
    """The functions that were active when the frame made the call, innermost first."""
    if known.sources.language == "Vyper":
        return _of_vyper(known, frame, call.site)
    active = activations_at(known, frame, call.site)
    test = calling(call, known)
    if not known.sources.is_optimized:
        return _precise(known, active, test)
    return _likely(known, frame, active, test, call.site, True)


def _of_vyper(known: KnownCode, frame: Frame, step: int) -> list[Located]:
    found = vyper.places(known, frame, step)
    return [Located(place, "exact" if is_sure else "function") for place, is_sure in found]


def _decision(frame: Frame) -> int:
    """The step that decided: what comes after it may be shared by all that fail alike."""
    for step in range(len(frame.pcs) - 1, -1, -1):
        if frame.opcodes[step] == "JUMPI":
            return step
    return len(frame.pcs) - 1


def _precise(known: KnownCode, active: Sequence[Activation], test: Test | None) -> list[Located]:
    """Without the optimizer places are exact. Through Yul a whole `assembly` block is one place, and so is a
    function for a call of one that never returns."""
    located = []
    for number, place in enumerate(active):
        found: Certainty = "exact"
        if known.sources.is_via_ir:
            inner = active[number - 1].declaration if number else None
            place, found = _sharpened(known, place, inner, test if number == 0 else None)
        located.append(Located(place, found))
    return located


def _sharpened(
    known: KnownCode, place: Activation, inner: Declaration | None, test: Test | None
) -> tuple[Activation, Certainty]:
    syntax = known.sources.syntax.get(place.span.file)
    declaration = place.declaration
    if syntax is None:
        return place, "exact"
    assembly = syntax.assembly_at(place.span)
    if assembly is not None and test is not None:
        inside = [culprit.span for culprit in find(assembly, declaration, test)]
        return (Activation(declaration, inside[0]), "exact") if len(inside) == 1 else (place, "function")
    if declaration is not None and place.span == declaration.span and inner is not None:
        reach = Reach.of(known, declaration)
        calls = {mention.span for mention in reach.mentions[declaration] if mention.target == inner}
        if len(calls) == 1:
            return Activation(declaration, calls.pop()), "exact"
        return place, "function"
    return place, "exact"


def _likely(
    known: KnownCode,
    frame: Frame,
    active: Sequence[Activation],
    test: Test | None,
    step: int,
    is_sure: bool,
) -> list[Located]:
    """With the optimizer: what can have failed in what can have been reached; among several, what the last
    steps before it came from."""
    entry = known.entry(frame.input)
    if entry is None and not known.is_creation:
        return [Located(place, "function") for place in active]
    reach = Reach.of(known, entry)
    culprits = _culprits(reach, test) if test is not None else []
    if not culprits:
        return _without_culprit(reach, frame, step, active, entry)
    chosen = culprits[0] if len(culprits) == 1 else _hinted(known, frame, step, active, culprits)
    is_certain = is_sure and len(culprits) == 1 and not reach.is_open
    return _chain(reach, chosen, is_certain, active)


def _culprits(reach: Reach, test: Test) -> list[Culprit]:
    found: list[Culprit] = []
    for declaration in reach.declarations:
        found += find(declaration.node, declaration, test)
    for value in reach.first_values:
        found += find(value, None, test)
    return found


def _hinted(
    known: KnownCode, frame: Frame, step: int, active: Sequence[Activation], culprits: Sequence[Culprit]
) -> Culprit:
    """The culprit that the last steps have to do with."""
    by_function: Culprit | None = None
    for number in range(step, -1, -1):
        span = known.sources.user_span(known.table.span(frame.pcs[number]))
        if span is None:
            continue
        declaration = known.sources.declaration(span)
        if declaration is None or span == declaration.span:
            if declaration is not None and by_function is None:
                by_function = _of(declaration, culprits)
            continue
        fitting = [culprit for culprit in culprits if any(hint.contains(span) for hint in culprit.hints)]
        if fitting:
            return min(fitting, key=lambda culprit: culprit.span.end - culprit.span.start)
        around = [culprit for culprit in culprits if span.contains(culprit.span)]
        if len(around) == 1:
            return around[0]
        if by_function is None:
            by_function = _of(declaration, culprits)
    return by_function or culprits[0]


def _of(declaration: Declaration, culprits: Sequence[Culprit]) -> Culprit | None:
    return next((culprit for culprit in culprits if culprit.declaration == declaration), None)


def _chain(reach: Reach, culprit: Culprit, is_certain: bool, active: Sequence[Activation]) -> list[Located]:
    """The culprit and the functions that lead to it."""
    declaration = culprit.declaration
    innermost = Activation(declaration, culprit.span)
    located = [Located(innermost, "exact" if is_certain else "function")]
    if declaration is None:
        return located
    inlined = [place.declaration for place in active]
    if declaration in inlined:
        rest = list(active[inlined.index(declaration) + 1 :])
        if not rest and declaration not in reach.entries:
            rest = _way(reach, declaration)
        located += [Located(place, "function") for place in rest]
        return _with_certain_calls(reach, located)
    return _with_certain_calls(
        reach, located + [Located(place, "function") for place in _way(reach, declaration)]
    )


def _way(reach: Reach, declaration: Declaration) -> list[Activation]:
    way, _ = reach.path(declaration)
    return [Activation(caller, span) for caller, span in way]


def _with_certain_calls(reach: Reach, located: list[Located]) -> list[Located]:
    """Calls are certain where the place they lead to is and there is no other way to it."""
    innermost = located[0].place.declaration
    if innermost is None or located[0].certainty != "exact" or len(located) == 1:
        return located
    way, is_only = reach.path(innermost)
    if not is_only or reach.is_open:
        return located
    return [located[0], *(Located(Activation(caller, span), "exact") for caller, span in way)]


def _without_culprit(
    reach: Reach, frame: Frame, step: int, active: Sequence[Activation], entry: Declaration | None
) -> list[Located]:
    """Where nothing in the syntax tells: the last function that the steps came from."""
    places = [place for place in active if place.declaration is not None]
    if not places:
        last = _last_function(reach.known, frame, step)
        places = [last] if last is not None else []
    if not places:
        return [Located(Activation(entry, entry.span), "function")] if entry is not None else []
    outermost = places[-1].declaration
    if outermost is not None and outermost not in reach.entries:
        places += _way(reach, outermost)
    return [Located(place, "function") for place in places]


def _last_function(known: KnownCode, frame: Frame, step: int) -> Activation | None:
    for number in range(step, -1, -1):
        span = known.sources.user_span(known.table.span(frame.pcs[number]))
        declaration = known.sources.declaration(span) if span is not None else None
        if span is not None and declaration is not None:
            return Activation(declaration, span)
    return None
