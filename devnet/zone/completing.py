"""Fills in what a caller of eth_sendTransaction left out, as a wallet would."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from devnet.chain.blobs import versioned_hash
from devnet.chain.rules import Rules
from devnet.chain.transaction import ACCESS_LIST, BLOB, DYNAMIC_FEE, LEGACY, SET_CODE
from devnet.chain.types import Wei
from devnet.zone.errors import BadRequest, ExecutionFailed
from devnet.zone.messages import CallRequest, GasEstimate

MAX_FEE_BASE_FEES = 2
"""The max fee leaves room for the base fee to double, as wallets do."""


def complete(
    request: CallRequest,
    rules: Rules,
    next_nonce: int,
    base_fee: Wei,
    blob_base_fee: Wei,
    priority_fee: Wei,
    estimate: Callable[[CallRequest], GasEstimate],
) -> CallRequest:
    """The request with type, nonce, fees, gas and chain id. Raises BadRequest where it contradicts itself,
    and ExecutionFailed where it needs a gas limit and would fail."""
    if request.chain_id is not None and request.chain_id != rules.chain_id:
        raise BadRequest(f"chain id {request.chain_id} is not this zone's {rules.chain_id}")
    kind = _kind(request)
    filling: dict[str, Any] = {
        "type": kind,
        "chain_id": rules.chain_id,
        "nonce": next_nonce if request.nonce is None else request.nonce,
        "value": request.value or Wei(0),
    }
    if kind >= DYNAMIC_FEE:
        filling |= _two_fees(request, base_fee, priority_fee)
    elif request.gas_price is None:
        filling["gas_price"] = Wei(base_fee + priority_fee)
    if kind == BLOB and request.blob_hashes is None and request.sidecar is not None:
        filling["blob_hashes"] = tuple([versioned_hash(item) for item in request.sidecar.commitments])
    if kind == BLOB and request.max_fee_per_blob_gas is None:
        filling["max_fee_per_blob_gas"] = Wei(max(1, 2 * blob_base_fee))
    filled = replace(request, **filling)
    if filled.gas is None:
        found = estimate(filled)
        if found.failure is not None:
            raise ExecutionFailed(found.failure, found.output, found.console)
        filled = replace(filled, gas=found.gas)
    return filled


def _kind(request: CallRequest) -> int:
    """The type that the request names, or the one that its fields need."""
    has_two_fees = request.max_fee_per_gas is not None or request.max_priority_fee_per_gas is not None
    if has_two_fees and request.gas_price is not None:
        raise BadRequest("both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified")
    if request.type is not None:
        if request.type not in (LEGACY, ACCESS_LIST, DYNAMIC_FEE, BLOB, SET_CODE):
            raise BadRequest(f"transaction type {request.type:#x} is unknown")
        if request.type >= DYNAMIC_FEE and request.gas_price is not None:
            raise BadRequest(f"a transaction of type {request.type:#x} has maxFeePerGas, not gasPrice")
        if request.type < DYNAMIC_FEE and has_two_fees:
            raise BadRequest(f"a transaction of type {request.type:#x} has gasPrice, not maxFeePerGas")
        return request.type
    if request.blob_hashes is not None or request.sidecar is not None:
        return BLOB
    if request.authorizations is not None:
        return SET_CODE
    if request.gas_price is not None:
        return LEGACY if request.access_list is None else ACCESS_LIST
    return DYNAMIC_FEE


def _two_fees(request: CallRequest, base_fee: Wei, priority_fee: Wei) -> dict[str, Wei]:
    tip = request.max_priority_fee_per_gas
    max_fee = request.max_fee_per_gas
    if tip is None:
        tip = priority_fee if max_fee is None else min(priority_fee, max_fee)
    if max_fee is None:
        max_fee = Wei(MAX_FEE_BASE_FEES * base_fee + tip)
    if tip > max_fee:
        raise BadRequest(f"maxFeePerGas ({max_fee}) < maxPriorityFeePerGas ({tip})")
    return {"max_fee_per_gas": max_fee, "max_priority_fee_per_gas": tip}
