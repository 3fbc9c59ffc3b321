"""The courier under a server: a turn of bounded work when a block or a slot moved something on."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import TYPE_CHECKING

from devnet.chain.types import ZoneName

if TYPE_CHECKING:
    from devnet.network import Network

MESSAGES = 32
"""Of a turn, about: some milliseconds to some tens of them."""

_SPACING = 0.01
"""Seconds from a look to the next one at blocks that transactions made: under load, one for many of them."""

_RETRY = 1.0
"""Seconds until a turn that nobody foresaw the failure of is tried again."""


class Carrying:
    """Belongs to the network thread. Times are of a clock that only rises, in seconds."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._rests: float | None = None
        """When the next turn comes, whatever is new; None where that decides."""
        self._changed: set[ZoneName] = set()
        """Zones with blocks that nobody looked at."""
        self._looked = 0.0
        """When they were looked at last."""

    def changed(self, zones: Collection[ZoneName]) -> float:
        """Transactions made blocks in these zones: when to `look`."""
        self._changed.update(zones)
        return self._looked + _SPACING

    def look(self, now: float, *, at_all: bool = True) -> float | None:
        """Blocks, or settlement blocks, may have come, in zones that `changed` named or in all: when a turn
        is due, None where none is. Costs next to nothing where they have nothing to do with messages."""
        zones = None if at_all else self._changed
        self._changed = set()
        self._looked = now
        if self._rests is not None:
            return self._rests
        courier = self._network.courier
        try:
            if courier.has_news(zones):
                return now
            # A turn is due then though nothing is new. A logical clock stands still between blocks, and goes
            # on with them: so it is looked at each time.
            release = courier.next_release
            return None if release is None else now + release
        except Exception as error:
            # Nothing that contracts made ends the thread that serves everything else.
            courier.failed(error)
            self._rests = now + _RETRY
            return self._rests

    def turn(self, now: float) -> bool:
        """A turn, where one is due; whether it changed something."""
        due = self.look(now)
        if due is None or due > now:
            return False
        courier = self._network.courier
        self._rests = None
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
        return has_sent
