"""What development calls wrote, as bytes: of an overlay and of a block's overrides."""

from __future__ import annotations

from devnet.chain.rlp import Decoded, decode_int, encode_bytes, encode_int, encode_list
from devnet.chain.rlp_items import (
    address,
    encode_optional_bytes,
    encode_optional_int,
    members,
    optional,
    text,
)
from devnet.chain.types import Address, Wei
from devnet.execution import AccountOverride, Overrides


def encode_overrides(overrides: Overrides) -> bytes:
    """[[address, [nonce]?, [balance]?, [code]?, [[slot, value], …]], …] in the order of writing."""
    return encode_list([_encode_account(*item) for item in overrides.items()])


def _encode_account(owner: Address, override: AccountOverride) -> bytes:
    if override.storage is not None or override.move_precompile_to is not None:
        raise ValueError("only calls replace whole storages and move precompiles")
    slots = [
        encode_list((encode_int(slot), encode_int(value))) for slot, value in override.storage_changes.items()
    ]
    return encode_list(
        (
            encode_bytes(owner),
            encode_optional_int(override.nonce),
            encode_optional_int(override.balance),
            encode_optional_bytes(override.code),
            encode_list(slots),
        )
    )


def read_overrides(item: Decoded) -> dict[Address, AccountOverride]:
    """The inverse of `encode_overrides`, out of decoded RLP. Raises ValueError."""
    found: dict[Address, AccountOverride] = {}
    for account in members(item):
        owner, nonce, balance, code, slots = members(account, 5)
        known_balance = optional(balance, decode_int)
        found[address(owner)] = AccountOverride(
            balance=None if known_balance is None else Wei(known_balance),
            nonce=optional(nonce, decode_int),
            code=optional(code, text),
            storage_changes=dict(map(_read_slot, members(slots))),
        )
    return found


def _read_slot(item: Decoded) -> tuple[int, int]:
    slot, value = members(item, 2)
    return decode_int(slot), decode_int(value)
