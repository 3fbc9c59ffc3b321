"""Headers and blocks as geth writes them."""

from __future__ import annotations

from typing import Any

from devnet.chain.block import Block, Header
from devnet.chain.block_codec import EMPTY_OMMERS_HASH
from devnet.chain.types import Hash32
from devnet.rpc.codec.encode_transactions import encode_transaction, hex_data

_NO_UNCLES = "0x" + EMPTY_OMMERS_HASH.hex()
_NO_NONCE = "0x0000000000000000"


def encode_header(header: Header, block_hash: Hash32) -> dict[str, Any]:
    """A header as eth_getHeaderByNumber and newHeads give it."""
    result: dict[str, Any] = {
        "hash": hex_data(block_hash),
        "parentHash": hex_data(header.parent_hash),
        "sha3Uncles": _NO_UNCLES,
        "miner": hex_data(header.coinbase),
        "stateRoot": hex_data(header.state_root),
        "transactionsRoot": hex_data(header.transactions_root),
        "receiptsRoot": hex_data(header.receipts_root),
        "logsBloom": hex_data(header.bloom),
        "difficulty": "0x0",
        "number": hex(header.number),
        "gasLimit": hex(header.gas_limit),
        "gasUsed": hex(header.gas_used),
        "timestamp": hex(header.timestamp),
        "extraData": hex_data(header.extra_data),
        "mixHash": hex_data(header.prev_randao),
        "nonce": _NO_NONCE,
        "baseFeePerGas": hex(header.base_fee_per_gas),
    }
    if header.withdrawals_root is not None:
        result["withdrawalsRoot"] = hex_data(header.withdrawals_root)
    if header.blob_gas_used is not None:
        result["blobGasUsed"] = hex(header.blob_gas_used)
    if header.excess_blob_gas is not None:
        result["excessBlobGas"] = hex(header.excess_blob_gas)
    if header.parent_beacon_block_root is not None:
        result["parentBeaconBlockRoot"] = hex_data(header.parent_beacon_block_root)
    if header.requests_hash is not None:
        result["requestsHash"] = hex_data(header.requests_hash)
    return result


def encode_block(block: Block, full: bool) -> dict[str, Any]:
    """A block with its transactions in full or by hash."""
    header = block.header
    result = encode_header(header, block.hash)
    result["size"] = hex(block.size)
    result["uncles"] = []
    if header.withdrawals_root is not None:
        result["withdrawals"] = []
    if full:
        result["transactions"] = [
            encode_transaction(transaction, header, block.hash, index)
            for index, transaction in enumerate(block.transactions)
        ]
    else:
        result["transactions"] = [hex_data(transaction.hash) for transaction in block.transactions]
    return result


def hide_pending_fields(block: dict[str, Any]) -> dict[str, Any]:
    """What is not known before a block is sealed is null, as in geth."""
    return {**block, "hash": None, "nonce": None, "miner": None}
