"""MODEXP: base ** exponent % modulus (EIP-198), priced by EIP-2565 and from Osaka by EIP-7883 within
EIP-7823's bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from devnet.execution.pyevm.precompiles import PrecompileFailure

if TYPE_CHECKING:
    from devnet.execution.pyevm.frame import Frame

_HEADER: Final = 96
_OSAKA_LENGTH_LIMIT: Final = 1024


def modexp_berlin(frame: Frame) -> None:
    lengths = _lengths(frame.input)
    base_length, exponent_length, modulus_length = lengths
    words = (max(base_length, modulus_length) + 7) // 8
    iterations = _iterations(frame.input, base_length, exponent_length, bits_per_byte=8)
    frame.consume_gas(max(200, words * words * iterations // 3), "MODEXP")
    frame.output = _modexp(frame.input, *lengths)


def modexp_osaka(frame: Frame) -> None:
    lengths = _lengths(frame.input)
    if max(lengths) > _OSAKA_LENGTH_LIMIT:
        raise PrecompileFailure("one or more of base/exponent/modulus length exceeded 1024 bytes")
    base_length, exponent_length, modulus_length = lengths
    longest = max(base_length, modulus_length)
    words = (longest + 7) // 8
    complexity = 2 * words * words if longest > 32 else 16
    iterations = _iterations(frame.input, base_length, exponent_length, bits_per_byte=16)
    frame.consume_gas(max(500, complexity * iterations), "MODEXP")
    frame.output = _modexp(frame.input, *lengths)


def _lengths(data: bytes) -> tuple[int, int, int]:
    header = data[:_HEADER].ljust(_HEADER, b"\0")
    return (
        int.from_bytes(header[:32], "big"),
        int.from_bytes(header[32:64], "big"),
        int.from_bytes(header[64:], "big"),
    )


def _read(data: bytes, start: int, length: int) -> int:
    """`length` bytes from `start`, zeros where the data ends."""
    part = data[start : start + length]
    return int.from_bytes(part, "big") << (8 * (length - len(part)))


def _iterations(data: bytes, base_length: int, exponent_length: int, bits_per_byte: int) -> int:
    """How often the exponent makes the algorithm multiply, as the price sees it: its first 32 bytes bit by
    bit, the others by their number."""
    head_length = min(exponent_length, 32)
    head = _read(data, _HEADER + base_length, head_length)
    count = max(head.bit_length() - 1, 0)
    if exponent_length > 32:
        count += bits_per_byte * (exponent_length - 32)
    return max(count, 1)


def _modexp(data: bytes, base_length: int, exponent_length: int, modulus_length: int) -> bytes:
    if modulus_length == 0:
        return b""
    exponent_start = _HEADER + base_length
    modulus = _read(data, exponent_start + exponent_length, modulus_length)
    if modulus == 0:
        return bytes(modulus_length)
    base = _read(data, _HEADER, base_length)
    exponent = _read(data, exponent_start, exponent_length)
    return pow(base, exponent, modulus).to_bytes(modulus_length, "big")
