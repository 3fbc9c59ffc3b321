"""What a schedule says about a block."""

from __future__ import annotations

from hashlib import sha256
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from devnet.scheduling import AccessSet, BlockOrder, Schedule
from devnet.scheduling.framer import frames_of
from devnet.scheduling.profile import conflicts, critical_path, frame_order, simulate, speed_up
from devnet.scheduling.scheduler import starts_after


def key(name: str) -> bytes:
    return sha256(name.encode()).digest()[:10]


def access(reads: str = "", writes: str = "") -> AccessSet:
    return AccessSet.of(map(key, reads), map(key, writes))


def scheduled(*accesses: AccessSet, serial: tuple[int, ...] = ()) -> Schedule:
    frames = frames_of(accesses, [()] * len(accesses), BlockOrder.GIVEN)
    after = starts_after(accesses, frames)
    return Schedule(accesses, frames, after, (), serial, tuple(range(len(accesses))), ())


ACCESSES = st.lists(
    st.builds(access, st.text("abcdefgh", max_size=3), st.text("abcdefgh", max_size=2)), max_size=40
)


def test_keys_in_conflict_come_by_the_gas_of_who_touches_them() -> None:
    schedule = scheduled(access("r", "ax"), access("r", "a"), access("rb"), access("", "b"))
    found = conflicts(schedule, [5, 5, 7, 9])
    assert [(entry.key, entry.transactions, entry.writers, entry.weight) for entry in found] == [
        (key("b"), (2, 3), 1, 16),
        (key("a"), (0, 1), 2, 10),
    ]


def test_the_critical_path_is_the_longest_row_and_what_runs_alone() -> None:
    accesses = (access("", "a"), access("a", "b"), access("", "c"), access("b", "d"))
    path = critical_path(scheduled(*accesses), [3, 4, 10, 5])
    assert (path.transactions, path.weight) == ((0, 1, 3), 12)
    path = critical_path(scheduled(*accesses, serial=(2,)), [3, 4, 10, 5])
    assert (path.transactions, path.weight) == ((0, 1, 3, 2), 22)


def test_what_does_not_conflict_takes_as_long_as_the_cores_need() -> None:
    schedule = scheduled(*(access("", name) for name in "abcdefgh"))
    weights = [10] * 8
    assert [speed_up(schedule, weights, cores) for cores in (1, 2, 4, 8, 16)] == [1, 2, 4, 8, 8]


def test_a_row_is_no_faster_on_any_number_of_cores() -> None:
    schedule = scheduled(*(access("", "a") for _ in range(5)))
    assert [speed_up(schedule, [10] * 5, cores) for cores in (1, 16)] == [1, 1]


def test_an_empty_block_has_no_conflicts_and_nothing_to_speed_up() -> None:
    schedule = scheduled()
    assert conflicts(schedule, []) == ()
    assert critical_path(schedule, []).weight == 0
    assert speed_up(schedule, [], 4) == 1.0


@given(ACCESSES, st.integers(1, 5), st.data())
def test_the_simulation_keeps_conflicts_apart_and_cores_to_one_at_a_time(
    accesses: list[AccessSet], cores: int, data: st.DataObject
) -> None:
    schedule = scheduled(*accesses)
    weights = [data.draw(st.integers(1, 30)) for _ in accesses]
    spans = simulate(frame_order(schedule), schedule.after, schedule.serial, weights, cores)
    assert sorted(span.index for span in spans) == list(range(len(accesses)))
    for core in range(cores):
        own = sorted((span.start, span.end) for span in spans if span.core == core)
        assert all(first[1] <= second[0] for first, second in pairwise(own))
    for one in spans:
        assert one.end - one.start == weights[one.index]
        for other in spans:
            if one.index < other.index and accesses[one.index].conflicts_with(accesses[other.index]):
                assert one.end <= other.start
    finish = max((span.end for span in spans), default=0)
    # No schedule beats the path or the cores, and a greedy one wastes no time with one core.
    assert finish >= critical_path(schedule, weights).weight
    assert finish * cores >= sum(weights)
    if cores == 1:
        assert finish == sum(weights)
