"""Ordered tries against the executable specification's trie."""

from __future__ import annotations

import contextlib

import pytest
from ethereum.forks.osaka.trie import Trie, root, trie_set
from ethereum_rlp import rlp
from ethereum_types.bytes import Bytes
from ethereum_types.numeric import Uint
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.chain.trie import EMPTY_TRIE_ROOT, BadProof, ordered_proof, ordered_root, verify_ordered_proof


def specified_root(items: list[bytes]) -> bytes:
    trie: Trie[Bytes, bytes | None] = Trie(secured=False, default=None)
    for index, item in enumerate(items):
        trie_set(trie, rlp.encode(Uint(index)), item)
    return bytes(root(trie))


@pytest.mark.parametrize("count", [1, 2, 15, 16, 17, 127, 128, 129, 255, 256, 257, 600])
@pytest.mark.parametrize("size", [1, 28, 200])
def test_the_root_is_the_specified_one(count: int, size: int) -> None:
    items = [(index + 1).to_bytes(2, "big") * size for index in range(count)]
    assert ordered_root(items) == specified_root(items)


def test_no_items_have_the_empty_root() -> None:
    assert ordered_root([]) == EMPTY_TRIE_ROOT == specified_root([])


@settings(max_examples=60)
@given(st.lists(st.binary(min_size=1, max_size=70), min_size=1, max_size=140), st.data())
def test_every_item_has_a_proof_that_gives_it_back(items: list[bytes], data: st.DataObject) -> None:
    assert ordered_root(items) == specified_root(items)
    index = data.draw(st.integers(0, len(items) - 1))
    assert verify_ordered_proof(ordered_root(items), index, ordered_proof(items, index)) == items[index]


@settings(max_examples=60)
@given(st.lists(st.binary(min_size=1, max_size=70), min_size=1, max_size=140), st.data())
def test_no_changed_proof_and_no_other_index_passes(items: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(items) - 1))
    expected = ordered_root(items)
    proof = list(ordered_proof(items, index))
    other = data.draw(st.integers(0, 300).filter(lambda value: value != index))
    # Nodes inside the proof can hold neighbours, whose true item is then shown.
    with contextlib.suppress(BadProof):
        assert verify_ordered_proof(expected, other, proof) == items[other]
    which = data.draw(st.integers(0, len(proof) - 1))
    node = bytearray(proof[which])
    node[data.draw(st.integers(0, len(node) - 1))] ^= data.draw(st.integers(1, 255))
    for forged in ([*proof[:which], bytes(node), *proof[which + 1 :]], proof[:-1], [*proof, b"\xc0"]):
        with pytest.raises(BadProof):
            verify_ordered_proof(expected, index, forged)


def test_a_proof_needs_an_item() -> None:
    with pytest.raises(IndexError):
        ordered_proof([b"one"], 1)
