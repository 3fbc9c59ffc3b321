"""Development calls: the whole state of a zone as one value, out and in again.

The value is Anvil's in form: gzipped JSON with `accounts` by address (`nonce`, `balance`, `code`, `storage`).
Blocks and transactions are not in it; a load writes accounts into the zone as it is.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping
from typing import Any

import orjson

from devnet.chain.types import Address
from devnet.rpc.codec.shapes import (
    DATA,
    Schema,
    read_address,
    read_data,
    read_object,
    read_slot,
    read_u64_number,
    read_wei_number,
    read_word,
    ref,
)
from devnet.rpc.context import Context
from devnet.rpc.errors import invalid_params
from devnet.rpc.methods import Kind, Method, Param
from devnet.zone.messages import GenesisAccount

LARGEST_STATE = 256 * 1024 * 1024
"""Bytes that a loaded state may unpack to."""


def dump_state(context: Context) -> str:
    accounts = {
        "0x" + address.hex(): {
            "nonce": account.nonce,
            "balance": hex(account.balance),
            "code": "0x" + account.code.hex(),
            "storage": {f"0x{slot:064x}": f"0x{value:064x}" for slot, value in account.storage.items()},
        }
        for address, account in context.zone.accounts().items()
    }
    content = orjson.dumps({"accounts": accounts})
    # A fixed time in gzip's header: equal states are equal values.
    return "0x" + gzip.compress(content, compresslevel=6, mtime=0).hex()


def load_state(context: Context, packed: bytes) -> bool:
    """Makes every account of the dump what it was; accounts that the dump does not have stay as they are."""
    try:
        # orjson refuses deep nesting; json would recurse as deep as the engine allows, beyond the C stack.
        content = read_object(orjson.loads(_unpack(packed)))
        wanted = {
            read_address(address): _read_account(account)
            for address, account in read_object(content.get("accounts")).items()
        }
    except (ValueError, zlib.error) as error:
        raise invalid_params(f"invalid argument 0 (state): not a state that was dumped: {error}") from None
    present = context.zone.accounts()
    for address, account in wanted.items():
        _make(context, address, account, present.get(address, GenesisAccount()))
    return True


def _make(context: Context, address: Address, wanted: GenesisAccount, present: GenesisAccount) -> None:
    zone = context.zone
    if (wanted.balance, wanted.nonce, wanted.code) != (present.balance, present.nonce, present.code):
        zone.set_account(address, balance=wanted.balance, nonce=wanted.nonce, code=wanted.code)
    for slot in wanted.storage.keys() | present.storage.keys():
        value = wanted.storage.get(slot, 0)
        if value != present.storage.get(slot, 0):
            zone.set_storage(address, slot, value)


def _unpack(packed: bytes) -> bytes:
    if not packed.startswith(b"\x1f\x8b"):
        return packed
    unpacking = zlib.decompressobj(wbits=31)
    content = unpacking.decompress(packed, LARGEST_STATE)
    if not unpacking.eof:
        raise ValueError(f"it is cut short, or unpacks to more than {LARGEST_STATE} bytes")
    return content


def _read_account(value: Any) -> GenesisAccount:
    source: Mapping[str, Any] = read_object(value)
    storage = read_object(source.get("storage", {}))
    return GenesisAccount(
        balance=read_wei_number(source.get("balance", 0)),
        nonce=read_u64_number(source.get("nonce", 0)),
        code=read_data(source.get("code", "0x")),
        storage={read_slot(slot): read_word(content) for slot, content in storage.items()},
    )


_DONE: Schema = {"const": True}

METHODS = (
    Method(
        "anvil_dumpState",
        dump_state,
        (),
        Kind.STATE,
        ref("bytes"),
        "Every account of the zone, packed into one value for anvil_loadState.",
        ("hardhat_dumpState",),
    ),
    Method(
        "anvil_loadState",
        load_state,
        (Param("state", DATA),),
        Kind.WRITE,
        _DONE,
        "Makes every account of a dump what it was; other accounts stay as they are.",
        ("hardhat_loadState",),
    ),
)
