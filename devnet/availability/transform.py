"""The additive Fourier transform of Lin, Chung and Han (FOCS 2014) over GF(2^16).

It turns coefficients into values and back, in place, along the first axis of an array of elements: one row
of the array for each point. Point number c is the element with coordinates c. The coefficients are those of
the basis X_i = Π s_j over the bits j of i, where s_j vanishes on the first 2^j points. In Cantor's basis
all of this is simple: s_j takes point c to point c >> j, is 1 at point 2^j, and its derivative is 1.
"""

from __future__ import annotations

import numpy as np

from devnet.availability.field import Elements, Field


def to_values(field: Field, work: Elements, first_point: int) -> None:
    """Coefficients of a polynomial become its values at the points from `first_point` on, a multiple of their
    number."""
    for height in reversed(range(_height(work))):
        low, high, factors = _halves(work, first_point, height)
        low ^= field.multiply(factors, high)
        high ^= low


def to_coefficients(field: Field, work: Elements, first_point: int) -> None:
    """The inverse of `to_values`."""
    for height in range(_height(work)):
        low, high, factors = _halves(work, first_point, height)
        high ^= low
        low ^= field.multiply(factors, high)


def derive(work: Elements) -> None:
    """Coefficients of a polynomial become those of its derivative."""
    for index in range(1, len(work)):
        width = index & -index
        work[index - width : index] ^= work[index : index + width]


def _height(work: Elements) -> int:
    return len(work).bit_length() - 1


def _halves(work: Elements, first_point: int, height: int) -> tuple[Elements, Elements, Elements]:
    """The blocks of 2^(height + 1) points: lower halves, upper halves, s_height where each block begins."""
    blocks = work.reshape(len(work) >> (height + 1), 2, 1 << height, -1)
    starts = first_point + (np.arange(len(blocks)) << (height + 1))
    return blocks[:, 0], blocks[:, 1], (starts >> height).astype(np.uint16)[:, None, None]
