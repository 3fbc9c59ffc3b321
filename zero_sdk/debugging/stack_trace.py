"""Stack traces: where in the source a transaction or call failed, and through which functions it got there.

Frames are innermost first, as everywhere in the JavaScript world. How sure a place is stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zero_sdk.debugging import vyper
from zero_sdk.debugging.activations import Activation
from zero_sdk.debugging.culprits import panic_of
from zero_sdk.debugging.execution import Execution, FailedCall, Frame, Rpc, fetch_execution
from zero_sdk.debugging.failures import (
    ENTRY_KINDS,
    PANICS,
    Failure,
    FailureKind,
    bad_call_data,
    failure_of,
    passed_on,
)
from zero_sdk.debugging.narrowing import Certainty, Located, locate_call, locate_failure
from zero_sdk.debugging.source_files import Span
from zero_sdk.debugging.sources import Build, KnownCode, Sources
from zero_sdk.errors import Problem, ZeroError


@dataclass(frozen=True, slots=True)
class SourceFrame:
    """One function that was active."""

    contract: str
    """Where the function is declared; "" for free functions and unknown contracts."""
    function: str
    file: str | None
    line: int | None
    """From 1."""
    column: int | None
    """From 1."""
    certainty: Certainty
    """exact: file and line; function: the function, the line is where it may have been; unknown: neither."""
    address: str | None = None
    """Of the contract that ran."""

    @property
    def label(self) -> str:
        """`Token.transfer`."""
        return f"{self.contract}.{self.function}" if self.contract else self.function


@dataclass(frozen=True, slots=True)
class SourceTrace:
    """Why and where it failed."""

    kind: FailureKind
    message: str
    frames: tuple[SourceFrame, ...]
    """Innermost first."""
    sources: Sources


def stack_trace(zone: Rpc, what: str | FailedCall | Mapping[str, Any], build: Build | Sources) -> SourceTrace:
    """The stack trace of a transaction (by its hash) or of a call that failed (its request).

    Raises ZeroError for one that did not fail, and where the node traces nothing.
    """
    sources = build if isinstance(build, Sources) else Sources.of(build)
    execution = fetch_execution(zone, what)
    return explain(execution, sources)


def explain(execution: Execution, sources: Sources) -> SourceTrace:
    """The stack trace of an execution that failed. Raises ZeroError for one that did not."""
    frame = execution.root
    if not frame.is_failed:
        raise ZeroError(
            Problem.TRACE_NOTHING_FAILED,
            "nothing failed, so there is no stack trace",
            "`zero trace` shows the calls",
        )
    outer: list[SourceFrame] = []
    while (inner := passed_on(frame)) is not None:
        outer = _caller_frames(frame, sources, inner) + outer
        frame = inner
    known = sources.ran(frame)
    failure = failure_of(frame, known, sources)
    failure, frames = _innermost(frame, known, failure)
    return SourceTrace(failure.kind, failure.message, (*frames, *outer), sources)


def _innermost(frame: Frame, known: KnownCode | None, failure: Failure) -> tuple[Failure, list[SourceFrame]]:
    """The failure and the places in the frame that failed by itself."""
    if not frame.pcs:
        return failure, [_unknown(frame)] if frame.is_precompile else []
    if known is None:
        return failure, [_unknown(frame)]
    if failure.kind in ENTRY_KINDS:
        return failure, [_entry_frame(known, frame)]
    if known.sources.language == "Vyper":
        failure = vyper.explained(known, frame, failure)
        if failure.kind == "bad call data":
            return failure, [_entry_frame(known, frame)]
        return failure, _shown(known, frame, locate_failure(known, frame, failure))
    located = locate_failure(known, frame, failure)
    if failure.kind in ("bare revert", "bad return data", "no code") and _is_at_entry(known, frame, located):
        failure = bad_call_data(frame, known) or failure
        return failure, [_entry_frame(known, frame)]
    return _told_by_syntax(known, failure, located), _shown(known, frame, located)


def _told_by_syntax(known: KnownCode, failure: Failure, located: list[Located]) -> Failure:
    """Before Solidity 0.8 the INVALID opcode stood for everything that is a panic now: what it was, the place
    tells."""
    if failure.kind != "assertion" or not located:
        return failure
    span = located[0].place.span
    syntax = known.sources.syntax.get(span.file)
    for node in syntax.nodes_at(span) if syntax is not None else ():
        if str(node["nodeType"]).startswith("Yul"):
            return Failure("invalid opcode", "the INVALID opcode")
        code = panic_of(node)
        if code is not None:
            return Failure("assertion", f"{PANICS[code]} (the INVALID opcode)")
    return failure


def _is_at_entry(known: KnownCode, frame: Frame, located: list[Located]) -> bool:
    """True where no function's own code had begun."""
    if known.sources.is_optimized:
        # Vague places do not tell; arguments that do not fit and the absence of any call do.
        failure = bad_call_data(frame, known)
        return failure is not None and failure.detail == "certain" and not frame.calls
    return all(
        found.place.declaration is None or found.place.span == found.place.declaration.span
        for found in located
    )


def _caller_frames(frame: Frame, sources: Sources, call: Frame) -> list[SourceFrame]:
    known = sources.ran(frame)
    if known is None:
        return [_unknown(frame)]
    return _shown(known, frame, locate_call(known, frame, call))


def _shown(known: KnownCode, frame: Frame, located: list[Located]) -> list[SourceFrame]:
    if not located:
        return [_entry_frame(known, frame, "function")]
    return [_source_frame(known, frame, found.place, found.certainty) for found in located]


def _source_frame(known: KnownCode, frame: Frame, place: Activation, certainty: Certainty) -> SourceFrame:
    declaration = place.declaration
    span = place.span
    if declaration is not None and span == declaration.span:
        span = Span(span.file, declaration.head, span.end)
    file = known.sources.files[span.file]
    line, column = file.position(span.start)
    if declaration is not None:
        contract, function = declaration.contract, declaration.name
    else:
        contract = known.artifact.name
        function = "constructor" if known.is_creation else ""
    return SourceFrame(contract, function, file.name, line, column, certainty, frame.to)


def _entry_frame(known: KnownCode, frame: Frame, certainty: Certainty = "exact") -> SourceFrame:
    """The frame of a call that reached no function's code: the function's head, or the contract's."""
    entry = known.entry(frame.input)
    if entry is not None:
        return _source_frame(known, frame, Activation(entry, entry.span), certainty)
    name = known.artifact.name
    if known.is_creation:
        function = "constructor"
    elif len(frame.input) >= 4:
        function = f"[function 0x{frame.input[:4].hex()}]"
    else:
        function = "[no function]" if frame.input else "[receive]"
    node = known.node
    if node is None:
        return SourceFrame(name, function, None, None, None, "unknown", frame.to)
    file = known.sources.files[node.span.file]
    line, column = file.position(node.head)
    return SourceFrame(name, function, file.name, line, column, certainty, frame.to)


def _unknown(frame: Frame) -> SourceFrame:
    if frame.is_precompile:
        return SourceFrame(
            "", f"[precompile {int(frame.to or '0x0', 16):#x}]", None, None, None, "unknown", frame.to
        )
    what = "[constructor]" if frame.is_creation else f"[function 0x{frame.input[:4].hex()}]"
    if not frame.is_creation and len(frame.input) < 4:
        what = "[no function]"
    return SourceFrame("", f"{frame.to or 'unknown contract'} {what}", None, None, None, "unknown", frame.to)
