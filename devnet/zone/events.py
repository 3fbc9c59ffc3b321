"""What happened in a zone, in order, for whoever asks in time: subscriptions, filters and watchers poll
this."""

from __future__ import annotations

from collections import deque

from devnet.zone.messages import BlockAdded, Event, EventPage

EVENT_WEIGHT_LIMIT = 200_000
"""How much is kept: one for an event, one for each transaction of a block, one for each KiB of output."""

BLOCK_LIMIT = 10_000
"""How many blocks are kept at most."""


class EventLog:
    """A bounded ring of events. Cursors count the events since the zone's start. Owner appends, any thread
    reads."""

    __slots__ = ("_blocks", "_events", "_weight", "cursor")

    def __init__(self) -> None:
        self._events: deque[tuple[int, int, Event]] = deque()
        """(cursor after the event, weight, event)."""
        self._weight = 0
        self._blocks = 0
        self.cursor = 0
        """After the newest event."""

    def append(self, event: Event) -> None:
        """Adds an event, and drops the oldest ones where that is too much to keep."""
        weight = 1
        if isinstance(event, BlockAdded):
            weight += len(event.block.transactions) + (sum(map(len, event.outputs)) >> 10)
            self._blocks += 1
        self._events.append((self.cursor + 1, weight, event))
        self._weight += weight
        self.cursor += 1
        while (self._weight > EVENT_WEIGHT_LIMIT or self._blocks > BLOCK_LIMIT) and len(self._events) > 1:
            _, dropped, oldest = self._events.popleft()
            self._weight -= dropped
            if isinstance(oldest, BlockAdded):
                self._blocks -= 1

    def since(self, cursor: int | None) -> EventPage:
        """The events after `cursor`; None gives none, only the newest cursor."""
        newest = self.cursor
        if cursor is None or cursor >= newest:
            return EventPage((), newest)
        try:
            found = self._after(cursor, self._events)
        except RuntimeError:
            # Another thread appended meanwhile; a copy is made in one step under the interpreter's lock.
            found = self._after(cursor, self._events.copy())
        has_gap = not found or found[0][0] != cursor + 1
        return EventPage(tuple(event for _, event in found), found[-1][0] if found else newest, has_gap)

    @staticmethod
    def _after(cursor: int, events: deque[tuple[int, int, Event]]) -> list[tuple[int, Event]]:
        found = []
        for position, _, event in reversed(events):
            if position <= cursor:
                break
            found.append((position, event))
        found.reverse()
        return found
