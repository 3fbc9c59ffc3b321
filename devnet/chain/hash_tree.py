"""Keccak trees: how a statement, a list of hashes and the zones of a settlement block become one root.

Protocol sections 6 and 7 ask for a keccak tree and leave its shape open; this is ours (docs/settlement.md):
nodes are keccak(left ‖ right), missing leaves are zero, a list is bound to its length.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from devnet.chain.keccak import keccak256
from devnet.chain.types import ZERO_HASH, Hash32


def fields_root(values: Sequence[bytes | int]) -> Hash32:
    """The root over the fields of a record, in order: 32 bytes as they are, integers as 32 bytes big-endian.

    The leaves are filled up with zeros to a power of two; how many fields a record has is part of its kind.
    Raises ValueError for bytes of another length and OverflowError for integers that do not fit.
    """
    return _root([_leaf(value) for value in values])


class Rooted:
    """A frozen record whose root is computed once, when it is asked for first."""

    __slots__ = ("_kept_root",)
    _kept_root: Hash32

    def _compute_root(self) -> Hash32:
        raise NotImplementedError

    def _root(self) -> Hash32:
        """What `_compute_root` gives, or raises."""
        try:
            return self._kept_root
        except AttributeError:
            root = self._compute_root()
            self._keep_root(root)
            return root

    def _keep_root(self, root: Hash32) -> None:
        """For whoever knows it."""
        object.__setattr__(self, "_kept_root", root)


def field_branch(values: Sequence[bytes | int], place: int) -> tuple[Hash32, ...]:
    """The peers of the field at `place` in the tree of `fields_root`, lowest first. Raises as it does."""
    leaves = dict(enumerate(_leaf(value) for value in values))
    return sparse_branch(_depth(len(leaves)), leaves, place)


def list_root(items: Iterable[Hash32]) -> Hash32:
    """The root over a list of any length: keccak(tree over the items ‖ length as 32 bytes)."""
    leaves = list(items)
    return keccak256(_root(leaves) + len(leaves).to_bytes(32, "big"))


def list_branch(items: Sequence[Hash32], place: int) -> tuple[Hash32, ...]:
    """The peers of the item at `place` in the tree of `list_root`, lowest first, without the length."""
    return sparse_branch(list_depth(len(items)), dict(enumerate(items)), place)


def list_depth(count: int) -> int:
    """Levels of the tree of `list_root` over so many items, without the length."""
    return _depth(count)


def sparse_root(depth: int, leaves: Mapping[int, Hash32]) -> Hash32:
    """The root of a tree of fixed depth with these leaves; all others are zero."""
    level: Mapping[int, Hash32] = leaves
    for height in range(depth):
        empty = zeros_root(height)
        level = {
            parent: keccak256(level.get(2 * parent, empty) + level.get(2 * parent + 1, empty))
            for parent in {index >> 1 for index in level}
        }
    return level.get(0, zeros_root(depth))


def sparse_branch(depth: int, leaves: Mapping[int, Hash32], index: int) -> tuple[Hash32, ...]:
    """The peers of leaf `index` in the tree of `sparse_root`, lowest first."""
    level: Mapping[int, Hash32] = leaves
    branch = []
    for height in range(depth):
        empty = zeros_root(height)
        branch.append(level.get(index ^ 1, empty))
        # What the last two give is the root, which is no peer.
        parents = {child >> 1 for child in level} if height + 1 < depth else ()
        level = {
            parent: keccak256(level.get(2 * parent, empty) + level.get(2 * parent + 1, empty))
            for parent in parents
        }
        index >>= 1
    return tuple(branch)


def climb(leaf: Hash32, branch: Iterable[Hash32], index: int) -> Hash32:
    """The root that a leaf and its peers, lowest first, lead to."""
    node = leaf
    for peer in branch:
        node = keccak256(peer + node if index & 1 else node + peer)
        index >>= 1
    return node


def _leaf(value: bytes | int) -> Hash32:
    if isinstance(value, int):
        return Hash32(value.to_bytes(32, "big"))
    if len(value) != 32:
        raise ValueError(f"a field is a number or 32 bytes, not {len(value)} bytes")
    return Hash32(value)


def _root(leaves: Sequence[Hash32]) -> Hash32:
    """The root of the smallest tree that has room for these leaves, side by side."""
    if not leaves:
        return ZERO_HASH
    level, height = list(leaves), 0
    while len(level) > 1:
        if len(level) & 1:
            level.append(zeros_root(height))
        pairs = iter(level)
        level = [keccak256(left + right) for left, right in zip(pairs, pairs, strict=True)]
        height += 1
    return level[0]


@cache
def zeros_root(depth: int) -> Hash32:
    """The root of a tree of this depth of zeros."""
    if not depth:
        return ZERO_HASH
    below = zeros_root(depth - 1)
    return keccak256(below + below)


def _depth(count: int) -> int:
    return max(0, count - 1).bit_length()
