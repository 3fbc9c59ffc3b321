"""Zone updates as bytes: what a proposal carries, what a network keeps."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from devnet.chain.rlp import Decoded, encode_bytes, encode_int, encode_list
from devnet.chain.rlp_items import address, hash32, members, sized, text
from devnet.proving.statement import Statement
from devnet.settlement.block import MOST_UPDATES, ZONE_TREE_DEPTH, ZoneUpdate
from devnet.settlement.producers import SIGNATURE_BYTES
from devnet.settlement.votes import NUMBER_LIMIT, bounded

MOST_ZONES = 1 << ZONE_TREE_DEPTH
_NUMBERS = frozenset(field.name for field in fields(Statement) if field.type == "int")
_KIND_BYTES = 32


def encode_statement(statement: Statement) -> bytes:
    """RLP of the fields in their order."""
    return encode_list(
        [
            encode_int(getattr(statement, field.name))
            if field.name in _NUMBERS
            else encode_bytes(getattr(statement, field.name))
            for field in fields(Statement)
        ]
    )


def read_statement(item: Decoded) -> Statement:
    """The inverse of `encode_statement`, out of decoded RLP. Raises ValueError."""
    declared = fields(Statement)
    values = members(item, len(declared))
    read: dict[str, Any] = {
        field.name: bounded(value, NUMBER_LIMIT) if field.name in _NUMBERS else hash32(value)
        for field, value in zip(declared, values, strict=True)
    }
    statement = Statement(**read)
    if statement.zone >= MOST_ZONES:
        raise ValueError(f"zone {statement.zone}: there are at most {MOST_ZONES}")
    return statement


def encode_update(update: ZoneUpdate) -> bytes:
    """RLP of [statement, slot, previous, kind of proof, hash of the proof, producer, signature]."""
    return encode_list(
        [
            encode_statement(update.statement),
            encode_int(update.slot),
            encode_bytes(update.previous),
            encode_bytes(update.proof_kind.encode("ascii")),
            encode_bytes(update.proof_hash),
            encode_bytes(update.producer),
            encode_bytes(update.signature),
        ]
    )


def read_update(item: Decoded) -> ZoneUpdate:
    """The inverse of `encode_update`, out of decoded RLP. Raises ValueError."""
    statement, slot, previous, kind, proof_hash, producer, signature = members(item, 7)
    name = text(kind)
    if not 0 < len(name) <= _KIND_BYTES or not name.isascii():
        raise ValueError("a kind of proof is 1 to 32 ASCII characters")
    return ZoneUpdate(
        read_statement(statement),
        bounded(slot, NUMBER_LIMIT),
        hash32(previous),
        name.decode("ascii"),
        hash32(proof_hash),
        address(producer),
        sized(signature, SIGNATURE_BYTES),
    )


def read_updates(item: Decoded) -> tuple[ZoneUpdate, ...]:
    """A list of updates, out of decoded RLP. Raises ValueError, also for more than zones can have."""
    items = members(item)
    if len(items) > MOST_UPDATES * MOST_ZONES:
        raise ValueError(f"{len(items)} updates in one settlement block")
    return tuple(read_update(item) for item in items)
