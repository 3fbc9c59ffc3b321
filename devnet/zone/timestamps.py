"""Which timestamp a block gets: the network's clock, the zone's offset and the development calls (protocol
1)."""

from __future__ import annotations

from dataclasses import dataclass

from devnet.zone.errors import BadRequest
from devnet.zone.messages import ClockReading

LAST_TIMESTAMP = (1 << 64) - 1
"""Headers hold 64 bits."""


@dataclass(frozen=True, slots=True)
class TimeSettings:
    """What development calls fixed about time; part of a snapshot."""

    offset: int = 0
    """Seconds that the zone is ahead of the network's clock."""
    next_timestamp: int | None = None
    """Of the next block, exactly; used once."""
    interval: int | None = None
    """Seconds from a block to the next, instead of the clock."""


class ZoneTime:
    """Timestamps of the blocks to come. They never fall below the parent's; with `is_strict` they always
    rise."""

    __slots__ = ("_is_strict", "settings")

    def __init__(self, is_strict: bool) -> None:
        self._is_strict = is_strict
        self.settings = TimeSettings()

    def next(self, reading: ClockReading, index: int, parent: int) -> int:
        """The timestamp of the block that is the `index`-th of this message, after one at `parent`."""
        settings = self.settings
        if settings.next_timestamp is not None:
            return settings.next_timestamp
        if settings.interval is not None:
            due = parent + settings.interval
        else:
            due = reading.now + index * reading.per_block + settings.offset
        return min(max(due, self.least(parent)), LAST_TIMESTAMP)

    def least(self, parent: int) -> int:
        """The lowest timestamp that a block after one at `parent` may have."""
        return parent + 1 if self._is_strict else parent

    def sealed(self, timestamp: int, reading: ClockReading, index: int, is_chosen: bool) -> None:
        """The block that is the `index`-th of this message got `timestamp`. Where a caller chose it (here or
        by `set_next`), it is used up, and the zone's time goes on from there."""
        settings = self.settings
        if is_chosen or settings.next_timestamp is not None:
            offset = timestamp - (reading.now + index * reading.per_block)
            self.settings = TimeSettings(offset, None, settings.interval)

    def increase(self, seconds: int) -> int:
        """Moves the offset (back, too); gives the whole offset."""
        settings = self.settings
        offset = settings.offset + seconds
        if abs(offset) > LAST_TIMESTAMP:
            raise BadRequest(f"a time offset of {offset} s is beyond what a timestamp can hold")
        self.settings = TimeSettings(offset, settings.next_timestamp, settings.interval)
        return offset

    def set_now(self, timestamp: int, reading: ClockReading) -> int:
        """Makes the zone's time `timestamp` as of `reading`; gives the whole offset."""
        self._check(timestamp)
        settings = self.settings
        self.settings = TimeSettings(timestamp - reading.now, None, settings.interval)
        return self.settings.offset

    def set_next(self, timestamp: int, parent: int) -> None:
        """Fixes the next block's timestamp. Raises `BadRequest` where it may not follow one at `parent`."""
        self._check(timestamp)
        if timestamp < self.least(parent):
            relation = "not above" if self._is_strict else "lower than"
            raise BadRequest(f"timestamp {timestamp} is {relation} the previous block's timestamp {parent}")
        settings = self.settings
        self.settings = TimeSettings(settings.offset, timestamp, settings.interval)

    def set_interval(self, seconds: int | None) -> None:
        """Blocks from now on are `seconds` apart; None goes back to the clock."""
        if seconds is not None and not 0 <= seconds <= LAST_TIMESTAMP:
            raise BadRequest(f"{seconds} s is no interval between blocks")
        settings = self.settings
        self.settings = TimeSettings(settings.offset, settings.next_timestamp, seconds)

    @staticmethod
    def _check(timestamp: int) -> None:
        if not 0 <= timestamp <= LAST_TIMESTAMP:
            raise BadRequest(f"timestamp {timestamp} does not fit into 64 bits")
