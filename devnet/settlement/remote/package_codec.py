"""What a producer hands out with an update, as bytes; decoded strictly."""

from __future__ import annotations

from collections.abc import Sequence

from devnet.availability import Refused as DataRefused
from devnet.availability.columns import INDEX_BYTES, Column
from devnet.availability.header import DataHeader
from devnet.chain.rlp import decode, encode_bytes, encode_list
from devnet.chain.rlp_items import members, text
from devnet.proving import Proof
from devnet.proving import witness as witness_proof
from devnet.settlement.acceptance import Package

_KIND_BYTES = 32


def encode_package(package: Package) -> bytes:
    """RLP of [header, combination, batch, kind of proof, proof]. The batch is left empty where the proof
    holds it, as one of kind `witness` does."""
    proof = package.proof
    batch = b"" if _batch_in(proof) == package.batch else package.batch
    parts = (package.header.encode(), package.combination, batch, proof.kind.encode("ascii"), proof.data)
    return encode_list([encode_bytes(part) for part in parts])


def decode_package(encoded: bytes) -> Package:
    """The inverse of `encode_package`. Raises ValueError."""
    header, combination, batch, kind, data = (text(part) for part in members(decode(encoded), 5))
    if len(kind) > _KIND_BYTES or not kind.isascii():
        raise ValueError("a kind of proof is at most 32 ASCII characters")
    proof = Proof(kind.decode("ascii"), data)
    try:
        read = DataHeader.decode(header)
    except DataRefused as refused:
        raise ValueError(str(refused)) from None
    return Package(read, combination, batch or _batch_in(proof) or b"", proof)


def encode_columns(columns: Sequence[Column]) -> bytes:
    """One after the other: all of one dispersal are equally long."""
    return b"".join(column.encode() for column in columns)


def decode_columns(encoded: bytes, header: DataHeader) -> tuple[Column, ...]:
    """The inverse of `encode_columns`, of the header's dispersal. Raises ValueError."""
    size = INDEX_BYTES + 32 * header.parameters.depth + header.column_bytes
    if len(encoded) % size:
        raise ValueError(f"{len(encoded)} bytes are no columns of {size} bytes each")
    try:
        return tuple(Column.decode(encoded[at : at + size], header) for at in range(0, len(encoded), size))
    except DataRefused as refused:
        raise ValueError(str(refused)) from None


def _batch_in(proof: Proof) -> bytes | None:
    if proof.kind != witness_proof.KIND:
        return None
    try:
        return witness_proof.batch_of(proof.data)
    except ValueError:
        # Whoever verifies it says what is wrong.
        return None
