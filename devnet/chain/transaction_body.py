"""Transactions out of the members of their RLP lists, once it is known who signed them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from devnet.chain.errors import MalformedTransaction
from devnet.chain.rlp import Decoded
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

FIELD_COUNTS: Final = {LEGACY: 9, ACCESS_LIST: 11, DYNAMIC_FEE: 12, BLOB: 14, SET_CODE: 13}
"""How many members a signed transaction of each type has."""

TYPE_NAMES: Final = {
    LEGACY: "legacy",
    ACCESS_LIST: "access list",
    DYNAMIC_FEE: "dynamic fee",
    BLOB: "blob",
    SET_CODE: "set code",
}

Signature: TypeAlias = tuple[int, int, int]
"""v or the parity of y, r, s."""


def read_members(decoded: Decoded, kind: int) -> list[Decoded]:
    """The members of a transaction of that type. Raises MalformedTransaction."""
    if not isinstance(decoded, list):
        raise MalformedTransaction(f"a {TYPE_NAMES[kind]} transaction must be a list")
    if len(decoded) != FIELD_COUNTS[kind]:
        raise MalformedTransaction(
            f"a {TYPE_NAMES[kind]} transaction has {FIELD_COUNTS[kind]} fields, not {len(decoded)}"
        )
    return decoded


def read_signature(members: list[Decoded], kind: int) -> Signature:
    """The last three members. Raises MalformedTransaction."""
    return (
        read_number(members[-3], 256, "v" if kind == LEGACY else "yParity"),
        read_number(members[-2], 256, "r"),
        read_number(members[-1], 256, "s"),
    )


def legacy_transaction(
    members: list[Decoded], signature: Signature, sender: Address, transaction_hash: Hash32, encoded: bytes
) -> Transaction:
    """Raises MalformedTransaction."""
    v, r, s = signature
    gas_price = Wei(read_number(members[1], 256, "gasPrice"))
    return Transaction(
        LEGACY,
        (v - 35) // 2 if v >= 35 else None,
        read_number(members[0], 64, "nonce"),
        read_number(members[2], 64, "gas"),
        gas_price,
        gas_price,
        read_recipient(members[3]),
        Wei(read_number(members[4], 256, "value")),
        read_bytes(members[5], "data"),
        v,
        r,
        s,
        sender,
        transaction_hash,
        encoded,
        # No valid signature has s = 0.
        is_impersonated=s == 0,
    )


def typed_transaction(
    kind: int,
    members: list[Decoded],
    signature: Signature,
    sender: Address,
    transaction_hash: Hash32,
    encoded: bytes,
    read_authorizations: Callable[[list[Decoded]], tuple[Authorization, ...]],
) -> Transaction:
    """Raises MalformedTransaction."""
    priority_fee = Wei(read_number(members[2], 256, "maxPriorityFeePerGas"))
    if kind == ACCESS_LIST:
        max_fee = priority_fee
        gas, to, value, data, access_list = members[3:8]
    else:
        max_fee = Wei(read_number(members[3], 256, "maxFeePerGas"))
        gas, to, value, data, access_list = members[4:9]
    max_fee_per_blob_gas = Wei(0)
    blob_hashes: tuple[Hash32, ...] = ()
    authorizations: tuple[Authorization, ...] = ()
    if kind == BLOB:
        max_fee_per_blob_gas = Wei(read_number(members[9], 256, "maxFeePerBlobGas"))
        blob_hashes = tuple(
            Hash32(read_sized(item, 32, "blobVersionedHashes"))
            for item in read_list(members[10], "blobVersionedHashes")
        )
    elif kind == SET_CODE:
        authorizations = read_authorizations(read_list(members[9], "authorizationList"))
    recipient = read_recipient(to)
    if recipient is None and kind in (BLOB, SET_CODE):
        raise MalformedTransaction(
            f"a {TYPE_NAMES[kind]} transaction cannot create a contract: to is missing"
        )
    y_parity, r, s = signature
    return Transaction(
        kind,
        read_number(members[0], 256, "chainId"),
        read_number(members[1], 64, "nonce"),
        read_number(gas, 64, "gas"),
        max_fee,
        priority_fee,
        recipient,
        Wei(read_number(value, 256, "value")),
        read_bytes(data, "data"),
        y_parity,
        r,
        s,
        sender,
        transaction_hash,
        encoded,
        () if access_list == [] else read_access_list(access_list),
        max_fee_per_blob_gas,
        blob_hashes,
        authorizations,
        s == 0,
    )


def read_authorization(
    value: Decoded, signer: Callable[[int, Address, int, Signature], Address | None]
) -> Authorization:
    """An EIP-7702 authorization; `signer` of chain id, address, nonce and signature gives who signed it.
    Raises MalformedTransaction."""
    name = "authorizationList"
    fields = read_list(value, name)
    if len(fields) != 6:
        raise MalformedTransaction(f"{name}: an authorization has 6 fields, not {len(fields)}")
    chain_id = read_number(fields[0], 256, name)
    address = Address(read_sized(fields[1], 20, name))
    nonce = read_number(fields[2], 64, name)
    signature = (
        read_number(fields[3], 8, name),
        read_number(fields[4], 256, name),
        read_number(fields[5], 256, name),
    )
    return Authorization(chain_id, address, nonce, *signature, signer(chain_id, address, nonce, signature))
