"""The thread on which updates are recorded, and validators judge, vote and agree, while the network thread
goes on."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue

from devnet.pipeline import Outcome, Recording, Work

_LOG = logging.getLogger(__name__)


class SettlementThread:
    """Does what it is given, one after the other. Started when there will be something to do."""

    def __init__(self, tell: Callable[[Outcome], None], rehearse: Callable[[], None]) -> None:
        """`tell` is called on the thread; so is, before anything else, `rehearse`, which does what is slow
        the first time."""
        self._tell = tell
        self._rehearse = rehearse
        self._given: SimpleQueue[Work | Recording | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._is_ready = threading.Event()

    @property
    def is_ready(self) -> bool:
        """Whether everything is loaded: then nobody else stands still for that."""
        return self._is_ready.is_set()

    def prepare(self) -> None:
        """There will be something to do: what that needs is loaded beside the requests, where the network
        thread would stand still for it. Called on the network thread, as often as it likes."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="settlement", daemon=True)
            self._thread.start()

    def do(self, work: Work | Recording) -> None:
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
        try:
            _load()
            self._rehearse()
        except Exception:
            # The slots that follow fail of the same, and say so.
            _LOG.exception("settlement could not be prepared")
        self._is_ready.set()
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
    import devnet.proving.recording
    import devnet.proving.stateless
    import devnet.settlement.settler
    import devnet.zone.updates  # noqa: F401
