"""The code as it is defined, in plain integers: polynomials multiplied bit by bit, and Lagrange's formula.
Shares nothing with either coder but the numbers that docs/availability.md names."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

BASIS = (
    *(0x0001, 0xACCA, 0x3C0E, 0x163E, 0xC582, 0xED2E, 0x914C, 0x4012),
    *(0x6C98, 0x10D8, 0x6A72, 0xB900, 0xFDB8, 0xFB34, 0xFF38, 0x991E),
)


def times_polynomials(left: int, right: int) -> int:
    """Modulo x^16 + x^5 + x^3 + x^2 + 1."""
    product = 0
    for bit in range(16):
        if right >> bit & 1:
            product ^= left << bit
    for bit in reversed(range(16, 32)):
        if product >> bit & 1:
            product ^= 0b1_0000_0000_0010_1101 << (bit - 16)
    return product


def polynomial_of(number: int) -> int:
    """The element that a number stands for."""
    polynomial = 0
    for bit, element in enumerate(BASIS):
        if number >> bit & 1:
            polynomial ^= element
    return polynomial


@cache
def _numbers() -> dict[int, int]:
    return {polynomial_of(number): number for number in range(1 << 16)}


def multiply(left: int, right: int) -> int:
    """The product of two elements, as numbers."""
    return _numbers()[times_polynomials(polynomial_of(left), polynomial_of(right))]


def inverse(number: int) -> int:
    """Its power 2^16 − 2."""
    found, square = 1, number
    for _ in range(15):
        square = multiply(square, square)
        found = multiply(found, square)
    return found


def interpolate(values: Mapping[int, int], at: int) -> int:
    """The value at a point of the polynomial of least degree with these values at points."""
    total = 0
    for point, value in values.items():
        term = value
        for other in values:
            if other != point:
                term = multiply(term, multiply(at ^ other, inverse(point ^ other)))
        total ^= term
    return total


def point_of(column: int, data_columns: int) -> int:
    """Where a column's values are taken."""
    chunk = 1
    while chunk < data_columns:
        chunk *= 2
    return column if column < data_columns else chunk + column - data_columns


def parity_row(row: list[int], columns: int) -> list[int]:
    """What the code adds to a row of data."""
    chunk = point_of(len(row), len(row))
    values = dict(enumerate(row)) | dict.fromkeys(range(len(row), chunk), 0)
    return [interpolate(values, point_of(column, len(row))) for column in range(len(row), columns)]


def combined(column: bytes, coefficients: bytes) -> bytes:
    """Σ coefficient · element over the rows, coordinate by coordinate."""
    sums = [0] * 8
    for row in range(len(column) // 2):
        element = int.from_bytes(column[2 * row : 2 * row + 2], "little")
        for place in range(8):
            start = 16 * row + 2 * place
            coordinate = int.from_bytes(coefficients[start : start + 2], "little")
            sums[place] ^= multiply(element, coordinate)
    return b"".join(coordinate.to_bytes(2, "little") for coordinate in sums)
