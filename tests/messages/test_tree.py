"""The tree of an outbox: the contract's root and branches, at the cost of a hash a level."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devnet.chain.hash_tree import climb, sparse_branch, sparse_root
from devnet.chain.keccak import keccak256
from devnet.chain.types import Hash32
from devnet.contracts.outbox import DEPTH
from devnet.messages.tree import MessageTree


def leaves(count: int, salt: int = 0) -> list[Hash32]:
    return [keccak256(bytes([salt]) + number.to_bytes(4, "big")) for number in range(count)]


def frontier(messages: list[Hash32]) -> list[Hash32]:
    """What the contract's `branch` holds: the last complete left node of each level."""
    branch = [Hash32(b"\xee" * 32)] * DEPTH
    for place, leaf in enumerate(messages):
        node, level = leaf, 0
        while place & 1:
            node, level, place = keccak256(branch[level] + node), level + 1, place >> 1
        branch[level] = node
    return branch


@given(st.integers(0, 40), st.integers(0, 40), st.data())
def test_roots_and_branches_are_those_of_the_whole_tree(before: int, after: int, data: st.DataObject) -> None:
    messages = leaves(before + after)
    tree = MessageTree(before, frontier(messages[:before]))
    for leaf in messages[before:]:
        tree.append(leaf)
    assert tree.size == before + after
    size = data.draw(st.integers(before, before + after))
    whole = dict(enumerate(messages[:size]))
    assert tree.root(size) == sparse_root(DEPTH, whole)
    if size > before:
        number = data.draw(st.integers(before, size - 1))
        branch = tree.branch(number, size)
        assert branch == sparse_branch(DEPTH, whole, number)
        assert climb(messages[number], branch, number) == tree.root(size)


@given(st.integers(0, 20), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 20)), max_size=6))
def test_after_any_cuts_the_tree_is_that_of_what_is_left(before: int, steps: list[tuple[int, int]]) -> None:
    messages = leaves(before)
    tree = MessageTree(before, frontier(messages))
    for salt, (kept, added) in enumerate(steps, 1):
        size = min(before + kept, tree.size)
        tree.cut(size)
        messages = messages[:size] + leaves(added, salt)
        for leaf in messages[size:]:
            tree.append(leaf)
    assert tree.root(tree.size) == sparse_root(DEPTH, dict(enumerate(messages)))


@given(st.integers(0, 20), st.integers(0, 40), st.lists(st.integers(0, 60), max_size=3), st.integers(0, 9))
def test_what_was_let_go_is_as_if_the_tree_began_later(
    before: int, after: int, firsts: list[int], more: int
) -> None:
    messages = leaves(before + after + more)
    tree = MessageTree(before, frontier(messages[:before]))
    for leaf in messages[before : before + after]:
        tree.append(leaf)
    for first in firsts:
        tree.let_go(min(first, tree.size))
    assert tree.first == max([before, *(min(first, before + after) for first in firsts)])
    for leaf in messages[before + after :]:
        tree.append(leaf)
    for size in range(tree.first, tree.size + 1):
        whole = dict(enumerate(messages[:size]))
        assert tree.root(size) == sparse_root(DEPTH, whole)
        for number in range(tree.first, size):
            assert climb(messages[number], tree.branch(number, size), number) == tree.root(size)
    tree.cut(tree.first)
    assert tree.size == tree.first


def test_what_is_not_known_cannot_be_proven() -> None:
    tree = MessageTree(2, frontier(leaves(2)))
    tree.append(leaves(3)[2])
    for number, size in ((1, 3), (3, 3), (2, 2), (2, 4)):
        with pytest.raises(IndexError):
            tree.branch(number, size)
    with pytest.raises(ValueError, match="messages 2 to 3"):
        tree.cut(1)
    assert tree.leaf(2) == leaves(3)[2]


@pytest.mark.parametrize("count", [1, 1_000])
def test_a_proof_costs_a_hash_a_level_of_messages_and_a_message_one(count: int) -> None:
    tree = MessageTree()
    for leaf in leaves(count):
        tree.append(leaf)
    assert tree.hashes < count
    before = tree.hashes
    tree.branch(count // 2, count)
    # A level of messages each: above them there are only zeros.
    assert tree.hashes - before <= count.bit_length()
