"""When a network settles by itself: by the clock, or after every block."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from devnet.settlement.settlement import Settlement

_LOG = logging.getLogger(__name__)

MOST_LATE = 8
"""Slots that may pass while there is something else to do; then it is settled nevertheless."""


class Serving(Protocol):
    """Who settles for a server, as others see it. Any thread may ask."""

    @property
    def fault(self) -> str | None:
        """Why the last attempt failed; None where it did not."""

    @property
    def phase_name(self) -> str:
        """What is done about a slot now: "waiting", "recording" or "deciding"."""


class Slots:
    """The slots of one network. A slot in which nothing changed does nothing."""

    def __init__(self, slot_time: float | None, settle: Callable[[], object]) -> None:
        """`slot_time` as in `NetworkConfig.slot_time`; `settle` does it."""
        self._slot_time = slot_time
        self._settle = settle
        self._due: float | None = None
        self._seen: tuple[object, ...] = ()
        """What there was when it was settled last: what could not be settled then cannot be now."""
        self.served_by: Serving | None = None
        """Where a server settles (`devnet.pipeline`); then nothing happens here."""

    def block_sealed(self, settlement: Settlement) -> None:
        """Some zone has a new block."""
        if self._slot_time == 0 and self.served_by is None:
            self._run(settlement)

    def tick(self, now: float, is_idle: bool, settlement: Settlement) -> float | None:
        """Settles where a slot is over; gives when the next one is, None without slots. `now` is in seconds
        of any clock that only rises."""
        slot_time = self._slot_time
        if not slot_time or self.served_by is not None:
            return None
        if self._due is None:
            self._due = now + slot_time
        if now >= self._due and (is_idle or now >= self._due + MOST_LATE * slot_time):
            self._run(settlement)
            # A late tick makes no burst of slots.
            self._due = max(self._due + slot_time, now)
        return self._due

    def _run(self, settlement: Settlement) -> None:
        seen = settlement.standing()
        # With faults about, the next try may go otherwise.
        if seen == self._seen and not (seen and settlement.faults.is_restless):
            return
        made: object = ()
        try:
            made = self._settle()
        except Exception:
            _LOG.exception("this slot could not be settled; it is tried again when something changes")
        # Where something was settled, there may be more that can be now.
        self._seen = () if made else settlement.standing()
