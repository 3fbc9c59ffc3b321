"""What a validator receives: less than half a percent of a batch, columns, paths and combination counted."""

from __future__ import annotations

import random

import pytest

from devnet.availability.dispersal import encode
from devnet.availability.holdings import assign, parameters_for
from devnet.availability.parameters import MOST_BATCH_BYTES, Parameters
from tests.availability.coders import coder_named


def test_of_128_mib_1200_equal_validators_receive_less_than_half_a_percent() -> None:
    parameters = Parameters(32_768, 1_200)
    assert parameters_for([10**18] * 1_200) == parameters
    held = assign(32_768, [10**18] * 1_200)
    assert {len(columns) for columns in held} == {27, 28}
    column_bytes = parameters.column_bytes(MOST_BATCH_BYTES)
    assert (column_bytes, parameters.depth, parameters.combination_bytes) == (15_750, 15, 136_352)
    most = parameters.share_bytes(MOST_BATCH_BYTES, 28)
    assert most == 28 * (15_750 + 15 * 32) + 136_352 == 590_792
    assert most < MOST_BATCH_BYTES // 200 == 671_088


@pytest.mark.parametrize(("validators", "length"), [(1, 1), (4, 10_000), (50, 300_000)])
def test_the_arithmetic_is_that_of_real_columns(validators: int, length: int) -> None:
    stakes = [10**18] * validators
    parameters = parameters_for(stakes)
    batch = random.Random(validators).randbytes(length)
    dispersal = encode(batch, parameters, coder_named("native"))
    for held in assign(parameters.columns, stakes):
        columns = list(dispersal.columns(held))
        received = sum(len(column.data) + 32 * len(column.path) for column in columns)
        assert received + len(dispersal.combination) == parameters.share_bytes(length, len(held))
        assert sum(len(column.encode()) for column in columns) == received + 2 * len(columns)


def test_the_budget_on_the_columns_of_a_smaller_batch() -> None:
    """The same columns and validators with a 64th of the rows: all that grows with the batch is measured on
    real columns, and so is all that does not."""
    parameters, length = Parameters(32_768, 1_200), MOST_BATCH_BYTES // 64
    dispersal = encode(random.Random(5).randbytes(length), parameters, coder_named("native"))
    held = max(assign(32_768, [1] * 1_200), key=len)
    columns = list(dispersal.columns(held))
    rows = sum(len(column.data) for column in columns)
    fixed = sum(32 * len(column.path) for column in columns) + len(dispersal.combination)
    assert (rows, fixed) == (28 * 248, 28 * 480 + 136_352)
    # 247 bytes of 64 each batch: rounding up to whole elements is all that does not scale.
    assert 590_792 - 28 * 2 * 64 <= 64 * rows + fixed <= 590_792 + 28 * 2 * 64
