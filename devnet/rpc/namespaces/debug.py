"""debug: traces, encodings and witnesses."""

from __future__ import annotations

from typing import Any

from devnet.chain.block import Block
from devnet.chain.block_codec import encode_block, encode_header
from devnet.chain.keccak import keccak256
from devnet.chain.receipt_codec import encode_receipt
from devnet.chain.rlp import RlpError, decode, encode
from devnet.chain.types import ZERO_HASH, BlockRef, Hash32
from devnet.execution import TraceSpec
from devnet.execution.traces import locate
from devnet.rpc.codec.blocks import BLOCK_REF, NUMBER_OR_TAG
from devnet.rpc.codec.calls import CALL
from devnet.rpc.codec.encode_transactions import hex_data
from devnet.rpc.codec.shapes import DATA, HASH, Schema, array_of, ref
from devnet.rpc.codec.traces import DEFAULT_TRACE_CALL, STRUCT_LOGGER, TRACE, TRACE_CALL, TraceCallConfig
from devnet.rpc.context import Context
from devnet.rpc.errors import NOT_FOUND, RpcError, invalid_params
from devnet.rpc.methods import Kind, Method, Param
from devnet.zone.messages import CallRequest


def trace_transaction(context: Context, transaction_hash: Hash32, trace: TraceSpec) -> Any:
    shown = _traced(lambda: context.zone.trace_transaction(transaction_hash, trace).trace)
    place = context.zone.transaction(transaction_hash)
    if place is None or place.block_hash is None or place.index is None:
        return shown
    return locate(shown, place.block_hash, place.index)


def trace_block(context: Context, block: BlockRef, trace: TraceSpec) -> list[dict[str, Any]]:
    if block == "pending":
        raise invalid_params("invalid argument 0 (block): tracing on top of pending is not supported")
    traces = _traced(lambda: context.zone.trace_block(block, trace))
    found = context.zone.block(block)
    block_hash = found.hash if found is not None else ZERO_HASH
    return [
        {"txHash": hex_data(entry.transaction_hash), "result": locate(entry.trace, block_hash, index)}
        for index, entry in enumerate(traces)
    ]


def trace_block_encoded(context: Context, encoded: bytes, trace: TraceSpec) -> list[dict[str, Any]]:
    """The block must be of this zone's chain: there is no state for any other."""
    try:
        members = decode(encoded)
        if not isinstance(members, list) or not members or not isinstance(members[0], list):
            raise RlpError("no list of a header and transactions")
        block_hash = keccak256(encode(members[0]))
    except RlpError as error:
        raise invalid_params(f"invalid argument 0 (block): expected the RLP of a block ({error})") from None
    return trace_block(context, block_hash, trace)


def trace_call(context: Context, request: CallRequest, block: BlockRef, config: TraceCallConfig) -> Any:
    if config.transaction_index is not None:
        raise invalid_params("invalid argument 2 (config): txIndex is not supported")
    outcome = _traced(
        lambda: context.zone.call(
            request, block, config.overrides, config.block, config.trace, reading=context.reading
        )
    )
    context.console("debug_traceCall", outcome.console)
    return outcome.trace


def _traced(run: Any) -> Any:
    """A tracer's name and config are only known to the engine, which refuses them with ValueError."""
    try:
        return run()
    except ValueError as error:
        raise invalid_params(str(error)) from error


def _block(context: Context, block: BlockRef) -> Block:
    found = context.zone.block(block, context.reading if block == "pending" else None)
    if found is None:
        raise RpcError(NOT_FOUND, "block not found")
    return found


def get_raw_header(context: Context, block: BlockRef) -> str:
    return hex_data(encode_header(_block(context, block).header))


def get_raw_block(context: Context, block: BlockRef) -> str:
    found = _block(context, block)
    return hex_data(encode_block(found.header, found.transactions))


def get_raw_receipts(context: Context, block: BlockRef) -> list[str]:
    return [hex_data(encode_receipt(receipt)) for receipt in _block(context, block).receipts]


def get_raw_transactions(context: Context, block: BlockRef) -> list[str]:
    return [hex_data(transaction.encoded) for transaction in _block(context, block).transactions]


def get_raw_transaction(context: Context, transaction_hash: Hash32) -> str:
    found = context.zone.transaction(transaction_hash)
    return "0x" if found is None else hex_data(found.transaction.encoded)


def get_bad_blocks(context: Context) -> list[Any]:
    return []


def execution_witness(context: Context, block: BlockRef) -> dict[str, list[str]]:
    witness = context.zone.execution_witness(block)
    return {
        "state": [hex_data(entry) for entry in witness.state],
        "codes": [hex_data(code) for code in witness.codes],
        "keys": [hex_data(key) for key in witness.keys],
        "headers": [hex_data(header) for header in witness.headers],
    }


def clear_txpool(context: Context) -> None:
    context.zone.drop_all_transactions()


_TRACE = Param("config", TRACE, STRUCT_LOGGER)
_NUMBER = Param("block", NUMBER_OR_TAG)
_BLOCK_HASH = Param("hash", HASH)
_ANY_BLOCK = Param("block", BLOCK_REF)

_TRACED: Schema = {}
_TRACED_BLOCK = array_of(
    {"type": "object", "required": ["txHash", "result"], "properties": {"txHash": ref("hash32")}}
)
_BYTES_LIST = array_of(ref("bytes"))
_WITNESS: Schema = {
    "type": "object",
    "required": ["state", "codes", "keys", "headers"],
    "properties": {name: array_of(ref("bytes")) for name in ("state", "codes", "keys", "headers")},
}

METHODS = (
    Method(
        "debug_traceTransaction",
        trace_transaction,
        (Param("hash", HASH), _TRACE),
        Kind.CALL,
        _TRACED,
        "Runs a transaction again in its block under a tracer.",
    ),
    Method(
        "debug_traceCall",
        trace_call,
        (
            Param("call", CALL),
            Param("block", BLOCK_REF, "latest"),
            Param("config", TRACE_CALL, DEFAULT_TRACE_CALL),
        ),
        Kind.CALL,
        _TRACED,
        "Runs a call under a tracer, with state and block overrides.",
    ),
    Method(
        "debug_traceBlockByNumber",
        trace_block,
        (_NUMBER, _TRACE),
        Kind.CALL,
        _TRACED_BLOCK,
        "Traces every transaction of a block.",
    ),
    Method(
        "debug_traceBlockByHash",
        trace_block,
        (_BLOCK_HASH, _TRACE),
        Kind.CALL,
        _TRACED_BLOCK,
        "Traces every transaction of a block.",
    ),
    Method(
        "debug_traceBlock",
        trace_block_encoded,
        (Param("block", DATA), _TRACE),
        Kind.CALL,
        _TRACED_BLOCK,
        "Traces every transaction of a block of this chain given as RLP.",
    ),
    Method("debug_getRawHeader", get_raw_header, (_ANY_BLOCK,), Kind.READ, ref("bytes"), "RLP of a header."),
    Method("debug_getRawBlock", get_raw_block, (_ANY_BLOCK,), Kind.STATE, ref("bytes"), "RLP of a block."),
    Method(
        "debug_getRawReceipts",
        get_raw_receipts,
        (_ANY_BLOCK,),
        Kind.STATE,
        _BYTES_LIST,
        "The encoded receipts of a block.",
    ),
    Method(
        "debug_getRawTransactions",
        get_raw_transactions,
        (_ANY_BLOCK,),
        Kind.STATE,
        _BYTES_LIST,
        "The encoded transactions of a block.",
    ),
    Method(
        "debug_getRawTransaction",
        get_raw_transaction,
        (Param("hash", HASH),),
        Kind.READ,
        ref("bytes"),
        "The encoding of a transaction; 0x where there is none.",
    ),
    Method(
        "debug_getBadBlocks",
        get_bad_blocks,
        (),
        Kind.READ,
        array_of(ref("BadBlock")),
        "Always empty: a zone makes its own blocks.",
    ),
    Method(
        "debug_executionWitness",
        execution_witness,
        (_ANY_BLOCK,),
        Kind.CALL,
        _WITNESS,
        "What a block's execution read: QMDB entries, codes, keys and headers.",
    ),
    Method(
        "debug_clearTxpool",
        clear_txpool,
        (),
        Kind.WRITE,
        {"type": "null"},
        "Drops every waiting transaction.",
    ),
)
