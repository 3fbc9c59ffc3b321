"""The native engine: the compiled kernel's, with the reference's results byte for byte."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from devnet.chain.rules import Rules
from devnet.chain.transaction import Transaction
from devnet.execution import BlockEnv, BlockExecution, Execution, Mode
from devnet.execution.tracer_options import read_tracer
from devnet.kernel import load
from devnet.scheduling import BlockOrder, Schedule
from devnet.state import StateView

if TYPE_CHECKING:
    from devnet.kernel.zero_kernel import Pool


class NativeEngine:
    """`Engine` on the kernel. Keeps nothing that a result depends on; any thread may call it."""

    name: Final = "native"

    def __init__(self, pool: Pool) -> None:
        """Raises KernelAbsent."""
        self._engine = load().Engine(pool)

    def execute(
        self, rules: Rules, env: BlockEnv, transactions: Sequence[Transaction], view: StateView, mode: Mode
    ) -> Execution:
        """See `Engine.execute`."""
        tracer = None
        if mode.trace is not None and (mode.trace_only or 0) < len(transactions):
            tracer = read_tracer(mode.trace)
        execution: Execution = self._engine.execute(rules, env, transactions, view, mode, tracer)
        return execution

    def execute_block(
        self,
        rules: Rules,
        env: BlockEnv,
        transactions: Sequence[Transaction],
        view: StateView,
        mode: Mode,
        order: BlockOrder,
    ) -> BlockExecution:
        """See `Engine.execute_block`."""
        if order is BlockOrder.GIVEN:
            execution = self.execute(rules, env, transactions, view, mode)
            return BlockExecution(execution, tuple(range(len(transactions))))
        from devnet.execution.framed import run_block

        return run_block(self, rules, env, transactions, view, mode, order).execution

    def schedule_block(
        self,
        rules: Rules,
        env: BlockEnv,
        transactions: Sequence[Transaction],
        view: StateView,
        mode: Mode,
        order: BlockOrder,
    ) -> Schedule:
        """See `Engine.schedule_block`."""
        from devnet.execution.framed import run_block

        return run_block(self, rules, env, transactions, view, mode, order).schedule
