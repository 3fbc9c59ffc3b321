"""The thread on which validators judge, vote and agree, while the network thread goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue

from devnet.pipeline import Outcome, Work


class SettlementThread:
    """Decides what it is given, one after the other. Started with the first."""

    def __init__(self, tell: Callable[[Outcome], None]) -> None:
        """`tell` is called on the thread."""
        self._tell = tell
        self._given: SimpleQueue[Work | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def decide(self, work: Work) -> None:
        """Called on the network thread."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="settlement", daemon=True)
            self._thread.start()
        self._given.put(work)

    def stop(self, timeout: float) -> bool:
        """Lets the thread finish what it does; waits at most `timeout` seconds. False where that was not long
        enough: then its validators go on, and nobody else may let them vote."""
        thread = self._thread
        if thread is None:
            return True
        self._given.put(None)
        thread.join(timeout)
        return not thread.is_alive()

    def _work(self) -> None:
        while (work := self._given.get()) is not None:
            start = time.thread_time()
            try:
                result = work.run()
            except Exception as error:
                self._tell(Outcome(work, error, time.thread_time() - start))
            else:
                self._tell(Outcome(work, result, time.thread_time() - start))
