"""GF(2^16) in Cantor's coordinates: the tables beside multiplication as it is defined."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from devnet.availability.field import CANTOR_BASIS, ORDER, POLYNOMIAL, field
from tests.availability.definition import multiply, polynomial_of, times_polynomials

elements = st.integers(0, ORDER)


def test_the_basis_is_cantors() -> None:
    assert CANTOR_BASIS[0] == 1
    for lower, element in pairwise(CANTOR_BASIS):
        assert times_polynomials(element, element) ^ element == lower
        assert element % 2 == 0


def test_x_generates_the_multiplicative_group() -> None:
    seen, power = set(), 1
    for _ in range(ORDER):
        seen.add(power)
        power = times_polynomials(power, 2)
    assert len(seen) == ORDER
    assert POLYNOMIAL >> 16 == 1


@given(elements, elements)
def test_tables_multiply_as_polynomials_do(left: int, right: int) -> None:
    product = field().multiply(np.array([left], np.uint16), np.array([right], np.uint16))
    assert polynomial_of(int(product[0])) == times_polynomials(polynomial_of(left), polynomial_of(right))
    assert int(product[0]) == multiply(left, right)
