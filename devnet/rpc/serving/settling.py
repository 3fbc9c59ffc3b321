"""Keeps answers back that may show what is not written yet.

Questions are answered beside the network thread and see a change as soon as it is made, which is before it
is in the data folder. A process that is killed in between would have reported what then is not there. So an
answer that was computed while a change is being made and written is given when that is done. Without a data
folder nothing waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Settling:
    """One for a network thread and its event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, is_kept: bool) -> None:
        self.is_kept = is_kept
        """Whether the network is in a folder; otherwise `settled` never gives anything."""
        self._loop = loop
        self._begun = 0
        """How many changes were begun, and how many of them are over. The network thread counts."""
        self._over = 0
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        """Each with the number of the newest change that the answer may show."""

    @contextmanager
    def change(self) -> Iterator[None]:
        """On the network thread, around making a change and writing it. A change that could not be written
        ends as well: what is answered then is what the network will hold once there is space."""
        if not self.is_kept:
            yield
            return
        self._begun += 1
        try:
            yield
        finally:
            self._over = self._begun
            # Who registers after this look finds that the change is over.
            if self._waiting:
                # A loop that is closed has nobody left who waits.
                with suppress(RuntimeError):
                    self._loop.call_soon_threadsafe(self._release)

    def settled(self) -> asyncio.Future[None] | None:
        """On the event loop, after an answer was computed: what to wait for before it is given, None where
        nothing is being changed."""
        begun = self._begun
        if self._is_over(begun):
            return None
        future: asyncio.Future[None] = self._loop.create_future()
        self._waiting.append((begun, future))
        if self._is_over(begun):
            # The release may have been told already, and finds one less.
            self._waiting.remove((begun, future))
            return None
        return future

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
