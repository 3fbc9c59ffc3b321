"""Merkle nodes: how they are hashed, what stands for absent ones, and rehashing of what changed.

Levels are upstream's: leaves 0, a twig's two halves 11, its root 12, the tree over twigs from 13 on. The tree
over the shards of a zone is this project's own and counts its levels from 64.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256

from devnet.state.entries import null_entry

TWIG_SHIFT = 11
LEAVES_PER_TWIG = 1 << TWIG_SHIFT
TWIG_MASK = LEAVES_PER_TWIG - 1
ACTIVE_BYTES = LEAVES_PER_TWIG // 8
LEFT_ROOT_LEVEL = 11
ACTIVE_LEVEL = 8
"""Chunks of 32 bytes of active bits count as nodes of this level."""

TWIG_ROOT_LEVEL = 12
MAX_LEVEL = 63
ZONE_LEVEL = 64
"""Level of the shard leaves."""

PREFIX = tuple(bytes((level,)) for level in range(ZONE_LEVEL + 5))
"""What a node's hash begins with, by the level of its children."""

Levels = list[list[bytes]]
"""`levels[k][n]`: node n, k levels above the lowest one of a tree. The last level holds the root alone."""


def node(level: int, left: bytes, right: bytes) -> bytes:
    """The parent of two nodes of `level`."""
    return sha256(PREFIX[level] + left + right).digest()


@dataclass(frozen=True, slots=True)
class NullNodes:
    """Hashes of what is not there yet, by level."""

    left: tuple[bytes, ...]
    """Levels 0 (the null leaf) to 11 of a twig's left half."""
    right: tuple[bytes, ...]
    """The seven nodes over inactive bits: four of level 9, two of 10, one of 11."""
    upper: tuple[bytes, ...]
    """Levels 12 (the null twig) to 63."""


@cache
def null_nodes() -> NullNodes:
    """The null nodes, computed at first use (some 70 hashes)."""
    left = [sha256(null_entry()).digest()]
    for level in range(LEFT_ROOT_LEVEL):
        left.append(node(level, left[-1], left[-1]))
    right = right_nodes(bytes(ACTIVE_BYTES))
    upper = [node(LEFT_ROOT_LEVEL, left[-1], right[-1])]
    for level in range(TWIG_ROOT_LEVEL, MAX_LEVEL):
        upper.append(node(level, upper[-1], upper[-1]))
    return NullNodes(tuple(left), tuple(right), tuple(upper))


def right_nodes(active: bytes | bytearray) -> list[bytes]:
    """The seven nodes over a twig's 2048 active bits, lowest first; the last is the root of the half."""
    nodes = [sha256(PREFIX[8] + active[i : i + 64]).digest() for i in range(0, ACTIVE_BYTES, 64)]
    nodes += [node(9, nodes[0], nodes[1]), node(9, nodes[2], nodes[3])]
    nodes.append(node(10, nodes[4], nodes[5]))
    return nodes


def rehash(levels: Levels, touched: Sequence[int], lowest: int, nulls: Sequence[bytes]) -> int:
    """Hashes every node above the touched ones of the lowest level; gives how many that were.

    `touched` ascends without repetition, and new nodes in it continue the level. `lowest` is the level's
    number, `nulls[k]` stands for a missing right sibling k levels above it.
    """
    count = 0
    for above in range(len(levels) - 1):
        if len(touched) == 1:
            # Most ways up join soon; what is left of them is one.
            return count + _rehash_way(levels, touched[0], above, lowest, nulls)
        children = levels[above]
        parents = levels[above + 1]
        size = len(children)
        known = len(parents)
        prefix = PREFIX[lowest + above]
        parent_ids = []
        last = -1
        for child in touched:
            parent = child >> 1
            if parent == last:
                continue
            last = parent
            parent_ids.append(parent)
            right = 2 * parent + 1
            sibling = children[right] if right < size else nulls[above]
            hashed = sha256(prefix + children[right - 1] + sibling).digest()
            if parent < known:
                parents[parent] = hashed
            else:
                parents.append(hashed)
        count += len(parent_ids)
        touched = parent_ids
    return count


def _rehash_way(levels: Levels, position: int, above: int, lowest: int, nulls: Sequence[bytes]) -> int:
    """Hashes every node above one node, which is `above` levels over the lowest; gives how many that were."""
    hashed = levels[above][position]
    for level in range(above, len(levels) - 1):
        nodes = levels[level]
        prefix = PREFIX[lowest + level]
        if position & 1:
            hashed = sha256(prefix + nodes[position - 1] + hashed).digest()
        elif position + 1 < len(nodes):
            hashed = sha256(prefix + hashed + nodes[position + 1]).digest()
        else:
            hashed = sha256(prefix + hashed + nulls[level]).digest()
        position >>= 1
        parents = levels[level + 1]
        if position < len(parents):
            parents[position] = hashed
        else:
            parents.append(hashed)
    return len(levels) - 1 - above


def truncate(levels: Levels, size: int) -> None:
    """Cuts the lowest level to `size` nodes and those above it to match. Nodes on the cut are stale until
    they are rehashed."""
    for nodes in levels:
        del nodes[size:]
        size = (size + 1) >> 1


def path(levels: Levels, position: int, nulls: Sequence[bytes]) -> list[bytes]:
    """The siblings from a node of the lowest level up to the root."""
    peers = []
    for above in range(len(levels) - 1):
        nodes = levels[above]
        peer = position ^ 1
        peers.append(nodes[peer] if peer < len(nodes) else nulls[above])
        position >>= 1
    return peers
