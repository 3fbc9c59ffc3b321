"""eth and personal: signatures with the network's own keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from devnet.chain.types import Address
from devnet.rpc.codec.calls import CALL
from devnet.rpc.codec.encode_transactions import encode_fields, hex_data
from devnet.rpc.codec.shapes import ADDRESS, DATA, Shape, describe, read_object, ref
from devnet.rpc.context import Context
from devnet.rpc.methods import Kind, Method, Param
from devnet.rpc.namespaces.eth_send import with_blob_proofs
from devnet.zone.messages import CallRequest


def _read_typed_data(value: Any) -> Mapping[str, Any]:
    """EIP-712 data as an object, or as a string that holds its JSON (MetaMask's form)."""
    if type(value) is str:
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError as error:
            raise ValueError(f"expected typed data, got a string that is no JSON ({error})") from None
    if type(value) is not dict:
        raise ValueError(f"expected typed data as an object, got {describe(value)}")
    missing = [name for name in ("types", "primaryType", "domain", "message") if name not in value]
    if missing:
        raise ValueError(f"typed data has no {missing[0]}")
    return read_object(value)


TYPED_DATA = Shape(_read_typed_data, {"oneOf": [{"type": "object"}, {"type": "string"}]})


def sign(context: Context, address: Address, message: bytes) -> str:
    return hex_data(context.network.keys.sign_message(address, message))


def personal_sign(context: Context, message: bytes, address: Address) -> str:
    return sign(context, address, message)


def sign_typed_data(context: Context, address: Address, typed_data: Mapping[str, Any]) -> str:
    return hex_data(context.network.keys.sign_typed_data(address, typed_data))


def sign_transaction(context: Context, request: CallRequest) -> dict[str, Any]:
    transaction = context.network.sign(context.zone, with_blob_proofs(context, request))
    return {
        "raw": hex_data(transaction.encoded),
        "tx": {
            **encode_fields(transaction),
            "v": hex(transaction.v),
            "r": hex(transaction.r),
            "s": hex(transaction.s),
            **({"yParity": hex(transaction.v)} if transaction.type else {}),
            "hash": hex_data(transaction.hash),
        },
    }


_ADDRESS = Param("address", ADDRESS)
_TYPED = Param("typedData", TYPED_DATA)

METHODS = (
    Method(
        "eth_sign",
        sign,
        (_ADDRESS, Param("message", DATA)),
        Kind.CALL,
        ref("bytes65"),
        "Signs a message with EIP-191's prefix.",
    ),
    Method(
        "personal_sign",
        personal_sign,
        (Param("message", DATA), _ADDRESS),
        Kind.CALL,
        ref("bytes65"),
        "As eth_sign, with the parameters the other way round.",
    ),
    Method(
        "eth_signTypedData_v4",
        sign_typed_data,
        (_ADDRESS, _TYPED),
        Kind.CALL,
        ref("bytes65"),
        "Signs typed data (EIP-712).",
        aliases=("eth_signTypedData_v3", "eth_signTypedData"),
    ),
    Method(
        "eth_signTransaction",
        sign_transaction,
        (Param("transaction", CALL),),
        Kind.WRITE,
        ref("SignTransactionResult"),
        "Signs a transaction, everything filled in, and does not send it.",
    ),
)
