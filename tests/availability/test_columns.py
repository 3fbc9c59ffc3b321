"""Columns in one piece are those columns, and are judged as each of them is."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.availability import Refused
from devnet.availability.checking import ColumnCheck
from devnet.availability.columns import Strip, indices_of
from devnet.availability.dispersal import Dispersal, encode
from devnet.availability.parameters import Parameters
from tests.availability.coders import coder_named, for_both

COLUMNS = 20


def dispersal(name: str, length: int) -> Dispersal:
    batch = random.Random(length).randbytes(length)
    return encode(batch, Parameters(COLUMNS, 1), coder_named(name))


ranges = st.tuples(st.integers(0, COLUMNS), st.integers(0, COLUMNS)).map(lambda ends: range(*sorted(ends)))


@for_both
@given(ranges, st.integers(1, 100))
@settings(max_examples=60)
def test_a_strip_is_its_columns(name: str, held: range, length: int) -> None:
    made = dispersal(name, length)
    strip, columns = made.columns(held), [made.column(index) for index in held]
    assert list(strip) == columns
    assert strip[:] == tuple(columns)
    assert list(indices_of(strip)) == indices_of(columns) == list(held)
    assert strip[1:-1] == tuple(columns[1:-1])
    assert [strip[-place - 1] for place in range(len(held))] == columns[::-1]
    with pytest.raises(IndexError):
        strip[len(held)]
    for index, column in zip(held, columns, strict=True):
        assert column.path == made.tree.path(index)


def test_there_is_no_strip_of_columns_that_there_are_not() -> None:
    for held in (range(-1, 2), range(19, 21), range(20, 21), range(30, 40)):
        with pytest.raises(IndexError):
            dispersal("native", 40).columns(held)


def verdict(check: ColumnCheck, columns: Strip | list[object]) -> str | None:
    try:
        check.verify(columns)  # type: ignore[arg-type]
    except Refused as refused:
        return str(refused)
    return None


@for_both
@given(ranges.filter(len), st.integers(1, 100), st.integers(0, 5), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_a_strip_is_judged_as_its_columns_are(
    name: str, held: range, length: int, change: int, made: random.Random
) -> None:
    whole = dispersal(name, length)
    check = ColumnCheck(whole.header, whole.combination, coder_named(name))
    strip = whole.columns(held)

    def flipped(data: bytes) -> bytes:
        at = made.randrange(len(data))
        return data[:at] + bytes((data[at] ^ 1 << made.randrange(8),)) + data[at + 1 :]

    match change:
        case 1:
            strip = replace(strip, data=flipped(strip.data))
        case 2:
            strip = replace(strip, paths=flipped(strip.paths))
        case 3:
            by = made.choice((-1, 1, COLUMNS, 32))
            strip = replace(strip, indices=range(held.start + by, held.stop + by))
        case 4:
            strip = replace(strip, data=strip.data + bytes(len(held) * 2))
        case 5:
            strip = replace(strip, paths=strip.paths[: -32 * len(held)])
    found = verdict(check, strip)
    assert found == verdict(check, list(strip))
    # Columns of padding are alike: one of them under the index of another is a true column as well.
    is_there = strip.indices.start >= 0 and strip.indices.stop <= COLUMNS
    assert (found is None) == (is_there and list(strip) == list(whole.columns(strip.indices)))
