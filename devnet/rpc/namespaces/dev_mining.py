"""Development calls: when blocks are sealed and what the next one carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from devnet.chain.block import Block
from devnet.chain.types import Address, Hash32, Wei
from devnet.rpc.codec.encode_blocks import encode_block
from devnet.rpc.codec.shapes import (
    ADDRESS,
    AMOUNT,
    BOOLEAN,
    NUMBER_64,
    Schema,
    Shape,
    array_of,
    optional_field,
    read_hash,
    read_number,
    read_u64_number,
    ref,
)
from devnet.rpc.context import Context
from devnet.rpc.errors import invalid_params
from devnet.rpc.methods import Kind, Method, Param

_MAX_BLOCKS = 1 << 40
"""Blocks of one call; block numbers stay far from 64 bits."""

_MAX_INTERVAL = 10**9


def _read_mine_options(value: Any) -> tuple[int | None, int]:
    """Timestamp and number of blocks: a timestamp alone, or Ganache's and Anvil's {timestamp, blocks}."""
    if isinstance(value, Mapping):
        timestamp = optional_field(value, "timestamp", read_u64_number)
        blocks = optional_field(value, "blocks", read_u64_number)
        return timestamp, 1 if blocks is None else blocks
    return read_u64_number(value), 1


def _read_count(value: Any) -> int:
    return read_number(value, _MAX_BLOCKS)


def _read_interval(value: Any) -> float:
    if type(value) is float and 0 <= value <= _MAX_INTERVAL:
        return value
    if type(value) is list:
        # The range is Hardhat's, in milliseconds: taken as seconds, it would stop the chain for an hour.
        raise ValueError(
            "a range (Hardhat's, in milliseconds) is not supported, expected one number of seconds"
        )
    return float(read_number(value, _MAX_INTERVAL))


def _read_word_hash(value: Any) -> Hash32:
    """32 bytes, or a number that is written as such."""
    if type(value) is str and len(value) == 66:
        return read_hash(value)
    return Hash32(read_number(value).to_bytes(32, "big"))


def mine(context: Context, count: int, interval: int | None) -> bool:
    if count:
        context.network.mine(context.zone, count=count, interval=interval)
    return True


def evm_mine(context: Context, options: tuple[int | None, int]) -> str:
    timestamp, count = options
    if count:
        context.network.mine(context.zone, count=count, timestamp=timestamp)
    return "0x0"


def mine_detailed(context: Context, options: tuple[int | None, int]) -> list[dict[str, Any]]:
    """As evm_mine; gives the sealed blocks with their transactions."""
    timestamp, count = options
    blocks = context.network.mine(context.zone, count=count, timestamp=timestamp) if count else ()
    return [_encode_detailed(block) for block in blocks]


def _encode_detailed(block: Block) -> dict[str, Any]:
    return encode_block(block, full=True)


def set_automine(context: Context, enabled: bool) -> bool:
    """Switched on, what waits is sealed at once, as in Anvil."""
    mining = context.zone.status().mining
    context.zone.set_mining(replace(mining, automine=enabled))
    context.network.automine(context.zone)
    return True


def get_automine(context: Context) -> bool:
    return context.zone.status().mining.automine


def set_interval_mining(context: Context, seconds: float) -> bool:
    """Seals a block every so many seconds instead of one per transaction; 0 ends it (as in Anvil)."""
    mining = context.zone.status().mining
    context.zone.set_mining(replace(mining, automine=False, interval=seconds or None))
    return True


def get_interval_mining(context: Context) -> int | float | None:
    interval = context.zone.status().mining.interval
    return int(interval) if interval is not None and float(interval).is_integer() else interval


def set_block_gas_limit(context: Context, gas_limit: int) -> bool:
    context.zone.set_gas_limit(gas_limit)
    return True


def set_next_base_fee(context: Context, fee: Wei) -> bool:
    context.zone.set_next_base_fee(fee)
    return True


def set_min_gas_price(context: Context, price: Wei) -> bool:
    context.zone.set_min_gas_price(price)
    return True


def set_coinbase(context: Context, address: Address) -> bool:
    context.zone.set_coinbase(address)
    return True


def set_next_prev_randao(context: Context, value: Hash32) -> bool:
    context.zone.set_next_prev_randao(value)
    return True


def set_chain_id(context: Context, chain_id: int) -> None:
    """Refuses another zone's: `/<chain id>` names one zone, and a signature holds in one."""
    for name, zone in context.network.zones.items():
        if name != context.zone_name and zone.config.chain_id == chain_id:
            raise invalid_params(f"chain id {chain_id} is that of zone {name}")
    context.zone.set_chain_id(chain_id)


def _both(name: str, *more: str) -> tuple[str, ...]:
    return (f"hardhat_{name}", *more)


DONE: Schema = {"const": True}
_OPTIONS = Param("options", Shape(_read_mine_options, {"type": ["object", "string", "integer"]}), (None, 1))

METHODS = (
    Method(
        "anvil_mine",
        mine,
        (Param("blocks", Shape(_read_count, NUMBER_64.schema), 1), Param("interval", NUMBER_64, None)),
        Kind.WRITE,
        DONE,
        "Seals blocks, `interval` seconds apart; many empty ones cost little.",
        _both("mine"),
    ),
    Method(
        "evm_mine",
        evm_mine,
        (_OPTIONS,),
        Kind.WRITE,
        {"const": "0x0"},
        "Seals blocks; a timestamp may be given.",
    ),
    Method(
        "anvil_mine_detailed",
        mine_detailed,
        (_OPTIONS,),
        Kind.WRITE,
        array_of(ref("Block")),
        "As evm_mine; gives the blocks with their transactions.",
        ("evm_mine_detailed", "hardhat_mine_detailed"),
    ),
    Method(
        "anvil_setAutomine",
        set_automine,
        (Param("enabled", BOOLEAN),),
        Kind.WRITE,
        DONE,
        "Whether a block is sealed for every transaction; switched on, what waits is sealed.",
        _both("setAutomine", "evm_setAutomine"),
    ),
    Method(
        "anvil_getAutomine",
        get_automine,
        (),
        Kind.READ,
        {"type": "boolean"},
        "Whether a block is sealed for every transaction.",
        _both("getAutomine", "evm_getAutomine"),
    ),
    Method(
        "anvil_setIntervalMining",
        set_interval_mining,
        (Param("seconds", Shape(_read_interval, {"type": ["number", "string"]})),),
        Kind.WRITE,
        DONE,
        "Seals a block every so many seconds; 0 ends it. Automine is switched off.",
        _both("setIntervalMining", "evm_setIntervalMining"),
    ),
    Method(
        "anvil_getIntervalMining",
        get_interval_mining,
        (),
        Kind.READ,
        {"type": ["number", "null"]},
        "Seconds between blocks, null when there is no interval.",
        _both("getIntervalMining", "evm_getIntervalMining"),
    ),
    Method(
        "anvil_setBlockGasLimit",
        set_block_gas_limit,
        (Param("gasLimit", NUMBER_64),),
        Kind.WRITE,
        DONE,
        "Gas limit of the blocks from now on.",
        _both("setBlockGasLimit", "evm_setBlockGasLimit"),
    ),
    Method(
        "anvil_setNextBlockBaseFeePerGas",
        set_next_base_fee,
        (Param("baseFee", AMOUNT),),
        Kind.WRITE,
        DONE,
        "Base fee of the next block.",
        _both("setNextBlockBaseFeePerGas", "evm_setNextBlockBaseFeePerGas"),
    ),
    Method(
        "anvil_setMinGasPrice",
        set_min_gas_price,
        (Param("price", AMOUNT),),
        Kind.WRITE,
        DONE,
        "The least price that the mempool takes.",
        _both("setMinGasPrice"),
    ),
    Method(
        "anvil_setCoinbase",
        set_coinbase,
        (Param("address", ADDRESS),),
        Kind.WRITE,
        DONE,
        "Receiver of the tips from now on.",
        _both("setCoinbase", "evm_setCoinbase"),
    ),
    Method(
        "anvil_setNextBlockPrevRandao",
        set_next_prev_randao,
        (Param("value", Shape(_read_word_hash, ref("bytesMax32"))),),
        Kind.WRITE,
        DONE,
        "PREVRANDAO of the next block.",
        ("hardhat_setPrevRandao", "anvil_setPrevRandao", "hardhat_setNextBlockPrevRandao"),
    ),
    Method(
        "anvil_setChainId",
        set_chain_id,
        (Param("chainId", NUMBER_64),),
        Kind.WRITE,
        {"type": "null"},
        "Chain id of the zone from now on.",
        _both("setChainId"),
    ),
)
