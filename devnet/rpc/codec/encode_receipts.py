"""Receipts and logs as geth writes them."""

from __future__ import annotations

from typing import Any

from devnet.chain.block import Header, Log
from devnet.chain.fees import blob_base_fee
from devnet.chain.rules import Rules
from devnet.chain.transaction import BLOB
from devnet.chain.types import Hash32
from devnet.rpc.codec.encode_transactions import hex_address, hex_data
from devnet.zone.messages import LocatedLog, LocatedReceipt


def encode_log(
    log: Log,
    header: Header,
    block_hash: Hash32,
    transaction_hash: str,
    transaction_index: int,
    log_index: int,
) -> dict[str, Any]:
    return {
        "address": hex_data(log.address),
        "topics": [hex_data(topic) for topic in log.topics],
        "data": hex_data(log.data),
        "blockHash": hex_data(block_hash),
        "blockNumber": hex(header.number),
        "blockTimestamp": hex(header.timestamp),
        "transactionHash": transaction_hash,
        "transactionIndex": hex(transaction_index),
        "logIndex": hex(log_index),
        "removed": False,
    }


def encode_located_log(located: LocatedLog) -> dict[str, Any]:
    log = located.log
    timestamp = located.block_timestamp
    return {
        "address": hex_data(log.address),
        "topics": [hex_data(topic) for topic in log.topics],
        "data": hex_data(log.data),
        "blockHash": None if located.block_hash is None else hex_data(located.block_hash),
        "blockNumber": None if located.block_number is None else hex(located.block_number),
        "blockTimestamp": None if timestamp is None else hex(timestamp),
        "transactionHash": hex_data(located.transaction_hash),
        "transactionIndex": hex(located.transaction_index),
        "logIndex": hex(located.log_index),
        "removed": located.removed,
    }


def encode_receipt(located: LocatedReceipt, rules: Rules) -> dict[str, Any]:
    """A receipt. `rules` give the blob gas price of the block."""
    receipt, transaction, header = located.receipt, located.transaction, located.header
    transaction_hash = hex_data(transaction.hash)
    result: dict[str, Any] = {
        "type": hex(receipt.transaction_type),
        "status": "0x1" if receipt.status else "0x0",
        "transactionHash": transaction_hash,
        "transactionIndex": hex(located.index),
        "blockHash": hex_data(located.block_hash),
        "blockNumber": hex(header.number),
        "from": hex_data(transaction.sender),
        "to": hex_address(transaction.to),
        "cumulativeGasUsed": hex(receipt.cumulative_gas_used),
        "gasUsed": hex(receipt.gas_used),
        "effectiveGasPrice": hex(receipt.effective_gas_price),
        "contractAddress": hex_address(receipt.contract_address),
        "logsBloom": hex_data(receipt.bloom),
        "logs": [
            encode_log(
                log,
                header,
                located.block_hash,
                transaction_hash,
                located.index,
                receipt.first_log_index + position,
            )
            for position, log in enumerate(receipt.logs)
        ],
    }
    if receipt.transaction_type == BLOB:
        result["blobGasUsed"] = hex(receipt.blob_gas_used)
        result["blobGasPrice"] = hex(blob_base_fee(rules, header.excess_blob_gas or 0))
    return result
