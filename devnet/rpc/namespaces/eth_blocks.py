"""eth: headers, blocks and what is counted in them."""

from __future__ import annotations

from typing import Any

from devnet.chain.types import BlockRef
from devnet.rpc.codec.blocks import BLOCK_REF, NUMBER_OR_TAG
from devnet.rpc.codec.encode_blocks import encode_block, encode_header, hide_pending_fields
from devnet.rpc.codec.encode_receipts import encode_receipt
from devnet.rpc.codec.shapes import BOOLEAN, HASH, QUANTITY_64, Schema, array_of, nullable, ref
from devnet.rpc.context import Context
from devnet.rpc.methods import Kind, Method, Param


def get_block(context: Context, block: BlockRef, full: bool) -> dict[str, Any] | None:
    found = context.zone.block(block, context.reading if block == "pending" else None)
    if found is None:
        return None
    encoded = encode_block(found, full)
    return hide_pending_fields(encoded) if block == "pending" else encoded


def get_header(context: Context, block: BlockRef) -> dict[str, Any] | None:
    found = context.zone.block(block, context.reading if block == "pending" else None)
    if found is None:
        return None
    encoded = encode_header(found.header, found.hash)
    return hide_pending_fields(encoded) if block == "pending" else encoded


def get_transaction_count(context: Context, block: BlockRef) -> str | None:
    found = context.zone.block(block, context.reading if block == "pending" else None)
    return None if found is None else hex(len(found.transactions))


def get_uncle_count(context: Context, block: BlockRef) -> str | None:
    return None if context.zone.block(block, context.reading) is None else "0x0"


def get_uncle(context: Context, block: BlockRef, index: int) -> None:
    return None


def get_block_receipts(context: Context, block: BlockRef) -> list[dict[str, Any]] | None:
    found = context.zone.receipts(block)
    if found is None:
        return None
    rules = context.rules
    return [encode_receipt(receipt, rules) for receipt in found]


HEADER: Schema = {
    "type": "object",
    "required": [
        "hash",
        "parentHash",
        "number",
        "timestamp",
        "stateRoot",
        "gasLimit",
        "gasUsed",
        "logsBloom",
    ],
    "properties": {
        "parentHash": ref("hash32"),
        "number": ref("uint"),
        "timestamp": ref("uint"),
        "stateRoot": ref("hash32"),
        "logsBloom": ref("bytes256"),
    },
    "not": {"required": ["transactions"]},
}

_NUMBER = Param("block", NUMBER_OR_TAG)
_HASH = Param("hash", HASH)
_FULL = Param("full", BOOLEAN, False)
_COUNT = nullable(ref("uint"))
_BLOCK = nullable(ref("Block"))

METHODS = (
    # With full transactions a block can be large: not on the event loop.
    Method(
        "eth_getBlockByNumber", get_block, (_NUMBER, _FULL), Kind.STATE, _BLOCK, "A block by number or tag."
    ),
    Method("eth_getBlockByHash", get_block, (_HASH, _FULL), Kind.STATE, _BLOCK, "A block by hash."),
    Method(
        "eth_getHeaderByNumber", get_header, (_NUMBER,), Kind.READ, nullable(HEADER), "A header by number."
    ),
    Method("eth_getHeaderByHash", get_header, (_HASH,), Kind.READ, nullable(HEADER), "A header by hash."),
    Method(
        "eth_getBlockTransactionCountByNumber",
        get_transaction_count,
        (_NUMBER,),
        Kind.READ,
        _COUNT,
        "How many transactions a block holds.",
    ),
    Method(
        "eth_getBlockTransactionCountByHash",
        get_transaction_count,
        (_HASH,),
        Kind.READ,
        _COUNT,
        "How many transactions a block holds.",
    ),
    Method("eth_getUncleCountByBlockNumber", get_uncle_count, (_NUMBER,), Kind.READ, _COUNT, "Always zero."),
    Method("eth_getUncleCountByBlockHash", get_uncle_count, (_HASH,), Kind.READ, _COUNT, "Always zero."),
    Method(
        "eth_getUncleByBlockNumberAndIndex",
        get_uncle,
        (_NUMBER, Param("index", QUANTITY_64)),
        Kind.READ,
        {"type": "null"},
        "Always null: no block has uncles.",
    ),
    Method(
        "eth_getUncleByBlockHashAndIndex",
        get_uncle,
        (_HASH, Param("index", QUANTITY_64)),
        Kind.READ,
        {"type": "null"},
        "Always null: no block has uncles.",
    ),
    Method(
        "eth_getBlockReceipts",
        get_block_receipts,
        (Param("block", BLOCK_REF),),
        Kind.STATE,
        nullable(array_of(ref("ReceiptInfo"))),
        "All receipts of a block.",
    ),
)
