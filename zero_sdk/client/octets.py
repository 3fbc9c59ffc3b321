"""Bytes and 32-byte words, in the forms that callers have them in."""

from __future__ import annotations


def octets(data: bytes | str) -> bytes:
    """Bytes, of hex too."""
    return bytes.fromhex(data.removeprefix("0x")) if isinstance(data, str) else data


def word(value: int | bytes | str) -> str:
    """32 bytes as hex, of a number (a negative one as two's complement), of bytes, or of hex."""
    if isinstance(value, str):
        value = int(value, 16)
    return f"0x{(int.from_bytes(value) if isinstance(value, bytes) else value) % (1 << 256):064x}"
