"""zero: how parallel blocks are, and what keeps them from being more so (docs/profile.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from devnet.artifacts.storage import name_slot
from devnet.chain.block import Block
from devnet.chain.types import Address, BlockRef, Hash32
from devnet.rpc.codec.blocks import BLOCK_REF
from devnet.rpc.codec.encode_transactions import hex_data, hex_word
from devnet.rpc.codec.shapes import Schema, array_of, nullable, ref
from devnet.rpc.context import Context
from devnet.rpc.errors import NOT_FOUND, RpcError
from devnet.rpc.methods import Kind, Method, Param
from devnet.scheduling import Schedule
from devnet.scheduling.profile import CORES, conflicts, critical_path, frame_order, speed_up
from devnet.zone.messages import ScheduledBlock

BLOCKS_LIMIT = 100
"""Blocks of one zero_getScheduleProfile."""

CONFLICTS_LIMIT = 50
"""Keys in conflict that are told of one block, the heaviest first."""

_WORDS_LIMIT = 400
"""Values that are tried as keys of a mapping."""

IMPLEMENTATION_SLOT: Final = 0x360894A13BA1A3210667C828492DB98DCA3E2076CC3735A920A3CA505D382BBC
"""EIP-1967: where a proxy keeps the address of its code."""


def get_schedule_profile(context: Context, first: BlockRef, last: BlockRef | None) -> list[dict[str, Any]]:
    zone = context.zone
    if isinstance(first, bytes) and last is None and zone.block(first) is None:
        located = zone.transaction(Hash32(first))
        if located is None or located.block_hash is None:
            raise RpcError(NOT_FOUND, f"{hex_data(first)} is neither a block nor a transaction in one")
        return [_profile(context, zone.schedule(located.block_hash), located.index)]
    if last is None:
        return [_profile(context, zone.schedule(first), None)]
    low, high = (_block(context, ref).header.number for ref in (first, last))
    if high - low >= BLOCKS_LIMIT:
        raise RpcError(-32602, f"{high - low + 1} blocks are asked for; at most {BLOCKS_LIMIT} at once")
    return [_profile(context, zone.schedule(number), None) for number in range(low, high + 1)]


def _block(context: Context, ref: BlockRef) -> Block:
    block = context.zone.block(ref)
    if block is None:
        raise RpcError(NOT_FOUND, f"block {hex_data(ref) if isinstance(ref, bytes) else ref} not found")
    return block


def _profile(context: Context, scheduled: ScheduledBlock, transaction: int | None) -> dict[str, Any]:
    block, schedule = scheduled.block, scheduled.schedule
    gas = [receipt.gas_used for receipt in block.receipts]
    frame_of = {index: number for number, frame in enumerate(schedule.frames) for index in frame}
    after = dict(zip(frame_order(schedule), schedule.after, strict=True))
    path = critical_path(schedule, gas)
    names = _Names(context, block)
    found = conflicts(schedule, gas)
    count = len(block.transactions)
    measured = scheduled.measured
    return {
        "number": hex(block.header.number),
        "hash": hex_data(block.hash),
        "gasUsed": hex(block.header.gas_used),
        "transactions": [
            {
                "hash": hex_data(item.hash),
                "from": hex_data(item.sender),
                "to": None if item.to is None else hex_data(item.to),
                "function": names.function(index),
                "gasUsed": hex(gas[index]),
                "frame": frame_of[index],
                "after": after[index],
            }
            for index, item in enumerate(block.transactions)
        ],
        "frames": [list(frame) for frame in schedule.frames],
        "width": count / len(schedule.frames) if schedule.frames else 0.0,
        "widest": max(map(len, schedule.frames), default=0),
        "discarded": list(schedule.discarded),
        "serial": list(schedule.serial),
        "conflicts": [
            {
                "key": hex_data(conflict.key),
                **names.of(schedule, conflict.key, conflict.transactions),
                "transactions": list(conflict.transactions),
                "writers": conflict.writers,
                "gasUsed": hex(conflict.weight),
            }
            for conflict in found[:CONFLICTS_LIMIT]
        ],
        "conflictCount": len(found),
        "criticalPath": {"transactions": list(path.transactions), "gasUsed": hex(path.weight)},
        "speedUp": {str(cores): round(speed_up(schedule, gas, cores), 4) for cores in CORES},
        "measured": None
        if measured is None
        else {
            "threads": measured.threads,
            "serialSeconds": measured.serial,
            "parallelSeconds": measured.parallel,
            "speedUp": round(measured.serial / measured.parallel, 4) if measured.parallel else 1.0,
            "predicted": round(speed_up(schedule, gas, measured.threads), 4),
        },
        "transaction": transaction,
    }


@dataclass(slots=True)
class _Names:
    """What accounts, slots and functions of one block are called."""

    context: Context
    block: Block
    _codes: dict[Address, bytes] = field(default_factory=dict)

    def of(self, schedule: Schedule, key: bytes, transactions: tuple[int, ...]) -> dict[str, Any]:
        """Address, slot, and their names."""
        address, slot = schedule.locations[key]
        artifacts = self.context.network.artifacts
        artifact = artifacts.for_code(self._code(address))
        variable = None
        if slot is not None:
            for owner in self._implementations(address):
                described = artifacts.for_code(self._code(owner))
                if described is not None:
                    words = self._words(schedule, key, transactions)
                    variable = name_slot(described.storage_layout, slot, words)
                if variable is not None:
                    artifact = described
                    break
        return {
            "address": hex_data(address),
            "label": artifacts.label(address),
            "contract": None if artifact is None else artifact.name,
            "slot": None if slot is None else hex_word(slot),
            "variable": variable,
        }

    def function(self, index: int) -> str | None:
        """The signature of what a transaction calls, None where nobody knows."""
        transaction = self.block.transactions[index]
        if transaction.to is None or len(transaction.data) < 4:
            return None
        item = self.context.network.artifacts.function(transaction.data[:4], self._code(transaction.to))
        return None if item is None else item.name

    def _implementations(self, address: Address) -> Iterator[Address]:
        """The account whose code says how storage is laid out: its own, or behind a proxy."""
        yield address
        word = self.context.zone.storage(address, IMPLEMENTATION_SLOT)
        if word:
            yield Address((word & ((1 << 160) - 1)).to_bytes(20, "big"))

    def _code(self, address: Address) -> bytes:
        code = self._codes.get(address)
        if code is None:
            code = self._codes[address] = self.context.zone.account(address).code
        return code

    def _words(self, schedule: Schedule, key: bytes, transactions: tuple[int, ...]) -> list[int]:
        """Values that a mapping's key may have been: who took part, and what was given."""
        words: dict[int, None] = {}
        for index in transactions[:_WORDS_LIMIT]:
            transaction = self.block.transactions[index]
            words[int.from_bytes(transaction.sender, "big")] = None
            if transaction.to is not None:
                words[int.from_bytes(transaction.to, "big")] = None
            arguments = transaction.data[4:]
            for start in range(0, min(len(arguments), 32 * 16), 32):
                words[int.from_bytes(arguments[start : start + 32].ljust(32, b"\0"), "big")] = None
            for log in self.block.receipts[index].logs:
                for topic in log.topics[1:]:
                    words[int.from_bytes(topic, "big")] = None
            if len(words) >= _WORDS_LIMIT:
                break
        return [*words, *range(16)]


def _object(properties: Mapping[str, Schema]) -> Schema:
    return {
        "type": "object",
        "required": list(properties),
        "properties": dict(properties),
        "additionalProperties": False,
    }


_INDEXES = array_of({"type": "integer", "minimum": 0})
_NAME: Schema = {"type": ["string", "null"]}
_NUMBER: Schema = {"type": "number", "minimum": 0}

PROFILE = _object(
    {
        "number": ref("uint"),
        "hash": ref("hash32"),
        "gasUsed": ref("uint"),
        "transactions": array_of(
            _object(
                {
                    "hash": ref("hash32"),
                    "from": ref("address"),
                    "to": nullable(ref("address")),
                    "function": _NAME,
                    "gasUsed": ref("uint"),
                    "frame": {"type": "integer", "minimum": 0},
                    "after": {"type": "integer", "minimum": -1},
                }
            )
        ),
        "frames": array_of(_INDEXES),
        "width": _NUMBER,
        "widest": {"type": "integer", "minimum": 0},
        "discarded": _INDEXES,
        "serial": _INDEXES,
        "conflicts": array_of(
            _object(
                {
                    "key": ref("bytes"),
                    "address": ref("address"),
                    "label": _NAME,
                    "contract": _NAME,
                    "slot": nullable(ref("hash32")),
                    "variable": _NAME,
                    "transactions": _INDEXES,
                    "writers": {"type": "integer", "minimum": 1},
                    "gasUsed": ref("uint"),
                }
            )
        ),
        "conflictCount": {"type": "integer", "minimum": 0},
        "criticalPath": _object({"transactions": _INDEXES, "gasUsed": ref("uint")}),
        "speedUp": _object({str(cores): _NUMBER for cores in CORES}),
        "measured": nullable(
            _object(
                {
                    "threads": {"type": "integer", "minimum": 1},
                    "serialSeconds": _NUMBER,
                    "parallelSeconds": _NUMBER,
                    "speedUp": _NUMBER,
                    "predicted": _NUMBER,
                }
            )
        ),
        "transaction": {"type": ["integer", "null"], "minimum": 0},
    }
)

METHODS = (
    Method(
        "zero_getScheduleProfile",
        get_schedule_profile,
        (Param("first", BLOCK_REF, "latest"), Param("last", BLOCK_REF, None)),
        Kind.CALL,
        array_of(PROFILE),
        "How the transactions of a block, of the blocks from `first` to `last`, or of a transaction's block "
        "(its hash as `first`) can run in parallel: frames, conflicts by name, critical path, speed-up.",
    ),
)
