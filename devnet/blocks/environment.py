"""What a block's transactions see of it, as far as it follows from the block and its parent."""

from __future__ import annotations

from typing import Protocol

from devnet.chain.block import Header
from devnet.chain.epochs import SEAL_EPOCH_CALL, STAKING, SYSTEM_ZONE_INDEX, is_epoch_over
from devnet.chain.fees import next_base_fee, next_excess_blob_gas
from devnet.chain.keccak import keccak256
from devnet.chain.rules import Rules
from devnet.chain.settlement_head import (
    NEWEST_HEIGHT_SLOT,
    SETTLEMENT_ROOTS,
    SettlementHead,
    record_call,
)
from devnet.chain.types import ZERO_HASH, Address, Hash32, Wei
from devnet.execution import BlockEnv, SystemCall
from devnet.state import StateView


class Storage(Protocol):
    """What is read of a state here."""

    def storage(self, address: Address, slot: int) -> int: ...


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


def is_recorded(head: SettlementHead, view: StateView) -> bool:
    """Whether the chain whose newest state that is knows the settlement block already. Heights never fall:
    one at or below the highest that was recorded is no news."""
    return head.height == 0 or view.storage(SETTLEMENT_ROOTS, NEWEST_HEIGHT_SLOT) >= head.height


def settlement_calls(head: SettlementHead | None, zone: int, before: Storage) -> tuple[SystemCall, ...]:
    """The system calls of a block of that zone which is the first to know this settlement block; none for
    None. `before` is the state after the block before: in the system zone it says whether an epoch is over,
    and then the set of validators follows the stakes (protocol section 7)."""
    if head is None:
        return ()
    record = SystemCall(SETTLEMENT_ROOTS, record_call(head))
    if zone == SYSTEM_ZONE_INDEX and is_epoch_over(lambda slot: before.storage(STAKING, slot), head.height):
        return (record, SystemCall(STAKING, SEAL_EPOCH_CALL))
    return (record,)


def environment_of(
    header: Header, recent_hashes: tuple[Hash32, ...], system_calls: tuple[SystemCall, ...] = ()
) -> BlockEnv:
    """The environment in which a sealed block's transactions ran. `system_calls` are those of
    `settlement_calls`; what runs none need not tell."""
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
        system_calls=system_calls,
    )
