"""eth: prices of gas."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from devnet.chain.types import BlockRef
from devnet.rpc.codec.blocks import NUMBER_OR_TAG
from devnet.rpc.codec.shapes import Schema, Shape, array_of, describe, read_list, read_u64_number, ref
from devnet.rpc.context import Context
from devnet.rpc.methods import Kind, Method, Param

_PERCENTILES_LIMIT = 100
"""As in geth."""


def _read_percentile(value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value <= 100:
        raise ValueError(f"expected a percentile between 0 and 100, got {describe(value)}")
    return float(value)


def _read_percentiles(value: Any) -> tuple[float, ...]:
    percentiles = read_list(value, _read_percentile, _PERCENTILES_LIMIT)
    if any(later < earlier for earlier, later in pairwise(percentiles)):
        raise ValueError("percentiles do not increase")
    return percentiles


def gas_price(context: Context) -> str:
    return hex(context.zone.next_base_fee() + context.zone.suggested_priority_fee())


def base_fee(context: Context) -> str:
    return hex(context.zone.next_base_fee())


def blob_base_fee(context: Context) -> str:
    return hex(context.zone.next_blob_base_fee())


def max_priority_fee(context: Context) -> str:
    return hex(context.zone.suggested_priority_fee())


def fee_history(
    context: Context, count: int, newest: BlockRef, percentiles: tuple[float, ...] | None
) -> dict[str, Any]:
    history = context.zone.fee_history(min(count, 1024), newest, percentiles)
    result: dict[str, Any] = {
        "oldestBlock": hex(history.oldest),
        "baseFeePerGas": [hex(fee) for fee in history.base_fees],
        "gasUsedRatio": list(history.gas_used_ratios),
        "baseFeePerBlobGas": [hex(fee) for fee in history.blob_base_fees],
        "blobGasUsedRatio": list(history.blob_gas_used_ratios),
    }
    if history.rewards is not None:
        result["reward"] = [[hex(reward) for reward in rewards] for rewards in history.rewards]
    return result


_FEE_HISTORY: Schema = {
    "type": "object",
    "required": ["oldestBlock", "baseFeePerGas", "gasUsedRatio"],
    "properties": {
        "oldestBlock": ref("uint"),
        "baseFeePerGas": array_of(ref("uint")),
        "gasUsedRatio": array_of({"type": "number"}),
        "baseFeePerBlobGas": array_of(ref("uint")),
        "blobGasUsedRatio": array_of({"type": "number"}),
        "reward": array_of(array_of(ref("uint"))),
    },
}

METHODS = (
    Method("eth_gasPrice", gas_price, (), Kind.READ, ref("uint"), "Next base fee plus the suggested tip."),
    Method("eth_baseFee", base_fee, (), Kind.READ, ref("uint"), "Base fee of the next block."),
    Method("eth_blobBaseFee", blob_base_fee, (), Kind.READ, ref("uint"), "Blob gas price of the next block."),
    Method("eth_maxPriorityFeePerGas", max_priority_fee, (), Kind.READ, ref("uint"), "Suggested tip."),
    Method(
        "eth_feeHistory",
        fee_history,
        (
            # web3.js and old wallets send the count as a JSON number, which geth takes as well.
            Param("blockCount", Shape(read_u64_number, ref("uint"))),
            Param("newestBlock", NUMBER_OR_TAG),
            Param("rewardPercentiles", Shape(_read_percentiles, array_of({"type": "number"})), None),
        ),
        Kind.STATE,
        _FEE_HISTORY,
        "Base fees, gas used and tips of past blocks.",
    ),
)
