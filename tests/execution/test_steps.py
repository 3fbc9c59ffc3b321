"""What a watcher is shown: the costs are those that are charged, and watching changes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from devnet.chain.block import Log
from devnet.chain.rules import Fork
from devnet.execution import Failure, FailureKind, TransactionResult
from devnet.execution.pyevm import block as engine_block
from devnet.execution.pyevm.hooks import (
    FrameEnd,
    FrameStart,
    FrameView,
    TransactionEnd,
    TransactionStart,
)
from tests.execution.memory_state import TARGET, execute_one, funded, rules, transaction
from tests.execution.programs import random_block
from tests.execution.test_against_eels import MODE

CALLS = {0xF1, 0xF2, 0xF4, 0xFA}
CREATES = {0xF0, 0xF5}


class Bookkeeper:
    """Follows the gas of every frame from step to step and notes where a cost was not what was charged."""

    wants_steps = True
    wants_costs = True

    def __init__(self) -> None:
        self.mistakes: list[str] = []
        self.steps = 0
        self.starts: list[FrameStart] = []
        self.ends: list[FrameEnd] = []
        self.logs: list[Log] = []
        self._frames: list[dict[str, Any]] = []
        self.result_seen: TransactionResult | None = None

    def transaction_start(self, start: TransactionStart) -> None:
        self.started = start

    def enter(self, frame: FrameStart) -> None:
        assert frame.depth == len(self._frames)
        self.starts.append(frame)
        if frame.kind != "SELFDESTRUCT" and self._frames:
            self._frames[-1]["given"] = frame.gas
        self._frames.append({"last": None, "given": 0, "back": 0})

    def exit(self, frame: FrameEnd) -> None:
        self._frames.pop()
        assert frame.depth == len(self._frames)
        self.ends.append(frame)
        if self._frames:
            parent = self._frames[-1]
            parent["back"] = parent["given"] - frame.gas_used

    def step(
        self, pc: int, opcode: int, gas: int, cost: int, frame: FrameView, failure: Failure | None
    ) -> None:
        self.steps += 1
        book = self._frames[-1]
        assert frame.depth == len(self._frames) - 1
        last = book["last"]
        if last is not None:
            last_opcode, last_gas, last_cost = last
            expected = last_gas - last_cost
            if last_opcode in CALLS:
                expected += book["back"]
            elif last_opcode in CREATES:
                expected += book["back"] - book["given"]
            if gas != expected:
                self.mistakes.append(f"{last_opcode:#x} at {last_gas}: cost {last_cost}, then {gas}")
        book.update(last=(opcode, gas, cost), given=0, back=0)

    def step_fault(
        self, pc: int, opcode: int, gas: int, cost: int, frame: FrameView, failure: Failure
    ) -> None:
        if failure.kind is FailureKind.OUT_OF_GAS:
            self.mistakes.append(f"{opcode:#x} ran out of gas after it was shown with cost {cost} of {gas}")

    def log(self, log: Log, index: int, depth: int) -> None:
        self.logs.append(log)

    def transaction_end(self, end: TransactionEnd) -> None:
        assert self._frames == []
        self.result_seen = end.result

    def result(self) -> dict[str, int]:
        return {"steps": self.steps}


def run_watched(monkeypatch: pytest.MonkeyPatch, run: Any) -> tuple[Any, list[Bookkeeper]]:
    """Runs with a `Bookkeeper` in the place of a tracer."""
    keepers: list[Bookkeeper] = []

    def build(*_: Any) -> Bookkeeper:
        keepers.append(Bookkeeper())
        return keepers[-1]

    monkeypatch.setattr(engine_block, "_build_watcher", build)
    return run(), keepers


@pytest.mark.parametrize("fork", list(Fork))
def test_shown_costs_are_what_is_charged_and_the_results_are_the_same(
    fork: Fork, monkeypatch: pytest.MonkeyPatch
) -> None:
    from devnet.execution import TraceSpec
    from devnet.execution.pyevm import PyEvmEngine

    limits = rules(fork)
    steps = 0
    for seed in range(40):
        block = random_block(seed, fork)
        plain = PyEvmEngine().execute(limits, block.env, block.transactions, block.state, MODE)
        watched, keepers = run_watched(
            monkeypatch,
            lambda block=block: PyEvmEngine().execute(
                limits, block.env, block.transactions, block.state, replace(MODE, trace=TraceSpec())
            ),
        )
        assert [keeper.mistakes for keeper in keepers if keeper.mistakes] == []
        assert watched.changes == plain.changes
        for one, other in zip(watched.results, plain.results, strict=True):
            if isinstance(one, TransactionResult):
                assert replace(one, trace=None) == other
            else:
                assert str(one) == str(other)
        steps += sum(keeper.steps for keeper in keepers)
    assert steps > 2_000


def test_watcher_sees_frames_logs_and_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """A transfer of value to a precompile, a log, and a self-destruction at the end."""
    from devnet.execution import Mode, TraceSpec

    code = bytes.fromhex("5f5f5f5f600160045af1" + "505f5fa0" + "61aaaaff")
    state = funded().put(TARGET, balance=5, code=code)
    result, (keeper,) = run_watched(
        monkeypatch, lambda: execute_one(state, transaction(), mode=Mode(trace=TraceSpec()))
    )
    assert [(start.kind, start.depth, start.value) for start in keeper.starts] == [
        ("CALL", 0, 0),
        ("CALL", 1, 1),
        ("SELFDESTRUCT", 1, 4),
    ]
    assert [end.failure for end in keeper.ends] == [None, None, None]
    assert keeper.logs == list(result.logs)
    assert keeper.result_seen == replace(result, trace=None)
    assert keeper.started.effective_gas_price == 11


def test_refused_call_is_a_frame_that_fails_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from devnet.execution import Mode, TraceSpec

    state = funded().put(TARGET, code=bytes.fromhex("5f5f5f5f600160045af100"))
    _, (keeper,) = run_watched(
        monkeypatch, lambda: execute_one(state, transaction(), mode=Mode(trace=TraceSpec()))
    )
    refused = keeper.ends[0]
    assert refused.failure == Failure(FailureKind.INSUFFICIENT_BALANCE)
    assert refused.gas_used == 0
