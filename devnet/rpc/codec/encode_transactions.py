"""Transactions as geth writes them."""

from __future__ import annotations

from typing import Any

from devnet.chain.block import Header
from devnet.chain.fees import effective_gas_price
from devnet.chain.transaction import (
    BLOB,
    DYNAMIC_FEE,
    LEGACY,
    SET_CODE,
    AccessListEntry,
    Authorization,
    BlobSidecar,
    Transaction,
)
from devnet.chain.types import Address, Hash32
from devnet.zone.messages import CallRequest, LocatedTransaction


def hex_data(data: bytes) -> str:
    return "0x" + data.hex()


def hex_address(address: Address | None) -> str | None:
    return None if address is None else "0x" + address.hex()


def hex_word(number: int) -> str:
    """32 bytes, as storage keys and values are written."""
    return f"0x{number:064x}"


def encode_access_list(entries: tuple[AccessListEntry, ...]) -> list[dict[str, Any]]:
    return [
        {"address": hex_data(entry.address), "storageKeys": [hex_word(slot) for slot in entry.slots]}
        for entry in entries
    ]


def _encode_authorization(item: Authorization) -> dict[str, Any]:
    return {
        "chainId": hex(item.chain_id),
        "address": hex_data(item.address),
        "nonce": hex(item.nonce),
        "yParity": hex(item.y_parity),
        "r": hex(item.r),
        "s": hex(item.s),
    }


def encode_transaction(
    transaction: Transaction,
    header: Header | None = None,
    block_hash: Hash32 | None = None,
    index: int | None = None,
) -> dict[str, Any]:
    """A transaction in a block, or in the mempool when header, hash and index are None."""
    kind = transaction.type
    result: dict[str, Any] = {
        "blockHash": None if block_hash is None else hex_data(block_hash),
        "blockNumber": None if header is None else hex(header.number),
        "blockTimestamp": None if header is None else hex(header.timestamp),
        "transactionIndex": None if index is None else hex(index),
        "hash": hex_data(transaction.hash),
        "from": hex_data(transaction.sender),
        **encode_fields(transaction),
        "v": hex(transaction.v),
        "r": hex(transaction.r),
        "s": hex(transaction.s),
    }
    if kind != LEGACY:
        result["yParity"] = hex(transaction.v)
    if header is not None:
        result["gasPrice"] = hex(effective_gas_price(transaction, header.base_fee_per_gas))
    return result


def encode_fields(transaction: Transaction) -> dict[str, Any]:
    """What the sender of a transaction chose. `gasPrice` of a fee-market transaction is its fee cap."""
    kind = transaction.type
    result: dict[str, Any] = {
        "type": hex(kind),
        "nonce": hex(transaction.nonce),
        "gas": hex(transaction.gas_limit),
        "gasPrice": hex(transaction.max_fee_per_gas),
        "to": hex_address(transaction.to),
        "value": hex(transaction.value),
        "input": hex_data(transaction.data),
    }
    if transaction.chain_id is not None:
        result["chainId"] = hex(transaction.chain_id)
    if kind != LEGACY:
        result["accessList"] = encode_access_list(transaction.access_list)
    if kind >= DYNAMIC_FEE:
        result["maxFeePerGas"] = hex(transaction.max_fee_per_gas)
        result["maxPriorityFeePerGas"] = hex(transaction.max_priority_fee_per_gas)
    if kind == BLOB:
        result["maxFeePerBlobGas"] = hex(transaction.max_fee_per_blob_gas)
        result["blobVersionedHashes"] = [hex_data(item) for item in transaction.blob_hashes]
    if kind == SET_CODE:
        result["authorizationList"] = [_encode_authorization(item) for item in transaction.authorizations]
    return result


def encode_located(located: LocatedTransaction) -> dict[str, Any]:
    return encode_transaction(located.transaction, located.header, located.block_hash, located.index)


def encode_request(request: CallRequest) -> dict[str, Any]:
    """A completed request as an unsigned transaction (eth_fillTransaction)."""
    kind = request.type or 0
    result: dict[str, Any] = {
        "type": hex(kind),
        "nonce": hex(request.nonce or 0),
        "gas": hex(request.gas or 0),
        "to": hex_address(request.to),
        "value": hex(request.value or 0),
        "input": hex_data(request.data),
    }
    price = request.gas_price if request.gas_price is not None else request.max_fee_per_gas
    result["gasPrice"] = hex(price or 0)
    if request.chain_id is not None:
        result["chainId"] = hex(request.chain_id)
    if kind != LEGACY:
        result["accessList"] = encode_access_list(request.access_list or ())
    if kind >= DYNAMIC_FEE:
        result["maxFeePerGas"] = hex(request.max_fee_per_gas or 0)
        result["maxPriorityFeePerGas"] = hex(request.max_priority_fee_per_gas or 0)
    if kind == BLOB:
        result["maxFeePerBlobGas"] = hex(request.max_fee_per_blob_gas or 0)
        result["blobVersionedHashes"] = [hex_data(item) for item in request.blob_hashes or ()]
        if request.sidecar is not None:
            result |= encode_sidecar(request.sidecar)
    if kind == SET_CODE:
        result["authorizationList"] = [_encode_authorization(item) for item in request.authorizations or ()]
    return result


def encode_sidecar(sidecar: BlobSidecar) -> dict[str, list[str]]:
    return {
        "blobs": [hex_data(blob) for blob in sidecar.blobs],
        "commitments": [hex_data(commitment) for commitment in sidecar.commitments],
        "proofs": [hex_data(proof) for proof in sidecar.proofs],
    }
