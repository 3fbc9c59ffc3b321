"""What happened in a zone, in order, for whoever asks in time: subscriptions, filters and watchers poll
this."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from devnet.chain.transaction import Transaction
from devnet.zone.event_packing import Packed, pack, unpack
from devnet.zone.messages import BlockAdded, Event, EventPage, TransactionPending

EVENT_WEIGHT_LIMIT = 100_000
"""How much is kept at least: one for an event, one for each transaction of a block, one for each KiB of
output."""

BLOCK_LIMIT = 10_000
"""Of how many blocks the events are kept at most, but for two bundles. Less where they weigh more."""

LIVE_WEIGHT = 8_192
LIVE_BLOCKS = 512
"""How much of the newest is kept as objects; what is older is packed into bundles."""

BUNDLE_WEIGHT = 1_024
BUNDLE_EVENTS = 256
"""A bundle is full with either."""


@dataclass(frozen=True, slots=True)
class _Bundle:
    """Older events, packed. Nobody else reads or writes these bytes."""

    first: int
    """Cursor after its first event."""
    last: int
    weight: int
    blocks: int
    packed: bytes

    def events(self) -> list[tuple[int, Event]]:
        """(cursor after the event, event)."""
        return list(enumerate(map(_event, unpack(self.packed)), self.first))


class EventLog:
    """The newest events. Cursors count the events since the zone's start. Owner appends, any thread reads."""

    __slots__ = ("_blocks", "_bundles", "_events", "_live_blocks", "_live_weight", "_weight", "cursor")

    def __init__(self) -> None:
        self._events: deque[tuple[int, int, Packed]] = deque()
        """(cursor after the event, weight, event)."""
        self._live_weight = 0
        self._live_blocks = 0
        self._bundles: deque[_Bundle] = deque()
        """What came before, oldest first."""
        self._weight = 0
        self._blocks = 0
        self.cursor = 0
        """After the newest event."""

    def append(self, event: Event) -> None:
        """Adds an event, packs older ones, and drops the oldest where that is too much to keep."""
        weight = 1
        if isinstance(event, BlockAdded):
            weight += len(event.block.transactions) + (sum(map(len, event.outputs)) >> 10)
            self._live_blocks += 1
        kept = event.transaction if isinstance(event, TransactionPending) else event
        self._events.append((self.cursor + 1, weight, kept))
        self._live_weight += weight
        self.cursor += 1
        self._keep_within_bounds()

    def append_pending(self, transactions: Sequence[Transaction]) -> None:
        """Adds that each of them became executable."""
        self._events.extend([(cursor, 1, item) for cursor, item in enumerate(transactions, self.cursor + 1)])
        self._live_weight += len(transactions)
        self.cursor += len(transactions)
        self._keep_within_bounds()

    def _keep_within_bounds(self) -> None:
        while (self._live_weight > LIVE_WEIGHT or self._live_blocks > LIVE_BLOCKS) and len(self._events) > 1:
            self._pack()

    def _pack(self) -> None:
        """Makes a bundle of the oldest events that are objects. The newest one always is."""
        taken: list[Packed] = []
        weight = blocks = 0
        for _, event_weight, event in self._events:
            weight += event_weight
            blocks += isinstance(event, BlockAdded)
            taken.append(event)
            if weight >= BUNDLE_WEIGHT or len(taken) in (BUNDLE_EVENTS, len(self._events) - 1):
                break
        first = self._events[0][0]
        # Readers look at the objects first, then at the bundles: so they find each event at least once.
        self._bundles.append(_Bundle(first, first + len(taken) - 1, weight, blocks, pack(taken)))
        for _ in taken:
            self._events.popleft()
        self._live_weight -= weight
        self._live_blocks -= blocks
        self._weight += weight
        self._blocks += blocks
        while (
            self._weight + self._live_weight - self._bundles[0].weight >= EVENT_WEIGHT_LIMIT
            or self._blocks + self._live_blocks - self._bundles[0].blocks >= BLOCK_LIMIT
        ):
            dropped = self._bundles.popleft()
            self._weight -= dropped.weight
            self._blocks -= dropped.blocks

    def resume(self, events: Sequence[Event], cursor: int) -> None:
        """Goes on, empty so far, where another log was: `cursor` is the one after the last of `events`."""
        self.cursor = cursor - len(events)
        for event in events:
            self.append(event)

    def since(self, cursor: int | None) -> EventPage:
        """The events after `cursor`; None gives none, only the newest cursor."""
        newest = self.cursor
        if cursor is None or cursor >= newest:
            return EventPage((), newest)
        try:
            found = _after(cursor, self._events)
        except RuntimeError:
            # Another thread appended meanwhile; a copy is made in one step under the interpreter's lock.
            found = _after(cursor, self._events.copy())
        if not found or found[0][0] > cursor + 1:
            found = self._packed(cursor, found[0][0] if found else newest + 1) + found
        has_gap = not found or found[0][0] != cursor + 1
        return EventPage(tuple(event for _, event in found), found[-1][0] if found else newest, has_gap)

    def _packed(self, cursor: int, before: int) -> list[tuple[int, Event]]:
        """The events after `cursor` that come before the one with the cursor `before`."""
        parts = []
        for bundle in reversed(self._bundles.copy()):
            if bundle.last <= cursor:
                break
            if bundle.first < before:
                parts.append([item for item in bundle.events() if cursor < item[0] < before])
        return [item for part in reversed(parts) for item in part]


def _event(kept: Packed) -> Event:
    # That one became executable is most of what happens, and hardly ever asked for: made when it is.
    return TransactionPending(kept) if isinstance(kept, Transaction) else kept


def _after(cursor: int, events: deque[tuple[int, int, Packed]]) -> list[tuple[int, Event]]:
    found = []
    for position, _, event in reversed(events):
        if position <= cursor:
            break
        found.append((position, _event(event)))
    found.reverse()
    return found
