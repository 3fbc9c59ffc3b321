"""A block's header, opened by its hash."""

from __future__ import annotations

from dataclasses import dataclass

from devnet.chain.keccak import keccak256
from devnet.chain.rlp import Decoded, RlpError, decode, decode_int
from zero_sdk.proofs.errors import Flaw, InvalidProof
from zero_sdk.proofs.fields import Data, as_data, to_bytes

_FIELDS = 16
"""Of the oldest fork that a zone can follow; later forks append more."""


@dataclass(frozen=True, slots=True)
class ProvenBlock:
    """What a block's hash commits to."""

    hash: bytes
    parent_hash: bytes
    number: int
    timestamp: int
    """Seconds since the epoch."""
    state_root: bytes
    transactions_root: bytes
    receipts_root: bytes


def verify_header(block_hash: Data, header: Data) -> ProvenBlock:
    """Opens the RLP of a header whose keccak is `block_hash`. Raises `InvalidProof` for any other.

    The blocks of a reserved range (docs/zones.md) have a name for a hash, which commits to no header.
    """
    expected = to_bytes(block_hash, 32, "block_hash")
    encoded = header if isinstance(header, bytes) else as_data(header, "header")
    if keccak256(encoded) != expected:
        raise InvalidProof(Flaw.HEADER, "its keccak is not the block's hash")
    try:
        fields = decode(encoded)
    except RlpError as error:
        raise InvalidProof(Flaw.HEADER, str(error)) from error
    if not isinstance(fields, list) or len(fields) < _FIELDS:
        raise InvalidProof(Flaw.HEADER, "it does not have a header's fields")
    return ProvenBlock(
        hash=expected,
        parent_hash=_hash(fields[0]),
        number=_number(fields[8]),
        timestamp=_number(fields[11]),
        state_root=_hash(fields[3]),
        transactions_root=_hash(fields[4]),
        receipts_root=_hash(fields[5]),
    )


def _hash(field: Decoded) -> bytes:
    if not isinstance(field, bytes) or len(field) != 32:
        raise InvalidProof(Flaw.HEADER, "a root or hash in it has not 32 bytes")
    return field


def _number(field: Decoded) -> int:
    try:
        return decode_int(field)
    except RlpError as error:
        raise InvalidProof(Flaw.HEADER, "a number in it is none") from error
