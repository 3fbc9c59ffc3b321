"""Call objects: a transaction as a caller describes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devnet.chain.signature import recover
from devnet.chain.transaction import AccessListEntry, Authorization, BlobSidecar
from devnet.chain.transaction_codec import authorization_digest
from devnet.rpc.codec.shapes import (
    Shape,
    optional_field,
    read_address,
    read_data,
    read_hash,
    read_list,
    read_object,
    read_quantity,
    read_slot,
    read_u64,
    read_wei,
    ref,
)
from devnet.zone.messages import CallRequest

_BLOB_LIMIT = 64


def read_call(value: Any) -> CallRequest:
    """A call object. `data` and `input` mean the same; fields that are not known are ignored, as in geth."""
    source = read_object(value)
    return CallRequest(
        sender=optional_field(source, "from", read_address),
        to=optional_field(source, "to", read_address),
        gas=_read_gas(source),
        gas_price=optional_field(source, "gasPrice", read_wei),
        max_fee_per_gas=optional_field(source, "maxFeePerGas", read_wei),
        max_priority_fee_per_gas=optional_field(source, "maxPriorityFeePerGas", read_wei),
        value=optional_field(source, "value", read_wei),
        data=_read_input(source),
        nonce=optional_field(source, "nonce", read_u64),
        type=optional_field(source, "type", _read_type),
        chain_id=optional_field(source, "chainId", read_quantity),
        access_list=optional_field(source, "accessList", read_access_list),
        max_fee_per_blob_gas=optional_field(source, "maxFeePerBlobGas", read_wei),
        blob_hashes=optional_field(
            source, "blobVersionedHashes", lambda v: read_list(v, read_hash, _BLOB_LIMIT)
        ),
        sidecar=_read_sidecar(source),
        authorizations=optional_field(source, "authorizationList", read_authorizations),
    )


def _read_gas(source: Mapping[str, Any]) -> int | None:
    gas = optional_field(source, "gas", read_u64)
    return optional_field(source, "gasLimit", read_u64) if gas is None else gas


def _read_input(source: Mapping[str, Any]) -> bytes:
    given = optional_field(source, "input", read_data)
    data = optional_field(source, "data", read_data)
    if given is None:
        return data or b""
    if data is not None and data != given:
        raise ValueError("data and input are both given and differ")
    return given


def _read_type(value: Any) -> int:
    # web3.py sends the type of a replaced transaction as a JSON number; geth does not read it at all.
    number = value if type(value) is int and value >= 0 else read_quantity(value)
    if number > 4:
        raise ValueError(f"transaction type {number:#x} is not known")
    return number


def read_access_list(value: Any) -> tuple[AccessListEntry, ...]:
    return read_list(value, _read_access_list_entry)


def _read_access_list_entry(value: Any) -> AccessListEntry:
    source = read_object(value)
    address = optional_field(source, "address", read_address)
    if address is None:
        raise ValueError("address is missing")
    slots = optional_field(source, "storageKeys", lambda v: read_list(v, read_slot))
    return AccessListEntry(address, slots or ())


def read_authorizations(value: Any) -> tuple[Authorization, ...]:
    return read_list(value, _read_authorization, 1_000)


def _read_authorization(value: Any) -> Authorization:
    source = read_object(value)
    fields = {
        "chainId": optional_field(source, "chainId", read_quantity),
        "nonce": optional_field(source, "nonce", read_u64),
        "r": optional_field(source, "r", read_quantity),
        "s": optional_field(source, "s", read_quantity),
    }
    parity = optional_field(source, "yParity", read_quantity)
    if parity is None:
        parity = optional_field(source, "v", read_quantity)
    address = optional_field(source, "address", read_address)
    missing = [name for name, field in fields.items() if field is None]
    if address is None or parity is None or missing:
        names = ["address"] * (address is None) + missing + ["yParity"] * (parity is None)
        raise ValueError(f"{names[0]} is missing")
    chain_id, nonce, r, s = (field or 0 for field in fields.values())
    authority = recover(authorization_digest(chain_id, address, nonce), parity, r, s)
    return Authorization(chain_id, address, nonce, parity, r, s, authority)


def _read_sidecar(source: Mapping[str, Any]) -> BlobSidecar | None:
    blobs = optional_field(source, "blobs", lambda v: read_list(v, read_data, _BLOB_LIMIT))
    if not blobs:
        return None
    commitments = optional_field(source, "commitments", lambda v: read_list(v, read_data, _BLOB_LIMIT)) or ()
    proofs = optional_field(source, "proofs", lambda v: read_list(v, read_data, 128 * _BLOB_LIMIT)) or ()
    version = 1 if len(proofs) != len(blobs) or not proofs else 0
    return BlobSidecar(version, blobs, commitments, proofs)


CALL = Shape(read_call, ref("GenericTransaction"))
