"""noopTracer, and what the other tracers start from: a watcher that looks at nothing."""

from __future__ import annotations

from typing import Any

from devnet.chain.block import Log
from devnet.execution import Failure
from devnet.execution.pyevm.hooks import FrameEnd, FrameStart, FrameView, TransactionEnd, TransactionStart


class QuietWatcher:
    """Ignores every event; its result is an empty object."""

    wants_steps = False
    wants_costs = False

    def transaction_start(self, start: TransactionStart) -> None:
        pass

    def enter(self, frame: FrameStart) -> None:
        pass

    def exit(self, frame: FrameEnd) -> None:
        pass

    def step(
        self, pc: int, opcode: int, gas: int, cost: int, frame: FrameView, failure: Failure | None
    ) -> None:
        pass

    def step_fault(
        self, pc: int, opcode: int, gas: int, cost: int, frame: FrameView, failure: Failure
    ) -> None:
        pass

    def log(self, log: Log, index: int, depth: int) -> None:
        pass

    def transaction_end(self, end: TransactionEnd) -> None:
        pass

    def result(self) -> Any:
        return {}
