"""Turns to propose are shared as the stake is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devnet.chain.validator_set import Validator, ValidatorSet
from devnet.settlement.rotation import leader_of


def _set(stakes: list[int]) -> ValidatorSet:
    return ValidatorSet(tuple(Validator(bytes([i]) * 48, stake) for i, stake in enumerate(stakes)))


stakes_of = st.lists(st.integers(0, 10**27), min_size=1, max_size=12).filter(any)


@given(stakes_of, st.integers(0, 1 << 63))
def test_turns_are_in_proportion_to_stake(stakes: list[int], start: int) -> None:
    turns = 400
    validators = _set(stakes)
    leaders = [leader_of(validators, start + turn, 0) for turn in range(turns)]
    for index, stake in enumerate(stakes):
        fair = turns * stake / sum(stakes)
        assert abs(leaders.count(index) - fair) <= 8
        if stake == 0:
            assert index not in leaders


@given(stakes_of, st.integers(0, 1 << 40))
def test_nobody_waits_much_longer_than_his_share_says(stakes: list[int], start: int) -> None:
    validators = _set(stakes)
    for index, stake in enumerate(stakes):
        if 20 * stake >= sum(stakes):
            within = range(4 * -(-sum(stakes) // stake))
            assert index in [leader_of(validators, start, turn) for turn in within]


@given(stakes_of, st.integers(0, 1000), st.integers(0, 1000))
def test_a_round_gives_the_turn_to_the_next(stakes: list[int], height: int, round_: int) -> None:
    validators = _set(stakes)
    assert leader_of(validators, height, round_) == leader_of(validators, height + round_, 0)


def test_without_stake_nobody_leads() -> None:
    with pytest.raises(ValueError, match="nobody"):
        leader_of(_set([0, 0]), 1, 0)
