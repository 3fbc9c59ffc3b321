"""What sends need before it is their turn, done while the network thread is busy with others."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from devnet.rpc.running import Sends, prepare


@dataclass(slots=True, eq=False)
class Preparation:
    """Of one caller's sends: done once, by whoever claims it first."""

    sends: Sends
    _claim: threading.Lock = field(default_factory=threading.Lock)
    is_done: bool = False

    def claim(self) -> bool:
        """Whether the caller has to do it; False where another one does, or did."""
        return self._claim.acquire(blocking=False)

    @property
    def is_underway(self) -> bool:
        """Whether somebody does it."""
        return not self.is_done and self._claim.locked()


class Ahead:
    """A thread that prepares sends (`devnet.rpc.running.prepare`), so that decoding and recovering signers
    takes none of the network thread's time while it has other things to do."""

    def __init__(self) -> None:
        self._arrived: SimpleQueue[Preparation | None] = SimpleQueue()
        self._done = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="ahead", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """Ends the thread once it is through with what was put before; waits at most `timeout` seconds."""
        self._arrived.put(None)
        self._thread.join(timeout)

    def put(self, preparation: Preparation) -> None:
        """Prepares it, unless somebody else claims it before."""
        self._arrived.put(preparation)

    def finish(self, preparations: Sequence[Preparation]) -> None:
        """Prepares those that nobody has claimed, and waits for the others."""
        own = [entry for entry in preparations if not entry.is_done and entry.claim()]
        if own:
            self._prepare(own)
        if not all(entry.is_done for entry in preparations):
            with self._done:
                self._done.wait_for(lambda: all(entry.is_done for entry in preparations))

    def _work(self) -> None:
        while True:
            found = [self._arrived.get()]
            try:
                while True:
                    found.append(self._arrived.get_nowait())
            except Empty:
                pass
            own = [entry for entry in found if entry is not None and entry.claim()]
            if own:
                self._prepare(own)
                with self._done:
                    self._done.notify_all()
            if None in found:
                return

    @staticmethod
    def _prepare(own: Sequence[Preparation]) -> None:
        prepare([entry.sends for entry in own])
        for entry in own:
            entry.is_done = True
