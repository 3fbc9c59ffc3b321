"""Settlement blocks that are decided, and the many of them that a chain keeps."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from devnet.chain.validator_set import ValidatorSet
from devnet.settlement.block import SettlementBlock, ZoneUpdate
from devnet.settlement.certificate import Certificate

WHOLE_BLOCKS = 256
"""So many of the newest settlement blocks are kept as objects, the others as bytes: a quarter of the memory,
and decoded when somebody asks."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A final settlement block, what it settled, and the moment at which zones were told of it."""

    block: SettlementBlock
    updates: tuple[ZoneUpdate, ...]
    """By zone, those of one zone in their order."""
    certificate: Certificate
    numbers: tuple[int, ...]
    """Of the newest block of every zone when it was decided, in the order of the zones: blocks up to here
    know nothing of it."""
    clock: int
    """The network's clock then, in seconds since the epoch."""
    elected: ValidatorSet | None = None
    """The set that signs the next height; None where it is the one that signed this height."""

    def updates_of(self, zone: int) -> tuple[ZoneUpdate, ...]:
        """The zone's, in their order."""
        return tuple(update for update in self.updates if update.statement.zone == zone)


class SettledBlocks:
    """Settlement blocks by height. One thread appends, any thread reads; nothing is ever changed or taken
    away (`up_to` and `since` make others), so that whoever holds on to a height sees the same blocks."""

    __slots__ = ("_entries", "_packed", "first")

    def __init__(self, first: int = 1) -> None:
        """`first` is the height of the first one."""
        self.first = first
        self._entries: list[Settled | bytes] = []
        self._packed = 0
        """How many of the first ones are packed."""

    def append(self, settled: Settled) -> None:
        """One more. The one that is old now is packed."""
        entries = self._entries
        entries.append(settled)
        while len(entries) - self._packed > WHOLE_BLOCKS:
            entry = entries[self._packed]
            if not isinstance(entry, bytes):
                # In place: it reads the same.
                entries[self._packed] = _packed(entry)
            self._packed += 1

    def up_to(self, height: int) -> SettledBlocks:
        """Those up to that height, as another object."""
        return self._part(0, max(height + 1 - self.first, 0))

    def since(self, height: int) -> SettledBlocks:
        """Those from that height on, as another object."""
        return self._part(max(height - self.first, 0), len(self._entries))

    def _part(self, start: int, end: int) -> SettledBlocks:
        blocks = SettledBlocks(self.first + start)
        blocks._entries = self._entries[start:end]
        blocks._packed = min(max(self._packed - start, 0), len(blocks._entries))
        return blocks

    @property
    def height(self) -> int:
        """Of the newest; one less than `first` where there is none."""
        return self.first + len(self._entries) - 1

    def at(self, height: int) -> Settled | None:
        """The block of that height, None where there is none."""
        place = height - self.first
        found = self._entries[place : place + 1] if place >= 0 else []
        return _whole(found[0]) if found else None

    def __iter__(self) -> Iterator[Settled]:
        # list() copies in one step under the interpreter's lock.
        return map(_whole, list(self._entries))


class UpdateIndex:
    """Where the updates of one zone are: their settlement heights and their last blocks, both ascending. One
    thread changes it; others may read, since what is there stays in its place until the chain goes back."""

    __slots__ = ("_heights", "_lasts")

    def __init__(self) -> None:
        self._heights = array("Q")
        self._lasts = array("Q")

    def __len__(self) -> int:
        return len(self._lasts)

    def append(self, height: int, last: int) -> None:
        """One more update."""
        self._heights.append(height)
        self._lasts.append(last)

    def cut(self, height: int) -> None:
        """Takes away those above that settlement height."""
        end = bisect_right(self._heights, height)
        del self._lasts[end:], self._heights[end:]

    def at(self, place: int) -> tuple[int, int] | None:
        """(settlement height, last block) of the update there, None where there is none."""
        if place < 0:
            return None
        try:
            return self._heights[place], self._lasts[place]
        except IndexError:
            return None

    def containing(self, number: int) -> int:
        """The place of the first update that ends at that block or above."""
        return bisect_left(self._lasts, number)

    def after(self, height: int) -> int:
        """The place of the first update above that settlement height."""
        return bisect_right(self._heights, height)


def _packed(settled: Settled) -> bytes:
    from devnet.settlement.chain_codec import encode_change

    return encode_change(settled)


def _whole(entry: Settled | bytes) -> Settled:
    if not isinstance(entry, bytes):
        return entry
    from devnet.settlement.chain_codec import decode_change

    settled = decode_change(entry)
    assert isinstance(settled, Settled)
    return settled
