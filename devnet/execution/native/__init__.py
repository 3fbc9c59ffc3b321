"""The native engine: the compiled kernel's, with the reference's results byte for byte."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Final

from devnet.chain.rules import Rules
from devnet.chain.transaction import Transaction
from devnet.chain.types import Address
from devnet.execution import BlockEnv, BlockExecution, BriefCalls, Execution, Mode
from devnet.execution.tracer_options import read_tracer
from devnet.kernel import load
from devnet.scheduling import AccessSet, BlockOrder, Schedule
from devnet.state import StateView

if TYPE_CHECKING:
    from devnet.kernel.zero_kernel import Pool


SHARED_FROM: Final = 16
"""Blocks of fewer transactions are not worth waking threads."""


class NativeEngine:
    """`Engine` on the kernel. Keeps nothing that a result depends on; any thread may call it."""

    name: Final = "native"

    def __init__(self, pool: Pool) -> None:
        """Raises KernelAbsent."""
        self._engine = load().Engine(pool)
        self._threads = pool.threads

    @property
    def threads(self) -> int:
        """See `Engine.threads`."""
        return self._threads

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
        is_given = order is BlockOrder.GIVEN
        if is_given and (self._threads == 1 or len(transactions) < SHARED_FROM):
            # The same result, for less.
            execution = self.execute(rules, env, transactions, view, mode)
            return BlockExecution(execution, tuple(range(len(transactions))))
        return BlockExecution(*self._engine.execute_block(rules, env, transactions, view, mode, not is_given))

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
        is_framed = order is BlockOrder.FRAMED
        fields = self._engine.schedule_block(rules, env, transactions, view, mode, is_framed)
        return schedule_from(fields)

    def brief_calls(
        self, rules: Rules, env: BlockEnv, view: StateView, unknown: Collection[Address]
    ) -> BriefCalls | None:
        """See `Engine.brief_calls`: on a native state."""
        calls: BriefCalls | None = self._engine.brief_calls(rules, env, view, unknown)
        return calls


def schedule_from(fields: tuple[Any, ...]) -> Schedule:
    """The schedule that the kernel gives as plain fields."""
    predicted, *rest = fields
    sets = tuple(AccessSet(frozenset(reads), frozenset(writes)) for reads, writes in predicted)
    return Schedule(sets, *rest)
