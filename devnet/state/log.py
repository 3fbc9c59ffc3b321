"""The append-only list of a shard's entries and the Merkle tree over it.

Appending and deactivating only mark what changed; `rehash` hashes each touched node once, at the block's end.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from devnet.state.costs import Costs
from devnet.state.entries import SENTRIES_PER_SHARD, sentry
from devnet.state.sentries import SENTRY_LEFT_ROOTS, SENTRY_TWIGS, sentry_leaves
from devnet.state.trees import (
    ACTIVE_BYTES,
    LEAVES_PER_TWIG,
    TWIG_MASK,
    TWIG_ROOT_LEVEL,
    TWIG_SHIFT,
    Levels,
    NullNodes,
    path,
    rehash,
    truncate,
)
from devnet.state.twig import LeftTree, Twig, split_leaves

QUARTER_SHIFT = 9
"""A quarter of a twig's active bits, 512 of them, is what one node of level 9 covers."""

MIN_PRUNED_TWIGS = 2
"""Upstream's smallest number of twigs to prune at once."""


class EntryLog:
    """Entries with serial numbers below `end`, in twigs; the first two twigs hold the shard's sentries."""

    def __init__(
        self,
        shard: int,
        costs: Costs,
        nulls: NullNodes,
        twigs: list[Twig],
        young: LeftTree,
        end: int,
        dead_roots: Sequence[bytes] = (),
    ) -> None:
        """`dead_roots`: of the twigs in front of `twigs`, of which nothing else is kept. `young` is the left
        half of the last twig; all nodes of the twigs must be up to date."""
        self.end = end
        self._shard = shard
        self._costs = costs
        self._nulls = nulls
        self._touched: set[int] = set()
        """Quarters of active bits that changed, numbered through the whole log."""
        self._dead = Twig.dead()
        self._pruned = len(dead_roots)
        self.twigs: list[Twig] = [self._dead] * self._pruned + twigs
        self._young = young
        self.upper: Levels = [list(dead_roots)]
        """`upper[k][n]`: node n of level 12 + k; null nodes at the end of a level may be missing. There
        are as many levels above the twigs as the youngest twig's number has bits; the last holds the root."""
        self.upper[0] += [twig.root() for twig in twigs]
        costs.hashes += len(twigs)
        self._rehash_upper(range(len(self.twigs)))

    @classmethod
    def of_sentries(cls, shard: int, costs: Costs, nulls: NullNodes, all_active: list[bytes]) -> EntryLog:
        """The log that every shard begins with. `all_active`: the nodes over 2048 set bits."""
        twigs = []
        for twig_id in range(SENTRY_TWIGS):
            twig = Twig(SENTRY_LEFT_ROOTS[SENTRY_TWIGS * shard + twig_id], list(all_active))
            twig.active[:] = b"\xff" * ACTIVE_BYTES
            twigs.append(twig)
        twigs.append(Twig.youngest(nulls))
        return cls(shard, costs, nulls, twigs, LeftTree(nulls), SENTRIES_PER_SHARD)

    @property
    def root(self) -> bytes:
        """As of the last `rehash`."""
        return self.upper[-1][0]

    def entry(self, serial_number: int) -> bytes:
        """The active entry with that serial number."""
        if serial_number < SENTRIES_PER_SHARD:
            return sentry(self._shard, serial_number)
        payload = self.twigs[serial_number >> TWIG_SHIFT].payloads[serial_number & TWIG_MASK]
        assert payload is not None
        return payload

    def payload(self, serial_number: int) -> bytes | None:
        """The entry with that serial number, which is none of the sentries' first, if it is active."""
        return self.twigs[serial_number >> TWIG_SHIFT].payloads[serial_number & TWIG_MASK]

    def next_active(self, start: int) -> int:
        """The first active serial number at or after `start`; there always is one, for sentries never die."""
        twig_id = start >> TWIG_SHIFT
        position = start & TWIG_MASK
        while (found := self.twigs[twig_id].first_active(position)) is None:
            twig_id += 1
            position = 0
        return twig_id << TWIG_SHIFT | found

    def append(self, payload: bytes) -> None:
        """Adds an active entry, whose serial number is `end`."""
        serial_number = self.end
        position = serial_number & TWIG_MASK
        twig = self.twigs[-1]
        twig.active[position >> 3] |= 1 << (position & 7)
        twig.payloads.append(payload)
        self._young.leaves.append(sha256(payload).digest())
        self._touched.add(serial_number >> QUARTER_SHIFT)
        self.end = serial_number + 1
        if position == TWIG_MASK:
            self._close_twig()

    def deactivate(self, serial_number: int) -> None:
        """Takes an entry out of the active ones."""
        twig = self.twigs[serial_number >> TWIG_SHIFT]
        position = serial_number & TWIG_MASK
        twig.active[position >> 3] &= ~(1 << (position & 7))
        if serial_number >= SENTRIES_PER_SHARD:
            twig.payloads[position] = None
        self._touched.add(serial_number >> QUARTER_SHIFT)

    def reactivate(self, serial_number: int, payload: bytes | None) -> None:
        """Undoes `deactivate`. `payload` is what the entry was."""
        twig = self.twigs[serial_number >> TWIG_SHIFT]
        position = serial_number & TWIG_MASK
        twig.active[position >> 3] |= 1 << (position & 7)
        if serial_number >= SENTRIES_PER_SHARD:
            twig.payloads[position] = payload
        self._touched.add(serial_number >> QUARTER_SHIFT)

    def truncate(self, end: int) -> None:
        """Takes the entries from `end` on away. Costs at most one twig more than what is taken."""
        if end == self.end:
            return
        youngest = end >> TWIG_SHIFT
        position = end & TWIG_MASK
        if youngest < len(self.twigs) - 1:
            del self.twigs[youngest + 1 :]
            self._young = LeftTree(self._nulls, split_leaves(self.twigs[youngest].leaves)[:position])
        else:
            self._young.truncate(position)
        self.twigs[youngest].clear_from(position)
        quarters = LEAVES_PER_TWIG >> QUARTER_SHIFT
        self._touched.update(range(quarters * youngest, quarters * (youngest + 1)))
        depth = youngest.bit_length()
        del self.upper[depth + 1 :]
        truncate(self.upper, youngest + 1)
        self.end = end

    def rehash(self) -> None:
        """Brings every node above what changed, and the root, up to date."""
        if not self._touched:
            return
        self._costs.hashes += self._young.rehash()
        twigs = self.twigs
        twigs[-1].left_root = self._young.root
        quarters_of: dict[int, list[int]] = {}
        for quarter in sorted(self._touched):
            if quarter >> 2 >= len(twigs):
                break  # Touched by the undo of one block, truncated by that of an earlier one.
            quarters_of.setdefault(quarter >> 2, []).append(quarter & 3)
        self._touched.clear()
        lowest = self.upper[0]
        count = len(quarters_of)
        for twig_id, quarters in quarters_of.items():
            twig = twigs[twig_id]
            count += twig.rehash_quarters(quarters)
            if twig_id < len(lowest):
                lowest[twig_id] = twig.root()
            else:
                lowest.append(twig.root())
        self._costs.hashes += count
        self._rehash_upper(list(quarters_of))

    def _rehash_upper(self, twig_ids: Sequence[int]) -> None:
        """Hashes what is above twigs, which ascend, whose roots are in the upper tree already."""
        upper = self.upper
        for _ in range(len(upper) - 1, (len(self.twigs) - 1).bit_length()):
            upper.append([])
        self._costs.hashes += rehash(upper, twig_ids, TWIG_ROOT_LEVEL, self._nulls.upper)

    def _close_twig(self) -> None:
        """The youngest twig is full: keeps the leaves and the root of its left half, opens the next."""
        self._costs.hashes += self._young.rehash()
        self.twigs[-1].close(self._young)
        self._young = LeftTree(self._nulls)
        self.twigs.append(Twig.youngest(self._nulls))

    def prune(self, start: int) -> None:
        """Frees twigs wholly below `start`, whose entries will never be active or proven again. Their roots
        stay."""
        dead = start >> TWIG_SHIFT
        if dead - self._pruned < MIN_PRUNED_TWIGS:
            return
        for twig_id in range(self._pruned, dead):
            self.twigs[twig_id] = self._dead
        self._pruned = dead

    def leaf(self, serial_number: int) -> bytes:
        """The hash of an entry that is no sentry in its first place and not in a pruned twig."""
        twig_id, position = serial_number >> TWIG_SHIFT, serial_number & TWIG_MASK
        if twig_id == len(self.twigs) - 1:
            return self._young.leaves[position]
        return self.twigs[twig_id].leaves[32 * position : 32 * position + 32]

    def leaves_of(self, twig_id: int) -> list[bytes]:
        """The entry hashes of a twig that holds no sentries and was not pruned."""
        if twig_id == len(self.twigs) - 1:
            return self._young.leaves
        return split_leaves(self.twigs[twig_id].leaves)

    def peers(self, serial_number: int) -> tuple[list[bytes], bytes, list[bytes], list[bytes]]:
        """What proves an entry under the shard's root: the 11 peers in the left half, its chunk of active
        bits, the 3 peers in the right half, the peers above the twig."""
        twig_id = serial_number >> TWIG_SHIFT
        position = serial_number & TWIG_MASK
        twig = self.twigs[twig_id]
        chunk, right = right_peers(twig.active, twig.right, position)
        return self.left_peers(twig_id, position), chunk, right, path(self.upper, twig_id, self._nulls.upper)

    def left_peers(self, twig_id: int, position: int) -> list[bytes]:
        """The 11 peers of an entry in the left half of its twig."""
        if twig_id == len(self.twigs) - 1:
            return self._young.path(position)
        twig = self.twigs[twig_id]
        if twig_id < SENTRY_TWIGS and not twig.leaves:
            # The first proof in a sentries' twig pays for its left half.
            tree = LeftTree(self._nulls, sentry_leaves(self._shard, twig_id))
            self._costs.hashes += LEAVES_PER_TWIG + tree.rehash()
            twig.close(tree)
        peers, count = twig.left_peers(position)
        self._costs.hashes += count
        return peers


def right_peers(
    active: bytes | bytearray, right: Sequence[bytes], position: int
) -> tuple[bytes, list[bytes]]:
    """The chunk of active bits with an entry's bit, and its 3 peers. `right` are the nodes over the bits."""
    chunk = position >> 8
    peers = [
        bytes(active[32 * (chunk ^ 1) : 32 * (chunk ^ 1) + 32]),
        right[(chunk >> 1) ^ 1],
        right[4 + ((chunk >> 2) ^ 1)],
    ]
    return bytes(active[32 * chunk : 32 * chunk + 32]), peers
