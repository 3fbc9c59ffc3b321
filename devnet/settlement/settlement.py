"""Settlement as a network sees it: the chain, what zones are told of it, and what going back means.

`tell` makes zones know the newest settlement block and how far they are final; `follow` comes after the zones
went back to a snapshot; `retreat_of` says what else has to go when a zone goes below what was proposed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import ge
from typing import TYPE_CHECKING

from devnet.chain.types import ZoneName
from devnet.chain.validator_set import ValidatorSet
from devnet.settlement.archive import Archive
from devnet.settlement.chain import Settled, SettlementChain, WentBack
from devnet.settlement.column_service import ColumnService
from devnet.settlement.evidence import EvidenceBook
from devnet.settlement.faults.plan import FaultPlan
from devnet.settlement.inclusion import Inclusion
from devnet.settlement.standstill import Undecided
from devnet.settlement.troubles import Trouble
from devnet.zone.errors import HistoryGone
from devnet.zone.messages import Finality
from devnet.zone.port import ZonePort

if TYPE_CHECKING:
    from devnet.settlement.draft import Agreed, Draft
    from devnet.settlement.drafting import Drafting
    from devnet.settlement.settler import Settler


KEPT_BLOCKS = 512
"""So many of the newest settlement blocks are kept whatever zones let go."""

FORGETTING = 64
"""Every so many settlement blocks old ones are let go."""


@dataclass(frozen=True, slots=True)
class Retreat:
    """What going below a proposed block takes back."""

    first: Settled | None
    """The lowest settlement block that goes; None where nothing goes but what is not decided yet."""
    depths: Mapping[ZoneName, int]
    """How many blocks every other zone loses: those that it made after `first` was decided."""


@dataclass(frozen=True, slots=True)
class WentFurther:
    """The last time that going back in one zone took more than that zone back."""

    zone: ZoneName
    what: str
    """What was asked for, in words."""
    incarnation: int
    """Since then."""


class Settlement:
    """The settlement chain and the zones that follow it. Its owner is the network's."""

    def __init__(
        self,
        chain: SettlementChain,
        zones: Mapping[ZoneName, ZonePort],
        build_settler: Callable[[], Settler],
        archive: Archive,
        columns: ColumnService,
        faults: FaultPlan,
        evidence: EvidenceBook,
        inclusion: Inclusion,
        begins_anew: bool = False,
    ) -> None:
        """`build_settler` is called when something is settled first, or when validators are asked for.
        `begins_anew` says that another process's validators may have voted on this chain's next block."""
        self.archive = archive
        """What was dispersed for the newest settlement blocks."""
        self.columns = columns
        """The columns in it, as their holders serve them."""
        self.chain = chain
        self._zones = zones
        self._build_settler = build_settler
        self.faults = faults
        """Those of the network."""
        self.evidence = evidence
        """Of validators that contradicted themselves."""
        self.inclusion = inclusion
        """What zones owe their inboxes."""
        self._settlers: dict[str, Settler] = {}
        self._keys: dict[bytes, bytes | None] = {}
        """Secrets that were given or, as None, taken away, by public key: the others are those of genesis."""
        self._begins_anew = begins_anew
        self._drafting: Drafting | None = None
        """Being made: nobody voted for it."""
        self._drafts: list[Draft] = []
        """Of the next height: votes may have been cast for them, and it is not decided yet."""
        self._voted: dict[int, int] = {}
        """Of drafts for it that were not agreed on, by zone, the newest block."""
        self._shaken: dict[int, int] = {}
        """By index, zones that took blocks away while these were recorded or decided: the block that they
        went back to. Nothing above it is in the next draft, if that has something else to settle."""
        self._hindered: Mapping[ZoneName, str] = {}
        """Why blocks of zones could not be settled in the last slot of which that is known."""
        self.went_further: WentFurther | None = None

    @property
    def settler(self) -> Settler:
        """Producers and validators of this process. Made at first use, by any thread."""
        if not self._settlers:
            # One step under the interpreter's lock, so that all threads get the same one.
            return self._settlers.setdefault("settler", self._new_settler())
        return self._settlers["settler"]

    def _new_settler(self) -> Settler:
        settler = self._build_settler()
        for public_key, secret in self._keys.items():
            if secret is None:
                settler.let_go(public_key)
            else:
                settler.hold(secret)
        return settler

    def hold(self, secret: bytes) -> bytes:
        """This process votes for the validator with that secret (32 bytes), too, at heights whose set has it;
        gives its public key. Not while a draft is under way."""
        public_key = self.settler.hold(secret)
        self._keys[public_key] = secret
        return public_key

    def let_go(self, public_key: bytes) -> None:
        """This process votes for that validator no more, be it one of genesis; `hold` takes it back. Raises
        KeyError where it does not. Not while a draft is under way."""
        self.settler.let_go(public_key)
        self._keys[public_key] = None

    # ------------------------------------------------------------ settling

    def settle(self, clock: int) -> tuple[Settled, ...]:
        """Settles what zones have that is not settled, as far as it can be; gives the new settlement blocks,
        which every zone then knows. Raises Undecided where the last slots were not decided, with what was
        decided before them kept. Not while a draft of another thread's is under way."""
        self._drop_drafting()
        settler = self.settler
        settler.hindrances.clear()
        made: list[Settled] = []
        idle = 0
        reason: Exception | None = None
        # A slot may be of producers that are stopped or lie; after as many as there are all had their turn.
        while idle < settler.producers.count and settler.is_waiting():
            draft = settler.begin()
            idle += 1
            if draft is None:
                continue
            self._drafts.append(draft)
            try:
                agreed = settler.decide(draft)
            except Undecided as undecided:
                self.undecided(draft)
                reason = undecided
                continue
            settled = self.apply(agreed, clock)
            assert settled is not None, "nothing happened in between"
            made.append(settled)
            idle, reason = 0, None
        self._know_hindrances()
        if reason is not None:
            raise reason
        return tuple(made)

    def begin_incarnation(self) -> None:
        """What this process's validators signed before it opened the network nobody knows any more. So that
        they never contradict it, the first height that they vote at is one of a new incarnation. Whoever
        settles calls this before, and makes it durable before it goes on; `has_begun` says whether it was."""
        if self._begins_anew:
            self._begins_anew = False
            self.chain.apply(WentBack(self.chain.height, self.chain.incarnation + 1))

    @property
    def has_begun(self) -> bool:
        """Whether `begin_incarnation` has nothing to do."""
        return not self._begins_anew

    def replace(self, former: Settlement) -> None:
        """This settlement takes the place of another one of the same network: what was voted for there, and
        is not on this chain, must not be contradicted here."""
        old, new = former.chain, self.chain
        for piece in former.evidence:
            self.evidence.add(piece, former.evidence.validators_of(piece))
        self._begins_anew = self._begins_anew or former._begins_anew
        is_continued = not former._is_proposing and new.head_at(old.height) == old.head
        if old.incarnation > new.incarnation or (old.incarnation == new.incarnation and not is_continued):
            new.apply(WentBack(new.height, old.incarnation + 1))

    # ------------------------------------------------------------ settling in steps, while the zones go on

    def begin(self, slot: int, most: int | None) -> bool:
        """Begins a draft (`Settler.drafting`); whether there is one now, for `record`."""
        settler = self.settler
        settler.hindrances.clear()
        self._drafting = settler.drafting(slot, most, self._shaken)
        if self._drafting is None:
            self._shaken = {}
            self._know_hindrances()
        return self._drafting is not None

    def _know_hindrances(self) -> None:
        """All that could be tried was. Whoever asks meanwhile is told what was known before."""
        self._hindered = dict(self.settler.hindrances)

    def record(self, limit: int) -> bool | None:
        """Records some `limit` gas of blocks into the draft; whether it is done. None where there is none any
        more, because blocks went."""
        return None if self._drafting is None else self._drafting.turn(limit)

    def work(self, most: int) -> int:
        """See `Settler.work`."""
        return self.settler.work(most)

    @property
    def backlogged(self) -> int:
        """How many zones have blocks that are not settled."""
        zones = enumerate(self._zones.values())
        return sum(zone.number() > self.chain.settled_number(index) for index, zone in zones)

    def is_full(self, drafting: Drafting, most: int) -> bool:
        """Whether a draft of `most` gas of work of each zone has that of one, and left blocks of it."""
        zones = list(self._zones.values())
        return any(
            work >= most and zones[index].number() > drafting.newest[index]
            for index, work in drafting.works.items()
        )

    @property
    def drafting(self) -> Drafting | None:
        """The draft that is being made; None where there is none, or none any more."""
        return self._drafting

    def _drop_drafting(self) -> None:
        drafting, self._drafting = self._drafting, None
        if drafting is not None:
            drafting.drop()

    def propose(self) -> Draft | None:
        """The draft that is done: for `Settler.decide`, elsewhere, and then `apply`. None where nothing could
        be recorded. From now on going back below it is going back below what was proposed."""
        drafting, self._drafting = self._drafting, None
        assert drafting is not None
        # Its turn is over: the next one may have what was left out.
        self._shaken = {}
        self.settler.hindrances.update(drafting.hindrances)
        self._know_hindrances()
        draft = drafting.draft
        if draft is not None:
            self._drafts.append(draft)
        return draft

    def apply(self, agreed: Agreed, clock: int) -> Settled | None:
        """Appends to the chain what was agreed on, and tells the zones. None where the chain went back since
        it was proposed. `clock` is the network's, in seconds since the epoch."""
        settled = self.settler.apply(agreed, clock)
        if settled is not None:
            self._forget_drafts()
            self.tell()
            if settled.block.height % FORGETTING == 0:
                self._forget_blocks()
        return settled

    def _forget_blocks(self) -> None:
        """Lets those settlement blocks go to which the network can go back no more, because a zone has let
        the blocks of then go."""
        zones = list(self._zones.values())
        oldest = [zone.history().oldest for zone in zones]
        if oldest == [zone.config.genesis_number for zone in zones]:
            return
        low, high = self.chain.oldest, self.chain.height
        while low < high:
            middle = (low + high) // 2
            settled = self.chain.at(middle)
            if settled is not None and all(map(ge, settled.numbers, oldest)):
                high = middle
            else:
                low = middle + 1
        # Who goes back to what was before a settlement block needs the one below.
        self.chain.forget_below(min(low - 1, self.chain.height - KEPT_BLOCKS))

    def undecided(self, draft: Draft) -> None:
        """The validators did not agree on this draft. Some may have voted for it, so that its blocks stay
        proposed until the height is decided."""
        self._drafts = [known for known in self._drafts if known is not draft]
        for section in draft.sections:
            self._voted[section.zone] = max(section.newest, self._voted.get(section.zone, 0))

    def cancel(self) -> None:
        """Any thread: nobody waits any more for validators who live elsewhere (`Settler.cancel`), nor for a
        draft that is being made."""
        drafting = self._drafting
        if drafting is not None:
            drafting.drop()
        for settler in self._settlers.values():
            settler.cancel()

    def abandon(self) -> None:
        """Whoever decides a draft did not come to an end with it, and may still: the validators of this
        process begin anew, in another incarnation."""
        self._settlers = {}
        self._forget_drafts()
        self._begins_anew = True

    def continues(self, draft: Draft) -> bool:
        """Whether what was proposed still continues the chain."""
        return any(draft is known for known in self._drafts)

    # ------------------------------------------------------------ questions

    def proposed(self) -> dict[ZoneName, int]:
        """Of each zone the newest block that an update proposed for settlement, decided or not; without those
        of which none was."""
        chain = self.chain
        numbers = {
            name: update.statement.last_height
            for index, name in enumerate(self._zones)
            if (update := chain.update_of(index)) is not None
        }
        names = list(self._zones)
        for zone, newest in self._undecided():
            numbers[names[zone]] = max(newest, numbers.get(names[zone], newest))
        return numbers

    def _undecided(self) -> Iterator[tuple[int, int]]:
        """Zones of which blocks are proposed and not decided, with the newest of them."""
        yield from self._voted.items()
        for draft in self._drafts:
            yield from ((section.zone, section.newest) for section in draft.sections)

    @property
    def _is_proposing(self) -> bool:
        return bool(self._drafts or self._voted)

    def _forget_drafts(self) -> None:
        self._drafts.clear()
        self._voted.clear()

    @property
    def validators(self) -> ValidatorSet:
        """Those that sign the next settlement block."""
        return self.chain.validators

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """What was refused or did not come lately, oldest first. Any thread may ask."""
        settler = self._settlers.get("settler")
        return () if settler is None else tuple(settler.troubles)

    @property
    def standstill(self) -> Undecided | None:
        """Why the last slot was not decided; None where it was. Any thread may ask."""
        settler = self._settlers.get("settler")
        return None if settler is None else settler.standstill

    def hindrance(self, zone: ZonePort) -> str | None:
        """Why the zone's blocks could not be settled when that was tried last; None where they could. Any
        thread may ask."""
        return self._hindered.get(zone.config.name)

    def standing(self) -> tuple[object, ...]:
        """Equal to an earlier one where there is nothing more to settle than there was then."""
        newest = [zone.number() for zone in self._zones.values()]
        settled = [self.chain.settled_number(index) for index in range(len(newest))]
        if newest == settled and not self.wanting():
            return ()
        return (*newest, self.chain.head.root, self.chain.incarnation, self.faults.revision)

    def wanting(self) -> tuple[int, ...]:
        """The zones that should make a block which nobody asked for, before the next slot is settled."""
        return tuple(index for index in range(len(self._zones)) if self.inclusion.wants_block(index))

    # ------------------------------------------------------------ zones

    def tell(self) -> None:
        """Makes every zone know the newest settlement block and how far it is settled."""
        for index, zone in enumerate(self._zones.values()):
            self.tell_zone(index, zone)

    def tell_zone(self, index: int, zone: ZonePort) -> None:
        """The same for one zone; does nothing where it knows."""
        head, known = self.chain.head, zone.settlement()
        if known.height > head.height or (known.height == head.height and known != head):
            # It came back from a snapshot of a time that settlement has left behind since. It had no block
            # yet that knew: the network would have gone back below the snapshot else.
            zone.unlearn(head)
        zone.learn(head)
        zone.owe(self.inclusion.owed(index))
        number = min(self.chain.settled_number(index), zone.number())
        zone.set_finality(Finality(number, number))

    # ------------------------------------------------------------ going back

    def follow(self) -> None:
        """The zones went back together: the chain goes back to what they knew then, and everything above is
        of another life."""
        height = min(zone.settlement().height for zone in self._zones.values())
        numbers = {index: zone.number() for index, zone in enumerate(self._zones.values())}
        is_withdrawn = any(newest > numbers[zone] for zone, newest in self._undecided())
        self._drop_what_went(numbers)
        if height < self.chain.height:
            self._go_back(height)
        elif is_withdrawn:
            self._go_back(self.chain.height)
        self.tell()

    def followed_alone(self, zone: ZonePort, number: int) -> None:
        """One zone went back to its block `number`, no further than to what was proposed. It may have made
        other blocks since, or the same ones again."""
        self._drop_what_went({list(self._zones).index(zone.config.name): number})
        self.tell()

    def _drop_what_went(self, numbers: Mapping[int, int]) -> None:
        """These zones, by index, went back to these blocks. A draft that has only older ones is still right;
        any other one goes, and what comes next has no blocks that may go just so."""
        drafting = self._drafting
        newest = dict(self._undecided())
        for index, last in {} if drafting is None else drafting.newest.items():
            newest[index] = max(last, newest.get(index, last))
        lost = {index: number for index, number in numbers.items() if newest.get(index, number) > number}
        self._shaken.update(lost)
        if drafting is not None and any(drafting.newest.get(index, -1) > lost[index] for index in lost):
            self._drop_drafting()

    def retreat_of(self, zone: ZonePort, number: int) -> Retreat | None:
        """What goes back with a zone that goes back to its block `number`; None where nothing does, because
        nothing above it was proposed. Raises HistoryGone where another zone cannot."""
        name = zone.config.name
        first = self._first_above(list(self._zones).index(name), number)
        if first is None:
            if number < self.chain.settled_number(list(self._zones).index(name)):
                at = self.chain.oldest
                raise HistoryGone(f"what settled block {number + 1} of zone {name} was let go", at)
            return Retreat(None, {}) if self.proposed().get(name, number) > number else None
        depths: dict[ZoneName, int] = {}
        for (other_name, other), number_then in zip(self._zones.items(), first.numbers, strict=True):
            kept = self._last_before(first, other, min(number_then, other.number()))
            depth = other.number() - kept
            if other is zone or depth <= 0:
                continue
            oldest = other.history().oldest
            if kept < oldest:
                detail = f"zone {other_name} would have to go back to block {kept}, and keeps none"
                raise HistoryGone(f"{detail} below {oldest}", oldest)
            depths[other_name] = depth
        return Retreat(first, depths)

    def _last_before(self, first: Settled, zone: ZonePort, number: int) -> int:
        """The zone's last block up to `number` that does not know of `first`. All of them did not when it was
        decided, but since then the zone may have gone back alone, and made others in their place."""
        oldest = max(zone.history().oldest, zone.config.genesis_number)
        while number > oldest and (block := zone.block(number)) is not None:
            root = block.header.parent_beacon_block_root
            height = None if root is None else self.chain.height_of(root)
            if height is None or height < first.block.height:
                break
            number -= 1
        return number

    def _first_above(self, zone: int, number: int) -> Settled | None:
        """The settlement block that settled the zone's block after `number`."""
        found = self.chain.update_for(zone, number + 1)
        return None if found is None else self.chain.at(found[0])

    def retreat(self, retreat: Retreat) -> None:
        """Takes the other zones and the chain back. The zone that began it goes, or went, by itself."""
        first = retreat.first
        self._go_back(self.chain.height if first is None else first.block.height - 1)
        for name, depth in retreat.depths.items():
            self._zones[name].rollback(depth)
        for zone in self._zones.values():
            zone.unlearn(self.chain.head)

    def reset(self) -> None:
        """The zones are back at genesis: so is the chain."""
        self._drop_drafting()
        if self.chain.height or self._is_proposing:
            self._go_back(0)

    def note(self, zone: ZonePort, what: str) -> None:
        """Going back in that zone took more than it back."""
        self.went_further = WentFurther(zone.config.name, what, self.chain.incarnation)

    def _go_back(self, height: int) -> None:
        self._drop_drafting()
        self._forget_drafts()
        self.chain.apply(WentBack(height, self.chain.incarnation + 1))
        self.archive.drop_above(height)
        # What is being decided is of a life that has ended.
        self.cancel()
