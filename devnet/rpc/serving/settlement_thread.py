"""The thread on which validators judge, vote and agree, while the network thread goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue

from devnet.pipeline import Outcome, Work


class SettlementThread:
    """Decides what it is given, one after the other. Started when something changed first."""

    def __init__(self, tell: Callable[[Outcome], None]) -> None:
        """`tell` is called on the thread."""
        self._tell = tell
        self._given: SimpleQueue[Work | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def prepare(self) -> None:
        """There will be something to decide: what that needs is loaded beside the requests, where the network
        thread would stand still for it. Called on the network thread, as often as it likes."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="settlement", daemon=True)
            self._thread.start()

    def decide(self, work: Work) -> None:
        """Called on the network thread."""
        self.prepare()
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
        _load()
        while (work := self._given.get()) is not None:
            start = time.thread_time()
            try:
                result = work.run()
            except Exception as error:
                self._tell(Outcome(work, error, time.thread_time() - start))
            else:
                self._tell(Outcome(work, result, time.thread_time() - start))


def _load() -> None:
    """A fifth of a second: modules that nobody needs who settles nothing."""
    import devnet.proving.prover
    import devnet.proving.stateless
    import devnet.settlement.settler  # noqa: F401
