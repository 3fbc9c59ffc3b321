"""The contract of a coder: the code of docs/availability.md, and the same bytes from both."""

from __future__ import annotations

import random
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.availability import WIDE_BYTES
from devnet.availability.column_tree import ColumnTree, climb, leaf_of
from devnet.chain.types import Hash32
from tests.availability.coders import CODERS, coder_named, for_both
from tests.availability.definition import combined, parity_row


def test_they_tell_their_names() -> None:
    assert tuple(coder_named(name).name for name in CODERS) == CODERS


@st.composite
def shapes(draw: st.DrawFn) -> tuple[int, int, int]:
    """Data columns, columns, bytes of each."""
    data_columns = draw(st.integers(1, 70))
    columns = draw(st.integers(3 * data_columns, 3 * data_columns + 60))
    return data_columns, columns, 2 * draw(st.integers(1, 200))


@for_both
@given(st.integers(1, 6), st.integers(0, 4), st.integers(0, 2**32))
@settings(max_examples=25)
def test_parity_is_what_lagranges_formula_gives(name: str, data_columns: int, more: int, seed: int) -> None:
    columns = 3 * data_columns + more
    data = random.Random(seed).randbytes(2 * data_columns)
    parity, _ = coder_named(name).extend(data_columns, columns, 2, data)
    row = [int.from_bytes(data[start : start + 2], "little") for start in range(0, len(data), 2)]
    assert parity == b"".join(element.to_bytes(2, "little") for element in parity_row(row, columns))


@for_both
@given(shapes(), st.integers(0, 2**32))
@settings(max_examples=40)
def test_leaves_are_hashes_of_all_columns(name: str, shape: tuple[int, int, int], seed: int) -> None:
    data_columns, columns, size = shape
    data = random.Random(seed).randbytes(random.Random(seed).randint(0, data_columns * size))
    parity, leaves = coder_named(name).extend(data_columns, columns, size, data)
    everything = data.ljust(data_columns * size, b"\0") + parity
    assert len(everything) == columns * size
    assert leaves == b"".join(
        sha256(b"\0" + everything[start : start + size]).digest() for start in range(0, len(everything), size)
    )


@for_both
@given(st.integers(1, 40), st.integers(1, 60), st.integers(0, 2**32))
@settings(max_examples=20)
def test_sums_are_those_of_every_coordinate(name: str, columns: int, rows: int, seed: int) -> None:
    made = random.Random(seed)
    coefficients = made.randbytes(WIDE_BYTES * rows)
    data = made.randbytes(2 * rows * columns - made.randrange(2 * rows))
    sums = coder_named(name).combine(2 * rows, data, coefficients)
    assert len(sums) == WIDE_BYTES * columns
    chosen = made.randrange(columns)
    column = data[2 * rows * chosen : 2 * rows * (chosen + 1)].ljust(2 * rows, b"\0")
    assert sums[WIDE_BYTES * chosen : WIDE_BYTES * (chosen + 1)] == combined(column, coefficients)


@for_both
@given(shapes(), st.integers(0, 2**32))
@settings(max_examples=40)
def test_any_columns_give_all_others(name: str, shape: tuple[int, int, int], seed: int) -> None:
    data_columns, columns, size = shape
    made, coder = random.Random(seed), coder_named(name)
    data = made.randbytes(data_columns * size)
    everything = data + coder.extend(data_columns, columns, size, data)[0]
    column = [everything[start : start + size] for start in range(0, len(everything), size)]
    known = made.sample(range(columns), made.randint(data_columns, min(columns, data_columns + 5)))
    wanted = made.sample(range(columns), made.randint(0, columns))
    found = coder.restore(data_columns, columns, size, {index: column[index] for index in known}, wanted)
    assert found == b"".join(column[index] for index in wanted)


@st.composite
def shown_columns(draw: st.DrawFn) -> tuple[bytes, int, list[int], bytes, bytes, list[bool]]:
    """What `placed` is asked, and what it has to say: columns of a tree in any order, some of them twice,
    some under another index, some with a bit of column or path flipped."""
    count, size, made = draw(st.integers(1, 20)), draw(st.integers(1, 9)), random.Random(draw(st.integers()))
    columns = [bytes([made.randrange(2)] * size) for _ in range(count)]
    tree = ColumnTree.over(b"".join(map(leaf_of, columns)))
    indices, data, paths, expected = [], b"", b"", []
    for _ in range(draw(st.integers(0, 30))):
        index = shown = draw(st.integers(0, count - 1))
        column, path = bytearray(columns[index]), bytearray(b"".join(tree.path(index)))
        match draw(st.integers(0, 4)):
            case 0:
                shown = draw(st.integers(0, 2 * len(tree.levels[0])))
            case 1:
                column[made.randrange(size)] ^= 1
            case 2 if path:
                path[made.randrange(len(path))] ^= 1 << made.randrange(8)
        peers = [Hash32(bytes(path[at : at + 32])) for at in range(0, len(path), 32)]
        is_within = shown < len(tree.levels[0])
        expected.append(is_within and climb(leaf_of(bytes(column)), peers, shown) == tree.root)
        indices.append(shown)
        data, paths = data + column, paths + path
    return tree.root, size, indices, data, paths, expected


@for_both
@given(shown_columns())
@settings(max_examples=150)
def test_columns_are_placed_where_their_paths_lead(
    name: str, shown: tuple[bytes, int, list[int], bytes, bytes, list[bool]]
) -> None:
    *question, expected = shown
    assert coder_named(name).placed(*question) == expected  # type: ignore[arg-type]


@given(shapes(), st.integers(0, 2**32))
@settings(max_examples=100)
def test_both_give_the_same_bytes(shape: tuple[int, int, int], seed: int) -> None:
    data_columns, columns, size = shape
    made = random.Random(seed)
    data = made.randbytes(made.randint(0, data_columns * size))
    coefficients = made.randbytes(WIDE_BYTES // 2 * size)
    reference, native = map(coder_named, CODERS)
    extended = reference.extend(data_columns, columns, size, data)
    assert native.extend(data_columns, columns, size, data) == extended
    assert native.combine(size, data, coefficients) == reference.combine(size, data, coefficients)
    everything = data.ljust(data_columns * size, b"\0") + extended[0]
    known = {
        index: everything[index * size : (index + 1) * size]
        for index in made.sample(range(columns), data_columns)
    }
    wanted = range(columns)
    restored = reference.restore(data_columns, columns, size, known, wanted)
    assert native.restore(data_columns, columns, size, known, wanted) == restored == everything


@pytest.mark.parametrize(("data_columns", "columns"), [(8_522, 32_768), (10_922, 32_768), (1, 32_768)])
def test_both_give_the_same_bytes_with_the_most_columns(data_columns: int, columns: int) -> None:
    data = random.Random(columns).randbytes(2 * data_columns)
    reference, native = map(coder_named, CODERS)
    extended = reference.extend(data_columns, columns, 2, data)
    assert native.extend(data_columns, columns, 2, data) == extended
    everything = data + extended[0]
    chosen = random.Random(data_columns).sample(range(columns), data_columns)
    known = {index: everything[2 * index : 2 * index + 2] for index in chosen}
    wanted = range(data_columns)
    assert reference.restore(data_columns, columns, 2, known, wanted) == data
    assert native.restore(data_columns, columns, 2, known, wanted) == data


@for_both
def test_what_is_out_of_range_is_the_callers_mistake(name: str) -> None:
    coder, column = coder_named(name), b"\0\0"
    for data_columns, columns, size in ((0, 3, 2), (2, 5, 2), (1, 32_769, 2), (1, 3, 3), (1, 3, 0)):
        with pytest.raises(ValueError, match="column"):
            coder.extend(data_columns, columns, size, b"")
        with pytest.raises(ValueError, match="column"):
            coder.restore(data_columns, columns, size, {0: column}, [0])
    with pytest.raises(ValueError, match="5 bytes of data"):
        coder.extend(2, 6, 2, bytes(5))
    for size, indices, data, paths in (
        (0, 1, 0, 0),
        (2, 1, 1, 0),
        (2, 2, 2, 64),
        (2, 1, 2, 31),
        (2, 2, 4, 32),
    ):
        with pytest.raises(ValueError, match="bytes of"):
            coder.placed(bytes(32), size, range(indices), bytes(data), bytes(paths))
    for size, coefficients in ((2, 15), (2, 32), (3, 16), (0, 0)):
        with pytest.raises(ValueError, match="coefficients"):
            coder.combine(size, bytes(4), bytes(coefficients))
    for known, wanted in (
        ({0: column}, [0]),
        ({0: column, 6: column}, [0]),
        ({0: column, 1: column}, [6]),
        ({0: column, 1: column}, [0] * 7),
    ):
        with pytest.raises(ValueError, match="column"):
            coder.restore(2, 6, 2, known, wanted)
    with pytest.raises(ValueError, match="column"):
        coder.restore(2, 6, 2, {0: column, 1: b"\0\0\0\0"}, [0])
