"""The steps of an execution one by one: instruction, gas, stack, and the line of source it was made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from zero_sdk.debugging.execution import Execution, Frame, Rpc, fetch_execution, place_steps
from zero_sdk.debugging.sources import KnownCode, Sources

PAGE: Final = 200
"""How many steps are shown where nobody says."""
_PUSH1, _PUSH32 = 0x60, 0x7F


@dataclass(frozen=True, slots=True)
class Place:
    """A line of source. `is_exact` is False where the optimizer may have moved or merged the instruction."""

    file: str
    line: int
    text: str
    is_exact: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction as it ran."""

    number: int
    """In the execution, from 0."""
    depth: int
    """Of the call, from 1."""
    pc: int
    opcode: str
    operand: str
    """What a PUSH pushes, 0x and hex; "" for all others."""
    gas: int
    """Left before it."""
    cost: int
    stack: tuple[str, ...]
    """Before it, the top first; empty where it was not asked for."""
    error: str | None
    contract: str | None
    """The contract whose code runs; None where it is not known."""
    place: Place | None


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the steps, and how many there are."""

    steps: tuple[Step, ...]
    total: int


def fetch_page(
    zone: Rpc, transaction: str, sources: Sources, first: int = 0, count: int = PAGE, stack: bool = False
) -> Page:
    """Steps `first` to `first + count` of a transaction. The node tells every step each time, so without the
    stack, which is by far the most of it, unless it is asked for. Raises ZeroError where the node traces
    nothing, or not so much."""
    execution = fetch_execution(zone, transaction, steps=False)
    options = {"disableStack": not stack, "disableStorage": True, "disableMemory": True}
    told = zone.rpc("debug_traceTransaction", transaction, options)
    return page_of(execution, told.get("structLogs") or (), sources, first, count)


def page_of(
    execution: Execution, logs: Sequence[Mapping[str, Any]], sources: Sources, first: int, count: int
) -> Page:
    """Of an execution without steps, and what a struct logger told of it."""
    shown: list[Step] = []
    known: dict[int, KnownCode | None] = {}
    for number, (log, frame) in enumerate(place_steps(execution.root, logs)):
        if number >= first + count:
            break
        if number >= first:
            if id(frame) not in known:
                known[id(frame)] = sources.ran(frame)
            shown.append(_step(number, log, frame, known[id(frame)]))
    return Page(tuple(shown), len(logs))


def page_lines(page: Page) -> Iterator[str]:
    """The steps as text: a line for each, under the line of source that it belongs to."""
    before: Any = None
    for step in page.steps:
        where = (step.depth, step.contract, step.place)
        if where != before:
            before = where
            yield _heading(step)
        operation = f"{step.opcode} {step.operand}".rstrip()
        more = f"  [{', '.join(step.stack)}]" if step.stack else ""
        more += f"  {step.error}" if step.error else ""
        yield f"{step.number:>8}  {step.pc:>5}  {operation:<24} {step.gas:>10,} {step.cost:>8,}{more}"


def step_json(step: Step) -> dict[str, Any]:
    """As `zero trace --opcodes --json` has it."""
    place = step.place
    return {
        "step": step.number,
        "depth": step.depth,
        "pc": step.pc,
        "op": step.opcode,
        "operand": step.operand or None,
        "gas": step.gas,
        "gasCost": step.cost,
        "stack": list(step.stack),
        "error": step.error,
        "contract": step.contract,
        "file": None if place is None else place.file,
        "line": None if place is None else place.line,
        "isExact": None if place is None else place.is_exact,
    }


def _heading(step: Step) -> str:
    name = step.contract or "unknown code"
    if step.place is None:
        return f"{'>' * step.depth} {name}, no source"
    about = "" if step.place.is_exact else " (perhaps: optimized)"
    return f"{'>' * step.depth} {name}  {step.place.file}:{step.place.line}{about}  {step.place.text.strip()}"


def _step(number: int, log: Mapping[str, Any], frame: Frame, known: KnownCode | None) -> Step:
    return Step(
        number,
        int(log["depth"]),
        int(log["pc"]),
        str(log["op"]),
        _operand(frame.code, int(log["pc"])),
        int(log["gas"]),
        int(log["gasCost"]),
        tuple(reversed(log.get("stack") or ())),
        log.get("error") or None,
        None if known is None else known.artifact.name,
        None if known is None else _place(known, int(log["pc"])),
    )


def _operand(code: bytes, pc: int) -> str:
    if not 0 <= pc < len(code) or not _PUSH1 <= code[pc] <= _PUSH32:
        return ""
    size = code[pc] - _PUSH1 + 1
    # Code that ends early is continued by zeros.
    return f"0x{code[pc + 1 : pc + 1 + size].ljust(size, bytes(1)).hex()}"


def _place(known: KnownCode, pc: int) -> Place | None:
    span = known.sources.user_span(known.table.span(pc))
    if span is None:
        return None
    file = known.sources.files[span.file]
    line, _ = file.position(span.start)
    return Place(file.name, line, file.line(line), not known.sources.is_optimized)
