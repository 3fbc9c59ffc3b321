"""What development calls set, as bytes: time, the blocks to come, mining, impersonation."""

from __future__ import annotations

import math
from struct import Struct

from devnet.chain.rlp import Decoded, decode_int, encode_bytes, encode_int, encode_list
from devnet.chain.rlp_items import (
    NOTHING,
    address,
    encode_optional_bytes,
    encode_optional_int,
    encode_signed,
    flag,
    hash32,
    members,
    optional,
    signed,
    sized,
    text,
)
from devnet.chain.types import Address, Wei
from devnet.zone.environment import BlockSettings
from devnet.zone.messages import Mining, Order
from devnet.zone.storing.head_codec import encode_head, read_head
from devnet.zone.timestamps import TimeSettings

_DOUBLE = Struct(">d")


def encode_time(time: TimeSettings) -> bytes:
    """[offset as [is negative, amount], [next timestamp]?, [interval]?]."""
    return encode_list(
        (
            encode_signed(time.offset),
            encode_optional_int(time.next_timestamp),
            encode_optional_int(time.interval),
        )
    )


def read_time(item: Decoded) -> TimeSettings:
    """The inverse of `encode_time`, out of decoded RLP. Raises ValueError."""
    offset, next_timestamp, interval = members(item, 3)
    return TimeSettings(signed(offset), optional(next_timestamp, decode_int), optional(interval, decode_int))


def encode_settings(settings: BlockSettings) -> bytes:
    """[coinbase, gas limit, [height, root, slot, zones], is base fee fixed, least gas price, [base fee]?,
    [randomness]?]."""
    return encode_list(
        (
            encode_bytes(settings.coinbase),
            encode_int(settings.gas_limit),
            encode_head(settings.settlement),
            encode_int(settings.is_base_fee_fixed),
            encode_int(settings.min_gas_price),
            encode_optional_int(settings.next_base_fee),
            encode_optional_bytes(settings.next_prev_randao),
        )
    )


def read_settings(item: Decoded) -> BlockSettings:
    """The inverse of `encode_settings`, out of decoded RLP. Raises ValueError."""
    coinbase, gas_limit, settlement, is_fixed, min_price, base_fee, prev_randao = members(item, 7)
    next_base_fee = optional(base_fee, decode_int)
    return BlockSettings(
        coinbase=address(coinbase),
        gas_limit=decode_int(gas_limit),
        settlement=read_head(settlement),
        is_base_fee_fixed=flag(is_fixed),
        min_gas_price=Wei(decode_int(min_price)),
        next_base_fee=None if next_base_fee is None else Wei(next_base_fee),
        next_prev_randao=optional(prev_randao, hash32),
    )


def encode_mining(mining: Mining) -> bytes:
    """[automine, [interval as a big-endian double]?, order, [transactions]?]."""
    interval = NOTHING if mining.interval is None else encode_optional_bytes(_DOUBLE.pack(mining.interval))
    return encode_list(
        (
            encode_int(mining.automine),
            interval,
            encode_bytes(mining.order.value.encode("ascii")),
            encode_optional_int(mining.max_transactions),
        )
    )


def read_mining(item: Decoded) -> Mining:
    """The inverse of `encode_mining`, out of decoded RLP. Raises ValueError."""
    automine, interval, order, max_transactions = members(item, 4)
    return Mining(
        flag(automine),
        optional(interval, _read_seconds),
        Order(text(order).decode("ascii")),
        optional(max_transactions, decode_int),
    )


def _read_seconds(item: Decoded) -> float:
    seconds: float = _DOUBLE.unpack(sized(item, 8))[0]
    if not math.isfinite(seconds) or seconds <= 0:
        raise ValueError(f"blocks that are {seconds} s apart")
    return seconds


def encode_impersonation(accounts: frozenset[Address], is_automatic: bool) -> bytes:
    """[is automatic, [address, …]], sorted."""
    encoded = encode_list([encode_bytes(account) for account in sorted(accounts)])
    return encode_list((encode_int(is_automatic), encoded))


def read_impersonation(item: Decoded) -> tuple[frozenset[Address], bool]:
    """The inverse of `encode_impersonation`, out of decoded RLP. Raises ValueError."""
    is_automatic, accounts = members(item, 2)
    return frozenset(map(address, members(accounts))), flag(is_automatic)
