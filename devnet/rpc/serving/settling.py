"""Keeps answers back that may show what is not written yet.

Questions are answered beside the network thread and see a change as soon as it is made, which is before it
is in the data folder. A process that is killed in between would have reported what then is not there. So an
answer of a zone that shows something which is not written is given when the change that made it is; while a
block is executed nothing of it is to be seen, and nobody waits. Without a data folder nothing waits at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from devnet.chain.types import ZoneName


class KeptZones(Protocol):
    """What is asked of a network."""

    @property
    def is_kept(self) -> bool:
        """Whether it is in a folder; then it stays so."""

    def zones_ahead(self) -> frozenset[ZoneName]:
        """The zones that show something which nobody began to write."""

    def is_ahead(self, zone: ZoneName) -> bool:
        """Whether the zone is one of them."""


class Settling:
    """One for a network thread and its event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, network: KeptZones) -> None:
        self.is_kept = network.is_kept
        """Whether the network is in a folder; otherwise `settled` never gives anything."""
        self._loop = loop
        self._network = network
        self._begun = 0
        """How many changes were begun, and how many of them are over. The network thread counts."""
        self._over = 0
        self._written: frozenset[ZoneName] = frozenset()
        """Zones of which something is being written: they no longer say that they are ahead."""
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        """Each with the number of the newest change that the answer may show."""

    # ------------------------------------------------------------ on the network thread

    @contextmanager
    def change(self) -> Iterator[None]:
        """Around making a change and writing it. A change that could not be written ends as well: what is
        answered then is what the network will hold once there is space."""
        if not self.is_kept:
            yield
            return
        self._begun += 1
        try:
            yield
        finally:
            self._over = self._begun
            self._written = frozenset()
            self._tell()

    def _tell(self) -> None:
        # Who registers after this look finds that the change is over.
        if self._waiting:
            # A loop that is closed has nobody left who waits.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._release)

    def writing(self) -> None:
        """Inside `change`, before anything is written."""
        if self.is_kept:
            self._written |= self._network.zones_ahead()

    def written(self) -> None:
        """Inside `change`, after everything so far was written and before more is changed."""
        self._written = frozenset()
        self._over = self._begun
        self._begun += 1
        self._tell()

    # ------------------------------------------------------------ on the event loop

    def settled(self, zone: ZoneName | None) -> asyncio.Future[None] | None:
        """After an answer of the zone (None: of the network) was computed: what to wait for before it is
        given, None where it shows nothing that is not written."""
        begun = self._begun
        if self._is_over(begun) or not self._shows_more(zone):
            return None
        future: asyncio.Future[None] = self._loop.create_future()
        self._waiting.append((begun, future))
        if self._is_over(begun):
            # The release may have been told already, and finds one less.
            self._waiting.remove((begun, future))
            return None
        return future

    def _shows_more(self, zone: ZoneName | None) -> bool:
        # In this order: what is not ahead any more is in `_written` until it is written.
        if zone is None:
            return bool(self._network.zones_ahead() or self._written)
        return self._network.is_ahead(zone) or zone in self._written

    def _is_over(self, change: int) -> bool:
        # Another thread says so, from one line to the next.
        return self._over >= change

    def _release(self) -> None:
        # By the time that this runs the next change may have begun, and been seen.
        over, waiting = self._over, self._waiting
        self._waiting = [entry for entry in waiting if entry[0] > over]
        for change, future in waiting:
            if change <= over and not future.done():
                future.set_result(None)
