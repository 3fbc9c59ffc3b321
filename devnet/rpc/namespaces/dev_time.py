"""Development calls: the zone's clock."""

from __future__ import annotations

from devnet.rpc.codec.shapes import NUMBER_64, Shape, read_number
from devnet.rpc.context import Context
from devnet.rpc.methods import Kind, Method, Param

_TIME_LIMIT = 1 << 53
"""Timestamps stay exact as JSON numbers."""

_FIRST_MILLISECONDS = 10**12
"""From here on a time is in milliseconds, as JavaScript's Date gives them (2001, in seconds 33658)."""

_TIMESTAMP = Shape(lambda value: read_number(value, _TIME_LIMIT), NUMBER_64.schema)


def increase_time(context: Context, seconds: int) -> int:
    """The whole offset in seconds."""
    return context.zone.increase_time(seconds)


def set_time(context: Context, timestamp: int) -> int:
    """The whole offset in seconds. Milliseconds are taken too, as in Ganache and Anvil."""
    if timestamp >= _FIRST_MILLISECONDS:
        timestamp //= 1000
    return context.zone.set_time(timestamp, context.reading)


def set_next_timestamp(context: Context, timestamp: int) -> None:
    context.zone.set_next_timestamp(timestamp)


def set_timestamp_interval(context: Context, seconds: int) -> bool:
    context.zone.set_timestamp_interval(seconds)
    return True


def remove_timestamp_interval(context: Context) -> bool:
    context.zone.set_timestamp_interval(None)
    return True


def genesis_time(context: Context) -> int:
    return context.zone.config.genesis_time


_SECONDS = Param("seconds", _TIMESTAMP)

METHODS = (
    Method(
        "evm_increaseTime",
        increase_time,
        (_SECONDS,),
        Kind.WRITE,
        {"type": "integer"},
        "Moves the zone's clock forward; gives the whole offset in seconds.",
        ("anvil_increaseTime", "hardhat_increaseTime"),
    ),
    Method(
        "evm_setTime",
        set_time,
        (Param("timestamp", _TIMESTAMP),),
        Kind.WRITE,
        {"type": "integer"},
        "Makes it this time (seconds, or milliseconds) in the zone from now on; gives the whole offset.",
        ("anvil_setTime", "hardhat_setTime"),
    ),
    Method(
        "evm_setNextBlockTimestamp",
        set_next_timestamp,
        (Param("timestamp", _TIMESTAMP),),
        Kind.WRITE,
        {"type": "null"},
        "The next block has exactly this timestamp.",
        ("anvil_setNextBlockTimestamp", "hardhat_setNextBlockTimestamp"),
    ),
    Method(
        "anvil_setBlockTimestampInterval",
        set_timestamp_interval,
        (_SECONDS,),
        Kind.WRITE,
        {"const": True},
        "Every block is this many seconds after its parent.",
        ("hardhat_setBlockTimestampInterval", "evm_setBlockTimestampInterval"),
    ),
    Method(
        "anvil_removeBlockTimestampInterval",
        remove_timestamp_interval,
        (),
        Kind.WRITE,
        {"type": "boolean"},
        "Block timestamps follow the clock again.",
        ("hardhat_removeBlockTimestampInterval", "evm_removeBlockTimestampInterval"),
    ),
    Method(
        "anvil_getGenesisTime",
        genesis_time,
        (),
        Kind.READ,
        {"type": "integer"},
        "Timestamp of the genesis block.",
    ),
)
