"""Headers and blocks as Ethereum encodes and hashes them."""

from __future__ import annotations

from collections.abc import Sequence

from devnet.chain.block import Header
from devnet.chain.keccak import keccak256
from devnet.chain.rlp import Decoded, decode, decode_int, encode_bytes, encode_int, encode_list
from devnet.chain.transaction import LEGACY, Transaction
from devnet.chain.types import Address, Hash32, Wei

EMPTY_OMMERS_HASH = Hash32(bytes.fromhex("1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347"))
"""keccak256 of the RLP of an empty list: what every header has since the merge."""

_HASH = b"\xa0"
"""What stands before 32 bytes."""

_OMMERS_THEN_ADDRESS = encode_bytes(EMPTY_OMMERS_HASH) + b"\x94"
_BLOOM = b"\xb9\x01\x00"
_NO_DIFFICULTY = b"\x80"
_NO_NONCE = encode_bytes(bytes(8))
_EMPTY_LIST = b"\xc0"


def encode_header(header: Header) -> bytes:
    """The header's RLP. Fields that the fork does not have (None) are left out from the first one on."""
    # Joined with the headers of the fields whose length is fixed: each block is encoded twice.
    parts = [
        _HASH,
        header.parent_hash,
        _OMMERS_THEN_ADDRESS,
        header.coinbase,
        _HASH,
        header.state_root,
        _HASH,
        header.transactions_root,
        _HASH,
        header.receipts_root,
        _BLOOM,
        header.bloom,
        _NO_DIFFICULTY,
        encode_int(header.number),
        encode_int(header.gas_limit),
        encode_int(header.gas_used),
        encode_int(header.timestamp),
        encode_bytes(header.extra_data),
        _HASH,
        header.prev_randao,
        _NO_NONCE,
        encode_int(header.base_fee_per_gas),
    ]
    later: tuple[bytes | int | None, ...] = (
        header.withdrawals_root,
        header.blob_gas_used,
        header.excess_blob_gas,
        header.parent_beacon_block_root,
        header.requests_hash,
    )
    for field in later:
        if field is None:
            break
        parts.append(encode_int(field) if isinstance(field, int) else encode_bytes(field))
    return encode_list(parts)


def decode_header(encoded: bytes) -> Header:
    """The inverse of `encode_header`. Raises ValueError."""
    fields = decode(encoded)
    if not isinstance(fields, list):
        raise ValueError("a header is a list")
    return header_of(fields)


def header_of(fields: Sequence[Decoded]) -> Header:
    """The header with these RLP fields. Raises ValueError."""
    count = len(fields)
    if not 16 <= count <= 21:
        raise ValueError(f"a header has 16 to 21 fields, not {count}")
    if fields[1] != EMPTY_OMMERS_HASH or fields[7] != b"" or fields[14] != bytes(8):
        raise ValueError("a header since the merge has no ommers, difficulty or nonce")
    extra_data = fields[12]
    if not isinstance(extra_data, bytes):
        raise ValueError("extraData is a list")
    return Header(
        Hash32(_sized(fields[0], 32)),
        Address(_sized(fields[2], 20)),
        Hash32(_sized(fields[3], 32)),
        Hash32(_sized(fields[4], 32)),
        Hash32(_sized(fields[5], 32)),
        _sized(fields[6], 256),
        decode_int(fields[8]),
        decode_int(fields[9]),
        decode_int(fields[10]),
        decode_int(fields[11]),
        extra_data,
        Hash32(_sized(fields[13], 32)),
        Wei(decode_int(fields[15])),
        Hash32(_sized(fields[16], 32)) if count > 16 else None,
        decode_int(fields[17]) if count > 17 else None,
        decode_int(fields[18]) if count > 18 else None,
        Hash32(_sized(fields[19], 32)) if count > 19 else None,
        Hash32(_sized(fields[20], 32)) if count > 20 else None,
    )


def _sized(field: Decoded, size: int) -> bytes:
    if not isinstance(field, bytes) or len(field) != size:
        raise ValueError(f"a header's field must be {size} bytes")
    return field


def header_hash(header: Header) -> Hash32:
    """The block's hash."""
    return keccak256(encode_header(header))


def encode_block(header: Header, transactions: Sequence[Transaction]) -> bytes:
    """The block's RLP: header, transactions, no ommers, and from Shanghai an empty list of withdrawals."""
    parts = [encode_header(header), encode_list([_in_block(item) for item in transactions]), _EMPTY_LIST]
    if header.withdrawals_root is not None:
        parts.append(_EMPTY_LIST)
    return encode_list(parts)


def block_size(header: Header, transactions: Sequence[Transaction]) -> int:
    """Bytes of `encode_block`, without building it."""
    content = sum([transaction_size_in_block(item) for item in transactions])
    size = len(encode_header(header)) + list_size(content) + len(_EMPTY_LIST)
    if header.withdrawals_root is not None:
        size += len(_EMPTY_LIST)
    return list_size(size)


def transaction_size_in_block(transaction: Transaction) -> int:
    """Bytes that a transaction adds to its block's list of transactions."""
    encoded = transaction.encoded
    # A typed one is longer than the one byte that would be its own encoding.
    return len(encoded) if transaction.type == LEGACY else list_size(len(encoded))


def list_size(content: int) -> int:
    """Bytes of an RLP list whose members take `content` bytes."""
    return content + (1 if content < 56 else 1 + (content.bit_length() + 7) // 8)


def _in_block(transaction: Transaction) -> bytes:
    """A legacy transaction is a list in the block's list, a typed one a byte string."""
    return transaction.encoded if transaction.type == LEGACY else encode_bytes(transaction.encoded)
