"""The subscription `messages`: who gets told what becomes of which messages."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from devnet.chain.types import Hash32
from devnet.rpc.codec.encode_messages import MessageEncoder
from devnet.rpc.codec.encode_transactions import hex_data
from devnet.rpc.serving.lanes import Lane

if TYPE_CHECKING:
    from devnet.messages.life import Status
    from devnet.messages.message import Message, MessageFilter
    from devnet.network import Network
    from devnet.rpc.serving.subscriptions import Subscription

_LOG = logging.getLogger(__name__)

KEPT = 4_096
"""Messages of which a subscription heard last: of these it is told that one is gone."""


@dataclass(frozen=True, slots=True)
class _Told:
    """A message that something happened to; without message and status where it is gone."""

    guid: Hash32
    message: Message | None
    status: Status | None
    encoded: bytes


@dataclass(frozen=True, slots=True)
class _Collected:
    """What happened up to a cursor."""

    cursor: int
    told: tuple[_Told, ...]


class MessageFeed:
    """Reads what happened to messages after every change, where somebody wants to know, in a thread of its
    own: what a message waits for is found out by calls. `changed` is called on the network thread, everything
    else on the event loop."""

    def __init__(self, network: Network, loop: asyncio.AbstractEventLoop) -> None:
        self._network = network
        self._loop = loop
        self._lane = Lane("messages", 1, loop)
        self._subscriptions: dict[str, Subscription] = {}
        self._cursor: int | None = None
        """None while nobody wants to know anything."""
        self._beginning: asyncio.Future[int] | None = None
        self._is_reading = False
        self._has_changed = False
        """Whether something changed since the reading began."""
        self._heard: dict[str, OrderedDict[Hash32, None]] = {}
        """By subscription, the messages of which it heard, the last ones."""

    async def begin(self) -> None:
        """What happens from now on will be told to whom `add` adds."""
        if self._cursor is None:
            if self._beginning is None:
                self._beginning = self._lane.run(self._newest)
            cursor = await asyncio.shield(self._beginning)
            if self._cursor is None:
                self._cursor, self._beginning = cursor, None

    def add(self, subscription: Subscription) -> None:
        """After `begin`."""
        self._subscriptions[subscription.id] = subscription
        self._heard[subscription.id] = OrderedDict()

    def remove(self, subscription: Subscription) -> None:
        self._subscriptions.pop(subscription.id, None)
        self._heard.pop(subscription.id, None)
        if not self._subscriptions:
            self._cursor = None

    def changed(self) -> None:
        """The network is another one than before."""
        if self._cursor is None:
            return
        try:
            self._loop.call_soon_threadsafe(self._look)
        except RuntimeError:
            # The loop is closed: the server stopped meanwhile.
            return

    def stop(self) -> None:
        """Ends the thread."""
        self._lane.stop()

    # ------------------------------------------------------------ on the event loop

    def _look(self) -> None:
        if self._is_reading:
            self._has_changed = True
        elif not self._subscriptions:
            # Who wanted to know went before it was added.
            self._cursor = None
        elif self._cursor is not None:
            self._is_reading = True
            self._lane.run(self._collect, self._cursor).add_done_callback(self._deliver)

    def _deliver(self, future: asyncio.Future[_Collected]) -> None:
        self._is_reading = False
        if future.cancelled():
            return
        error = future.exception()
        if error is not None:
            _LOG.error("what became of messages could not be told", exc_info=error)
        elif self._cursor is not None:
            collected = future.result()
            self._cursor = collected.cursor
            for told in collected.told:
                self._tell(told)
        if self._has_changed:
            self._has_changed = False
            self._look()

    def _tell(self, told: _Told) -> None:
        for subscription in list(self._subscriptions.values()):
            heard = self._heard[subscription.id]
            if told.message is None:
                # Gone: that concerns who knew of it, whatever its status was.
                if told.guid in heard:
                    del heard[told.guid]
                    subscription.send(told.encoded)
            elif _wants(subscription.messages, told.message, told.status):
                heard[told.guid] = None
                heard.move_to_end(told.guid)
                if len(heard) > KEPT:
                    heard.popitem(last=False)
                subscription.send(told.encoded)

    # ------------------------------------------------------------ on the thread

    def _newest(self) -> int:
        return self._network.messages.touched(None).cursor

    def _collect(self, cursor: int) -> _Collected:
        messages = self._network.messages
        touched = messages.touched(cursor)
        if touched.gap:
            _LOG.warning("events of messages were dropped before they could be told")
        # Once, as it is now: in the order in which something happened last.
        guids = list(reversed(dict.fromkeys(reversed(touched.guids))))
        return _Collected(touched.cursor, tuple(self._read(guid) for guid in guids))

    def _read(self, guid: Hash32) -> _Told:
        found = self._network.messages.found(guid)
        if found is None:
            gone = {"guid": hex_data(guid), "removed": True, "message": None}
            return _Told(guid, None, None, orjson.dumps(gone))
        summary = MessageEncoder(self._network.zones).summary(found.message, found.life)
        told = {"guid": hex_data(guid), "removed": False, "message": summary}
        return _Told(guid, found.message, found.life.status, orjson.dumps(told))


def _wants(wanted: MessageFilter | None, message: Message, status: Status | None) -> bool:
    """Whether a subscription is told of a message with this status."""
    if wanted is None:
        return True
    return wanted.selects(message) and (not wanted.statuses or status in wanted.statuses)
