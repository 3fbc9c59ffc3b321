"""The courier under a server: a turn of bounded work when a block or a slot moved something on."""

from __future__ import annotations

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
        self._due: float | None = None
        """When a turn is due that nothing new makes due."""
        self._rests: float | None = None
        """Until when there is none, because the last one failed."""

    def look(self, now: float) -> float | None:
        """Blocks or settlement blocks may have come: when a turn is due, None where none is. Costs next to
        nothing where they have nothing to do with messages."""
        if self._rests is not None:
            return self._rests
        due = self._due
        if (due is None or due > now) and self._network.courier.has_news():
            # What waits for its time holds nothing else up.
            return now
        return due

    def turn(self, now: float) -> bool:
        """A turn, where one is due; whether it changed something."""
        due = self.look(now)
        if due is None or due > now:
            return False
        courier = self._network.courier
        self._rests = None
        try:
            turn = courier.serve(MESSAGES)
        except Exception as error:
            courier.failed(error)
            self._rests = now + _RETRY
            return True
        release = courier.next_release
        self._due = now if not turn.is_done else None if release is None else now + release
        return bool(turn.actions)
