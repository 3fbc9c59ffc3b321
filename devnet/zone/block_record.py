"""A sealed block and what the zone must know to run it again."""

from __future__ import annotations

from dataclasses import dataclass

from devnet.blocks.overrides import DevelopmentOverrides
from devnet.chain.block import Block
from devnet.chain.forced import ForcedTransaction
from devnet.chain.rules import Rules
from devnet.chain.settlement_head import SettlementHead


@dataclass(frozen=True, slots=True)
class BlockRecord:
    """One block of the chain."""

    block: Block
    state_height: int
    """Height of the state after the block. It counts change sets, so it differs from the block's number where
    the zone's genesis has another number than 0 or blocks were reserved (`reserved_range.py`)."""
    rules: Rules
    """The rules in force; development calls may change the chain id between blocks."""
    overrides: DevelopmentOverrides
    settlement: SettlementHead | None = None
    """The settlement block that this one is the first to know; None where it knows what its parent knew."""
    forced: tuple[ForcedTransaction, ...] = ()
    """What it consumed of the zone's inbox, in queue order: what could be executed are its first
    transactions."""
    inbox_index: int = 0
    """How much of the zone's inbox this block and all before it consumed."""

    @property
    def number(self) -> int:
        return self.block.header.number
