"""Sampling: which columns are asked for and what it shows."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devnet.availability.parameters import Parameters
from devnet.availability.sampling import error_probability, miss_probability, sample, samples_needed


@given(st.integers(3, 32_768), st.binary(max_size=40), st.data())
def test_samples_are_different_columns_and_follow_from_the_seed(
    columns: int, seed: bytes, data: st.DataObject
) -> None:
    count = data.draw(st.integers(0, min(columns, 300)))
    drawn = sample(columns, count, seed)
    assert len(set(drawn)) == len(drawn) == count
    assert all(0 <= index < columns for index in drawn)
    assert drawn == sample(columns, count, seed)
    assert drawn[: count // 2] == sample(columns, count // 2, seed)


def test_every_column_is_drawn_as_often() -> None:
    drawn = Counter(index for seed in range(4_000) for index in sample(12, 5, seed.to_bytes(4, "big")))
    expected = 4_000 * 5 / 12
    chi_square = sum((drawn[index] - expected) ** 2 / expected for index in range(12))
    # 11 degrees of freedom: more than 31.3 has probability 0.001, and the seeds are always these.
    assert chi_square < 31.3
    assert sorted(sample(12, 12, b"")) == list(range(12))


def test_more_samples_than_columns_there_are_not() -> None:
    for count in (-1, 13):
        with pytest.raises(ValueError, match="of 12 columns"):
            sample(12, count, b"")


@given(st.integers(1, 60), st.data())
def test_the_probability_to_miss_is_that_of_drawing_without_putting_back(
    columns: int, data: st.DataObject
) -> None:
    withheld, samples = data.draw(st.integers(0, columns)), data.draw(st.integers(0, columns))
    expected = math.comb(columns - withheld, samples) / math.comb(columns, samples)
    assert miss_probability(columns, withheld, samples) == pytest.approx(expected, abs=1e-12)


def test_few_samples_suffice() -> None:
    parameters = Parameters(32_768, 1_200)
    needed = samples_needed(parameters, 2.0**-40)
    assert error_probability(parameters, needed) <= 2.0**-40 < error_probability(parameters, needed - 1)
    # Below 8,522 of 32,768 columns each sample is answered with a probability of 0.26.
    assert needed == 21
    assert samples_needed(parameters, 1.0) == 0
    for probability in (0.0, 1.5):
        with pytest.raises(ValueError, match="probability"):
            samples_needed(parameters, probability)
