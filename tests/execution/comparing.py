"""An engine that runs everything on two engines and gives what both gave."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any, Final

from devnet.chain.errors import InvalidTransaction
from devnet.chain.rules import Rules
from devnet.chain.transaction import Transaction
from devnet.chain.types import Address
from devnet.execution import (
    BlockEnv,
    BlockExecution,
    BriefCalls,
    Engine,
    Execution,
    ExecutionTimeout,
    Mode,
    TransactionResult,
)
from devnet.rpc.deep_json import encode_json
from devnet.scheduling import BlockOrder, Schedule
from devnet.state import StateView


class Disagreement(AssertionError):
    """The two engines told different things."""


def told(result: TransactionResult | InvalidTransaction) -> tuple[Any, ...]:
    """All that the result says, the trace as its bytes (so that the order of keys counts as well)."""
    if isinstance(result, InvalidTransaction):
        return result.kind, result.detail, str(result)
    return encode_json(result.trace), replace(result, trace=None)


def check_same(actual: Execution, expected: Execution) -> None:
    """Raises Disagreement."""
    for place, (one, other) in enumerate(zip(actual.results, expected.results, strict=True)):
        for found, wanted in zip(told(one), told(other), strict=True):
            _check(f"result {place}", found, wanted)
    for name in ("accounts", "storage", "codes"):
        _check(name, dict(getattr(actual.changes, name)), dict(getattr(expected.changes, name)))
    for name in ("gas_used", "blob_gas_used", "reads"):
        _check(name, getattr(actual, name), getattr(expected, name))


def _check(what: str, found: Any, wanted: Any) -> None:
    if found == wanted:
        return
    left, right = str(found), str(wanted)
    pairs = enumerate(zip(left, right, strict=False))
    first = next((at for at, (one, other) in pairs if one != other), min(len(left), len(right)))
    at = slice(max(first - 300, 0), first + 200)
    raise Disagreement(f"{what}, around character {first}: {left[at]}\ninstead of {right[at]}")


def _sort(outcome: Execution | Exception) -> type:
    """The kind of an error that callers tell apart."""
    return ValueError if isinstance(outcome, ValueError) else type(outcome)


class ComparingEngine:
    """`Engine`: raises Disagreement where the tested engine is not as the reference."""

    name: Final = "comparing"

    def __init__(self, tested: Engine, reference: Engine) -> None:
        self._tested = tested
        self._reference = reference

    def execute(
        self, rules: Rules, env: BlockEnv, transactions: Sequence[Transaction], view: StateView, mode: Mode
    ) -> Execution:
        expected = self._expect(lambda: self._reference.execute(rules, env, transactions, view, mode))
        actual = self._expect(lambda: self._tested.execute(rules, env, transactions, view, mode))
        if isinstance(expected, Exception) or isinstance(actual, Exception):
            if _sort(expected) is not _sort(actual) or str(expected) != str(actual):
                raise Disagreement(f"{actual!r} instead of {expected!r}")
            assert isinstance(expected, Exception)
            raise expected
        check_same(actual, expected)
        return actual

    def _expect(self, run: Callable[[], Execution]) -> Execution | Exception:
        try:
            return run()
        except (ValueError, ExecutionTimeout) as error:
            return error

    def execute_block(
        self,
        rules: Rules,
        env: BlockEnv,
        transactions: Sequence[Transaction],
        view: StateView,
        mode: Mode,
        order: BlockOrder,
    ) -> BlockExecution:
        expected = self._reference.execute_block(rules, env, transactions, view, mode, order)
        actual = self._tested.execute_block(rules, env, transactions, view, mode, order)
        if (actual.order, actual.left) != (expected.order, expected.left):
            raise Disagreement(f"{actual.order, actual.left} instead of {expected.order, expected.left}")
        check_same(actual.execution, expected.execution)
        return actual

    def schedule_block(
        self,
        rules: Rules,
        env: BlockEnv,
        transactions: Sequence[Transaction],
        view: StateView,
        mode: Mode,
        order: BlockOrder,
    ) -> Schedule:
        expected = self._reference.schedule_block(rules, env, transactions, view, mode, order)
        actual = self._tested.schedule_block(rules, env, transactions, view, mode, order)
        if actual != expected:
            raise Disagreement(f"{actual} instead of {expected}")
        return actual

    def brief_calls(
        self, rules: Rules, env: BlockEnv, view: StateView, unknown: Collection[Address]
    ) -> BriefCalls | None:
        return None
