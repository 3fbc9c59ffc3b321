"""The thread on which updates are recorded, and validators judge, vote and agree, while the network thread
goes on."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import TYPE_CHECKING

from devnet.pipeline import Outcome, Recording, Work

if TYPE_CHECKING:
    from devnet.settlement.draft import Agreed

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
        self._is_stopped = False

    @property
    def is_ready(self) -> bool:
        """Whether everything is loaded: then nobody else stands still for that."""
        return self._is_ready.is_set()

    def prepare(self) -> None:
        """There will be something to do: what that needs is loaded beside the requests, where the network
        thread would stand still for it. Called on the network thread, as often as it likes."""
        if self._thread is None and not self._is_stopped:
            self._thread = threading.Thread(target=self._work, name="settlement", daemon=True)
            self._thread.start()

    def do(self, work: Work | Recording) -> None:
        """Called on the network thread. After `stop` nobody does it."""
        self.prepare()
        self._given.put(work)

    def end(self) -> None:
        """Nothing more is begun. Any thread."""
        self._is_stopped = True

    def stop(self, timeout: float) -> bool:
        """Lets the thread finish what it does and begin nothing more; waits at most `timeout` seconds. False
        where that was not long enough: then its validators go on, and nobody else may let them vote."""
        self.end()
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
        except BaseException:
            # The slots that follow fail of the same, and say so.
            _LOG.exception("settlement could not be prepared")
        self._is_ready.set()
        while not self._is_stopped and (work := self._given.get()) is not None and not self._is_stopped:
            start = time.thread_time()
            result: Agreed | Exception | None
            try:
                result = work.run()
            except Exception as error:
                result = error
            except BaseException as error:
                # A panic of the kernel, among others. Without this thread nothing would ever be settled.
                result = RuntimeError(f"{type(error).__name__}: {error}")
                result.__cause__ = error
            self._tell(Outcome(work, result, time.thread_time() - start))


def _load() -> None:
    """A fifth of a second: modules that nobody needs who settles nothing."""
    import devnet.proving.prover
    import devnet.proving.recording
    import devnet.proving.stateless
    import devnet.settlement.settler
    import devnet.zone.updates  # noqa: F401
