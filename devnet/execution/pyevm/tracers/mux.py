"""muxTracer: several tracers over one execution, their results by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devnet.chain.block import Log
from devnet.execution import Failure
from devnet.execution.pyevm.hooks import (
    FrameEnd,
    FrameStart,
    FrameView,
    TransactionEnd,
    TransactionStart,
    Watcher,
)


class MuxTracer:
    """Passes every event on, in the order of the config."""

    def __init__(self, watchers: Mapping[str, Watcher]) -> None:
        self._by_name = dict(watchers)
        self._all = tuple(watchers.values())
        self._stepping = tuple(watcher for watcher in self._all if watcher.wants_steps)

    @property
    def wants_steps(self) -> bool:
        return bool(self._stepping)

    @property
    def wants_costs(self) -> bool:
        return any(watcher.wants_costs for watcher in self._stepping)

    def transaction_start(self, start: TransactionStart) -> None:
        for watcher in self._all:
            watcher.transaction_start(start)

    def enter(self, frame: FrameStart) -> None:
        for watcher in self._all:
            watcher.enter(frame)

    def exit(self, frame: FrameEnd) -> None:
        for watcher in self._all:
            watcher.exit(frame)

    def step(
        self, pc: int, opcode: int, gas: int, cost: int, frame: FrameView, failure: Failure | None
    ) -> None:
        for watcher in self._stepping:
            watcher.step(pc, opcode, gas, cost, frame, failure)

    def step_fault(
        self, pc: int, opcode: int, gas: int, cost: int, frame: FrameView, failure: Failure
    ) -> None:
        for watcher in self._stepping:
            watcher.step_fault(pc, opcode, gas, cost, frame, failure)

    def log(self, log: Log, index: int, depth: int) -> None:
        for watcher in self._all:
            watcher.log(log, index, depth)

    def transaction_end(self, end: TransactionEnd) -> None:
        for watcher in self._all:
            watcher.transaction_end(end)

    def result(self) -> Any:
        return {name: watcher.result() for name, watcher in self._by_name.items()}
