"""From the zones' events to whoever waits for them: the observer, subscriptions, and awaited receipts."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import TYPE_CHECKING

from devnet.chain.types import ZoneName
from devnet.rpc.observer import Observation, Observer, observations
from devnet.zone.messages import Event

if TYPE_CHECKING:
    from devnet.network import Network

_LOG = logging.getLogger(__name__)


class ObserverThread:
    """Calls the observer in order, on a thread of its own, so that printing delays nobody."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._queue: SimpleQueue[Observation | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="observer", daemon=True)
        self._thread.start()

    def observe(self, observation: Observation) -> None:
        self._queue.put(observation)

    def stop(self, timeout: float) -> None:
        """Waits until everything observed so far was handed on, at most `timeout` seconds."""
        self._queue.put(None)
        self._thread.join(timeout)

    def _work(self) -> None:
        while (observation := self._queue.get()) is not None:
            try:
                self._observer(observation)
            except Exception:
                _LOG.exception("the observer failed")


class EventFeed:
    """Reads the events of the zones that somebody is interested in after every change.

    `publish` is called on the network thread. `deliver(zone, events)` is called on the event loop, for zones
    that `follow` named.
    """

    def __init__(
        self,
        network: Network,
        loop: asyncio.AbstractEventLoop,
        deliver: Callable[[ZoneName, Sequence[Event]], None],
        observe: Callable[[Observation], None] | None,
    ) -> None:
        self._network = network
        self._loop = loop
        self._deliver = deliver
        self._observe = observe
        self._cursors: dict[ZoneName, int] = {}
        self._followed: set[ZoneName] = set()
        if observe is not None:
            for zone in network.zones:
                self._cursors[zone] = network.zones[zone].events().cursor

    def follow(self, zone: ZoneName) -> None:
        """From now on this zone's events are delivered. Called on the event loop."""
        if zone not in self._cursors:
            self._cursors[zone] = self._network.zones[zone].events().cursor
        self._followed.add(zone)

    def publish(self, zones: set[ZoneName] | None) -> None:
        """Hands on what happened in these zones, None for all."""
        cursors = self._cursors
        if not cursors:
            return
        for name in list(cursors) if zones is None else zones:
            cursor = cursors.get(name)
            if cursor is None:
                continue
            page = self._network.zones[name].events(cursor)
            cursors[name] = page.cursor
            if page.gap:
                _LOG.warning("zone %s: events were dropped before they could be shown", name)
            if not page.events:
                continue
            if self._observe is not None:
                for observation in observations(name, page.events):
                    self._observe(observation)
            if name in self._followed:
                try:
                    self._loop.call_soon_threadsafe(self._deliver, name, page.events)
                except RuntimeError:
                    # The loop is closed: the server stopped meanwhile.
                    return
