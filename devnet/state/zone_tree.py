"""The tree over the sixteen shard leaves of which only some are known (docs/state.md, "Trees")."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256

from devnet.chain.types import Hash32
from devnet.state.trees import PREFIX, ZONE_LEVEL

DEPTH = 4


class PartialZoneTree:
    """Nodes by level above the leaves and by number, and the root over them."""

    __slots__ = ("_missing", "_nodes")

    def __init__(self, leaves: Mapping[int, bytes], missing: Callable[[int, int], bytes]) -> None:
        """`missing` is asked for the nodes that the root needs beside these leaves (for the root itself where
        there are none): by level above the leaves, then by number."""
        self._nodes: list[dict[int, bytes]] = [{} for _ in range(DEPTH + 1)]
        self._missing = missing
        if leaves:
            self.put(leaves)
        else:
            self._nodes[DEPTH][0] = missing(DEPTH, 0)

    @property
    def root(self) -> Hash32:
        """Over all leaves."""
        return Hash32(self._nodes[DEPTH][0])

    def node(self, above: int, number: int) -> bytes:
        """A known node."""
        return self._nodes[above][number]

    def put(self, leaves: Mapping[int, bytes]) -> Hash32:
        """Takes new leaves in the places of known ones; gives the root."""
        self._nodes[0].update(leaves)
        numbers = sorted(leaves)
        for above in range(DEPTH):
            known = self._nodes[above]
            numbers = sorted({number >> 1 for number in numbers})
            for parent in numbers:
                for child in (2 * parent, 2 * parent + 1):
                    if child not in known:
                        known[child] = self._missing(above, child)
                pair = known[2 * parent] + known[2 * parent + 1]
                self._nodes[above + 1][parent] = sha256(PREFIX[ZONE_LEVEL + above] + pair).digest()
        return self.root
