"""The SHA-256 tree over the columns of a dispersal.

Leaf = SHA-256(0x00 ‖ column), node = SHA-256(0x01 ‖ left ‖ right); leaves beyond the last column are 32 zero
bytes. The depth follows from the number of columns, which is committed to beside the root.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from devnet.chain.types import ZERO_HASH, Hash32

LEAF = b"\x00"
NODE = b"\x01"


def leaf_of(column: bytes) -> Hash32:
    """The leaf of a column."""
    return Hash32(sha256(LEAF + column).digest())


def climb(leaf: Hash32, path: Iterable[Hash32], index: int) -> Hash32:
    """The root that a leaf and its peers, lowest first, lead to."""
    node = leaf
    for peer in path:
        node = _node(peer, node) if index & 1 else _node(node, peer)
        index >>= 1
    return node


@dataclass(frozen=True, slots=True)
class ColumnTree:
    """All nodes: `levels[0]` are the leaves, filled up to a power of two, the last level is the root."""

    levels: tuple[tuple[Hash32, ...], ...]

    @classmethod
    def over(cls, leaves: bytes, known: Mapping[tuple[int, int], Hash32] | None = None) -> ColumnTree:
        """Of leaves of 32 bytes each. `known` nodes, by level and index, are taken instead of what the leaves
        would give."""
        known = known or {}
        level = [Hash32(leaves[start : start + 32]) for start in range(0, len(leaves), 32)]
        level += [ZERO_HASH] * ((1 << (len(level) - 1).bit_length()) - len(level))
        levels = [_corrected(level, known, 0)]
        while len(level) > 1:
            level = [_node(*pair) for pair in zip(levels[-1][::2], levels[-1][1::2], strict=True)]
            levels.append(_corrected(level, known, len(levels)))
        return cls(tuple(levels))

    @property
    def root(self) -> Hash32:
        return self.levels[-1][0]

    def path(self, index: int) -> tuple[Hash32, ...]:
        """The peers of a leaf, lowest first."""
        return tuple(level[(index >> height) ^ 1] for height, level in enumerate(self.levels[:-1]))


def _corrected(
    level: list[Hash32], known: Mapping[tuple[int, int], Hash32], height: int
) -> tuple[Hash32, ...]:
    return (
        tuple(known.get((height, index), node) for index, node in enumerate(level)) if known else tuple(level)
    )


def _node(left: Hash32, right: Hash32) -> Hash32:
    return Hash32(sha256(NODE + left + right).digest())
