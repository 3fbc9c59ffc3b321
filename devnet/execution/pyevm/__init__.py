"""The reference engine: py-evm's opcodes over a flat account database.

Other parts import `PyEvmEngine` and nothing further inside. py-evm itself is imported at the first `execute`.

    block         a run of transactions: overrides, system calls, fees
    transition    one transaction: validation, gas, refunds
    world         the database with its journal
    machine       what all frames of a transaction share
    interpreter   the loops; frame, calls, opcodes, stack_opcodes, tables: what they run
    precompiles/  the precompiled contracts
    hooks         how tracers see an execution; tracers/ has them
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from typing import Final

from devnet.chain.rules import Rules
from devnet.chain.transaction import Transaction
from devnet.chain.types import Address
from devnet.execution import BlockEnv, BlockExecution, BriefCalls, Execution, Mode
from devnet.scheduling import BlockOrder, Schedule
from devnet.state import StateView


class PyEvmEngine:
    """`Engine` on py-evm. Keeps nothing between calls; any thread may call it."""

    name: Final = "pyevm"
    threads: Final = 1

    def execute(
        self, rules: Rules, env: BlockEnv, transactions: Sequence[Transaction], view: StateView, mode: Mode
    ) -> Execution:
        """See `Engine.execute`."""
        # Importing py-evm sets the interpreter's recursion limit, which is the program's own and which this
        # engine does not need: its frames run in a loop.
        limit = sys.getrecursionlimit()
        from devnet.execution.pyevm.block import execute

        if sys.getrecursionlimit() != limit:
            sys.setrecursionlimit(limit)
        return execute(rules, env, transactions, view, mode)

    def execute_block(
        self,
        rules: Rules,
        env: BlockEnv,
        transactions: Sequence[Transaction],
        view: StateView,
        mode: Mode,
        order: BlockOrder,
    ) -> BlockExecution:
        """See `Engine.execute_block`. A given order needs no schedule on one thread."""
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

    def brief_calls(
        self, rules: Rules, env: BlockEnv, view: StateView, unknown: Collection[Address]
    ) -> BriefCalls | None:
        """See `Engine.brief_calls`: nothing is that quick here."""
        return None
