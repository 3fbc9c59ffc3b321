"""The environment of the next block: what follows from its parent, and what the producer's settings say."""

from __future__ import annotations

from dataclasses import dataclass

from devnet.blocks.environment import base_fee_after, block_randomness, excess_blob_gas_after
from devnet.blocks.overrides import NO_OVERRIDES, DevelopmentOverrides
from devnet.chain.block import Header
from devnet.chain.rules import Rules
from devnet.chain.settlement_head import SettlementHead
from devnet.chain.types import Address, Hash32, Wei
from devnet.execution import BlockEnv, SystemCall


@dataclass(frozen=True, slots=True)
class BlockSettings:
    """What the producer puts into the blocks to come; part of a snapshot."""

    coinbase: Address
    gas_limit: int
    settlement: SettlementHead
    is_base_fee_fixed: bool
    min_gas_price: Wei = Wei(0)
    """What a transaction must pay to be accepted."""
    next_base_fee: Wei | None = None
    """Of the next block only; the rule goes on from there."""
    next_prev_randao: Hash32 | None = None
    """Of the next block only."""

    def overrides(self) -> DevelopmentOverrides:
        """What the next block must commit to because of these settings."""
        if self.next_base_fee is None and self.next_prev_randao is None:
            return NO_OVERRIDES
        return DevelopmentOverrides(prev_randao=self.next_prev_randao, base_fee=self.next_base_fee)


def next_environment(
    parent: Header,
    parent_hash: Hash32,
    recent_hashes: tuple[Hash32, ...],
    timestamp: int,
    settings: BlockSettings,
    rules: Rules,
    zone: int,
    system_calls: tuple[SystemCall, ...] = (),
) -> BlockEnv:
    """The environment of the block after `parent`. `system_calls` are those of a block that is the first to
    know the settings' settlement block."""
    number = parent.number + 1
    base_fee = settings.next_base_fee
    randomness = settings.next_prev_randao
    settlement_root = settings.settlement.root
    return BlockEnv(
        number=number,
        timestamp=timestamp,
        coinbase=settings.coinbase,
        gas_limit=settings.gas_limit,
        base_fee=base_fee_after(parent, settings.is_base_fee_fixed) if base_fee is None else base_fee,
        prev_randao=block_randomness(settlement_root, zone, number) if randomness is None else randomness,
        excess_blob_gas=excess_blob_gas_after(parent, rules),
        parent_hash=parent_hash,
        parent_beacon_block_root=settlement_root,
        recent_hashes=recent_hashes,
        system_calls=system_calls,
    )
