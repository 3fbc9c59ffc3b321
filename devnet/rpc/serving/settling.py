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
        self._is_changing = False
        self._waiting: list[asyncio.Future[None]] = []

    @contextmanager
    def change(self) -> Iterator[None]:
        """On the network thread, around making a change and writing it. A change that could not be written
        ends as well: what is answered then is what the network will hold once there is space."""
        self._is_changing = self.is_kept
        try:
            yield
        finally:
            self._is_changing = False
            # Who registers after this look finds that nothing is changing any more.
            if self._waiting:
                # A loop that is closed has nobody left who waits.
                with suppress(RuntimeError):
                    self._loop.call_soon_threadsafe(self._release)

    def settled(self) -> asyncio.Future[None] | None:
        """On the event loop, after an answer was computed: what to wait for before it is given, None where
        nothing is being changed."""
        if self._is_settled():
            return None
        future: asyncio.Future[None] = self._loop.create_future()
        self._waiting.append(future)
        if self._is_settled():
            # The release may have been told already, and finds one less.
            self._waiting.remove(future)
            return None
        return future

    def _is_settled(self) -> bool:
        # Another thread says so, from one line to the next.
        return not self._is_changing

    def _release(self) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)
