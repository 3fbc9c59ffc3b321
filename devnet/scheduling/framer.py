"""ParaFramer: puts a block's transactions into frames, in which no two conflict."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from devnet.scheduling import BlockOrder
from devnet.scheduling.access import AccessSet, Key
from devnet.scheduling.bloom import FRAMES, ParaBloom

FRAME_TRANSACTIONS: Final = 256
FRAME_KEYS: Final = 256
"""A frame that holds so many transactions, or reads or writes more keys than that, takes no more."""


def frames_of(
    accesses: Sequence[AccessSet], owners: Sequence[Iterable[Hashable]], order: BlockOrder
) -> tuple[tuple[int, ...], ...]:
    """The frames of a block, in the order of flushing, as indexes into `accesses`.

    `owners` are each transaction's sender and set-code authorities: in the framer's order its transactions
    keep the order in which they were given.
    """
    framer = Framer(order)
    for access, owned in zip(accesses, owners, strict=True):
        framer.add(access, owned)
    return framer.finish()


@dataclass(slots=True)
class _Frame:
    number: int
    """Counts up with age: a smaller one is older and flushed before."""
    indexes: list[int] = field(default_factory=list)
    reads: set[Key] = field(default_factory=set)
    writes: set[Key] = field(default_factory=set)

    def add(self, index: int, access: AccessSet) -> None:
        self.indexes.append(index)
        self.reads |= access.reads
        self.writes |= access.writes

    @property
    def is_full(self) -> bool:
        return (
            len(self.indexes) >= FRAME_TRANSACTIONS
            or len(self.reads) > FRAME_KEYS
            or len(self.writes) > FRAME_KEYS
        )


class Framer:
    """A queue of at most 64 frames by age. Only the oldest leaves it."""

    __slots__ = ("_bloom", "_count", "_flushed", "_last_frame", "_next", "_open", "_order", "_queue")

    def __init__(self, order: BlockOrder) -> None:
        self._order = order
        self._bloom = ParaBloom()
        self._queue: deque[_Frame] = deque()
        self._open = 0
        """Bit i: the i-th oldest frame of the queue takes more."""
        self._flushed: list[tuple[int, ...]] = []
        self._next = 0
        """Number of the next frame that is opened."""
        self._count = 0
        self._last_frame: dict[Hashable, int] = {}
        """By sender or authority: the number of the youngest frame with a transaction of it."""

    def add(self, access: AccessSet, owners: Iterable[Hashable]) -> None:
        """Puts the next transaction into a frame."""
        owned = tuple(owners)
        place = self._place(access, owned)
        if place is None:
            if len(self._queue) == FRAMES:
                self._flush()
            place = len(self._queue)
            self._queue.append(_Frame(self._next))
            self._open |= 1 << place
            self._next += 1
        frame = self._queue[place]
        frame.add(self._count, access)
        self._bloom.add(frame.number % FRAMES, access)
        if frame.is_full:
            self._open &= ~(1 << place)
        for owner in owned:
            self._last_frame[owner] = frame.number
        self._count += 1

    def finish(self) -> tuple[tuple[int, ...], ...]:
        """Flushes what is left; gives all frames in the order of flushing."""
        while self._queue:
            self._flush()
        return tuple(self._flushed)

    def _place(self, access: AccessSet, owners: Iterable[Hashable]) -> int | None:
        """Of the frame in the queue that the transaction goes into; None where none fits."""
        if not self._queue:
            return None
        oldest = self._queue[0].number
        conflicts = self._by_age(self._bloom.conflicts(access), oldest % FRAMES)
        if self._order is BlockOrder.GIVEN:
            # Younger than every frame in conflict, so that conflicting transactions keep their order.
            fitting = self._open & _from(conflicts.bit_length())
        else:
            predecessor = max((self._last_frame.get(owner, -1) for owner in owners), default=-1)
            fitting = self._open & ~conflicts & _from(max(predecessor + 1 - oldest, 0))
        return (fitting & -fitting).bit_length() - 1 if fitting else None

    def _by_age(self, mask: int, oldest: int) -> int:
        """A mask over the frames' numbers modulo 64 as one over their places in the queue."""
        return (mask >> oldest) | ((mask << (FRAMES - oldest)) & ((1 << FRAMES) - 1))

    def _flush(self) -> None:
        frame = self._queue.popleft()
        self._open >>= 1
        self._bloom.clear(frame.number % FRAMES)
        self._flushed.append(tuple(frame.indexes))


def _from(place: int) -> int:
    """A mask with every bit from that one on."""
    return -1 << place
