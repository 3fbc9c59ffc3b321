"""What the faults in effect do to one slot: asked by the settler, and by whoever serves columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TypeVar

from devnet.availability.columns import Column
from devnet.settlement.consensus.setting import Height, Timing
from devnet.settlement.faults.bits import flip
from devnet.settlement.faults.kinds import (
    CorruptColumns,
    CorruptShares,
    Fault,
    Lie,
    LyingProducer,
    SlowProducer,
    StopProducer,
    StopValidator,
    WithholdColumns,
    WithholdShares,
    describe,
)
from devnet.settlement.faults.wire import FaultyWire, Signer, is_between
from devnet.settlement.producers import Turn
from devnet.settlement.routing import AtOnce, Wire

LATE = Timing().propose
"""Milliseconds after which nobody waits any more for what a producer makes."""

Of = TypeVar("Of")


@dataclass(frozen=True, slots=True)
class Conditions:
    """The faults of one slot. Without faults everything is as it should be."""

    faults: tuple[Fault, ...] = ()
    slot: int = 0
    """How many slots there were before: what is random follows from it and from a fault's seed."""

    def text(self, zones: Sequence[str]) -> str:
        """The faults at work, with their ids; nothing where there are none. `zones` are the names."""
        if not self.faults:
            return ""
        return "faults: " + "; ".join(f"{describe(fault.kind, zones)} ({fault.id})" for fault in self.faults)

    # ------------------------------------------------------------ producers

    def absence(self, turn: Turn) -> str | None:
        """Why this producer makes nothing in time, None where it does."""
        for fault, kind in self._of(StopProducer):
            if _is_of(kind, turn):
                return f"it is stopped (fault {fault.id})"
        for fault, slow in self._of(SlowProducer):
            if _is_of(slow, turn) and slow.delay >= LATE:
                return f"it is {slow.delay} ms late (fault {fault.id})"
        return None

    def delay(self, turn: Turn) -> int:
        """Milliseconds that this producer takes longer, and still comes in time."""
        delays = (kind.delay for _, kind in self._of(SlowProducer) if _is_of(kind, turn))
        return min(sum(delays), LATE - 1)

    def lies(self, turn: Turn) -> Iterator[tuple[Lie, Random]]:
        """What this producer hands out wrongly, each with the randomness for it."""
        for fault, kind in self._of(LyingProducer):
            if _is_of(kind, turn):
                yield kind.lie, self._random(fault)

    # ------------------------------------------------------------ data

    def delivered(self, validator: int, zone: int, columns: Sequence[Column]) -> Sequence[Column]:
        """What reaches a validator of its columns of one update of that zone."""
        for _, withheld in self._of(WithholdColumns):
            if validator in withheld.validators and withheld.zone in (None, zone):
                return ()
        for fault, corrupted in self._of(CorruptColumns):
            if validator in corrupted.validators and corrupted.zone in (None, zone):
                columns = _one_corrupt(columns, self._random(fault))
        return columns

    def handed_out(self, holder: int, column: Column) -> Column | None:
        """What a validator gives to somebody who asks for one of its columns later; None is nothing."""
        for _, withheld in self._of(WithholdShares):
            if holder in withheld.validators:
                return None
        for fault, corrupted in self._of(CorruptShares):
            if holder in corrupted.validators:
                column = _corrupt(column, Random(fault.seed << 64 | column.index))
        return column

    # ------------------------------------------------------------ validators

    @property
    def absent(self) -> frozenset[int]:
        """Validators that do not run."""
        return frozenset(kind.validator for _, kind in self._of(StopValidator))

    def wire(self, setting: Height, signer: Signer) -> Wire:
        """What is between the validators of a height; `signer` signs for those that sign two things."""
        between = tuple((fault, self._random(fault)) for fault in self.faults if is_between(fault.kind))
        return FaultyWire(between, setting, signer) if between else AtOnce()

    def _of(self, kind: type[Of]) -> Iterator[tuple[Fault, Of]]:
        for fault in self.faults:
            if isinstance(fault.kind, kind):
                yield fault, fault.kind

    def _random(self, fault: Fault) -> Random:
        return Random(fault.seed << 64 | self.slot)


def _is_of(kind: StopProducer | SlowProducer | LyingProducer, turn: Turn) -> bool:
    return kind.zone == turn.zone and kind.producer in (None, turn.index)


def _one_corrupt(columns: Sequence[Column], random: Random) -> tuple[Column, ...]:
    if not columns:
        return ()
    place = random.randrange(len(columns))
    return (*columns[:place], _corrupt(columns[place], random), *columns[place + 1 :])


def _corrupt(column: Column, random: Random) -> Column:
    return replace(column, data=flip(column.data, random))
