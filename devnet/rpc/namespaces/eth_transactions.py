"""eth: transactions and receipts that are there."""

from __future__ import annotations

from typing import Any

from devnet.chain.types import Address, BlockRef, Hash32
from devnet.rpc.codec.blocks import NUMBER_OR_TAG
from devnet.rpc.codec.encode_receipts import encode_receipt
from devnet.rpc.codec.encode_transactions import encode_located, encode_transaction, hex_data
from devnet.rpc.codec.shapes import ADDRESS, HASH, QUANTITY_64, array_of, nullable, ref
from devnet.rpc.context import Context
from devnet.rpc.methods import Kind, Method, Param
from devnet.zone.messages import LocatedTransaction


def _encoded(found: LocatedTransaction | None) -> dict[str, Any] | None:
    return None if found is None else encode_located(found)


def _raw(found: LocatedTransaction | None) -> str | None:
    return None if found is None else hex_data(found.transaction.encoded)


def by_hash(context: Context, transaction_hash: Hash32) -> dict[str, Any] | None:
    return _encoded(context.zone.transaction(transaction_hash))


def by_index(context: Context, block: BlockRef, index: int) -> dict[str, Any] | None:
    return _encoded(context.zone.transaction_at(block, index))


def by_sender_and_nonce(context: Context, sender: Address, nonce: int) -> dict[str, Any] | None:
    return _encoded(context.zone.transaction_by_sender(sender, nonce))


def raw_by_hash(context: Context, transaction_hash: Hash32) -> str | None:
    return _raw(context.zone.transaction(transaction_hash))


def raw_by_index(context: Context, block: BlockRef, index: int) -> str | None:
    return _raw(context.zone.transaction_at(block, index))


def receipt(context: Context, transaction_hash: Hash32) -> dict[str, Any] | None:
    found = context.zone.receipt(transaction_hash)
    return None if found is None else encode_receipt(found, context.rules)


def pending(context: Context) -> list[dict[str, Any]]:
    return [encode_transaction(transaction) for transaction in context.zone.pending_transactions()]


_HASH = Param("hash", HASH)
_INDEX = Param("index", QUANTITY_64)
_NUMBER = Param("block", NUMBER_OR_TAG)

TRANSACTION = nullable({"oneOf": [ref("TransactionInfo"), ref("PendingTransactionInfo")]})
_RAW = nullable(ref("bytes"))

METHODS = (
    Method("eth_getTransactionByHash", by_hash, (_HASH,), Kind.READ, TRANSACTION, "A transaction by hash."),
    Method(
        "eth_getTransactionByBlockHashAndIndex",
        by_index,
        (_HASH, _INDEX),
        Kind.READ,
        TRANSACTION,
        "A transaction by its place in a block.",
    ),
    Method(
        "eth_getTransactionByBlockNumberAndIndex",
        by_index,
        (_NUMBER, _INDEX),
        Kind.READ,
        TRANSACTION,
        "A transaction by its place in a block.",
    ),
    Method(
        "eth_getTransactionBySenderAndNonce",
        by_sender_and_nonce,
        (Param("sender", ADDRESS), Param("nonce", QUANTITY_64)),
        Kind.READ,
        TRANSACTION,
        "A transaction by its sender and nonce.",
    ),
    Method(
        "eth_getRawTransactionByHash", raw_by_hash, (_HASH,), Kind.READ, _RAW, "A transaction's encoding."
    ),
    Method(
        "eth_getRawTransactionByBlockHashAndIndex",
        raw_by_index,
        (_HASH, _INDEX),
        Kind.READ,
        _RAW,
        "The encoding of a transaction by its place in a block.",
    ),
    Method(
        "eth_getRawTransactionByBlockNumberAndIndex",
        raw_by_index,
        (_NUMBER, _INDEX),
        Kind.READ,
        _RAW,
        "The encoding of a transaction by its place in a block.",
    ),
    Method(
        "eth_getTransactionReceipt",
        receipt,
        (_HASH,),
        Kind.READ,
        nullable(ref("ReceiptInfo")),
        "The receipt of a transaction in a block.",
    ),
    Method(
        "eth_pendingTransactions",
        pending,
        (),
        Kind.STATE,
        array_of(ref("PendingTransactionInfo")),
        "What the next block would take, in its order.",
    ),
)
