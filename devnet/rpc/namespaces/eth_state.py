"""eth: balances, nonces, code and storage."""

from __future__ import annotations

from typing import Any

from devnet.chain.types import Address, BlockRef
from devnet.rpc.codec.blocks import BLOCK_REF
from devnet.rpc.codec.encode_transactions import hex_data, hex_word
from devnet.rpc.codec.shapes import (
    ADDRESS,
    SLOT,
    Shape,
    array_of,
    read_address,
    read_list,
    read_object,
    read_slot,
    ref,
)
from devnet.rpc.context import Context
from devnet.rpc.errors import NOT_SUPPORTED, RpcError
from devnet.rpc.methods import Kind, Method, Param

_SLOTS_LIMIT = 1024
"""Slots of one eth_getStorageValues, as in geth."""


def _read_slots_by_address(value: Any) -> dict[str, tuple[Address, tuple[int, ...]]]:
    requests = {}
    for key, slots in read_object(value).items():
        requests[key] = (read_address(key), read_list(slots, read_slot))
    if sum(len(slots) for _, slots in requests.values()) > _SLOTS_LIMIT:
        raise ValueError(f"expected at most {_SLOTS_LIMIT} slots")
    return requests


_REQUESTS = Shape(
    _read_slots_by_address, {"type": "object", "additionalProperties": array_of(ref("bytesMax32"))}
)
_SLOTS = Shape(lambda value: read_list(value, read_slot, _SLOTS_LIMIT), array_of(ref("bytesMax32")))


def get_balance(context: Context, address: Address, block: BlockRef) -> str:
    return hex(context.zone.balance(address, block))


def get_transaction_count(context: Context, address: Address, block: BlockRef) -> str:
    return hex(context.zone.nonce(address, block))


def get_code(context: Context, address: Address, block: BlockRef) -> str:
    return hex_data(context.zone.account(address, block).code)


def get_storage_at(context: Context, address: Address, slot: int, block: BlockRef) -> str:
    return hex_word(context.zone.storage(address, slot, block))


def get_storage_values(
    context: Context, requests: dict[str, tuple[Address, tuple[int, ...]]], block: BlockRef
) -> dict[str, list[str]]:
    storage = context.zone.storage
    return {
        key: [hex_word(storage(address, slot, block)) for slot in slots]
        for key, (address, slots) in requests.items()
    }


def get_account_info(context: Context, address: Address, block: BlockRef) -> dict[str, str]:
    account = context.zone.account(address, block)
    return {"balance": hex(account.balance), "nonce": hex(account.nonce), "code": hex_data(account.code)}


def get_proof(context: Context, address: Address, slots: tuple[int, ...], block: BlockRef) -> None:
    raise RpcError(
        NOT_SUPPORTED,
        "eth_getProof gives Merkle-Patricia proofs, and a zone's state is in QMDB, not in a Merkle-Patricia"
        " trie; zero_getProof proves the same facts in QMDB's format",
    )


_ADDRESS = Param("address", ADDRESS)
_BLOCK = Param("block", BLOCK_REF, "latest")

METHODS = (
    Method("eth_getBalance", get_balance, (_ADDRESS, _BLOCK), Kind.READ, ref("uint"), "Balance in wei."),
    Method(
        "eth_getTransactionCount",
        get_transaction_count,
        (_ADDRESS, _BLOCK),
        Kind.READ,
        ref("uint"),
        "Nonce; at pending it counts the sender's waiting transactions.",
    ),
    Method("eth_getCode", get_code, (_ADDRESS, _BLOCK), Kind.READ, ref("bytes"), "Code of an account."),
    Method(
        "eth_getStorageAt",
        get_storage_at,
        (_ADDRESS, Param("slot", SLOT), _BLOCK),
        Kind.READ,
        ref("bytes"),
        "Value of a storage slot.",
    ),
    Method(
        "eth_getStorageValues",
        get_storage_values,
        (Param("requests", _REQUESTS), _BLOCK),
        Kind.STATE,
        {"type": "object", "additionalProperties": array_of(ref("bytes"))},
        "Values of many slots of many accounts.",
    ),
    Method(
        "eth_getAccountInfo",
        get_account_info,
        (_ADDRESS, _BLOCK),
        Kind.READ,
        {
            "type": "object",
            "required": ["balance", "nonce", "code"],
            "properties": {"balance": ref("uint"), "nonce": ref("uint"), "code": ref("bytes")},
        },
        "Balance, nonce and code in one answer.",
    ),
    Method(
        "eth_getProof",
        get_proof,
        (_ADDRESS, Param("slots", _SLOTS, ()), _BLOCK),
        Kind.READ,
        {"not": {}},
        "Always answers -32004: the state is in QMDB, whose proofs zero_getProof gives.",
    ),
)
