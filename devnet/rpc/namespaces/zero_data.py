"""zero: what was dispersed for zone updates, as its holders serve it, and the updates' proofs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from devnet.availability import Flaw, Refused
from devnet.chain.types import Hash32
from devnet.rpc.codec.encode_transactions import hex_data
from devnet.rpc.codec.shapes import (
    BOOLEAN,
    DATA,
    HASH,
    NUMBER_64,
    Schema,
    Shape,
    array_of,
    nullable,
    read_list,
    read_number,
    ref,
)
from devnet.rpc.context import Context
from devnet.rpc.errors import LIMIT_EXCEEDED, NOT_FOUND, UNAVAILABLE, RpcError, invalid_params
from devnet.rpc.methods import Kind, Method, Param
from devnet.settlement.column_service import ColumnService, NotKept
from devnet.settlement.dispersed import DispersedBlock, DispersedUpdate

Given = TypeVar("Given")

COLUMNS_LIMIT = 1_024
"""Columns of one request."""
PIECE_LIMIT = 4 * 1024 * 1024
"""Bytes of one answer, before they are written as hex."""
SAMPLES_LIMIT = 1_024
PIECE = 1024 * 1024
SAMPLES = 16


def _read_indices(value: Any) -> tuple[int, ...] | int:
    """The indices of columns, or the one validator whose columns are meant."""
    if type(value) is dict:
        if value.keys() != {"holder"}:
            raise ValueError("expected an array of indices, or an object with nothing but holder")
        return read_number(value["holder"], 1 << 32)
    return read_list(value, lambda entry: read_number(entry, 1 << 16), COLUMNS_LIMIT)


_WHICH = Shape(
    _read_indices,
    {
        "oneOf": [
            array_of({"oneOf": [{"type": "integer", "minimum": 0}, {"type": "string"}]}),
            {"type": "object", "required": ["holder"], "properties": {"holder": {"type": "integer"}}},
        ]
    },
)


def _found(context: Context, update: Hash32) -> tuple[DispersedBlock, DispersedUpdate]:
    return _kept(context, lambda service: service.find(update))


def _kept(context: Context, ask: Callable[[ColumnService], Given]) -> Given:
    settlement = context.network.settlement
    try:
        return ask(settlement.columns)
    except NotKept as error:
        heights = settlement.archive.status().heights
        what = f"that of the settlement blocks {heights[0]} to {heights[-1]} is" if heights else "none is"
        raise RpcError(NOT_FOUND, f"{error}; {what} (--archive)") from None
    except Refused as refused:
        raise RpcError(UNAVAILABLE, f"the columns that are given do not suffice: {refused}") from None


def data_header(context: Context, update: Hash32) -> dict[str, Any] | None:
    try:
        block, found = context.network.settlement.columns.find(update)
    except NotKept:
        return None
    header, parameters = found.header, found.header.parameters
    return {
        "update": hex_data(update),
        "zone": tuple(context.network.zones)[found.zone],
        "settlementHeight": hex(block.height),
        "dataCommitment": hex_data(header.commitment),
        "header": hex_data(header.encode()),
        "combination": hex_data(found.combination),
        "batchHash": hex_data(header.batch_hash),
        "batchSize": hex(header.length),
        "columns": parameters.columns,
        "dataColumns": parameters.data_columns,
        "columnSize": header.column_bytes,
        "holders": [{"first": held.start, "count": len(held)} for held in block.held],
        "proofKind": found.proof.kind,
        "proofSize": hex(len(found.proof.data)),
    }


def columns(
    context: Context, update: Hash32, which: tuple[int, ...] | int, is_repaired: bool
) -> list[dict[str, Any]]:
    block, found = _found(context, update)
    if isinstance(which, int):
        if which >= len(block.held):
            raise invalid_params(f"there are {len(block.held)} holders, the first is 0")
        which = tuple(block.held[which])
    count = found.header.parameters.columns
    if any(index >= count for index in which):
        raise invalid_params(f"there are {count} columns, the first is 0")
    if len(which) > COLUMNS_LIMIT or len(which) * found.header.column_bytes > PIECE_LIMIT:
        raise RpcError(LIMIT_EXCEEDED, f"{len(which)} columns are too many for one answer: ask for fewer")
    given = _kept(context, lambda service: service.columns(update, which, is_repaired=is_repaired))
    return [
        {
            "index": index,
            "holder": block.holder_of(index),
            "column": None if column is None else hex_data(column.encode()),
        }
        for index, column in zip(which, given, strict=True)
    ]


def update_proof(context: Context, update: Hash32, offset: int, length: int) -> dict[str, Any]:
    _, found = _found(context, update)
    return {"kind": found.proof.kind, **_piece(found.proof.data, offset, length)}


def batch(context: Context, update: Hash32, offset: int, length: int) -> dict[str, Any]:
    retrieved = _kept(context, lambda service: service.batch(update))
    return {
        **_piece(retrieved.batch, offset, length),
        "missing": list(retrieved.missing),
        "refused": _refused(retrieved.refused),
    }


def sample_availability(context: Context, update: Hash32, count: int, seed: bytes | None) -> dict[str, Any]:
    _, found = _found(context, update)
    if count > min(found.header.parameters.columns, SAMPLES_LIMIT):
        most = min(found.header.parameters.columns, SAMPLES_LIMIT)
        raise invalid_params(f"{count} samples are more than the {most} that one request draws")
    if seed is not None and len(seed) > 64:
        raise invalid_params(f"a seed of {len(seed)} bytes: at most 64")
    sampled = _kept(context, lambda service: service.sample(update, count, seed))
    return {
        "seed": hex_data(sampled.seed),
        "asked": list(sampled.asked),
        "missing": list(sampled.missing),
        "refused": _refused(sampled.refused),
        "available": sampled.is_available,
        "errorProbability": sampled.error_probability,
    }


def data_status(context: Context) -> dict[str, Any]:
    status = context.network.settlement.archive.status()
    heights = status.heights
    return {
        "oldest": hex(heights[0]) if heights else None,
        "newest": hex(heights[-1]) if heights else None,
        "blocks": len(heights),
        "size": hex(status.size),
        "blocksLimit": status.limits.blocks,
        "sizeLimit": hex(status.limits.size),
        "damaged": len(status.flaws),
    }


def _piece(content: bytes, offset: int, length: int) -> dict[str, Any]:
    if length > PIECE_LIMIT:
        raise invalid_params(f"a piece of {length} bytes: at most {PIECE_LIMIT}")
    return {
        "size": hex(len(content)),
        "offset": hex(offset),
        "data": hex_data(content[offset : offset + length]),
    }


def _refused(refused: Iterable[tuple[int, Flaw]]) -> list[dict[str, Any]]:
    return [{"index": index, "flaw": flaw.value} for index, flaw in refused]


def _object(properties: dict[str, Schema]) -> Schema:
    return {
        "type": "object",
        "required": list(properties),
        "properties": properties,
        "additionalProperties": False,
    }


_INTEGER: Schema = {"type": "integer", "minimum": 0}
_TEXT: Schema = {"type": "string"}
_UPDATE = Param("update", HASH)
_OFFSET, _LENGTH = Param("offset", NUMBER_64, 0), Param("length", NUMBER_64, PIECE)
_REFUSED = array_of(_object({"index": _INTEGER, "flaw": _TEXT}))
_PIECE: dict[str, Schema] = {"size": ref("uint"), "offset": ref("uint"), "data": ref("bytes")}
_HEADER = _object(
    {
        "update": ref("hash32"),
        "zone": _TEXT,
        "settlementHeight": ref("uint"),
        "dataCommitment": ref("hash32"),
        "header": ref("bytes"),
        "combination": ref("bytes"),
        "batchHash": ref("hash32"),
        "batchSize": ref("uint"),
        "columns": _INTEGER,
        "dataColumns": _INTEGER,
        "columnSize": _INTEGER,
        "holders": array_of(_object({"first": _INTEGER, "count": _INTEGER})),
        "proofKind": _TEXT,
        "proofSize": ref("uint"),
    }
)

METHODS = (
    Method(
        "zero_getDataHeader",
        data_header,
        (_UPDATE,),
        Kind.STATE,
        nullable(_HEADER),
        "What an update's data was dispersed as, and who holds which columns; null where it is not kept.",
    ),
    Method(
        "zero_getColumns",
        columns,
        (_UPDATE, Param("which", _WHICH), Param("repair", BOOLEAN, False)),
        Kind.STATE,
        array_of(
            _object({"index": _INTEGER, "holder": nullable(_INTEGER), "column": nullable(ref("bytes"))})
        ),
        "Columns of an update by index, or all of a {holder}, as they are given away; null where withheld. "
        "With repair, those that are missing or false are computed from the others.",
    ),
    Method(
        "zero_getUpdateProof",
        update_proof,
        (_UPDATE, _OFFSET, _LENGTH),
        Kind.STATE,
        _object({"kind": _TEXT, **_PIECE}),
        "A piece of the proof of an update, 1 MiB from offset unless told otherwise.",
    ),
    Method(
        "zero_getBatch",
        batch,
        (_UPDATE, _OFFSET, _LENGTH),
        Kind.STATE,
        _object({**_PIECE, "missing": array_of(_INTEGER), "refused": _REFUSED}),
        "A piece of an update's batch, put together from the columns that are given; false ones are dropped.",
    ),
    Method(
        "zero_sampleAvailability",
        sample_availability,
        (_UPDATE, Param("count", NUMBER_64, SAMPLES), Param("seed", DATA, None)),
        Kind.STATE,
        _object(
            {
                "seed": ref("bytes"),
                "asked": array_of(_INTEGER),
                "missing": array_of(_INTEGER),
                "refused": _REFUSED,
                "available": {"type": "boolean"},
                "errorProbability": {"type": "number"},
            }
        ),
        "Asks the holders of an update's data for some columns and checks them. Who does not believe this "
        "network draws and checks by `zero verify`.",
    ),
    Method(
        "zero_dataStatus",
        data_status,
        (),
        Kind.READ,
        _object(
            {
                "oldest": nullable(ref("uint")),
                "newest": nullable(ref("uint")),
                "blocks": _INTEGER,
                "size": ref("uint"),
                "blocksLimit": _INTEGER,
                "sizeLimit": ref("uint"),
                "damaged": _INTEGER,
            }
        ),
        "Of which settlement blocks data and proofs are kept, and how much may be.",
    ),
)
