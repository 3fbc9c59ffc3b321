"""The SHA-256 tree over the columns of a dispersal.

Leaf = SHA-256(0x00 ‖ column), node = SHA-256(0x01 ‖ left ‖ right); leaves beyond the last column are 32 zero
bytes. The depth follows from the number of columns, which is committed to beside the root.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from devnet.chain.types import ZERO_HASH, Hash32

LEAF = b"\x00"
NODE = b"\x01"
_MOST_KNOWN = 1 << 16


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


class KnownNodes:
    """The nodes of a tree that columns have shown: whoever checks columns that lie side by side hashes what
    they have in common once."""

    __slots__ = ("_nodes", "_root")

    def __init__(self, root: Hash32) -> None:
        self._root = root
        self._nodes: dict[tuple[int, int], tuple[Hash32, Hash32, tuple[Hash32, ...]]] = {}
        """By level and index: the node, its peer, and a path that goes on above both."""

    def leads(self, leaf: Hash32, path: Sequence[Hash32], index: int) -> bool:
        """Whether the leaf and its peers, lowest first, lead to the root."""
        node, at, peers = leaf, index, tuple(path)
        shown = []
        for level, peer in enumerate(peers):
            known = self._nodes.get((level, at))
            if known is not None and known[0] == node:
                if known[1] != peer or known[2][level + 1 :] != peers[level + 1 :]:
                    return False
                break
            shown.append((level, at, node, peer))
            node = _node(peer, node) if at & 1 else _node(node, peer)
            at >>= 1
        else:
            if node != self._root or at:
                return False
        if len(self._nodes) < _MOST_KNOWN:
            for level, at, node, peer in shown:
                self._nodes[level, at] = node, peer, peers
                self._nodes[level, at ^ 1] = peer, node, peers
        return True


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

    def paths(self, indices: range) -> bytes:
        """The same for leaves side by side, one path after the other."""
        return b"".join(self._paths(0, indices)) if indices else b""

    def _paths(self, level: int, indices: range) -> Sequence[bytes]:
        """From that level on, of nodes of it."""
        if level == len(self.levels) - 1:
            return (b"",)
        first = indices[0] >> 1
        above = self._paths(level + 1, range(first, (indices[-1] >> 1) + 1))
        nodes = self.levels[level]
        return [nodes[index ^ 1] + above[(index >> 1) - first] for index in indices]


def _corrected(
    level: list[Hash32], known: Mapping[tuple[int, int], Hash32], height: int
) -> tuple[Hash32, ...]:
    return (
        tuple(known.get((height, index), node) for index, node in enumerate(level)) if known else tuple(level)
    )


def _node(left: Hash32, right: Hash32) -> Hash32:
    return Hash32(sha256(NODE + left + right).digest())
