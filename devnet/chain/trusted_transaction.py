"""Transactions out of bytes that this program wrote itself: what their signatures give is stored beside them,
so nothing is recovered, and impersonated transactions, which have none, come back as they were."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from devnet.chain.errors import MalformedTransaction
from devnet.chain.rlp import Decoded, decode
from devnet.chain.transaction import (
    ACCESS_LIST,
    BLOB,
    DYNAMIC_FEE,
    LEGACY,
    SET_CODE,
    Authorization,
    Transaction,
)
from devnet.chain.transaction_fields import (
    read_access_list,
    read_bytes,
    read_list,
    read_number,
    read_recipient,
    read_sized,
)
from devnet.chain.types import Address, Hash32, Wei

_FIELD_COUNTS: Final = {LEGACY: 9, ACCESS_LIST: 11, DYNAMIC_FEE: 12, BLOB: 14, SET_CODE: 13}


def decode_trusted(
    encoded: bytes,
    sender: Address,
    transaction_hash: Hash32,
    authorities: Sequence[Address | None] = (),
) -> Transaction:
    """The transaction with that canonical encoding, sender and hash. `authorities` are the signers of its
    EIP-7702 authorizations, in order. Raises ValueError where the bytes are none."""
    if not encoded:
        raise ValueError("a transaction of no bytes")
    kind = LEGACY if encoded[0] >= 0xC0 else encoded[0]
    if encoded[0] == LEGACY or kind not in _FIELD_COUNTS:
        raise ValueError(f"{encoded[0]} is no type of a transaction")
    try:
        fields = read_list(decode(encoded if kind == LEGACY else encoded[1:]), "transaction")
        if len(fields) != _FIELD_COUNTS[kind]:
            raise ValueError(f"a transaction of type {kind} has {_FIELD_COUNTS[kind]} fields")
        if kind == LEGACY:
            return _legacy(fields, encoded, sender, transaction_hash)
        return _typed(kind, fields, encoded, sender, transaction_hash, authorities)
    except MalformedTransaction as error:
        raise ValueError(str(error)) from error


def _legacy(fields: list[Decoded], encoded: bytes, sender: Address, transaction_hash: Hash32) -> Transaction:
    v = read_number(fields[6], 256, "v")
    s = read_number(fields[8], 256, "s")
    gas_price = Wei(read_number(fields[1], 256, "gasPrice"))
    return Transaction(
        LEGACY,
        (v - 35) // 2 if v >= 35 else None,
        read_number(fields[0], 64, "nonce"),
        read_number(fields[2], 64, "gas"),
        gas_price,
        gas_price,
        read_recipient(fields[3]),
        Wei(read_number(fields[4], 256, "value")),
        read_bytes(fields[5], "data"),
        v,
        read_number(fields[7], 256, "r"),
        s,
        sender,
        transaction_hash,
        encoded,
        # No valid signature has s = 0.
        is_impersonated=s == 0,
    )


def _typed(
    kind: int,
    fields: list[Decoded],
    encoded: bytes,
    sender: Address,
    transaction_hash: Hash32,
    authorities: Sequence[Address | None],
) -> Transaction:
    priority_fee = Wei(read_number(fields[2], 256, "maxPriorityFeePerGas"))
    if kind == ACCESS_LIST:
        max_fee = priority_fee
        gas, to, value, data, access_list = fields[3:8]
    else:
        max_fee = Wei(read_number(fields[3], 256, "maxFeePerGas"))
        gas, to, value, data, access_list = fields[4:9]
    max_fee_per_blob_gas = Wei(0)
    blob_hashes: tuple[Hash32, ...] = ()
    authorizations: tuple[Authorization, ...] = ()
    if kind == BLOB:
        max_fee_per_blob_gas = Wei(read_number(fields[9], 256, "maxFeePerBlobGas"))
        blob_hashes = tuple(
            Hash32(read_sized(item, 32, "blobVersionedHashes"))
            for item in read_list(fields[10], "blobVersionedHashes")
        )
    elif kind == SET_CODE:
        items = read_list(fields[9], "authorizationList")
        if len(items) != len(authorities):
            raise ValueError(f"{len(items)} authorizations, and {len(authorities)} signers of them")
        authorizations = tuple(map(_authorization, items, authorities))
    s = read_number(fields[-1], 256, "s")
    return Transaction(
        kind,
        read_number(fields[0], 256, "chainId"),
        read_number(fields[1], 64, "nonce"),
        read_number(gas, 64, "gas"),
        max_fee,
        priority_fee,
        read_recipient(to),
        Wei(read_number(value, 256, "value")),
        read_bytes(data, "data"),
        read_number(fields[-3], 256, "yParity"),
        read_number(fields[-2], 256, "r"),
        s,
        sender,
        transaction_hash,
        encoded,
        read_access_list(access_list) if access_list else (),
        max_fee_per_blob_gas,
        blob_hashes,
        authorizations,
        s == 0,
    )


def _authorization(value: Decoded, authority: Address | None) -> Authorization:
    name = "authorizationList"
    fields = read_list(value, name)
    if len(fields) != 6:
        raise ValueError(f"an authorization has 6 fields, not {len(fields)}")
    return Authorization(
        read_number(fields[0], 256, name),
        Address(read_sized(fields[1], 20, name)),
        read_number(fields[2], 64, name),
        read_number(fields[3], 8, name),
        read_number(fields[4], 256, name),
        read_number(fields[5], 256, name),
        authority,
    )
