"""A run of transactions over one view: overrides, system calls, the transactions, the fees, the messages."""

from __future__ import annotations

import time
from collections.abc import Sequence

from devnet.chain.errors import InvalidTransaction
from devnet.chain.fees import max_blob_gas
from devnet.chain.outbox import leaves_of
from devnet.chain.rules import Rules
from devnet.chain.transaction import Transaction
from devnet.execution import (
    BlockEnv,
    EngineFault,
    Execution,
    ExecutionTimeout,
    Mode,
    TransactionResult,
)
from devnet.execution.pyevm.hooks import Watcher
from devnet.execution.pyevm.machine import Machine
from devnet.execution.pyevm.overrides import apply_overrides
from devnet.execution.pyevm.precompiles import precompiles
from devnet.execution.pyevm.system_calls import append_messages, run_system_calls
from devnet.execution.pyevm.tables import opcode_table
from devnet.execution.pyevm.transition import GasPool, Transition
from devnet.execution.pyevm.world import World
from devnet.state import StateGone, StateView


def execute(
    rules: Rules, env: BlockEnv, transactions: Sequence[Transaction], view: StateView, mode: Mode
) -> Execution:
    """`Engine.execute`."""
    try:
        return _execute(rules, env, transactions, view, mode)
    except (ExecutionTimeout, StateGone, _WrongArgument):
        raise
    except Exception as error:
        raise EngineFault(f"{type(error).__name__}: {error}") from error


class _WrongArgument(ValueError):
    """The caller's mistake, as opposed to a ValueError out of the engine's own code."""


def _execute(
    rules: Rules, env: BlockEnv, transactions: Sequence[Transaction], view: StateView, mode: Mode
) -> Execution:
    deadline = None if mode.time_limit is None else time.monotonic() + mode.time_limit
    world = World(view)
    available = precompiles(rules.fork)
    if mode.gone_precompiles:
        available = {place: run for place, run in available.items() if place not in mode.gone_precompiles}
    if mode.overrides:
        try:
            available = apply_overrides(world, mode.overrides, available)
        except ValueError as error:
            raise _WrongArgument(str(error)) from error
        world.begin_transaction()
    machine = Machine(rules, env, world, opcode_table(rules.fork), available, mode.transfer_logs, deadline)
    if mode.system_calls:
        run_system_calls(machine, env)

    pool = GasPool(env.gas_limit, max_blob_gas(rules))
    transition = Transition(machine, rules, env, mode.checks, pool, mode.record_reads)
    results: list[TransactionResult | InvalidTransaction] = []
    tips = 0
    gas_used = 0
    blob_gas_used = 0
    for index, transaction in enumerate(transactions):
        machine.check_deadline()
        watcher = None
        if mode.trace is not None and mode.trace_only in (None, index):
            watcher = _build_watcher(mode)
        blob_gas_before = pool.blob_gas
        try:
            result = transition.apply(transaction, watcher)
        except InvalidTransaction as invalid:
            results.append(invalid)
            continue
        results.append(result)
        gas_used += result.gas_used
        blob_gas_used += blob_gas_before - pool.blob_gas
        tips += result.tip * result.gas_used
        if mode.gas_budget is not None and gas_used > mode.gas_budget:
            raise ExecutionTimeout(f"the calls used more than {mode.gas_budget} gas together")
    if mode.credit_fees and tips:
        world.add_balance(env.coinbase, tips)
    if mode.append_messages:
        logs = (log for result in results if isinstance(result, TransactionResult) for log in result.logs)
        machine.base_fee = env.base_fee
        append_messages(machine, [*mode.messages, *leaves_of(logs)])
    return Execution(
        tuple(results),
        world.changes(),
        gas_used,
        blob_gas_used,
        world.reads() if mode.record_reads else None,
    )


def _build_watcher(mode: Mode) -> Watcher:
    from devnet.execution.pyevm.tracers import build_watcher
    from devnet.execution.tracer_options import read_tracer

    assert mode.trace is not None
    try:
        return build_watcher(read_tracer(mode.trace))
    except ValueError as error:
        raise _WrongArgument(str(error)) from error
