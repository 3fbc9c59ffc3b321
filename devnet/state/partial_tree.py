"""The Merkle tree over a shard's log of which only some nodes are known, and the order in which the others
are asked for (docs/state.md, "Trees").

A node has a level, as in `devnet.state.trees`, and a number within it, counted over the whole log. The two
halves of twigs have levels in common, so a node's name is (space, number): its level in the left half, 32
+ its level in the right half (chunks of 32 bytes of active bits are level 8), 64 + its level from twigs
upwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

from devnet.state.sentries import SENTRY_LEFT_ROOTS, SENTRY_TWIGS
from devnet.state.trees import (
    ACTIVE_LEVEL,
    LEFT_ROOT_LEVEL,
    PREFIX,
    TWIG_ROOT_LEVEL,
    TWIG_SHIFT,
    NullNodes,
)

LEFT, RIGHT, UPPER = 0, 32, 64
CHUNK = RIGHT + ACTIVE_LEVEL
"""Space of the chunks of active bits."""

CHUNK_SHIFT = 8
"""A chunk holds the bits of 256 entries."""

Missing = Callable[[int, int], bytes]
"""Gives the node with that space and number, or raises."""


class PartialTree:
    """Nodes that are known. What lies wholly at or beyond `end` is null, and the left halves of the sentries'
    twigs are constants; neither is ever asked for."""

    __slots__ = ("_missing", "_nulls", "_shard", "end", "nodes")

    def __init__(self, shard: int, end: int, nulls: NullNodes, missing: Missing) -> None:
        """`missing` is asked for every node that a hash needs and that is not known."""
        self.end = end
        self.nodes: dict[int, dict[int, bytes]] = {}
        self._shard = shard
        self._nulls = nulls
        self._missing = missing

    def put(self, space: int, number: int, node: bytes) -> None:
        """Makes a node known. What stands above it is stale until the next `climb`."""
        self.nodes.setdefault(space, {})[number] = node

    def put_leaf(self, serial_number: int, entry: bytes) -> None:
        """Makes the leaf of an entry known."""
        self.put(LEFT, serial_number, sha256(entry).digest())

    def climb(self, leaves: Iterable[int], chunks: Iterable[int]) -> bytes:
        """The shard's root, after hashing everything above these leaves and chunks, at least one.

        Nodes that are not known are asked for level by level, left half before right half, ascending.
        """
        lefts = self._rise(LEFT, 0, LEFT_ROOT_LEVEL, sorted(set(leaves)))
        rights = self._rise(RIGHT, ACTIVE_LEVEL, LEFT_ROOT_LEVEL, sorted(set(chunks)))
        twigs = sorted({*lefts, *rights})
        roots = self.nodes.setdefault(UPPER + TWIG_ROOT_LEVEL, {})
        for twig in twigs:
            halves = self._get(LEFT + LEFT_ROOT_LEVEL, twig) + self._get(RIGHT + LEFT_ROOT_LEVEL, twig)
            roots[twig] = sha256(PREFIX[LEFT_ROOT_LEVEL] + halves).digest()
        top = TWIG_ROOT_LEVEL + (self.end >> TWIG_SHIFT).bit_length()
        self._rise(UPPER, TWIG_ROOT_LEVEL, top, twigs)
        return self.nodes[UPPER + top][0]

    def _rise(self, side: int, lowest: int, highest: int, numbers: Sequence[int]) -> Sequence[int]:
        """Hashes what is above these nodes of one level, up to another; gives the numbers there."""
        for level in range(lowest, highest):
            space = side + level
            known = self.nodes.setdefault(space, {})
            parents = self.nodes.setdefault(space + 1, {})
            prefix = PREFIX[level]
            numbers = sorted({number >> 1 for number in numbers})
            for parent in numbers:
                left = known.get(2 * parent) or self._get(space, 2 * parent)
                right = known.get(2 * parent + 1) or self._get(space, 2 * parent + 1)
                parents[parent] = sha256(prefix + left + right).digest()
        return numbers

    def _get(self, space: int, number: int) -> bytes:
        known = self.nodes.setdefault(space, {})
        node = known.get(number)
        if node is None:
            node = self._fixed(space, number)
            if node is None:
                node = known[number] = self._missing(space, number)
        return node

    def _fixed(self, space: int, number: int) -> bytes | None:
        """The node where nobody need be asked."""
        nulls = self._nulls
        if space < RIGHT:
            if space == LEFT_ROOT_LEVEL and number < SENTRY_TWIGS:
                return SENTRY_LEFT_ROOTS[SENTRY_TWIGS * self._shard + number]
            return nulls.left[space] if number << space >= self.end else None
        if space < UPPER:
            level = space - RIGHT
            if number << level < self.end:
                return None
            return bytes(32) if level == ACTIVE_LEVEL else nulls.right[(0, 4, 6)[level - ACTIVE_LEVEL - 1]]
        level = space - UPPER
        return nulls.upper[level - TWIG_ROOT_LEVEL] if number << (level - 1) >= self.end else None
