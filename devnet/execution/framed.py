"""FAFO on any engine, readable: a block run frame by frame, with checks, on one thread (docs/scheduling.md).

The result is that of running the transactions one after the other in block order. This module shows why: no
two transactions of a frame conflict, whoever left its predicted set does not count, and what might have seen
the difference runs again, alone.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from devnet.chain.account import EMPTY_ACCOUNT, ChangeSet
from devnet.chain.errors import Invalid, InvalidTransaction
from devnet.chain.fees import blob_gas, max_blob_gas
from devnet.chain.outbox import leaves_of
from devnet.chain.rules import Rules
from devnet.chain.transaction import Transaction
from devnet.chain.types import Wei
from devnet.execution import (
    BlockEnv,
    BlockExecution,
    Checks,
    Engine,
    Execution,
    ExecutionTimeout,
    Mode,
    TransactionResult,
)
from devnet.execution.layered import LayeredView
from devnet.execution.prediction import PRE_RUN_CHECKS, KeyBook, is_plain_transfer, pre_run_view
from devnet.scheduling import AccessSet, BlockOrder, Key, Schedule
from devnet.scheduling.framer import frames_of
from devnet.scheduling.owners import owners
from devnet.scheduling.scheduler import starts_after
from devnet.state import StateView


@dataclass(frozen=True, slots=True)
class FramedRun:
    """A block that was run by frames."""

    execution: BlockExecution
    schedule: Schedule
    seconds: tuple[float, ...]
    """Wall time of the last run of each transaction, by index: what a profile may weigh with. 0 where it was
    left without one."""


def run_block(
    engine: Engine,
    rules: Rules,
    env: BlockEnv,
    transactions: Sequence[Transaction],
    view: StateView,
    mode: Mode,
    order: BlockOrder,
) -> FramedRun:
    """Predicts, frames and runs a block's transactions on `engine`. Raises what `Engine.execute` raises."""
    if mode.trace is not None or mode.record_reads or mode.gas_budget is not None:
        raise ValueError("a block that is run by frames is not traced, recorded or bounded by a gas budget")
    if any(override.move_precompile_to is not None for override in mode.overrides.values()):
        raise ValueError("a block moves no precompiles")
    return _FramedBlock(engine, rules, env, transactions, view, mode).run(order)


@dataclass(frozen=True, slots=True)
class _Run:
    """One transaction, run alone on some state."""

    result: TransactionResult | InvalidTransaction
    changes: ChangeSet
    accessed: AccessSet
    seconds: float


class _FramedBlock:
    """The run of one block."""

    def __init__(
        self,
        engine: Engine,
        rules: Rules,
        env: BlockEnv,
        transactions: Sequence[Transaction],
        view: StateView,
        mode: Mode,
    ) -> None:
        self._engine = engine
        self._rules = rules
        self._env = env
        self._transactions = transactions
        self._mode = mode
        self._deadline = None if mode.time_limit is None else time.monotonic() + mode.time_limit
        self._keys = KeyBook()
        self._gas = env.gas_limit
        self._blob_gas = max_blob_gas(rules)
        self._runs: dict[int, _Run] = {}
        """By index: the run that counts, or so far seems to."""

        # What the block does before its transactions: overrides and system calls.
        self._view = view
        first = replace(mode, credit_fees=False, append_messages=False)
        self._gone_precompiles = mode.gone_precompiles | {
            address for address, override in mode.overrides.items() if override.code is not None
        }
        self._start = engine.execute(rules, env, (), view, first).changes

    def run(self, order: BlockOrder) -> FramedRun:
        predicted = self._predict()
        locations = self._keys.locations.copy()
        owned = [owners(transaction) for transaction in self._transactions]
        frames = frames_of(predicted, owned, order)
        after = starts_after(predicted, frames)
        if order is BlockOrder.GIVEN:
            state, discarded, serial = self._run_given(predicted, frames)
            block_order = tuple(range(len(self._transactions)))
            left: tuple[int, ...] = ()
        else:
            state, discarded, serial, left = self._run_framed(predicted, frames, owned)
            skipped = {*serial, *left}
            placed = [index for frame in frames for index in frame if index not in skipped]
            block_order = (*placed, *serial)
        named = {key: locations[key] for access in predicted for key in (*access.reads, *access.writes)}
        return FramedRun(
            BlockExecution(self._finish(state, block_order), block_order, left),
            Schedule(predicted, frames, after, discarded, serial, block_order, left, named),
            tuple(
                self._runs[index].seconds if index in self._runs else 0.0
                for index in range(len(self._transactions))
            ),
        )

    # Predictions

    def _predict(self) -> tuple[AccessSet, ...]:
        """What each transaction will probably touch on the state that the block's transactions begin with."""
        state = self._beginning()
        return tuple(self._predicted(transaction, state) for transaction in self._transactions)

    def _predicted(self, transaction: Transaction, state: LayeredView) -> AccessSet:
        envelope = self._keys.envelope(transaction)
        if is_plain_transfer(transaction, state):
            return envelope
        # What may be in the block as it is will most likely run as it does now.
        run = self._run(transaction, state, self._mode.checks)
        if isinstance(run.result, InvalidTransaction):
            run = self._run(transaction, pre_run_view(transaction, state), PRE_RUN_CHECKS)
        return envelope if isinstance(run.result, InvalidTransaction) else envelope | run.accessed

    # A given order

    def _run_given(
        self, predicted: Sequence[AccessSet], frames: Sequence[Sequence[int]]
    ) -> tuple[LayeredView, tuple[int, ...], tuple[int, ...]]:
        """The state at the end, the discarded, and those that ran again."""
        discarded: set[int] = set()
        state = self._beginning()
        for frame in frames:
            for index in frame:
                run = self._runs[index] = self._run(self._transactions[index], state, self._mode.checks)
                if not predicted[index].covers(run.accessed):
                    discarded.add(index)
            for index in frame:
                if index not in discarded:
                    state.apply(self._runs[index].changes)

        # In block order, from the beginning: who left its set runs again, and so does everyone who touched
        # what another transaction wrote in its place. All others read the same values as here.
        state = self._beginning()
        replaced: set[Key] = set()
        again: list[int] = []
        for index, transaction in enumerate(self._transactions):
            run = first = self._runs[index]
            seen = frozenset() if index in discarded else first.accessed.writes
            is_again = index in discarded or first.accessed.touches(replaced)
            if is_again:
                again.append(index)
                run = self._runs[index] = self._run(transaction, state, self._mode.checks)
            full = self._take_room(transaction, run)
            if full is not None:
                self._runs[index] = replace(run, result=full)
                replaced |= seen
                continue
            if is_again:
                replaced |= seen | run.accessed.writes
            state.apply(run.changes)
        return state, tuple(sorted(discarded)), tuple(again)

    # The framer's order

    def _run_framed(
        self,
        predicted: Sequence[AccessSet],
        frames: Sequence[Sequence[int]],
        owned: Sequence[frozenset[bytes]],
    ) -> tuple[LayeredView, tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        """The state at the end, the discarded, the tail, and those for which there is no room."""
        discarded: list[int] = []
        tail: list[int] = []
        tail_owners: set[bytes] = set()
        left: list[int] = []
        left_owners: set[bytes] = set()
        state = self._beginning()

        def leave(index: int) -> None:
            left.append(index)
            left_owners.update(owned[index])

        for frame in frames:
            ran: list[int] = []
            for index in frame:
                if not left_owners.isdisjoint(owned[index]):
                    leave(index)
                    continue
                if tail_owners.isdisjoint(owned[index]):
                    run = self._run(self._transactions[index], state, self._mode.checks)
                    if predicted[index].covers(run.accessed):
                        self._runs[index] = run
                        ran.append(index)
                        continue
                    discarded.append(index)
                tail.append(index)
                tail_owners |= owned[index]
            # No two of the frame conflict: each one's changes are as if all before it had been applied.
            for index in ran:
                if self._take_room(self._transactions[index], self._runs[index]) is None:
                    state.apply(self._runs[index].changes)
                else:
                    leave(index)
        serial: list[int] = []
        for index in tail:
            if not left_owners.isdisjoint(owned[index]):
                leave(index)
                continue
            run = self._runs[index] = self._run(self._transactions[index], state, self._mode.checks)
            if self._take_room(self._transactions[index], run) is None:
                state.apply(run.changes)
                serial.append(index)
            else:
                leave(index)
        return state, tuple(discarded), tuple(serial), tuple(sorted(left))

    # Runs of one transaction

    def _beginning(self) -> LayeredView:
        """The state after overrides and system calls."""
        state = LayeredView(self._view)
        state.apply(self._start)
        return state

    def _run(self, transaction: Transaction, state: StateView, checks: Checks) -> _Run:
        """Runs the transaction alone; `state` does not change. The block's room is not looked at."""
        mode = replace(
            self._mode,
            checks=checks,
            system_calls=False,
            credit_fees=False,
            append_messages=False,
            overrides={},
            gone_precompiles=self._gone_precompiles,
            record_reads=True,
            time_limit=self._time_left(),
        )
        begin = time.perf_counter()
        execution = self._engine.execute(self._rules, self._env, (transaction,), state, mode)
        seconds = time.perf_counter() - begin
        reads = execution.reads
        assert reads is not None, "reads were asked for"
        result = execution.results[0]
        if isinstance(result, InvalidTransaction):
            return _Run(result, ChangeSet(), self._keys.refused(reads), seconds)
        accessed = self._keys.accessed(transaction, reads, execution.changes)
        result = replace(result, warm_accounts=frozenset(), warm_slots=frozenset())
        return _Run(result, execution.changes, accessed, seconds)

    def _take_room(self, transaction: Transaction, run: _Run) -> InvalidTransaction | None:
        """Takes the run's gas out of the block's, in block order; why that cannot be."""
        if isinstance(run.result, InvalidTransaction):
            return None
        if self._mode.checks.gas_cap:
            wanted = transaction.gas_limit
            if wanted > self._gas:
                return InvalidTransaction(Invalid.BLOCK_FULL, f"gas left: {self._gas}, tx: {wanted}")
            blobs = blob_gas(transaction) if transaction.blob_hashes else 0
            if blobs > self._blob_gas:
                return InvalidTransaction(Invalid.BLOCK_FULL, f"blob gas left: {self._blob_gas}, tx: {blobs}")
        self._gas -= run.result.gas_used
        if transaction.blob_hashes:
            self._blob_gas -= blob_gas(transaction)
        return None

    def _time_left(self) -> float | None:
        if self._deadline is None:
            return None
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise ExecutionTimeout("the time limit ran out")
        return left

    # The end

    def _finish(self, state: LayeredView, order: Sequence[int]) -> Execution:
        """The whole block's execution; credits the fees and appends the messages."""
        results = tuple(self._runs[index].result for index in order)
        tips = sum(
            result.tip * result.gas_used for result in results if isinstance(result, TransactionResult)
        )
        if self._mode.credit_fees and tips:
            coinbase = state.account(self._env.coinbase) or EMPTY_ACCOUNT
            state.put(self._env.coinbase, replace(coinbase, balance=Wei(coinbase.balance + tips)))
        if self._mode.append_messages:
            self._append_messages(state, results)
        return Execution(
            results,
            state.changes(),
            self._env.gas_limit - self._gas,
            max_blob_gas(self._rules) - self._blob_gas,
        )

    def _append_messages(
        self, state: LayeredView, results: Sequence[TransactionResult | InvalidTransaction]
    ) -> None:
        logs = (log for result in results if isinstance(result, TransactionResult) for log in result.logs)
        leaves = (*self._mode.messages, *leaves_of(logs))
        if not leaves:
            return
        mode = Mode(
            append_messages=True,
            messages=leaves,
            gone_precompiles=self._gone_precompiles,
            time_limit=self._time_left(),
        )
        state.apply(self._engine.execute(self._rules, self._env, (), state, mode).changes)
