"""What a block's transactions see of it: the environment of the next block, and of any sealed one."""

from __future__ import annotations

from dataclasses import dataclass

from devnet.chain.block import Header
from devnet.chain.fees import next_base_fee, next_excess_blob_gas
from devnet.chain.keccak import keccak256
from devnet.chain.rules import Rules
from devnet.chain.types import ZERO_HASH, Address, Hash32, Wei
from devnet.execution import BlockEnv
from devnet.zone.block_overrides import NO_OVERRIDES, DevelopmentOverrides
from devnet.zone.messages import SettlementHead


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


def block_randomness(settlement_root: Hash32, zone: int, number: int) -> Hash32:
    """mixHash (protocol section 2): keccak(settlement root ‖ u32be zone ‖ u64be number)."""
    return keccak256(settlement_root + zone.to_bytes(4, "big") + number.to_bytes(8, "big"))


def base_fee_after(parent: Header, is_fixed: bool) -> Wei:
    """The base fee that the rule gives the block after `parent` (EIP-1559, or the parent's where it is
    fixed)."""
    if is_fixed:
        return parent.base_fee_per_gas
    return next_base_fee(parent.gas_limit, parent.gas_used, parent.base_fee_per_gas)


def excess_blob_gas_after(parent: Header, rules: Rules) -> int:
    """The excess blob gas of the block after `parent`."""
    return next_excess_blob_gas(
        rules, parent.excess_blob_gas or 0, parent.blob_gas_used or 0, parent.base_fee_per_gas
    )


def next_environment(
    parent: Header,
    parent_hash: Hash32,
    recent_hashes: tuple[Hash32, ...],
    timestamp: int,
    settings: BlockSettings,
    rules: Rules,
    zone: int,
) -> BlockEnv:
    """The environment of the block after `parent`."""
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
    )


def environment_of(header: Header, recent_hashes: tuple[Hash32, ...]) -> BlockEnv:
    """The environment in which a sealed block's transactions ran."""
    return BlockEnv(
        number=header.number,
        timestamp=header.timestamp,
        coinbase=header.coinbase,
        gas_limit=header.gas_limit,
        base_fee=header.base_fee_per_gas,
        prev_randao=header.prev_randao,
        excess_blob_gas=header.excess_blob_gas or 0,
        parent_hash=header.parent_hash,
        parent_beacon_block_root=header.parent_beacon_block_root or ZERO_HASH,
        recent_hashes=recent_hashes,
    )
