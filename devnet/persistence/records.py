"""Records: u32 length ‖ u32 CRC-32C of the payload ‖ payload. Little-endian; a payload is never empty."""

from __future__ import annotations

from struct import Struct

from google_crc32c import value as _value

FRAME = Struct("<II")
FRAME_SIZE = FRAME.size
RECORD_LIMIT = (1 << 30) - 1
"""Bytes of a payload."""


def crc32c(content: bytes) -> int:
    """The Castagnoli checksum (RFC 3720, appendix B.4)."""
    checksum: int = _value(content)
    return checksum


def frame(payload: bytes) -> bytes:
    """The record with that payload. Raises ValueError for one that is empty or longer than `RECORD_LIMIT`."""
    if not 0 < len(payload) <= RECORD_LIMIT:
        raise ValueError(f"a record has 1 to {RECORD_LIMIT} bytes, not {len(payload)}")
    return FRAME.pack(len(payload), crc32c(payload)) + payload
