"""Settlement as a network sees it: the chain, what zones are told of it, and what going back means.

`tell` makes zones know the newest settlement block and how far they are final; `follow` comes after the zones
went back to a snapshot; `retreat_of` says what else has to go when a zone goes below what was proposed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from devnet.chain.types import ZoneName
from devnet.chain.validator_set import ValidatorSet
from devnet.settlement.archive import Archive
from devnet.settlement.chain import Settled, SettlementChain, WentBack
from devnet.settlement.column_service import ColumnService
from devnet.zone.errors import HistoryGone
from devnet.zone.messages import Finality
from devnet.zone.port import ZonePort

if TYPE_CHECKING:
    from devnet.settlement.settler import Settler


@dataclass(frozen=True, slots=True)
class Retreat:
    """What going below a settled block takes back."""

    first: Settled
    """The lowest settlement block that goes."""
    depths: Mapping[ZoneName, int]
    """How many blocks every other zone loses: those that it made after `first` was decided."""


class Settlement:
    """The settlement chain and the zones that follow it. Its owner is the network's."""

    def __init__(
        self,
        chain: SettlementChain,
        zones: Mapping[ZoneName, ZonePort],
        build_settler: Callable[[], Settler],
        archive: Archive,
        columns: ColumnService,
    ) -> None:
        """`build_settler` is called when something is settled first, or when validators are asked for."""
        self.archive = archive
        """What was dispersed for the newest settlement blocks."""
        self.columns = columns
        """The columns in it, as their holders serve them."""
        self.chain = chain
        self._zones = zones
        self._build_settler = build_settler
        self._settlers: dict[str, Settler] = {}

    @property
    def settler(self) -> Settler:
        """Producers and validators of this process. Made at first use, by any thread."""
        if not self._settlers:
            # One step under the interpreter's lock, so that all threads get the same one.
            return self._settlers.setdefault("settler", self._build_settler())
        return self._settlers["settler"]

    # ------------------------------------------------------------ settling

    def settle(self, clock: int) -> tuple[Settled, ...]:
        """Settles what zones have that is not settled; gives the new settlement blocks, which every zone then
        knows. Raises Undecided."""
        try:
            return self.settler.settle(clock)
        finally:
            self.tell()

    # ------------------------------------------------------------ questions

    def proposed(self) -> dict[ZoneName, int]:
        """Of each zone the newest block that an update proposed for settlement; without those of which none
        was. In process nothing stays proposed: what is, is decided before anything else happens."""
        chain = self.chain
        return {
            name: update.statement.last_height
            for index, name in enumerate(self._zones)
            if (update := chain.update_of(index)) is not None
        }

    @property
    def validators(self) -> ValidatorSet:
        """Those that sign the next settlement block."""
        return self.settler.validators

    def hindrance(self, zone: ZonePort) -> str | None:
        """Why the zone's blocks could not be settled when that was tried last; None where they could."""
        settler = self._settlers.get("settler")
        return None if settler is None else settler.hindrances.get(zone.config.name)

    def standing(self) -> tuple[object, ...]:
        """Equal to an earlier one where there is nothing more to settle than there was then."""
        newest = [zone.number() for zone in self._zones.values()]
        settled = [self.chain.settled_number(index) for index in range(len(newest))]
        if newest == settled:
            return ()
        return (*newest, self.chain.head.root, self.chain.incarnation)

    # ------------------------------------------------------------ zones

    def tell(self) -> None:
        """Makes every zone know the newest settlement block and how far it is settled."""
        for index, zone in enumerate(self._zones.values()):
            self.tell_zone(index, zone)

    def tell_zone(self, index: int, zone: ZonePort) -> None:
        """The same for one zone; does nothing where it knows."""
        zone.learn(self.chain.head)
        number = min(self.chain.settled_number(index), zone.number())
        zone.set_finality(Finality(number, number))

    # ------------------------------------------------------------ going back

    def follow(self) -> None:
        """The zones went back together: the chain goes back to what they knew then, and everything above is
        of another life."""
        height = min(zone.settlement().height for zone in self._zones.values())
        if height < self.chain.height:
            self._go_back(height)
        self.tell()

    def retreat_of(self, zone: ZonePort, number: int) -> Retreat | None:
        """What goes back with a zone that goes back to its block `number`; None where nothing does, because
        nothing above it was proposed. Raises HistoryGone where another zone cannot."""
        first = self._first_above(list(self._zones).index(zone.config.name), number)
        if first is None:
            return None
        depths: dict[ZoneName, int] = {}
        for (name, other), kept in zip(self._zones.items(), first.numbers, strict=True):
            depth = other.number() - kept
            if other is zone or depth <= 0:
                continue
            oldest = other.history().oldest
            if kept < oldest:
                detail = f"zone {name} would have to go back to block {kept}, and keeps none below {oldest}"
                raise HistoryGone(detail, oldest)
            depths[name] = depth
        return Retreat(first, depths)

    def _first_above(self, zone: int, number: int) -> Settled | None:
        """The settlement block that settled the zone's block after `number`."""
        found = self.chain.update_for(zone, number + 1)
        return None if found is None else self.chain.at(found[0])

    def retreat(self, retreat: Retreat) -> None:
        """Takes the other zones and the chain back. The zone that began it goes, or went, by itself."""
        self._go_back(retreat.first.block.height - 1)
        for name, depth in retreat.depths.items():
            self._zones[name].rollback(depth)
        for zone in self._zones.values():
            zone.unlearn(self.chain.head)

    def reset(self) -> None:
        """The zones are back at genesis: so is the chain."""
        if self.chain.height:
            self._go_back(0)

    def _go_back(self, height: int) -> None:
        self.chain.apply(WentBack(height, self.chain.incarnation + 1))
        self.archive.drop_above(height)
