"""Call objects: a transaction as a caller describes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    fields: dict[str, Any] = {}
    for name, given in source.items():
        field = _FIELDS.get(name)
        if field is not None and given is not None:
            fields[field[0]] = optional_field(source, name, field[1])
    if "gasLimit" in source and "gas" not in fields:
        fields["gas"] = optional_field(source, "gasLimit", read_u64)
    if "input" in source:
        fields["data"] = _read_input(source)
    if "blobs" in source:
        fields["sidecar"] = _read_sidecar(source)
    return CallRequest(**fields)


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


_FIELDS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "from": ("sender", read_address),
    "to": ("to", read_address),
    "gas": ("gas", read_u64),
    "gasPrice": ("gas_price", read_wei),
    "maxFeePerGas": ("max_fee_per_gas", read_wei),
    "maxPriorityFeePerGas": ("max_priority_fee_per_gas", read_wei),
    "value": ("value", read_wei),
    "data": ("data", read_data),
    "nonce": ("nonce", read_u64),
    "type": ("type", _read_type),
    "chainId": ("chain_id", read_quantity),
    "accessList": ("access_list", read_access_list),
    "maxFeePerBlobGas": ("max_fee_per_blob_gas", read_wei),
    "blobVersionedHashes": ("blob_hashes", lambda value: read_list(value, read_hash, _BLOB_LIMIT)),
    "authorizationList": ("authorizations", read_authorizations),
}
"""The fields that are read alone: what they fill in, and how they are read."""

CALL = Shape(read_call, ref("GenericTransaction"))
