"""Single values out of decoded RLP. All raise ValueError."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from devnet.chain.rlp import Decoded, decode_int, encode_bytes, encode_int, encode_list
from devnet.chain.types import Address, Hash32

Value = TypeVar("Value")

NOTHING = b"\xc0"
"""The empty list: a value that is not there."""


def members(item: Decoded, count: int | None = None) -> list[Decoded]:
    """The members of a list."""
    if not isinstance(item, list):
        raise ValueError("bytes where a list belongs")
    if count is not None and len(item) != count:
        raise ValueError(f"a list of {len(item)} where one of {count} belongs")
    return item


def text(item: Decoded) -> bytes:
    """Bytes of any length."""
    if not isinstance(item, bytes):
        raise ValueError("a list where bytes belong")
    return item


def sized(item: Decoded, size: int) -> bytes:
    """Exactly `size` bytes."""
    if not isinstance(item, bytes) or len(item) != size:
        raise ValueError(f"not {size} bytes")
    return item


def address(item: Decoded) -> Address:
    """20 bytes."""
    return Address(sized(item, 20))


def optional_address(item: Decoded) -> Address | None:
    """20 bytes, or none."""
    return None if item == b"" else Address(sized(item, 20))


def hash32(item: Decoded) -> Hash32:
    """32 bytes."""
    return Hash32(sized(item, 32))


def flag(item: Decoded) -> bool:
    """0 or 1."""
    if item == b"":
        return False
    if item != b"\x01":
        raise ValueError("neither 0 nor 1")
    return True


def optional(item: Decoded, read: Callable[[Decoded], Value]) -> Value | None:
    """What a list of one member holds, None for the empty list."""
    found = members(item)
    if len(found) > 1:
        raise ValueError(f"a list of {len(found)} where at most one belongs")
    return read(found[0]) if found else None


def encode_optional_int(value: int | None) -> bytes:
    """A list of one number, or of none."""
    return NOTHING if value is None else encode_list((encode_int(value),))


def encode_optional_bytes(value: bytes | None) -> bytes:
    """A list of one byte string, or of none."""
    return NOTHING if value is None else encode_list((encode_bytes(value),))


def encode_signed(value: int) -> bytes:
    """A number that may be negative: [is negative, amount]."""
    return encode_list((encode_int(value < 0), encode_int(abs(value))))


def signed(item: Decoded) -> int:
    """The inverse of `encode_signed`."""
    is_negative, amount = members(item, 2)
    value = decode_int(amount)
    if not flag(is_negative):
        return value
    if not value:
        raise ValueError("minus zero")
    return -value
