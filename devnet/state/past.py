"""A shard as it was after an older block that is kept: read from the present shard and the undo records of
the blocks since, without changing either.

What a later block appended is beyond `end`; what it displaced was active. So only the twigs that were touched
since have to be hashed, and what is above them.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from functools import cached_property

from devnet.state.costs import Costs
from devnet.state.entries import SENTRIES_PER_SHARD
from devnet.state.log import right_peers
from devnet.state.places import Place
from devnet.state.shard import Shard, ShardUndo
from devnet.state.trees import TWIG_MASK, TWIG_ROOT_LEVEL, TWIG_SHIFT, NullNodes, node, right_nodes
from devnet.state.twig import ACTIVE_ROOT, LeftTree, twig_root


class PastShard:
    """Valid until the present shard changes."""

    def __init__(self, shard: Shard, later: Sequence[ShardUndo], costs: Costs, nulls: NullNodes) -> None:
        """`later`: the undo records of the blocks above, newest first."""
        self.number = shard.number
        self._shard = shard
        self._log = shard.log
        self._costs = costs
        self._nulls = nulls
        before = later[-1] if later else None
        self.start = shard.start if before is None else before.start
        self.end = shard.log.end if before is None else before.end
        self.active = shard.active if before is None else before.active
        self._serial_numbers: dict[bytes, int] = {}
        """Of the keys that were displaced since, -1 where there was none."""
        self._entries: dict[int, bytes | None] = {}
        """Entries that were active and are not any more."""
        for record in later:
            for key_hash, serial_number, entry in reversed(record.displaced):
                self._serial_numbers[key_hash] = serial_number
                if 0 <= serial_number < self.end:
                    self._entries[serial_number] = entry

    # Entries

    def find(self, key_hash: bytes) -> tuple[bool, int]:
        """Whether the key had an entry, and the serial number of that entry or of its predecessor's."""
        if not self._serial_numbers:
            return self._shard.index.find(key_hash)
        displaced = self._serial_numbers
        prefix = key_hash[:2]
        found = prefix + bytes(30)
        unit = self._shard.index.units.get(prefix)
        if unit is not None:
            at = bisect_right(unit.key_hashes, key_hash) - 1
            while displaced.get(unit.key_hashes[at]) == -1:
                at -= 1
            found = unit.key_hashes[at]
        known = self._displaced_by_prefix.get(prefix, ())
        at = bisect_right(known, key_hash) - 1
        if at >= 0:
            found = max(found, known[at])
        serial_number = displaced.get(found)
        if serial_number is None:
            serial_number = self._shard.index.find(found)[1]
        return found == key_hash, serial_number

    def entry(self, serial_number: int) -> bytes:
        """The entry with that serial number, which was active."""
        entry = self._entries.get(serial_number)
        return self._log.entry(serial_number) if entry is None else entry

    def item(self, serial_number: int) -> bytes:
        """The entry where it was active, otherwise its hash. Not for sentries in their first places."""
        entry = self._entries.get(serial_number)
        if entry is None:
            entry = self._log.payload(serial_number)
        return self._log.leaf(serial_number) if entry is None else entry

    # The tree

    def twig_root(self, twig_id: int) -> bytes:
        """The root of a twig below `start`, which nothing changes any more."""
        return self._log.upper[0][twig_id]

    def bits(self, twig_id: int) -> bytearray:
        """The active bits of a twig, up to the youngest of then."""
        bits = bytearray(self._log.twigs[twig_id].active)
        if twig_id == self.youngest:
            position = self.end & TWIG_MASK
            bits[position >> 3] &= (1 << (position & 7)) - 1
            tail = (position >> 3) + 1
            bits[tail:] = bytes(len(bits) - tail)
        for serial_number in self._entries_by_twig.get(twig_id, ()):
            position = serial_number & TWIG_MASK
            bits[position >> 3] |= 1 << (position & 7)
        return bits

    @property
    def youngest(self) -> int:
        """Number of the twig that the next entry would have gone into."""
        return self.end >> TWIG_SHIFT

    @property
    def root(self) -> bytes:
        """The shard's root."""
        return self._node(self.youngest.bit_length(), 0)

    def peers(self, serial_number: int) -> tuple[list[bytes], bytes, list[bytes], list[bytes]]:
        """See `EntryLog.peers`."""
        twig_id, position = serial_number >> TWIG_SHIFT, serial_number & TWIG_MASK
        chunk, right = self._right(twig_id, position)
        if self._left is not None and twig_id == self.youngest:
            left = self._left.path(position)
        else:
            left = self._log.left_peers(twig_id, position)
        return left, chunk, right, self._upper(twig_id)

    def _right(self, twig_id: int, position: int) -> tuple[bytes, list[bytes]]:
        """The chunk of active bits with an entry's bit, and its 3 peers."""
        twig = self._twigs.get(twig_id)
        if twig is None:
            present = self._log.twigs[twig_id]
            return right_peers(present.active, present.right, position)
        return right_peers(*twig, position)

    def _upper(self, twig_id: int) -> list[bytes]:
        """The peers above a twig."""
        depth = self.youngest.bit_length()
        return [self._node(above, (twig_id >> above) ^ 1) for above in range(depth)]

    def place(self, serial_number: int) -> Place:
        """What stands at a serial number in a twig that is not below `start`, up to `end`."""
        twig_id, position = serial_number >> TWIG_SHIFT, serial_number & TWIG_MASK
        left: Sequence[bytes] = ()
        if serial_number >= SENTRIES_PER_SHARD:
            left, chunk, right, upper = self.peers(serial_number)
        else:
            # Without the leaves of the sentries, which would have to be hashed.
            chunk, right = self._right(twig_id, position)
            upper = self._upper(twig_id)
        bit = position & 255
        is_active = chunk[bit >> 3] >> (bit & 7) & 1
        is_cut = self._left is not None and twig_id == self.youngest
        return Place(
            self.entry(serial_number) if is_active else None,
            tuple(left),
            self._left.root if is_cut and self._left is not None else self._log.twigs[twig_id].left_root,
            chunk,
            tuple(right),
            tuple(upper),
        )

    def _node(self, above: int, number: int) -> bytes:
        """A node `above` levels over the twigs' roots."""
        if number > self.youngest >> above:
            return self._nulls.upper[above]
        hashed = self._nodes[above].get(number) if self._nodes else None
        return self._present(above, number) if hashed is None else hashed

    def _present(self, above: int, number: int) -> bytes:
        """A node of the present tree; null nodes at the end of a level may be missing in it."""
        nodes = self._log.upper[above]
        return nodes[number] if number < len(nodes) else self._nulls.upper[above]

    @cached_property
    def _displaced_by_prefix(self) -> dict[bytes, list[bytes]]:
        """Key hashes that were there and were displaced since, in order."""
        by_prefix: dict[bytes, list[bytes]] = {}
        for key_hash, serial_number in self._serial_numbers.items():
            if serial_number >= 0:
                insort(by_prefix.setdefault(key_hash[:2], []), key_hash)
        return by_prefix

    @cached_property
    def _entries_by_twig(self) -> dict[int, list[int]]:
        by_twig: dict[int, list[int]] = {}
        for serial_number in self._entries:
            by_twig.setdefault(serial_number >> TWIG_SHIFT, []).append(serial_number)
        return by_twig

    @cached_property
    def _left(self) -> LeftTree | None:
        """The left half of the youngest twig of then; None where it is the present one's."""
        if self.end == self._log.end:
            return None
        tree = LeftTree(self._nulls, self._log.leaves_of(self.youngest)[: self.end & TWIG_MASK])
        self._costs.hashes += tree.rehash()
        return tree

    @cached_property
    def _twigs(self) -> dict[int, tuple[bytearray, list[bytes]]]:
        """Active bits and the nodes over them of the twigs that were touched since."""
        touched = set(self._entries_by_twig)
        if self._left is not None:
            touched.add(self.youngest)
        twigs = {}
        for twig_id in touched:
            bits = self.bits(twig_id)
            twigs[twig_id] = bits, right_nodes(bits)
        self._costs.hashes += 7 * len(twigs)
        return twigs

    @cached_property
    def _nodes(self) -> list[dict[int, bytes]]:
        """The nodes above the touched twigs by level and number; none where nothing was touched."""
        if not self._twigs:
            return []
        log = self._log
        lowest = {}
        for twig_id, (_, right) in self._twigs.items():
            is_cut = self._left is not None and twig_id == self.youngest
            left_root = self._left.root if is_cut and self._left is not None else log.twigs[twig_id].left_root
            lowest[twig_id] = twig_root(left_root, right[ACTIVE_ROOT])
        nodes = [lowest]
        count = len(lowest)
        for above in range(self.youngest.bit_length()):
            below = nodes[-1]
            level: dict[int, bytes] = {}
            for parent in {number >> 1 for number in below}:
                pair = []
                for child in (2 * parent, 2 * parent + 1):
                    hashed = below.get(child)
                    if hashed is None and child <= self.youngest >> above:
                        hashed = self._present(above, child)
                    pair.append(self._nulls.upper[above] if hashed is None else hashed)
                level[parent] = node(TWIG_ROOT_LEVEL + above, *pair)
            count += len(level)
            nodes.append(level)
        self._costs.hashes += count
        return nodes
