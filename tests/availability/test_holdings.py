"""Columns in proportion to stake, the thresholds that follow, and a third of the stake that withholds."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.availability.checking import ColumnCheck
from devnet.availability.dispersal import encode
from devnet.availability.holdings import assign, attested, holders_of, parameters_for
from devnet.availability.parameters import MOST_COLUMNS, Parameters, suggested_columns
from devnet.availability.retrieval import reconstruct
from tests.availability.coders import coder_named, for_both

stakes_of_some = st.lists(st.integers(0, 10**24), min_size=1, max_size=40).filter(any)


@given(st.integers(3, MOST_COLUMNS), stakes_of_some)
def test_every_column_has_one_holder_and_shares_are_exact_but_for_one(
    columns: int, stakes: list[int]
) -> None:
    held = assign(columns, stakes)
    assert [index for each in held for index in each] == list(range(columns))
    for each, stake in zip(held, stakes, strict=True):
        assert abs(len(each) - Fraction(columns * stake, sum(stakes))) < 1
        assert stake or not each


@pytest.mark.parametrize("stakes", [[], [0, 0], [1, -1, 5]])
def test_stakes_that_cannot_be_have_no_assignment(stakes: list[int]) -> None:
    with pytest.raises(ValueError, match="stake"):
        assign(30, stakes)


@given(stakes_of_some, st.randoms(use_true_random=False))
@settings(max_examples=200)
def test_the_threshold_is_reached_without_a_third_and_enough_is_left_when_a_third_lied(
    stakes: list[int], chance: random.Random
) -> None:
    parameters = parameters_for(stakes)
    held = assign(parameters.columns, stakes)
    assert parameters.holders == holders_of(held)
    order = chance.sample(range(len(stakes)), len(stakes))
    liars: set[int] = set()
    for member in order:
        if 3 * sum(stakes[index] for index in (*liars, member)) < sum(stakes):
            liars.add(member)
    honest = [member for member in order if member not in liars]
    assert parameters.is_available(attested(held, honest))
    # However few of the honest attest: where the threshold is reached, theirs alone give the batch.
    for count in range(len(honest) + 1):
        if parameters.is_available(attested(held, [*liars, *honest[:count]])):
            assert attested(held, honest[:count]) >= parameters.data_columns


@given(st.integers(1, 1_800))
def test_suggested_columns_leave_a_quarter_to_the_data(validators: int) -> None:
    columns = suggested_columns(validators)
    parameters = Parameters(columns, validators)
    assert columns & columns - 1 == 0
    assert parameters.data_columns >= 1
    if 24 * validators <= MOST_COLUMNS:
        assert 4 * parameters.data_columns >= columns - 4
        assert columns == 32 or columns < 48 * validators


def test_suggested_columns_of_known_networks() -> None:
    assert [suggested_columns(validators) for validators in (1, 4, 100, 1_200, 5_460)] == [
        *(32, 128, 4_096, 32_768, 32_768)
    ]
    with pytest.raises(ValueError, match="5461 validators are more than 32768 columns"):
        suggested_columns(5_461)


@pytest.mark.parametrize(
    ("columns", "holders", "bits"),
    [(2, 0, 128), (32_769, 0, 128), (9, 2, 128), (6, 1, 128), (9, -1, 128), (9, 1, 0), (9, 1, 129)],
)
def test_parameters_that_cannot_be(columns: int, holders: int, bits: int) -> None:
    with pytest.raises(ValueError, match=r"columns|coefficients"):
        Parameters(columns, holders, bits)


def test_parameters_of_the_protocol() -> None:
    parameters = Parameters(32_768, 1_200)
    assert parameters.data_columns == 32_768 // 3 - 2_400 == 8_522
    assert parameters.attested_columns == 21_846 - 1_200
    assert parameters.is_available(20_646)
    assert not parameters.is_available(20_645)
    assert (Parameters(9, 1).data_columns, Parameters(9, 1).attested_columns) == (1, 5)


@for_both
@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=12), st.randoms(use_true_random=False))
@settings(max_examples=25)
def test_a_third_of_the_stake_withholds_and_the_batch_is_retrieved(
    name: str, stakes: list[int], chance: random.Random
) -> None:
    coder, parameters = coder_named(name), parameters_for(stakes)
    batch = chance.randbytes(chance.randint(1, 4_000))
    dispersal = encode(batch, parameters, coder)
    held = assign(parameters.columns, stakes)
    order = chance.sample(range(len(stakes)), len(stakes))
    withholding: list[int] = []
    for member in order:
        if 3 * sum(stakes[index] for index in (*withholding, member)) <= sum(stakes):
            withholding.append(member)
    check = ColumnCheck(dispersal.header, dispersal.combination, coder)
    served = []
    for member in order:
        columns = list(dispersal.columns(held[member]))
        check.verify(columns)
        if member not in withholding:
            served += columns
    chance.shuffle(served)
    assert reconstruct(dispersal.header, dispersal.combination, served, coder) == batch
