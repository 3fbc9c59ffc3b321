"""Votes are counted by stake: two thirds are more than two thirds, a third is more than a third."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from devnet.chain.types import Hash32
from devnet.chain.validator_set import Validator, ValidatorSet
from devnet.settlement.consensus.tally import Tally
from devnet.settlement.votes import NIL, Choice, Vote, VoteKind

CHOICE = Choice(1, Hash32(b"\x0c" * 32))


def tally(stakes: list[int], voters: list[int], choice: Choice = CHOICE, round_: int = 0) -> Tally:
    """What these validators say, each of this stake."""
    validators = (Validator(bytes((index,)) * 48, stake) for index, stake in enumerate(stakes))
    counted = Tally(ValidatorSet(tuple(validators)))
    for voter in voters:
        counted.add(Vote(VoteKind.PRECOMMIT, 1, round_, choice, voter), 0)
    return counted


def test_exactly_two_thirds_are_no_quorum_and_decide_nothing() -> None:
    exact = tally([1, 1, 1], [0, 1])
    assert not exact.has_quorum(0, VoteKind.PRECOMMIT)
    assert exact.chosen(0, VoteKind.PRECOMMIT) is None
    assert exact.decided() is None
    assert not exact.backed(CHOICE)
    more = tally([34, 33, 33], [0, 1])
    assert more.decided() == (0, CHOICE)
    less = tally([33, 33, 33, 1], [0, 1])
    assert less.decided() is None


def test_exactly_a_third_in_a_later_round_moves_nobody() -> None:
    assert tally([1, 1, 1], [0], round_=1).newer_round(0) is None
    assert tally([2, 1, 2], [0], round_=1).newer_round(0) == 1


@given(st.lists(st.integers(0, 10), min_size=1, max_size=9).filter(any), st.data())
def test_a_quorum_is_more_than_two_thirds_of_the_stake(stakes: list[int], data: st.DataObject) -> None:
    voters = data.draw(st.lists(st.integers(0, len(stakes) - 1), unique=True))
    signed = sum(stakes[voter] for voter in voters)
    counted = tally(stakes, voters)
    is_quorum = 3 * signed > 2 * sum(stakes)
    assert counted.has_quorum(0, VoteKind.PRECOMMIT) == is_quorum
    assert counted.decided() == ((0, CHOICE) if is_quorum else None)
    # Nothing is not decided, however many say it.
    assert tally(stakes, voters, NIL).decided() is None


@given(st.lists(st.integers(1, 10), min_size=1, max_size=9), st.data())
def test_any_two_quorums_have_more_than_a_third_in_common(stakes: list[int], data: st.DataObject) -> None:
    some = st.lists(st.integers(0, len(stakes) - 1), unique=True)
    one, other = data.draw(some), data.draw(some)
    if tally(stakes, one).decided() and tally(stakes, other).decided():
        assert 3 * sum(stakes[index] for index in {*one} & {*other}) > sum(stakes)
