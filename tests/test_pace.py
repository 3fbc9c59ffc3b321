"""Settlement takes no more than its share of a busy network's time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from devnet.pace import HEAD_START, MOST_DEBT, SHARE, SLOT_WORK, Pace

works = st.integers(100_000, 10**9)
seconds = st.floats(0.001, 1.0)
"""Of a slot whose debt is paid back in full."""


slots = st.tuples(works, st.lists(seconds, min_size=1, max_size=6), st.floats(0, 3), st.booleans())
"""What it has to do, what each of its parts takes, how late it begins, and whether it comes to nothing."""


@given(st.lists(slots, min_size=2, max_size=20))
def test_over_a_burst_no_more_is_spent_than_its_share_and_what_one_slot_overdraws(
    slots: list[tuple[int, list[float], float, bool]],
) -> None:
    """Each slot begins when it is earned, or later; what it really takes is anybody's guess. Its parts follow
    each other as they are earned."""
    pace = Pace()
    began = now = 100.0
    pace.begin(now)
    spent = 0.0
    for work, parts, late, is_dropped in slots:
        now = max(now, pace.ready(work)) + late
        assert spent <= (now - began) * SHARE / (1 - SHARE) + 1e-6, "before a slot there is no debt"
        for took in parts:
            now = max(now, pace.rests) + took
            pace.spend(now, took)
        if not is_dropped:
            pace.end(now)
            pace.learn(work, sum(parts))
        spent += sum(parts)


@given(works, st.lists(seconds, min_size=1, max_size=6), st.floats(0, 3))
def test_what_was_earned_for_a_slot_is_there_for_each_of_its_parts(
    work: int, parts: list[float], late: float
) -> None:
    """Where a slot takes what was expected nothing is owed afterwards, in how many parts soever."""
    pace = Pace()
    parts = [part / 4 / sum(parts) for part in parts]
    for _ in range(60):
        pace.learn(work, 0.25)
    pace.begin(10.0)
    now = pace.ready(work) + late
    for took in parts:
        assert pace.rests <= now, "and no part has to be waited for"
        now += took
        pace.spend(now, took)
    assert pace.rests <= now
    pace.end(now)
    assert pace.rests == now


@given(works, seconds, st.floats(0, 100))
def test_what_a_slot_did_not_need_is_not_kept(work: int, took: float, late: float) -> None:
    pace = Pace()
    pace.begin(10.0)
    now = pace.ready(work) + late
    pace.spend(now, took)
    pace.end(now)
    assert pace.ready(work) > pace.rests >= now


@given(works, seconds)
def test_what_slots_took_says_what_the_next_one_takes(work: int, took: float) -> None:
    pace = Pace()
    for _ in range(60):
        pace.learn(work, took)
    pace.begin(1000.0)
    expected = min(HEAD_START, took * (1 / SHARE - 1))
    assert abs(pace.ready(work) - 1000.0 - expected) < 1e-3


@given(works, st.floats(0, 10**6))
def test_nothing_is_earned_before_there_is_something_to_settle(work: int, idle: float) -> None:
    pace = Pace()
    pace.begin(idle)
    assert idle < pace.ready(work) <= idle + HEAD_START


@given(works, seconds)
def test_a_debt_is_paid_back_before_anything_is_earned(work: int, took: float) -> None:
    pace = Pace()
    pace.begin(10.0)
    pace.spend(10.0, took)
    assert pace.rests == 10.0 + took * (1 / SHARE - 1)
    pace.begin(10.0)
    assert pace.ready(work) > pace.rests


@given(st.lists(st.floats(1.1, 100), min_size=1, max_size=5))
def test_however_much_was_spent_the_rest_ends(spent: list[float]) -> None:
    pace = Pace()
    now = 5.0
    pace.begin(now)
    for took in spent:
        now += took
        pace.spend(now, took)
        pace.end(now)
        assert now < pace.rests <= now + MOST_DEBT


@given(works, seconds)
def test_what_is_worth_some_time_takes_so_long(work: int, took: float) -> None:
    pace = Pace()
    for _ in range(60):
        pace.learn(work, took)
    assert abs(pace.worth(took) - work) <= 1e-6 * (work + SLOT_WORK) + 1
    assert pace.worth(0) == 0


def test_more_work_waits_longer() -> None:
    pace = Pace()
    pace.begin(0.0)
    assert pace.ready(0) < pace.ready(SLOT_WORK) < pace.ready(10 * SLOT_WORK) <= pace.ready(10**12)
