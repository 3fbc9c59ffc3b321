"""One run of one call, and the time that several runs share."""

from __future__ import annotations

import time
from dataclasses import dataclass

from devnet.chain.account import ChangeSet
from devnet.chain.errors import InvalidTransaction
from devnet.chain.rules import Rules
from devnet.chain.transaction import Transaction
from devnet.execution import (
    BlockEnv,
    Engine,
    Execution,
    ExecutionTimeout,
    Mode,
    TraceTooLarge,
    TransactionResult,
)
from devnet.state import StateView
from devnet.zone.errors import LimitExceeded


@dataclass(frozen=True, slots=True)
class Deadline:
    """When the runs that answer one question must have ended."""

    limit: float | None
    """Seconds in all; None is no limit."""
    end: float

    @classmethod
    def after(cls, limit: float | None) -> Deadline:
        """A deadline `limit` seconds from now."""
        return cls(limit, time.monotonic() + (limit or 0.0))

    def remaining(self) -> float | None:
        """Seconds left. Raises LimitExceeded past the end."""
        if self.limit is None:
            return None
        left = self.end - time.monotonic()
        if left <= 0:
            raise self.exceeded()
        return left

    def exceeded(self) -> LimitExceeded:
        """Which of the two limits ended a run: time, or where time was left, gas."""
        if self.limit is None or time.monotonic() < self.end:
            return LimitExceeded("execution aborted (gas used up): raise the limit with --rpc-gas-cap")
        return LimitExceeded(
            f"execution aborted (timeout = {self.limit:g}s): raise the limit with --rpc-timeout"
        )


def execute(
    engine: Engine,
    rules: Rules,
    env: BlockEnv,
    transactions: tuple[Transaction, ...],
    view: StateView,
    mode: Mode,
    deadline: Deadline,
) -> Execution:
    """`Engine.execute` with its limits as LimitExceeded."""
    try:
        return engine.execute(rules, env, transactions, view, mode)
    except TraceTooLarge as error:
        raise LimitExceeded(str(error)) from error
    except ExecutionTimeout as error:
        raise deadline.exceeded() from error


def only_result(execution: Execution) -> tuple[TransactionResult, ChangeSet]:
    """The result and the changes of a run of one transaction. Raises InvalidTransaction if it was refused."""
    result = execution.results[0]
    if isinstance(result, InvalidTransaction):
        raise result
    return result, execution.changes
