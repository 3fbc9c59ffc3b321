"""The coefficients of the encoding check: for each row an element of GF(2^128), drawn from the commitment."""

from __future__ import annotations

from hashlib import shake_256

from devnet.availability import WIDE_BYTES
from devnet.availability.header import DataHeader

DOMAIN = b"zero/availability/coefficients/1"


def draw(header: DataHeader) -> bytes:
    """SHAKE-256(domain ‖ commitment), 16 bytes a row, little-endian numbers of which the lowest
    `coefficient_bits` count. Who makes a batch and its columns cannot know them before both are fixed."""
    drawn = shake_256(DOMAIN + header.commitment).digest(WIDE_BYTES * header.rows)
    if header.parameters.coefficient_bits == 8 * WIDE_BYTES:
        return drawn
    mask = (1 << header.parameters.coefficient_bits) - 1
    return b"".join(
        (int.from_bytes(drawn[start : start + WIDE_BYTES], "little") & mask).to_bytes(WIDE_BYTES, "little")
        for start in range(0, len(drawn), WIDE_BYTES)
    )
