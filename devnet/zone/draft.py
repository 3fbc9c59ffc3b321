"""Executing the transactions of a block that is not sealed yet: for sealing it, or for "pending"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from devnet.chain.account import ChangeSet
from devnet.chain.errors import InvalidTransaction
from devnet.chain.rules import Rules
from devnet.chain.transaction import Transaction
from devnet.execution import BlockEnv, Engine, Mode, TransactionResult
from devnet.scheduling import BlockOrder
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
    """Those that it does not, and why. What only the framer's order left out is neither taken nor refused."""
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
    order: BlockOrder = BlockOrder.GIVEN,
) -> Draft:
    """Runs the candidates; `view` is the state after the parent, without overlay."""
    block = engine.execute_block(rules, env, candidates, view, block_mode(overrides), order)
    execution = block.execution
    taken: list[Transaction] = []
    results: list[TransactionResult] = []
    refused: list[tuple[Transaction, InvalidTransaction]] = []
    ordered = candidates if order is BlockOrder.GIVEN else [candidates[index] for index in block.order]
    for transaction, result in zip(ordered, execution.results, strict=True):
        if isinstance(result, InvalidTransaction):
            refused.append((transaction, result))
        else:
            taken.append(transaction)
            results.append(result)
    return Draft(rules, env, overrides, tuple(taken), tuple(results), tuple(refused), execution.changes, view)
