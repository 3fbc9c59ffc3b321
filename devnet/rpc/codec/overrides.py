"""State and block overrides of calls, estimates, traces and eth_simulateV1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devnet.chain.types import Address
from devnet.execution import AccountOverride, Overrides
from devnet.rpc.codec.calls import read_call
from devnet.rpc.codec.shapes import (
    Shape,
    optional_field,
    read_address,
    read_data,
    read_hash,
    read_list,
    read_object,
    read_slot,
    read_u64,
    read_wei,
    ref,
)
from devnet.zone.messages import BlockOverrides, SimulatedBlock

_BLOCK_LIMIT = 256
"""Blocks of one eth_simulateV1, as in geth."""


def read_state_overrides(value: Any) -> Overrides:
    """Overrides by address: balance, nonce, code, movePrecompileToAddress, state (replaces) or stateDiff."""
    overrides: dict[Address, AccountOverride] = {}
    for key, entry in read_object(value).items():
        address = read_address(key)
        try:
            overrides[address] = _read_account_override(entry)
        except ValueError as error:
            raise ValueError(f"override of {key}: {error}") from None
    return overrides


def _read_account_override(value: Any) -> AccountOverride:
    source = read_object(value)
    storage = optional_field(source, "state", _read_storage)
    changes = optional_field(source, "stateDiff", _read_storage)
    if storage is not None and changes is not None:
        raise ValueError("state and stateDiff are both given")
    move_to = optional_field(source, "movePrecompileToAddress", read_address)
    return AccountOverride(
        balance=optional_field(source, "balance", read_wei),
        nonce=optional_field(source, "nonce", read_u64),
        code=optional_field(source, "code", read_data),
        storage=storage,
        storage_changes=changes or {},
        move_precompile_to=move_to,
    )


def _read_storage(value: Any) -> Mapping[int, int]:
    return {read_slot(slot): read_slot(word) for slot, word in read_object(value).items()}


def read_block_overrides(value: Any) -> BlockOverrides:
    """Block overrides by geth's names; those of eth_simulateV1 and of geth's eth_call are both taken."""
    source = read_object(value)
    if optional_field(source, "withdrawals", lambda v: read_list(v, read_object)):
        raise ValueError("withdrawals: zones have no withdrawals")

    def either(first: str, second: str, read: Any) -> Any:
        found = optional_field(source, first, read)
        return optional_field(source, second, read) if found is None else found

    return BlockOverrides(
        number=optional_field(source, "number", read_u64),
        timestamp=either("time", "timestamp", read_u64),
        gas_limit=optional_field(source, "gasLimit", read_u64),
        coinbase=either("feeRecipient", "coinbase", read_address),
        prev_randao=either("prevRandao", "random", read_hash),
        base_fee=either("baseFeePerGas", "baseFee", read_wei),
        blob_base_fee=optional_field(source, "blobBaseFee", read_wei),
        parent_beacon_block_root=either("parentBeaconBlockRoot", "beaconRoot", read_hash),
    )


def read_simulated_blocks(value: Any) -> tuple[SimulatedBlock, ...]:
    """blockStateCalls of eth_simulateV1."""
    blocks = read_list(value, _read_simulated_block, _BLOCK_LIMIT)
    if not blocks:
        raise ValueError("blockStateCalls is empty")
    return blocks


def _read_simulated_block(value: Any) -> SimulatedBlock:
    source = read_object(value)
    return SimulatedBlock(
        calls=optional_field(source, "calls", lambda v: read_list(v, read_call)) or (),
        state_overrides=optional_field(source, "stateOverrides", read_state_overrides) or {},
        block_overrides=optional_field(source, "blockOverrides", read_block_overrides) or BlockOverrides(),
    )


STATE_OVERRIDES = Shape(read_state_overrides, ref("StateOverrides"))
BLOCK_OVERRIDES = Shape(read_block_overrides, ref("BlockOverrides"))
