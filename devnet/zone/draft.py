"""Executing the transactions of a block that is not sealed yet: for sealing it, or for "pending"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from devnet.blocks.overrides import DevelopmentOverrides
from devnet.chain.account import ChangeSet
from devnet.chain.errors import InvalidTransaction
from devnet.chain.forced import ForcedTransaction
from devnet.chain.rules import Rules
from devnet.chain.settlement_head import SettlementHead
from devnet.chain.transaction import Transaction
from devnet.execution import BlockEnv, Engine, Mode, TransactionResult
from devnet.scheduling import BlockOrder
from devnet.state import StateView
from devnet.zone.inbox import NO_CONSUMPTION, Consumption


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
    settlement: SettlementHead | None
    """The settlement block that it is the first to know."""
    forced: tuple[ForcedTransaction, ...]
    """What it consumes of the inbox."""
    base: StateView
    """The state that it was executed on: the one after the parent, without overlay."""


def build_draft(
    engine: Engine,
    rules: Rules,
    env: BlockEnv,
    view: StateView,
    candidates: Sequence[Transaction],
    overrides: DevelopmentOverrides,
    mode: Mode,
    order: BlockOrder = BlockOrder.GIVEN,
    settlement: SettlementHead | None = None,
    consumption: Consumption = NO_CONSUMPTION,
) -> Draft:
    """Runs what is consumed of the inbox, then the candidates; `view` is the state after the parent, without
    overlay. `mode` is that of a block with these overrides; `settlement` is what the environment records. A
    block that consumes something has its transactions in the given order."""
    forced = consumption.transactions
    candidates = (*forced, *candidates) if forced else candidates
    block = engine.execute_block(rules, env, candidates, view, mode, order)
    execution = block.execution
    taken: list[Transaction] = []
    results: list[TransactionResult] = []
    refused: list[tuple[Transaction, InvalidTransaction]] = []
    ordered = candidates if order is BlockOrder.GIVEN else [candidates[index] for index in block.order]
    for place, (transaction, result) in enumerate(zip(ordered, execution.results, strict=True)):
        if isinstance(result, InvalidTransaction):
            # A forced one is consumed without effect.
            if place >= len(forced):
                refused.append((transaction, result))
        else:
            taken.append(transaction)
            results.append(result)
    return Draft(
        rules,
        env,
        overrides,
        tuple(taken),
        tuple(results),
        tuple(refused),
        execution.changes,
        settlement,
        consumption.forced,
        view,
    )
