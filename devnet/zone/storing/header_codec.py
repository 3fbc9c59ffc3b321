"""Headers whose blocks are gone, as one compressed item: most of a header is what its neighbours have too."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence

from devnet.chain.block import Header
from devnet.chain.block_codec import encode_header, header_of
from devnet.chain.rlp import Decoded, decode, encode_bytes, encode_list
from devnet.chain.rlp_items import members

MOST_BYTES = 1 << 22
"""Of the headers together when they are unpacked; the 512 that a zone keeps take some 320 kB."""


def encode_headers(headers: Sequence[Header]) -> bytes:
    """The RLP item: a byte string, the RLP list of the headers compressed by zlib."""
    return encode_bytes(zlib.compress(encode_list([encode_header(header) for header in headers])))


def read_headers(item: Decoded) -> Iterator[Header]:
    """What `encode_headers` was given. Raises ValueError, also for more than `MOST_BYTES`."""
    if not isinstance(item, bytes):
        raise ValueError("packed headers are a byte string")
    for fields in members(decode(_unpacked(item))):
        if not isinstance(fields, list):
            raise ValueError("a header is a list")
        yield header_of(fields)


def _unpacked(packed: bytes) -> bytes:
    unpacking = zlib.decompressobj()
    try:
        content = unpacking.decompress(packed, MOST_BYTES)
    except zlib.error as error:
        raise ValueError(f"the packed headers cannot be unpacked: {error}") from None
    if not unpacking.eof or unpacking.unused_data:
        raise ValueError(f"packed headers end where they should, and within {MOST_BYTES} bytes")
    return content
