"""Polled filters (eth_newFilter and its kin): cursors over the zone's events that expire when nobody asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from devnet.zone.errors import LimitExceeded, UnknownFilter
from devnet.zone.events import EventLog
from devnet.zone.log_search import logs_of
from devnet.zone.messages import (
    BlockAdded,
    BlockRemoved,
    Event,
    FilterChanges,
    FilterKind,
    FinalityChanged,
    LocatedLog,
    LogQuery,
    SettlementChanged,
    TransactionPending,
    WatchingFilter,
)

FILTER_LIMIT = 10_000
"""Filters that may be installed at once."""


@dataclass(slots=True)
class _Filter:
    kind: FilterKind
    query: LogQuery
    cursor: int
    last_asked: float


class FilterBank:
    """The installed filters of a zone. `now` is the caller's clock in seconds, any origin."""

    __slots__ = ("_events", "_filters", "_last_id", "_lifetime")

    def __init__(self, events: EventLog, lifetime: float) -> None:
        self._events = events
        self._lifetime = lifetime
        self._filters: dict[int, _Filter] = {}
        self._last_id = 0

    @property
    def last_id(self) -> int:
        """Of the newest filter there was; ids are not used twice."""
        return self._last_id

    def resume(self, last_id: int) -> None:
        """Filters from now on get ids above that one: those up to it went when the zone was closed."""
        self._last_id = last_id

    def install(self, kind: FilterKind, query: LogQuery, now: float) -> int:
        """The id of a new filter, which sees what happens from now on."""
        self._expire(now)
        if len(self._filters) >= FILTER_LIMIT:
            raise LimitExceeded(f"{FILTER_LIMIT} filters are installed; uninstall some or let them expire")
        self._last_id += 1
        self._filters[self._last_id] = _Filter(kind, query, self._events.cursor, now)
        return self._last_id

    def uninstall(self, filter_id: int) -> bool:
        """Whether there was such a filter."""
        return self._filters.pop(filter_id, None) is not None

    def query_of(self, filter_id: int, now: float) -> LogQuery:
        """The query of a log filter. Raises `UnknownFilter`, for filters of other kinds, too."""
        found = self._touch(filter_id, now)
        if found.kind != "logs":
            raise UnknownFilter(f"filter {filter_id:#x} is no log filter")
        return found.query

    def changes(self, filter_id: int, now: float) -> FilterChanges:
        """What the filter selects of what happened since it was last asked. Raises `UnknownFilter`."""
        found = self._touch(filter_id, now)
        page = self._events.since(found.cursor)
        if page.gap:
            del self._filters[filter_id]
            raise UnknownFilter(
                f"filter {filter_id:#x} missed events that are no longer kept; install it again"
            )
        found.cursor = page.cursor
        if found.kind == "logs":
            logs = [log for event in page.events for log in _logs_in(event, found.query)]
            return FilterChanges("logs", logs=tuple(logs))
        if found.kind == "blocks":
            blocks = [event.block.hash for event in page.events if isinstance(event, BlockAdded)]
            return FilterChanges("blocks", hashes=tuple(blocks))
        waiting = [event.transaction.hash for event in page.events if isinstance(event, TransactionPending)]
        return FilterChanges("transactions", hashes=tuple(waiting))

    def watching(self) -> tuple[WatchingFilter, ...]:
        """The installed filters, the one that expires first first."""
        return tuple(
            WatchingFilter(identifier, found.kind, found.query, found.cursor, found.last_asked)
            for identifier, found in self._filters.items()
        )

    def take_over(self, filters: Sequence[WatchingFilter], last_id: int) -> None:
        """Goes on with the filters of another bank, whose newest id was `last_id`."""
        self._last_id = max(self._last_id, last_id)
        for found in filters:
            self._filters[found.identifier] = _Filter(found.kind, found.query, found.cursor, found.last_asked)

    def _touch(self, filter_id: int, now: float) -> _Filter:
        self._expire(now)
        found = self._filters.get(filter_id)
        if found is None:
            raise UnknownFilter(f"filter {filter_id:#x} not found")
        found.last_asked = now
        # The order of the dictionary is the order of expiry.
        self._filters[filter_id] = self._filters.pop(filter_id)
        return found

    def _expire(self, now: float) -> None:
        expired = []
        for filter_id, candidate in self._filters.items():
            if now - candidate.last_asked <= self._lifetime:
                break
            expired.append(filter_id)
        for filter_id in expired:
            del self._filters[filter_id]


def _logs_in(event: Event, query: LogQuery) -> list[LocatedLog]:
    if isinstance(event, (TransactionPending, FinalityChanged, SettlementChanged)) or not _is_in_range(
        event.block.header.number, query
    ):
        return []
    is_removed = isinstance(event, BlockRemoved)
    logs = list(logs_of(event.block, query, is_removed))
    if is_removed:
        logs.reverse()
    return logs


def _is_in_range(number: int, query: LogQuery) -> bool:
    """Numbers bound a filter; tags move with the chain and do not (geth's filters)."""
    if query.block_hash is not None:
        return False
    first, last = query.from_block, query.to_block
    if isinstance(first, int) and number < first:
        return False
    return not (isinstance(last, int) and number > last)
