"""The tree of a zone's outbox, as far as its messages are known: proofs of any of them cost a hash a level.

The tree is the contract's (`Outbox.sol`): append-only, 32 levels, zeros behind the last message. Of messages
that are not known only the complete nodes beside the known ones are (the contract's `branch`).
"""

from __future__ import annotations

from collections.abc import Sequence

from devnet.chain.keccak import keccak256
from devnet.chain.types import ZERO_HASH, Hash32
from devnet.contracts.outbox import DEPTH


class MessageTree:
    """Complete nodes of every level, from the first known message on."""

    __slots__ = ("_firsts", "_levels", "_zeros", "first", "hashes")

    def __init__(self, first: int = 0, branch: Sequence[Hash32] = ()) -> None:
        """`first` is the number of the first message that will be appended; `branch` what the contract has
        after those before it: at level i a complete left node, where bit i of `first` is set."""
        self.first = first
        self._levels: list[list[Hash32]] = []
        self._firsts: list[int] = []
        """Of each level the place of its first node in the whole tree."""
        for level in range(DEPTH):
            is_odd = first >> level & 1
            self._firsts.append((first >> level) - is_odd)
            self._levels.append([branch[level]] if is_odd else [])
        zero, zeros = ZERO_HASH, []
        for _ in range(DEPTH):
            zeros.append(zero)
            zero = keccak256(zero + zero)
        self._zeros = tuple(zeros)
        self.hashes = 0
        """How many were made, for those who count."""

    @property
    def size(self) -> int:
        """How many messages there are, those that are not known included."""
        return self._firsts[0] + len(self._levels[0])

    def append(self, leaf: Hash32) -> None:
        """One more message: a hash for each tree that it completes."""
        place, node = self.size, leaf
        for level in range(DEPTH):
            self._levels[level].append(node)
            if place & 1 == 0:
                return
            node = self._join(self._levels[level][-2], node)
            place >>= 1

    def cut(self, size: int) -> None:
        """Takes away the messages from that number on. Raises ValueError for one that is not known."""
        if not self.first <= size <= self.size:
            raise ValueError(f"messages {self.first} to {self.size} are known, not {size}")
        for level, (nodes, first) in enumerate(zip(self._levels, self._firsts, strict=True)):
            del nodes[max((size >> level) - first, 0) :]

    def let_go(self, first: int) -> None:
        """Keeps what the messages from that number on need: it is as if the tree began there. Nothing where
        it begins later already. Raises ValueError for one that is not known."""
        if first > self.size:
            raise ValueError(f"messages {self.first} to {self.size} are known, not {first}")
        if first <= self.first:
            return
        for level, nodes in enumerate(self._levels):
            begin = (first >> level) - (first >> level & 1)
            del nodes[: begin - self._firsts[level]]
            self._firsts[level] = begin
        self.first = first

    def leaf(self, number: int) -> Hash32:
        """Of the message with that number. Raises IndexError where it is not known."""
        if not self.first <= number < self.size:
            raise IndexError(number)
        return self._levels[0][number - self._firsts[0]]

    def root(self, size: int) -> Hash32:
        """Over the first `size` messages, at least `first`."""
        node = ZERO_HASH
        for level in range(DEPTH):
            if size >> level & 1:
                node = self._join(self._node(level, (size >> level) - 1), node)
            else:
                node = self._join(node, self._zeros[level])
        return node

    def branch(self, number: int, size: int) -> tuple[Hash32, ...]:
        """The peers of a message, lowest first, in the tree of the first `size` messages. Raises IndexError
        where it is not known, or not one of them."""
        if not self.first <= number < size <= self.size:
            raise IndexError(number)
        peers = []
        # Of each level the one node with messages and zeros under it.
        partial = ZERO_HASH
        for level in range(DEPTH):
            complete = size >> level
            peer = (number >> level) ^ 1
            if peer < complete:
                peers.append(self._node(level, peer))
            elif peer == complete:
                peers.append(partial)
            else:
                peers.append(self._zeros[level])
            if not complete:
                # All messages are under one node: beside it there are only zeros, on every level from here.
                peers.extend(self._zeros[level + 1 :])
                break
            if complete & 1:
                partial = self._join(self._node(level, complete - 1), partial)
            else:
                partial = self._join(partial, self._zeros[level])
        return tuple(peers)

    def _node(self, level: int, place: int) -> Hash32:
        return self._levels[level][place - self._firsts[level]]

    def _join(self, left: Hash32, right: Hash32) -> Hash32:
        self.hashes += 1
        return keccak256(left + right)
