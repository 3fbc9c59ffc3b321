"""coverageTracer: how often each instruction ran, and which way jumps went. geth has nothing like it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from devnet.execution import Failure, TraceTooLarge
from devnet.execution.pyevm.hooks import FrameEnd, FrameStart, FrameView, TransactionEnd
from devnet.execution.pyevm.tracers.quiet import QuietWatcher
from devnet.execution.tracer_options import MAX_COVERED_BYTES

_JUMPI = 0x57
_TOO_LARGE = "the trace is too large: too many contracts with code of their own"


@dataclass(slots=True)
class _Ran:
    """One code that ran, as deployed or as init code."""

    counts: dict[int, int] = field(default_factory=dict)
    branches: dict[int, list[int]] = field(default_factory=dict)
    """[jumped, went on] of each JUMPI."""


@dataclass(slots=True)
class _Running:
    """A frame that is running."""

    is_creation: bool
    ran: _Ran | None = None
    jump: int | None = None
    """The JUMPI that it ran last."""


class CoverageTracer(QuietWatcher):
    """Counts in the order in which codes ran first."""

    wants_steps = True

    def __init__(self) -> None:
        self._ran: dict[tuple[bytes, bool], _Ran] = {}
        self._running: list[_Running] = []
        self._size = 0

    def enter(self, frame: FrameStart) -> None:
        self._running.append(_Running(frame.kind in ("CREATE", "CREATE2")))

    def exit(self, frame: FrameEnd) -> None:
        self._running.pop()

    def step(
        self, pc: int, opcode: int, gas: int, cost: int, frame: FrameView, failure: Failure | None
    ) -> None:
        running = self._running[-1]
        ran = running.ran
        if ran is None:
            ran = running.ran = self._find(frame.code, running.is_creation)
            if ran is None:
                return
        if running.jump is not None:
            ran.branches.setdefault(running.jump, [0, 0])[pc == running.jump + 1] += 1
            running.jump = None
        if pc < len(frame.code):  # The STOP after the end of the code is in no code.
            ran.counts[pc] = ran.counts.get(pc, 0) + 1
            if opcode == _JUMPI:
                running.jump = pc

    def _find(self, code: bytes, is_creation: bool) -> _Ran | None:
        key = (bytes(code), is_creation)
        known = self._ran.get(key)
        if known is None:
            self._size += len(code)
            if self._size > MAX_COVERED_BYTES:
                return None
            known = self._ran[key] = _Ran()
        return known

    def transaction_end(self, end: TransactionEnd) -> None:
        if self._size > MAX_COVERED_BYTES:
            raise TraceTooLarge(_TOO_LARGE)

    def result(self) -> Any:
        return [
            {
                "code": "0x" + code.hex(),
                "isCreation": is_creation,
                "counts": [number for pair in sorted(ran.counts.items()) for number in pair],
                "branches": [number for pc, sides in sorted(ran.branches.items()) for number in (pc, *sides)],
            }
            for (code, is_creation), ran in self._ran.items()
        ]
