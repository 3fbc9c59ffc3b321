"""Keccak trees: their shape is docs/settlement.md's; here it is computed a second way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devnet.chain.hash_tree import climb, fields_root, list_root, sparse_branch, sparse_root
from devnet.chain.keccak import keccak256
from devnet.chain.types import ZERO_HASH, Hash32

hashes = st.binary(min_size=32, max_size=32).map(Hash32)


def _filled(leaves: list[Hash32]) -> Hash32:
    """The tree by halves, with every missing leaf written out."""
    if len(leaves) == 1:
        return leaves[0]
    half = len(leaves) // 2
    return keccak256(_filled(leaves[:half]) + _filled(leaves[half:]))


@given(st.lists(hashes, min_size=1, max_size=33))
def test_fields_are_filled_up_with_zeros_to_a_power_of_two(fields: list[Hash32]) -> None:
    size = 1
    while size < len(fields):
        size *= 2
    assert fields_root(fields) == _filled(fields + [ZERO_HASH] * (size - len(fields)))


def test_trees_hash_nothing_but_zeros_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A node each where something is; the trees of zeros beside are known."""
    sparse_root(16, {})
    counted: list[bytes] = []

    def counting(data: bytes) -> Hash32:
        counted.append(data)
        return keccak256(data)

    monkeypatch.setattr("devnet.chain.hash_tree.keccak256", counting)
    for ask, count in (
        (lambda: fields_root([1] * 8), 7),
        (lambda: fields_root([1] * 5), 3 + 2 + 1),
        (lambda: sparse_root(16, {0: ZERO_HASH, 1: ZERO_HASH}), 16),
        (lambda: sparse_branch(16, {0: ZERO_HASH}, 0), 15),
    ):
        counted.clear()
        ask()
        assert len(counted) == count


@given(st.lists(hashes, max_size=20))
def test_a_list_is_bound_to_its_length(items: list[Hash32]) -> None:
    assert list_root(items) != list_root([*items, ZERO_HASH])


def test_the_empty_list_has_a_root_of_its_own() -> None:
    assert list_root([]) == keccak256(bytes(64))


@given(st.dictionaries(st.integers(0, 255), hashes, max_size=9), st.integers(0, 255))
def test_every_branch_leads_to_the_root(leaves: dict[int, Hash32], index: int) -> None:
    root = sparse_root(8, leaves)
    assert root == _filled([leaves.get(place, ZERO_HASH) for place in range(256)])
    assert climb(leaves.get(index, ZERO_HASH), sparse_branch(8, leaves, index), index) == root


def test_numbers_are_big_endian_and_other_lengths_are_refused() -> None:
    assert fields_root([1]) == bytes(31) + b"\x01"
    with pytest.raises(ValueError, match="20 bytes"):
        fields_root([bytes(20)])
    with pytest.raises(OverflowError):
        fields_root([1 << 256])
