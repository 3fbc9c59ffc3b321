"""A twig: 2048 consecutive entries of a shard, which of them are active, and what its root is made of."""

from __future__ import annotations

from hashlib import sha256

from devnet.state.trees import (
    ACTIVE_BYTES,
    LEAVES_PER_TWIG,
    LEFT_ROOT_LEVEL,
    PREFIX,
    Levels,
    NullNodes,
    node,
    path,
    rehash,
    truncate,
)

KEPT_LEVEL = 4
"""A full twig keeps the nodes of its left half from this level on (8 KiB, an eighth of its leaves). A proof
hashes 14 of those below again."""

ACTIVE_ROOT = 6
"""Index of the root among the seven nodes over the active bits."""


class Twig:
    """One twig. In the youngest, a `LeftTree` holds its left half, and `leaves` and `nodes` are empty."""

    __slots__ = ("active", "leaves", "left_root", "nodes", "payloads", "right")

    def __init__(self, left_root: bytes, right: list[bytes]) -> None:
        self.active = bytearray(ACTIVE_BYTES)
        """Bit i (of byte i // 8, lowest first) is entry i."""
        self.right = right
        """The nodes over `active`: four of level 9, two of 10, one of 11."""
        self.left_root = left_root
        self.leaves = b""
        """Once the twig is full, its 2048 entry hashes."""
        self.nodes = b""
        """Once the twig is full, the nodes of its left half from level `KEPT_LEVEL` to 10, lowest first."""
        self.payloads: list[bytes | None] = []
        """The active entries at their positions; None where an entry is inactive. Empty in a sentries' twig.
        """

    @classmethod
    def youngest(cls, nulls: NullNodes) -> Twig:
        """A twig without entries."""
        return cls(nulls.left[-1], list(nulls.right))

    @classmethod
    def dead(cls) -> Twig:
        """What stands for twigs of which only the root is needed, and that is kept above them."""
        return cls(b"", [])

    def is_active(self, position: int) -> bool:
        return bool(self.active[position >> 3] >> (position & 7) & 1)

    def first_active(self, start: int) -> int | None:
        """The first active position at or after `start`."""
        bits = int.from_bytes(self.active, "little") >> start
        return start + (bits & -bits).bit_length() - 1 if bits else None

    def close(self, tree: LeftTree) -> None:
        """Takes over what is needed of the left half, whose leaves are all there and hashed."""
        self.left_root = tree.root
        self.leaves = b"".join(tree.leaves)
        self.nodes = b"".join(b"".join(level) for level in tree.levels[KEPT_LEVEL:LEFT_ROOT_LEVEL])

    def left_peers(self, position: int) -> tuple[list[bytes], int]:
        """The 11 peers of an entry in the left half of a full twig, and how many hashes they took."""
        group = position >> KEPT_LEVEL << KEPT_LEVEL
        nodes = [self.leaves[i : i + 32] for i in range(32 * group, 32 * (group + (1 << KEPT_LEVEL)), 32)]
        index = position - group
        peers = [nodes[index ^ 1]]
        count = 0
        for level in range(KEPT_LEVEL - 1):
            nodes = [node(level, nodes[i], nodes[i + 1]) for i in range(0, len(nodes), 2)]
            count += len(nodes)
            index >>= 1
            peers.append(nodes[index ^ 1])
        offset = 0
        for level in range(KEPT_LEVEL, LEFT_ROOT_LEVEL):
            at = 32 * (offset + (position >> level ^ 1))
            peers.append(self.nodes[at : at + 32])
            offset += LEAVES_PER_TWIG >> level
        return peers, count

    def clear_from(self, start: int) -> None:
        """Makes every position at or after `start` inactive and forgets its entry."""
        del self.payloads[start:]
        self.leaves = self.nodes = b""
        self.active[start >> 3] &= (1 << (start & 7)) - 1
        tail = (start >> 3) + 1
        self.active[tail:] = bytes(ACTIVE_BYTES - tail)

    def root(self) -> bytes:
        return twig_root(self.left_root, self.right[ACTIVE_ROOT])

    def rehash_quarters(self, quarters: list[int]) -> int:
        """Hashes what stands above the given quarters (512 bits each) of the active bits; gives how many
        nodes."""
        right = self.right
        active = self.active
        new = sha256
        for quarter in quarters:
            right[quarter] = new(PREFIX[8] + active[64 * quarter : 64 * quarter + 64]).digest()
        count = len(quarters) + 2
        if quarters[0] < 2:
            right[4] = new(PREFIX[9] + right[0] + right[1]).digest()
        if quarters[-1] >= 2:
            right[5] = new(PREFIX[9] + right[2] + right[3]).digest()
            count += quarters[0] < 2
        right[6] = new(PREFIX[10] + right[4] + right[5]).digest()
        return count


class LeftTree:
    """The left half of a twig while entries are appended to it: only the part that is there, hashed on
    demand."""

    __slots__ = ("_hashed", "levels", "nulls")

    def __init__(self, nulls: NullNodes, leaves: list[bytes] | None = None) -> None:
        self.nulls = nulls
        self.levels: Levels = [leaves or [], *([] for _ in range(LEFT_ROOT_LEVEL))]
        self._hashed = 0

    @property
    def leaves(self) -> list[bytes]:
        """Append to it; `rehash` sees what is new."""
        return self.levels[0]

    def rehash(self) -> int:
        """Hashes the nodes above new leaves; gives how many."""
        size = len(self.levels[0])
        if self._hashed == size:
            return 0
        count = rehash(self.levels, range(self._hashed, size), 0, self.nulls.left)
        self._hashed = size
        return count

    @property
    def root(self) -> bytes:
        """As of the last `rehash`."""
        return self.levels[LEFT_ROOT_LEVEL][0] if self.levels[0] else self.nulls.left[LEFT_ROOT_LEVEL]

    def path(self, position: int) -> list[bytes]:
        """The 11 peers of a leaf, as of the last `rehash`."""
        return path(self.levels, position, self.nulls.left)

    def truncate(self, size: int) -> None:
        """Takes the newest leaves away; the tree needs a `rehash`."""
        truncate(self.levels, size)
        # The last leaf that stays counts as new, so that the nodes over the cut are hashed again.
        self._hashed = min(self._hashed, max(size - 1, 0))


def twig_root(left_root: bytes, active_root: bytes) -> bytes:
    """A twig's root, made of those of its halves."""
    return node(LEFT_ROOT_LEVEL, left_root, active_root)


def split_leaves(leaves: bytes) -> list[bytes]:
    """The entry hashes of a full twig one by one."""
    return [leaves[i : i + 32] for i in range(0, 32 * LEAVES_PER_TWIG, 32)]
