"""zero: proofs that need nothing but a block's hash, or a state root, to be checked (docs/proofs.md)."""

from __future__ import annotations

from typing import Any

from devnet.chain.block import Header
from devnet.chain.block_codec import encode_header
from devnet.chain.rlp import encode_int
from devnet.chain.types import Address, BlockRef, Hash32
from devnet.rpc.codec.blocks import BLOCK_REF
from devnet.rpc.codec.encode_transactions import hex_data, hex_word
from devnet.rpc.codec.settled_proofs import SETTLED, SETTLED_BLOCK, SETTLED_ROOT, KnownBy, object_of
from devnet.rpc.codec.shapes import (
    ADDRESS,
    HASH,
    QUANTITY_64,
    Schema,
    Shape,
    array_of,
    nullable,
    read_list,
    read_slot,
    ref,
)
from devnet.rpc.context import Context
from devnet.rpc.errors import NOT_FOUND, RpcError, invalid_params
from devnet.rpc.methods import Kind, Method, Param
from devnet.rpc.namespaces.zero_proofs_settled import settled_block, settled_state
from devnet.zone.messages import InclusionProof

SLOTS_LIMIT = 1024
"""Slots of one zero_getProof."""


def get_proof(
    context: Context,
    address: Address,
    slots: tuple[int, ...],
    block: BlockRef,
    settled: int | KnownBy | None,
) -> dict[str, Any]:
    shown = None
    if settled is not None:
        if block != "latest":
            raise invalid_params("the settlement block decides which block it is: give block or settled")
        block, shown = settled_state(context, settled)
    proven = context.zone.prove(address, slots, block)
    if shown is not None and shown["stateRoot"] != hex_data(proven.header.state_root):
        raise RpcError(NOT_FOUND, f"block {block!r} was replaced meanwhile; ask again")
    account = proven.account
    answer: dict[str, Any] = {} if shown is None else {"settled": shown}
    return answer | {
        **_block(proven.header, proven.block_hash),
        "stateRoot": hex_data(proven.header.state_root),
        "address": hex_data(address),
        "account": None
        if account is None
        else {
            "nonce": hex(account.nonce),
            "balance": hex(account.balance),
            "codeHash": hex_data(account.code_hash),
        },
        "accountProof": hex_data(proven.account_proof.proof),
        "storage": [
            {
                "key": hex_word(slot),
                "value": hex(int.from_bytes(found.value or b"", "big")),
                "proof": hex_data(found.proof),
            }
            for slot, found in zip(slots, proven.slots, strict=True)
        ],
    }


def get_transaction_proof(
    context: Context, transaction_hash: Hash32, settled: int | KnownBy | None
) -> dict[str, Any]:
    proven = _found(context, context.zone.prove_transaction(transaction_hash), transaction_hash)
    return _inclusion(context, proven, "transactions", settled)


def get_receipt_proof(
    context: Context, transaction_hash: Hash32, settled: int | KnownBy | None
) -> dict[str, Any]:
    proven = _found(context, context.zone.prove_receipt(transaction_hash), transaction_hash)
    return _inclusion(context, proven, "receipts", settled)


def get_log_proof(
    context: Context, transaction_hash: Hash32, log_index: int, settled: int | KnownBy | None
) -> dict[str, Any]:
    proven = _found(context, context.zone.prove_receipt(transaction_hash), transaction_hash)
    located = context.zone.receipts(proven.block_hash)
    if located is None:
        # Rolled back since.
        raise _not_in_a_block(context, transaction_hash)
    first = sum(len(entry.receipt.logs) for entry in located[: proven.index])
    count = len(located[proven.index].receipt.logs)
    if not first <= log_index < first + count:
        there = f"its logs are {first} to {first + count - 1}" if count else "it has none"
        raise RpcError(
            NOT_FOUND, f"transaction {hex_data(transaction_hash)} has no log with index {log_index}: {there}"
        )
    return {
        **_inclusion(context, proven, "receipts", settled),
        "logIndex": hex(log_index),
        "indexInReceipt": hex(log_index - first),
    }


def _block(header: Header, block_hash: Hash32) -> dict[str, Any]:
    return {
        "blockNumber": hex(header.number),
        "blockHash": hex_data(block_hash),
        "header": hex_data(encode_header(header)),
    }


def _inclusion(
    context: Context, proven: InclusionProof, trie: str, settled: int | KnownBy | None
) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    if settled is not None:
        answer["settled"] = settled_block(context, settled, proven.header.number, proven.block_hash)
    return answer | {
        **_block(proven.header, proven.block_hash),
        "trie": trie,
        "index": hex(proven.index),
        "key": hex_data(encode_int(proven.index)),
        "value": hex_data(proven.item),
        "nodes": [hex_data(node) for node in proven.nodes],
    }


def _found(context: Context, proven: InclusionProof | None, transaction_hash: Hash32) -> InclusionProof:
    if proven is None:
        raise _not_in_a_block(context, transaction_hash)
    return proven


def _not_in_a_block(context: Context, transaction_hash: Hash32) -> RpcError:
    zone = context.zone
    oldest = zone.history().oldest
    if zone.transaction(transaction_hash) is not None:
        reason = "it waits in the mempool"
    elif oldest > zone.config.genesis_number:
        reason = (
            f"no kept block holds it, and those below {oldest} are no longer kept (--history, --memory-limit)"
        )
    else:
        reason = "no block of this zone holds it"
    return RpcError(NOT_FOUND, f"transaction {hex_data(transaction_hash)} cannot be proven: {reason}")


_SLOTS = Shape(lambda value: read_list(value, read_slot, SLOTS_LIMIT), array_of(ref("bytesMax32")))
_HASH = Param("hash", HASH)
_SETTLED = Param("settled", SETTLED, None)


_BLOCK_PROPERTIES: dict[str, Schema] = {
    "blockNumber": ref("uint"),
    "blockHash": ref("hash32"),
    "header": ref("bytes"),
}
_PROOF = object_of(
    {
        **_BLOCK_PROPERTIES,
        "stateRoot": ref("hash32"),
        "address": ref("address"),
        "account": nullable(
            object_of({"nonce": ref("uint"), "balance": ref("uint"), "codeHash": ref("hash32")})
        ),
        "accountProof": ref("bytes"),
        "storage": array_of(
            object_of({"key": ref("hash32"), "value": ref("uint256"), "proof": ref("bytes")})
        ),
        "settled": SETTLED_ROOT,
    },
    "settled",
)
_INCLUSION_PROPERTIES: dict[str, Schema] = {
    **_BLOCK_PROPERTIES,
    "index": ref("uint"),
    "key": ref("bytes"),
    "value": ref("bytes"),
    "nodes": array_of(ref("bytes")),
    "settled": SETTLED_BLOCK,
}
_RECEIPT_PROPERTIES: dict[str, Schema] = {**_INCLUSION_PROPERTIES, "trie": {"const": "receipts"}}

METHODS = (
    Method(
        "zero_getProof",
        get_proof,
        (
            Param("address", ADDRESS),
            Param("slots", _SLOTS, ()),
            Param("block", BLOCK_REF, "latest"),
            _SETTLED,
        ),
        # The state is proven by the thread that commits it.
        Kind.PROVE,
        _PROOF,
        "QMDB proofs of an account and its slots under a block's state root, there or not.",
    ),
    Method(
        "zero_getTransactionProof",
        get_transaction_proof,
        (_HASH, _SETTLED),
        Kind.STATE,
        object_of({**_INCLUSION_PROPERTIES, "trie": {"const": "transactions"}}, "settled"),
        "Proves that a transaction is in its block: the way from the transactions root.",
    ),
    Method(
        "zero_getReceiptProof",
        get_receipt_proof,
        (_HASH, _SETTLED),
        Kind.STATE,
        object_of(_RECEIPT_PROPERTIES, "settled"),
        "Proves the receipt of a transaction: the way from the receipts root of its block.",
    ),
    Method(
        "zero_getLogProof",
        get_log_proof,
        (_HASH, Param("logIndex", QUANTITY_64), _SETTLED),
        Kind.STATE,
        object_of({**_RECEIPT_PROPERTIES, "logIndex": ref("uint"), "indexInReceipt": ref("uint")}, "settled"),
        "Proves a log, by its index in the block: its receipt's proof and its place in the receipt.",
    ),
)
