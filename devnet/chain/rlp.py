"""RLP, Ethereum's serialization of nested byte strings (Yellow Paper, appendix B).

An item is bytes or a list of items. Integers are big-endian bytes without leading zeros: `encode_int` and
`decode_int`. Decoding is strict: one encoding per item, nothing after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

Item: TypeAlias = "bytes | Sequence[Item]"
"""What `encode` takes."""

Decoded: TypeAlias = "bytes | list[Decoded]"
"""What `decode` gives."""

DEPTH_LIMIT = 64
"""Lists within lists that `decode` follows; nothing in Ethereum nests deeper than five."""


class RlpError(ValueError):
    """The bytes are no canonical RLP."""


_SMALL_INTS = (b"\x80", *[bytes([value]) for value in range(1, 128)])
_HEADERS = tuple(bytes([0x80 + length]) for length in range(56))
_LIST_HEADERS = tuple(bytes([0xC0 + length]) for length in range(56))


def encode(item: Item) -> bytes:
    """The encoding of bytes or of a (nested) sequence of bytes."""
    if isinstance(item, bytes):
        return encode_bytes(item)
    return encode_list([encode(part) for part in item])


def encode_bytes(value: bytes) -> bytes:
    """The encoding of one byte string."""
    length = len(value)
    if length == 1 and value[0] < 0x80:
        return value
    if length < 56:
        return _HEADERS[length] + value
    if length < 256:
        # Most transactions.
        return b"\xb8" + bytes((length,)) + value
    return _long_header(0xB7, length) + value


def encode_list(encoded: Sequence[bytes]) -> bytes:
    """The list whose members are already encoded."""
    return wrap_list(b"".join(encoded))


def wrap_list(payload: bytes) -> bytes:
    """The list whose members' encodings, joined, are `payload`."""
    length = len(payload)
    if length < 56:
        return _LIST_HEADERS[length] + payload
    return _long_header(0xF7, length) + payload


def encode_int(value: int) -> bytes:
    """The encoding of an integer, 0 as the empty string. Raises OverflowError for a negative one."""
    if 0 <= value < 0x80:
        return _SMALL_INTS[value]
    length = (value.bit_length() + 7) >> 3
    if length < 56:
        return _HEADERS[length] + value.to_bytes(length, "big")
    return encode_bytes(value.to_bytes(length, "big"))


def _long_header(offset: int, length: int) -> bytes:
    size = (length.bit_length() + 7) // 8
    return bytes([offset + size]) + length.to_bytes(size, "big")


def decode(data: bytes) -> Decoded:
    """The item that `data` encodes. Raises `RlpError` where it is not canonical, is cut off or goes on."""
    item, end = _decode_item(data, 0, len(data), 0)
    if end != len(data):
        raise RlpError(f"{len(data) - end} bytes after the item")
    return item


def decode_bytes(data: bytes) -> bytes:
    """The byte string that `data` encodes. Raises `RlpError` as `decode` does, and for a list."""
    length = len(data) - 2
    if 56 <= length < 256 and data[0] == 0xB8 and data[1] == length:
        # Most transactions.
        return data[2:]
    item = decode(data)
    if not isinstance(item, bytes):
        raise RlpError("a list where bytes belong")
    return item


def split_list(data: bytes) -> list[bytes]:
    """The encoded members of the list that `data` encodes, which are not looked into. Raises `RlpError` as
    `decode` does for the list and for the headers of its members."""
    start, end = _bounds(data, 0, len(data))
    if data[0] < 0xC0:
        raise RlpError("bytes where a list belongs")
    if end != len(data):
        raise RlpError(f"{len(data) - end} bytes after the item")
    items = []
    while start < end:
        if data[start] == 0xB8 and start + 2 < end and 56 <= data[start + 1] <= end - start - 2:
            # Most transactions.
            stop = start + 2 + data[start + 1]
        else:
            stop = _bounds(data, start, end)[1]
        items.append(data[start:stop])
        start = stop
    return items


def decode_int(value: Decoded) -> int:
    """The integer that a decoded item stands for. Raises `RlpError` for a list and for leading zeros."""
    if not isinstance(value, bytes):
        raise RlpError("a list where an integer belongs")
    if value and value[0] == 0:
        raise RlpError("an integer with leading zeros")
    return int.from_bytes(value, "big")


def _bounds(data: bytes, start: int, end: int) -> tuple[int, int]:
    """Where the content of the item at `start` begins and ends."""
    if start >= end:
        raise RlpError("the input ends where an item belongs")
    first = data[start]
    if first < 0x80:
        return start, start + 1
    offset = 0x80 if first < 0xC0 else 0xC0
    if first - offset > 55:
        return _long_bounds(data, start, end, first - offset - 55)
    stop = start + 1 + first - offset
    if stop > end:
        raise RlpError("an item is longer than what holds it")
    return start + 1, stop


def _decode_item(data: bytes, start: int, end: int, depth: int) -> tuple[Decoded, int]:
    """The item at `start`, and where it ends."""
    if start >= end:
        raise RlpError("the input ends where an item belongs")
    first = data[start]
    if first < 0x80:
        return data[start : start + 1], start + 1
    if first < 0xB8:
        body = start + 1
        stop = body + first - 0x80
        if stop > end:
            raise RlpError("a string is longer than what holds it")
        if first == 0x81 and data[body] < 0x80:
            raise RlpError("a single byte below 0x80 with a header")
        return data[body:stop], stop
    if first < 0xC0:
        body, stop = _long_bounds(data, start, end, first - 0xB7)
        return data[body:stop], stop
    if first < 0xF8:
        body = start + 1
        stop = body + first - 0xC0
        if stop > end:
            raise RlpError("a list is longer than what holds it")
    else:
        body, stop = _long_bounds(data, start, end, first - 0xF7)
    if depth == DEPTH_LIMIT:
        raise RlpError(f"lists nested more than {DEPTH_LIMIT} deep")
    items: list[Decoded] = []
    while body < stop:
        item, body = _decode_item(data, body, stop, depth + 1)
        items.append(item)
    return items, stop


def _long_bounds(data: bytes, start: int, end: int, size: int) -> tuple[int, int]:
    """Where the content of an item with a header of `1 + size` bytes begins and ends."""
    body = start + 1 + size
    if body > end:
        raise RlpError("a header is cut off")
    if data[start + 1] == 0:
        raise RlpError("a length with leading zeros")
    length = int.from_bytes(data[start + 1 : body], "big")
    if length < 56:
        raise RlpError("a long header for a short item")
    if body + length > end:
        raise RlpError("an item is longer than what holds it")
    return body, body + length
