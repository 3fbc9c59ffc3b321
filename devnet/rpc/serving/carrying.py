"""The courier under a server: a turn of bounded work when a block or a slot moved something on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from devnet.network import Network

MESSAGES = 32
"""Of a turn, about: some milliseconds to some tens of them."""

_RETRY = 1.0
"""Seconds until a turn that nobody foresaw the failure of is tried again."""


class Carrying:
    """Belongs to the network thread. Times are of a clock that only rises, in seconds."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._rests: float | None = None
        """When the next turn comes, whatever is new; None where that decides."""
        self._release: float | None = None
        """When a delay is over: a turn is due then though nothing is new."""

    def look(self, now: float) -> float | None:
        """Blocks or settlement blocks may have come: when a turn is due, None where none is. Costs next to
        nothing where they have nothing to do with messages."""
        if self._rests is not None:
            return self._rests
        try:
            return now if self._network.courier.has_news() else self._release
        except Exception as error:
            # Nothing that contracts made ends the thread that serves everything else.
            self._network.courier.failed(error)
            self._rests = now + _RETRY
            return self._rests

    def turn(self, now: float) -> bool:
        """A turn, where one is due; whether it changed something."""
        due = self.look(now)
        if due is None or due > now:
            return False
        courier = self._network.courier
        self._rests = self._release = None
        began = time.monotonic()
        try:
            turn = courier.serve(MESSAGES)
        except Exception as error:
            courier.failed(error)
            self._rests = now + _RETRY
            return True
        has_sent = any(action.transaction_hash is not None for action in turn.actions)
        if not turn.is_done:
            # Looking in vain, at paths that stay blocked for example, takes half of the time at most.
            self._rests = now if has_sent else now + 2 * (time.monotonic() - began)
        elif (release := courier.next_release) is not None:
            self._release = now + release
        return has_sent
