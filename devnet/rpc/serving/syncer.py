"""Makes what was committed survive a power cut, once a second, beside the network thread."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from devnet.persistence.errors import SyncFailed, WriteFailed

if TYPE_CHECKING:
    from devnet.network import Network

_LOG = logging.getLogger(__name__)

SYNC_INTERVAL = 1.0
"""Seconds; a slot."""


class Syncer:
    """A thread that syncs a network while there is something to sync."""

    def __init__(self, network: Network, interval: float = SYNC_INTERVAL) -> None:
        self._network = network
        self._interval = interval
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="syncer", daemon=True)

    def start(self) -> None:
        """Starts the thread, where the network wants it."""
        if self._network.syncs_in_background:
            self._thread.start()

    def stop(self, timeout: float) -> None:
        """Waits until the thread has ended, at most `timeout` seconds. What is not synced then stays so."""
        self._is_over.set()
        if self._thread.ident is not None:
            self._thread.join(timeout)

    def _work(self) -> None:
        was_written = True
        while not self._is_over.wait(self._interval):
            try:
                self._network.sync()
            except SyncFailed as error:
                _LOG.error(
                    "from now on nothing more is known to survive a power cut, until the network is started "
                    "again: %s",
                    error,
                )
                return
            except WriteFailed as error:
                if was_written:
                    _LOG.error("what is new does not survive a power cut yet: %s", error)
                was_written = False
            else:
                was_written = True
