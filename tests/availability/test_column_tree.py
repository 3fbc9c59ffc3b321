"""Columns that lie side by side are hashed up to what they have in common, with the same answers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from devnet.availability.column_tree import ColumnTree, KnownNodes, climb
from devnet.chain.types import Hash32

OTHER = Hash32(b"\xee" * 32)


@st.composite
def trees(draw: st.DrawFn) -> tuple[ColumnTree, int]:
    # Few different leaves, so that there are equal ones beside each other and in different places.
    leaves = draw(st.lists(st.sampled_from([bytes(32), b"\x01" * 32, b"\x02" * 32]), min_size=1, max_size=20))
    return ColumnTree.over(b"".join(leaves)), len(leaves)


@given(trees(), st.data())
def test_known_nodes_answer_as_climbing_to_the_root_does(
    tree: tuple[ColumnTree, int], data: st.DataObject
) -> None:
    levels, count = tree[0].levels, tree[1]
    known = KnownNodes(tree[0].root)
    accepted = 0
    for _ in range(data.draw(st.integers(1, 25))):
        index = data.draw(st.integers(0, count - 1))
        # The leaf and the path of another column, perhaps, or one hash of them another one.
        leaf = levels[0][data.draw(st.one_of(st.just(index), st.integers(0, count - 1)))]
        path = list(tree[0].path(data.draw(st.one_of(st.just(index), st.integers(0, count - 1)))))
        if path and data.draw(st.booleans()):
            path[data.draw(st.integers(0, len(path) - 1))] = data.draw(
                st.sampled_from([OTHER, *(node for level in levels for node in level)])
            )
        expected = climb(leaf, path, index) == tree[0].root
        assert known.leads(leaf, path, index) == expected
        accepted += expected
    first = data.draw(st.integers(0, count - 1))
    some = range(first, data.draw(st.integers(first, count)))
    assert tree[0].paths(some) == b"".join(peer for index in some for peer in tree[0].path(index))
    for index in range(count):
        assert tree[0].path(index) == tuple(
            level[(index >> height) ^ 1] for height, level in enumerate(levels[:-1])
        )
        assert known.leads(levels[0][index], tree[0].path(index), index)
        assert not known.leads(OTHER, tree[0].path(index), index)
