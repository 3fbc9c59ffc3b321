"""Snapshots of the whole network: one id in all zones, names, and how far going back reaches.

Every snapshot records every zone and the clock; it can be gone back to again and again. `revert` takes the
whole network back, `revert_zone` as little as it may. Whatever is newer than what was gone back to ends, and
using it says why. Zones keep the marks (`devnet.zone.snapshot_marks`), `devnet.snapshot_book` the list.
"""

from __future__ import annotations

import enum
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from devnet.chain.types import ZoneName
from devnet.clock import Clock
from devnet.snapshot_book import Ended, SnapshotBook, Taken
from devnet.zone.errors import BadRequest, LimitExceeded, UnknownSnapshot
from devnet.zone.port import ZonePort
from devnet.zone.snapshot_losses import utc

SNAPSHOT_LIMIT = 65_536
"""How many snapshots are kept in a network of up to four zones; the oldest unnamed ones go first."""

MARK_LIMIT = 4 * SNAPSHOT_LIMIT
"""How many marks all zones of a network keep together, which bounds the snapshots of one with more zones."""

NAMED_LIMIT = 1_024
"""How many snapshots may have a name: those never go by themselves."""

_LOG = logging.getLogger(__name__)
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")

NOTHING_PROPOSED: Mapping[ZoneName, int] = MappingProxyType({})
"""No zone's block was proposed for settlement."""


def is_name(text: str) -> bool:
    """Whether a snapshot could have that name: a number is always an id."""
    return _NUMBER.fullmatch(text) is None


class Reach(enum.Enum):
    """How much going back touches."""

    ZONE = "zone"
    NETWORK = "network"


def reach_of_revert(zone: ZoneName, number: int, proposed: Mapping[ZoneName, int]) -> Reach:
    """What must go back when `zone` goes back to its block `number` (protocol section 7). `proposed` has the
    newest block of each zone that an update proposed for settlement; other zones are left out. Blocks above
    it are the zone's own business; below it other zones may have built on what settled."""
    return Reach.NETWORK if proposed.get(zone, number) > number else Reach.ZONE


@dataclass(frozen=True, slots=True)
class ZoneUse:
    """What a snapshot is to one zone."""

    zone: ZoneName
    number: int
    """Of the zone's newest block when it was taken."""
    loss: str | None
    """Why the zone cannot go back to it; None where it can."""
    pinned: int
    """How many blocks the zone keeps for it: those above `number` and that one itself; 0 where it cannot go
    back."""


@dataclass(frozen=True, slots=True)
class SnapshotInfo:
    """A snapshot as `zero_snapshots` lists it."""

    taken: Taken
    zones: tuple[ZoneUse, ...]


class Snapshots:
    """The snapshots of one network. Its owner calls what changes something, any thread asks."""

    def __init__(
        self,
        zones: Mapping[ZoneName, ZonePort],
        clock: Clock,
        book: SnapshotBook | None = None,
        now: Callable[[], float] | None = None,
    ) -> None:
        """`book` is what an earlier process kept. `now` is the time of day that the list shows, by default
        the clock's: a network on a logical clock asks for no other."""
        self._zones = zones
        self._clock = clock
        self._now = clock.mark if now is None else now
        self.book = SnapshotBook() if book is None else book
        self._limit = max(1, min(SNAPSHOT_LIMIT, MARK_LIMIT // max(1, len(zones))))

    # ------------------------------------------------------------ taking and forgetting

    def take(self, name: str | None = None, *, replace: bool = False) -> int:
        """Remembers every zone and the clock; gives the new snapshot's id. Costs nothing that grows with the
        state or the number of snapshots. Raises BadRequest for a name that cannot be or is taken, and
        LimitExceeded where too many have names."""
        old = self._check_name(name, replace) if name is not None else None
        book = self.book
        identifier = book.last_id + 1
        if old is not None:
            self._forget(old.identifier, f"snapshot {identifier:#x} took its name ({name}) {self._moment()}")
        numbers = tuple([zone.snapshot(identifier) for zone in self._zones.values()])
        book.apply(Taken(identifier, name, self._clock.mark(), int(self._now()), numbers))
        while len(book) > self._limit and (oldest := book.oldest_unnamed) is not None:
            self._forget(oldest, f"{self._limit} newer ones were taken, which is the limit; a name keeps one")
        return identifier

    def _check_name(self, name: str, replace: bool) -> Taken | None:
        """The snapshot whose name this is so far."""
        if not _NAME.fullmatch(name):
            raise BadRequest(
                f"{name[:80]!r} cannot be a snapshot's name: 1 to 64 letters, digits, dots, dashes and "
                "underscores"
            )
        if not is_name(name):
            raise BadRequest(f"{name!r} cannot be a snapshot's name: it reads as an id")
        old = self.book.by_name(name)
        if old is not None and not replace:
            raise BadRequest(
                f"snapshot {old.identifier:#x} is named {name!r}; pass replace: true to replace it, or "
                "delete it first"
            )
        if old is None and self.book.named >= NAMED_LIMIT:
            raise LimitExceeded(
                f"{NAMED_LIMIT} snapshots have names, which is the limit; delete one or take this without"
            )
        return old

    def delete(self, snapshot: int | str) -> None:
        """Forgets a snapshot, by id or name, and what zones kept for it. Raises UnknownSnapshot."""
        taken = self.find(snapshot)
        self._forget(taken.identifier, f"it was deleted {self._moment()}")

    def _forget(self, identifier: int, reason: str) -> None:
        for zone in self._zones.values():
            zone.delete_snapshot(identifier)
        self.book.apply(Ended(identifier, identifier, reason))

    # ------------------------------------------------------------ going back

    def revert(self, snapshot: int | str) -> None:
        """Takes every zone and the clock back to a snapshot. Raises UnknownSnapshot, with nothing changed,
        where a zone cannot go back to it."""
        taken = self.find(snapshot)
        losses = {
            name: loss
            for name, zone in self._zones.items()
            if (loss := zone.snapshot_loss(taken.identifier)) is not None
        }
        if losses:
            raise UnknownSnapshot(self._refusal(taken, losses))
        for zone in self._zones.values():
            zone.revert(taken.identifier)
        book = self.book
        if book.newest_id > taken.identifier:
            reason = f"the network went back to snapshot {taken.identifier:#x} {self._moment()}"
            book.apply(Ended(taken.identifier + 1, book.last_id, reason))
        self._clock.go_back(taken.clock)

    def revert_zone(
        self, zone: ZonePort, snapshot: int | str, proposed: Mapping[ZoneName, int] = NOTHING_PROPOSED
    ) -> Reach:
        """Takes one zone back to a snapshot where that is enough, else the whole network; gives which.
        `proposed`: see `reach_of_revert`. Raises UnknownSnapshot, with nothing changed."""
        taken = self.find(snapshot)
        name = zone.config.name
        reach = reach_of_revert(name, taken.numbers[list(self._zones).index(name)], proposed)
        if reach is Reach.NETWORK:
            self.revert(taken.identifier)
            _LOG.warning(
                "zone %s went back to snapshot %#x below what was proposed for settlement: the whole network "
                "went back with it",
                name,
                taken.identifier,
            )
            return reach
        loss = zone.snapshot_loss(taken.identifier)
        if loss is not None:
            raise UnknownSnapshot(self._refusal(taken, {name: loss}))
        zone.revert(taken.identifier)
        return reach

    # ------------------------------------------------------------ questions

    def find(self, snapshot: int | str) -> Taken:
        """The snapshot with that id or name. Raises UnknownSnapshot, which says what became of it."""
        book = self.book
        if isinstance(snapshot, int):
            taken = book.get(snapshot)
            if taken is None:
                raise UnknownSnapshot(f"snapshot {snapshot:#x} does not exist: {book.why_gone(snapshot)}")
            return taken
        taken = book.by_name(snapshot)
        if taken is not None:
            return taken
        ended = book.ended_with_name(snapshot)
        if ended is not None:
            raise UnknownSnapshot(
                f"snapshot {snapshot!r} ({ended:#x}) does not exist any more: {book.why_gone(ended)}"
            )
        known = ", ".join(other.name for other in book if other.name is not None) or "none has a name"
        raise UnknownSnapshot(f"no snapshot is named {snapshot[:80]!r}; there are: {known}")

    def listing(self) -> tuple[SnapshotInfo, ...]:
        """All that there are, oldest first."""
        heads = [(name, zone, zone.number()) for name, zone in self._zones.items()]
        return tuple(
            SnapshotInfo(
                taken,
                tuple(
                    _use(name, zone, taken.identifier, number, head)
                    for (name, zone, head), number in zip(heads, taken.numbers, strict=True)
                ),
            )
            for taken in self.book
        )

    def _refusal(self, taken: Taken, losses: Mapping[ZoneName, str]) -> str:
        """Why zones cannot go back to a snapshot, and which others can."""
        whose = f"{taken.name!r} ({taken.identifier:#x})" if taken.name else f"{taken.identifier:#x}"
        why = "; ".join(f"zone {name}: {loss}" for name, loss in losses.items())
        others = [str(name) for name, zone in self._zones.items() if zone.has_snapshot(taken.identifier)]
        usable = f". evm_revert still takes {' and '.join(others)} back to it" if others else ""
        return f"snapshot {whose} cannot be gone back to any more in {why}{usable}"

    def _moment(self) -> str:
        return f"at {utc(self._clock.mark())}"


def _use(name: ZoneName, zone: ZonePort, identifier: int, number: int, head: int) -> ZoneUse:
    loss = zone.snapshot_loss(identifier)
    return ZoneUse(name, number, loss, 0 if loss is not None else max(0, head - number) + 1)
