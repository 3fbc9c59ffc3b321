"""The faults of one network: injected, listed, cleared, and over when their time has come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from devnet.settlement.faults.kinds import BadFault, Fault, Kind, Until, check_until

if TYPE_CHECKING:
    from devnet.settlement.faults.conditions import Conditions

MOST_FAULTS = 256
"""At a time."""


@dataclass(frozen=True, slots=True)
class _Placed:
    """A fault and where the plan's counts stood when it came."""

    fault: Fault
    slots: int
    heights: int


class FaultPlan:
    """Belongs to one network. Its owner changes it; any thread may ask."""

    def __init__(self) -> None:
        # Replaced, never changed, so that other threads see one moment.
        self._placed: tuple[_Placed, ...] = ()
        self._newest = 0
        self._slots = 0
        self._heights = 0
        self.revision = 0
        """Grows with every change: what could not be settled before may be now."""

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Those in effect, oldest first."""
        return tuple(placed.fault for placed in self._placed if not self._is_over(placed))

    @property
    def is_restless(self) -> bool:
        """Whether another try to settle may go otherwise than the last, although nothing else changed."""
        return bool(self._placed)

    def inject(self, kind: Kind, seed: int | None = None, until: Until | None = None) -> Fault:
        """From the next slot on. The seed is the fault's id by default. Raises BadFault; whether the network
        has the validators and zones that are named, `kinds.check_kind` says."""
        until = until or Until()
        check_until(until)
        if len(self.faults) >= MOST_FAULTS:
            raise BadFault(f"there are {MOST_FAULTS} faults already; clear some")
        if seed is not None and not 0 <= seed < 1 << 64:
            raise BadFault(f"a seed of {seed}: 64 bits are possible")
        self._newest += 1
        fault = Fault(self._newest, kind, self._newest if seed is None else seed, until)
        self._placed = (*self._placed, _Placed(fault, self._slots, self._heights))
        self.revision += 1
        return fault

    def clear(self, fault: int | None = None) -> tuple[Fault, ...]:
        """Takes back the fault with this id, or all of them; gives those that were in effect."""
        gone = tuple(each for each in self.faults if fault is None or each.id == fault)
        if gone:
            self._placed = tuple(p for p in self._placed if p.fault not in gone)
            self.revision += 1
        return gone

    def begin_slot(self) -> Conditions:
        """A slot begins in which there is something to settle: what happens in it."""
        # What is over by now still called for this slot, in which it is no more.
        self._placed = tuple(placed for placed in self._placed if not self._is_over(placed))
        conditions = self.conditions
        self._slots += 1
        return conditions

    def settled(self) -> None:
        """A settlement block was made."""
        self._heights += 1

    @property
    def conditions(self) -> Conditions:
        """As they are now."""
        # Who injects nothing and settles nothing need not import what it takes.
        from devnet.settlement.faults.conditions import Conditions

        return Conditions(self.faults, self._slots)

    def _is_over(self, placed: _Placed) -> bool:
        until = placed.fault.until
        return (until.slots is not None and self._slots - placed.slots >= until.slots) or (
            until.heights is not None and self._heights - placed.heights >= until.heights
        )
