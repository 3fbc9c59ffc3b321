"""txpool: what waits in the mempool."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devnet.artifacts.display import checksum
from devnet.chain.transaction import Transaction
from devnet.chain.types import Address
from devnet.rpc.codec.encode_transactions import encode_transaction
from devnet.rpc.codec.shapes import ADDRESS, Schema, ref
from devnet.rpc.context import Context
from devnet.rpc.methods import Kind, Method, Param

_Waiting = Mapping[Address, Mapping[int, Transaction]]


def status(context: Context) -> dict[str, str]:
    zone = context.zone.status()
    return {"pending": hex(zone.pending), "queued": hex(zone.queued)}


def content(context: Context) -> dict[str, Any]:
    pool = context.zone.pool()
    return {"pending": _by_sender(pool.pending), "queued": _by_sender(pool.queued)}


def content_from(context: Context, sender: Address) -> dict[str, Any]:
    pool = context.zone.pool(sender)
    return {
        "pending": _by_nonce(pool.pending.get(sender, {})),
        "queued": _by_nonce(pool.queued.get(sender, {})),
    }


def inspect(context: Context) -> dict[str, Any]:
    pool = context.zone.pool()
    return {"pending": _summaries(pool.pending), "queued": _summaries(pool.queued)}


def _by_sender(waiting: _Waiting) -> dict[str, Any]:
    return {checksum(sender): _by_nonce(transactions) for sender, transactions in waiting.items()}


def _by_nonce(transactions: Mapping[int, Transaction]) -> dict[str, Any]:
    return {str(nonce): encode_transaction(transactions[nonce]) for nonce in sorted(transactions)}


def _summaries(waiting: _Waiting) -> dict[str, Any]:
    return {
        checksum(sender): {str(nonce): _summary(transactions[nonce]) for nonce in sorted(transactions)}
        for sender, transactions in waiting.items()
    }


def _summary(transaction: Transaction) -> str:
    """geth's words."""
    to = "contract creation" if transaction.to is None else checksum(transaction.to)
    price = transaction.max_fee_per_gas
    return f"{to}: {transaction.value} wei + {transaction.gas_limit} gas × {price} wei"


_INSPECTION: Schema = {
    "type": "object",
    "required": ["pending", "queued"],
    "additionalProperties": {
        "type": "object",
        "additionalProperties": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}

METHODS = (
    Method("txpool_status", status, (), Kind.READ, ref("TxpoolStatus"), "How many transactions wait."),
    Method(
        "txpool_content", content, (), Kind.STATE, ref("TxpoolContent"), "The mempool by sender and nonce."
    ),
    Method(
        "txpool_contentFrom",
        content_from,
        (Param("address", ADDRESS),),
        Kind.STATE,
        ref("TxpoolContentFromResult"),
        "What waits of one sender.",
    ),
    Method(
        "txpool_inspect", inspect, (), Kind.STATE, _INSPECTION, "The mempool as one line per transaction."
    ),
)
