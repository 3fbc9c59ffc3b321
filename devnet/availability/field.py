"""GF(2^16) in the coordinates of the code, with NumPy.

The field is GF(2)[x] / (x^16 + x^5 + x^3 + x^2 + 1). A number of 16 bits stands for the element Σ bit_i ·
β_i with Cantor's basis β: β_0 = 1 and β_{i+1}² + β_{i+1} = β_i, of the two solutions the even polynomial.
Adding is XOR. These are the coordinates of the Leopard code, which the kernel's crate computes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

POLYNOMIAL = 0x1002D
ORDER = 65_535
"""Of the multiplicative group; x generates it."""

# fmt: off
CANTOR_BASIS = (
    0x0001, 0xACCA, 0x3C0E, 0x163E, 0xC582, 0xED2E, 0x914C, 0x4012,
    0x6C98, 0x10D8, 0x6A72, 0xB900, 0xFDB8, 0xFB34, 0xFF38, 0x991E,
)
# fmt: on

Elements = NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Field:
    """Tables of logarithms to the base x. A zero has a logarithm so large that each sum with it is one of a
    zero again."""

    log: NDArray[np.int32]
    exp: Elements

    def multiply(self, left: Elements, right: Elements) -> Elements:
        """Element by element, as NumPy broadcasts."""
        product: Elements = self.exp[self.log[left] + self.log[right]]
        return product


@cache
def field() -> Field:
    """Made when it is first needed, in some milliseconds."""
    polynomials = np.zeros(1, np.uint32)
    for element in CANTOR_BASIS:
        polynomials = np.concatenate((polynomials, polynomials ^ np.uint32(element)))
    coordinates = np.empty(ORDER + 1, np.uint16)
    coordinates[polynomials] = np.arange(ORDER + 1, dtype=np.uint16)
    powers = np.empty(ORDER, np.int64)
    power = 1
    for exponent in range(ORDER):
        powers[exponent] = power
        power <<= 1
        if power > ORDER:
            power ^= POLYNOMIAL
    zero = 2 * ORDER
    exp = np.zeros(2 * zero + 1, np.uint16)
    exp[:ORDER] = exp[ORDER:zero] = coordinates[powers]
    log = np.full(ORDER + 1, zero, np.int32)
    log[exp[:ORDER]] = np.arange(ORDER, dtype=np.int32)
    return Field(log, exp)
