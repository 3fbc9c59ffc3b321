"""Executing the transactions of a block that is not sealed yet: for sealing it, or for "pending"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from devnet.chain.account import ChangeSet
from devnet.chain.errors import InvalidTransaction
from devnet.chain.rules import Rules
from devnet.chain.transaction import Transaction
from devnet.execution import BlockEnv, Engine, Mode, TransactionResult
from devnet.state import StateView
from devnet.zone.block_overrides import DevelopmentOverrides


@dataclass(frozen=True, slots=True)
class Draft:
    """A block's execution."""

    rules: Rules
    env: BlockEnv
    overrides: DevelopmentOverrides
    transactions: tuple[Transaction, ...]
    """Those that the block takes."""
    results: tuple[TransactionResult, ...]
    refused: tuple[tuple[Transaction, InvalidTransaction], ...]
    """Those that it does not, and why."""
    changes: ChangeSet
    base: StateView
    """The state that it was executed on: the one after the parent, without overlay."""


_PLAIN_BLOCK = Mode(system_calls=True, credit_fees=True)


def block_mode(overrides: DevelopmentOverrides) -> Mode:
    """How a block's transactions are executed (protocol section 2)."""
    if not overrides.accounts:
        return _PLAIN_BLOCK
    return Mode(system_calls=True, credit_fees=True, overrides=overrides.accounts)


def build_draft(
    engine: Engine,
    rules: Rules,
    env: BlockEnv,
    view: StateView,
    candidates: Sequence[Transaction],
    overrides: DevelopmentOverrides,
) -> Draft:
    """Runs the candidates in order; `view` is the state after the parent, without overlay."""
    execution = engine.execute(rules, env, candidates, view, block_mode(overrides))
    taken: list[Transaction] = []
    results: list[TransactionResult] = []
    refused: list[tuple[Transaction, InvalidTransaction]] = []
    for transaction, result in zip(candidates, execution.results, strict=True):
        if isinstance(result, InvalidTransaction):
            refused.append((transaction, result))
        else:
            taken.append(transaction)
            results.append(result)
    return Draft(rules, env, overrides, tuple(taken), tuple(results), tuple(refused), execution.changes, view)
