"""Transactions as they are signed here: from a request of hex strings to what a signature covers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from zero_sdk.client.addresses import checksum, to_bytes
from zero_sdk.client.errors import WrongArguments
from zero_sdk.client.octets import word

if TYPE_CHECKING:
    from devnet.chain.transaction import AccessListEntry, Authorization
    from devnet.chain.transaction_codec import UnsignedTransaction


def unsigned_from(request: Mapping[str, Any], chain_id: int) -> UnsignedTransaction:
    """A completed request of the JSON-RPC API. Raises WrongArguments where fields exclude each other."""
    from devnet.chain.transaction import ACCESS_LIST, DYNAMIC_FEE, LEGACY, SET_CODE
    from devnet.chain.transaction_codec import UnsignedTransaction
    from devnet.chain.types import Address, Wei

    price = request.get("gasPrice")
    authorizations = tuple(_authorization(entry) for entry in request.get("authorizationList") or ())
    access_list = tuple(_access(entry) for entry in request.get("accessList") or ())
    if price is None:
        kind = SET_CODE if authorizations else DYNAMIC_FEE
    elif authorizations:
        raise WrongArguments("a transaction with authorizations has max_fee and no gas_price")
    else:
        kind = ACCESS_LIST if access_list else LEGACY
    if kind == SET_CODE and request.get("to") is None:
        raise WrongArguments("a transaction with authorizations cannot create a contract")
    to = request.get("to")
    return UnsignedTransaction(
        type=kind,
        chain_id=chain_id,
        nonce=int(request["nonce"], 16),
        gas_limit=int(request["gas"], 16),
        max_fee_per_gas=Wei(int(price or request["maxFeePerGas"], 16)),
        max_priority_fee_per_gas=Wei(int(price or request["maxPriorityFeePerGas"], 16)),
        to=None if to is None else Address(to_bytes(to)),
        value=Wei(int(request.get("value", "0x0"), 16)),
        data=bytes.fromhex(request.get("data", "0x")[2:]),
        access_list=access_list,
        authorizations=authorizations,
    )


def to_eth_account(unsigned: UnsignedTransaction) -> dict[str, Any]:
    """The transaction as eth-account's `sign_transaction` takes it."""
    from devnet.chain.transaction import ACCESS_LIST, LEGACY, SET_CODE

    fields: dict[str, Any] = {
        "nonce": unsigned.nonce,
        "gas": unsigned.gas_limit,
        "to": b"" if unsigned.to is None else checksum(unsigned.to),
        "value": unsigned.value,
        "data": unsigned.data,
        "chainId": unsigned.chain_id,
    }
    if unsigned.type in (LEGACY, ACCESS_LIST):
        fields["gasPrice"] = unsigned.max_fee_per_gas
    else:
        fields["maxFeePerGas"] = unsigned.max_fee_per_gas
        fields["maxPriorityFeePerGas"] = unsigned.max_priority_fee_per_gas
    if unsigned.type != LEGACY:
        fields["type"] = unsigned.type
        fields["accessList"] = access_list_json(unsigned.access_list)
    if unsigned.type == SET_CODE:
        fields["authorizationList"] = [
            {
                "chainId": entry.chain_id,
                "address": checksum(entry.address),
                "nonce": entry.nonce,
                "yParity": entry.y_parity,
                "r": entry.r,
                "s": entry.s,
            }
            for entry in unsigned.authorizations
        ]
    return fields


def access_list_json(entries: Iterable[Any] | Mapping[Any, Any]) -> list[dict[str, Any]]:
    """An access list as requests have it: of {address: [slots]}, (address, slots) pairs, or the JSON form."""
    pairs: Iterable[Any] = entries.items() if isinstance(entries, Mapping) else entries
    listed = []
    for entry in pairs:
        if isinstance(entry, Mapping):
            address, slots = entry["address"], entry["storageKeys"]
        elif hasattr(entry, "slots"):
            address, slots = entry.address, entry.slots
        else:
            address, slots = entry
        listed.append({"address": checksum(to_bytes(address)), "storageKeys": [word(slot) for slot in slots]})
    return listed


def authorization_json(entry: Any) -> dict[str, Any]:
    """An authorization as requests have it."""
    if isinstance(entry, Mapping):
        return dict(entry)
    return {
        "chainId": hex(entry.chain_id),
        "address": checksum(entry.address),
        "nonce": hex(entry.nonce),
        "yParity": hex(entry.y_parity),
        "r": hex(entry.r),
        "s": hex(entry.s),
    }


def _access(entry: Mapping[str, Any]) -> AccessListEntry:
    from devnet.chain.transaction import AccessListEntry
    from devnet.chain.types import Address

    return AccessListEntry(
        Address(to_bytes(entry["address"])), tuple(int(slot, 16) for slot in entry["storageKeys"])
    )


def _authorization(entry: Mapping[str, Any]) -> Authorization:
    from devnet.chain.transaction import Authorization
    from devnet.chain.types import Address

    def number(key: str) -> int:
        value = entry[key]
        return int(value, 16) if isinstance(value, str) else int(value)

    return Authorization(
        number("chainId"),
        Address(to_bytes(entry["address"])),
        number("nonce"),
        number("yParity"),
        number("r"),
        number("s"),
        None,
    )
