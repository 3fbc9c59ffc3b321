"""Settles slot after slot while the network goes on: its owner cuts, somebody else records where the states
allow it (otherwise the owner does, in turns of bounded work), validators agree elsewhere, its owner applies.

It has no thread. Its owner calls `tick` when it said that it wants to, and after blocks; hands what `tick`
gives it to whoever decides; and tells the outcome with `decided`. One slot is under way at a time: a slow one
delays the next and nothing else.

Under load settlement takes a bounded share of the time (`devnet.pace`), so that the zones keep theirs; what
is left waits for quiet moments. Which blocks a slot takes depends on time then, and nothing else does.
"""

from __future__ import annotations

import enum
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from devnet.pace import SLOT_WORK, Pace
from devnet.persistence.errors import WriteFailed

if TYPE_CHECKING:
    from devnet.network import Network
    from devnet.settlement.chain import Settled
    from devnet.settlement.draft import Agreed, Draft
    from devnet.settlement.drafting import Drafting
    from devnet.settlement.settlement import Settlement
    from devnet.settlement.settler import Settler

_LOG = logging.getLogger(__name__)

TURN_WORK = 400_000
"""Gas of blocks (see `ZonePort.record_update`) recorded in one turn of the owner: some milliseconds, unless
one block is more."""

BUSY_WORK = SLOT_WORK
"""Of each zone in one slot while the network is busy, in gas: worth about the fixed costs of a slot."""

QUIET_WORK = 12_000_000
"""The same while it is quiet: a request that comes then has to live with what is under way. From one slot to
the next it doubles while nobody asks, slots are full, and nothing is recorded on the owner's thread."""

LONG_SLOT = 0.5
"""Seconds of a processor's time that such a slot takes at most, judging by the slots before."""

PATIENCE = 32.0
"""Seconds between attempts at most, where validators do not agree."""

NO_SLOT = 0.05
"""What a slot counts, in seconds, where each block is settled at once and that is tried again."""


class Phase(enum.Enum):
    """What is done about a slot."""

    WAITING = "waiting"
    """Nothing: nothing changed, or the slot is not over."""
    RECORDING = "recording"
    DECIDING = "deciding"


@dataclass(frozen=True, slots=True)
class Recording:
    """What to record elsewhere."""

    drafting: Drafting

    def run(self) -> None:
        """On any one thread."""
        self.drafting.record()


@dataclass(frozen=True, slots=True)
class Work:
    """What to decide elsewhere."""

    settlement: Settlement
    settler: Settler
    draft: Draft

    def run(self) -> Agreed:
        """On any one thread. Raises Undecided."""
        return self.settler.decide(self.draft)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How that went."""

    work: Work | Recording
    result: Agreed | Exception | None
    seconds: float
    """That it kept a processor busy."""


Answer: TypeAlias = "Callable[[tuple[Settled, ...] | Exception], None]"


@dataclass(slots=True)
class _Wish:
    """Somebody wants everything to be settled that there is."""

    answer: Answer
    numbers: tuple[int, ...]
    """Of the newest block of each zone when it was wished."""
    settled: list[Settled]
    failures: int = 0
    """Of attempts since."""


class Pipeline:
    """The slots of a network that somebody serves. Times are of a clock that only rises, in seconds."""

    def __init__(
        self,
        network: Network,
        slot_time: float | None,
        clock: Callable[[], float],
        *,
        records_elsewhere: bool = False,
        writing: Callable[[], None] = lambda: None,
    ) -> None:
        """`slot_time` as in `NetworkConfig.slot_time`. `clock` is asked how long things took. With
        `records_elsewhere` whoever decides records as well, where the states allow it. `writing` is called
        before anything is committed."""
        self._network = network
        self._slot_time = slot_time
        self._clock = clock
        self._writing = writing
        self._start = clock()
        self._first_slot = network.settlement.chain.head.slot
        self._phase = Phase.WAITING
        self._due: float | None = None
        """When the slot is over in which something changed; None while nothing did."""
        self._records_elsewhere = records_elsewhere
        self._is_elsewhere = False
        """Whether somebody else is recording."""
        self._pace = Pace()
        self._ready: float | None = None
        """When the next slot of a busy network is earned; None where nobody reckoned."""
        self._quiet_work = QUIET_WORK
        """What the next slot of a quiet network may take of each zone, in gas."""
        self._quiet = 0.0
        """From when on the network counted as quiet when the newest slot was begun."""
        self._is_full = False
        """Whether the slot that is under way took all that a quiet network's may, and left something."""
        self._spent = 0.0
        """Seconds for the slot that is under way."""
        self._work: int | None = None
        """What that one has to do, in gas."""
        self._seen: tuple[object, ...] = ()
        """What there was that could not be settled."""
        self._failures = 0
        """Of attempts, one after the other."""
        self._skipped = 0
        """Slots in vain, one after the other."""
        self._absent = 0
        """Slots without any producer, one after the other."""
        self._tried = 0
        """The slot that was begun last."""
        self._revision = network.faults.revision
        self._wishes: list[_Wish] = []
        self.ticks = 0
        """How often anything was looked at."""
        self.fault: str | None = None
        """Why the last attempt failed; None where it did not. Any thread may ask."""

    @property
    def phase_name(self) -> str:
        """See `devnet.slots.Serving`."""
        return self._phase.value

    @property
    def wants_to_look(self) -> bool:
        """Whether something is due, now or later. Any thread may ask."""
        return self._due is not None or self._phase is not Phase.WAITING

    # ------------------------------------------------------------ the owner's

    def changed(self, now: float) -> float | None:
        """Blocks may have come. Costs next to nothing; gives when `tick` is to be called."""
        if self._phase is Phase.WAITING and self._slot_time is not None:
            revision = self._network.faults.revision
            if revision != self._revision:
                # Other faults than when it failed: that says nothing about the next slot any more.
                self._revision, self._failures = revision, 0
                self._due = self._end_of_slot(now)
            elif self._due is None:
                self._due = self._end_of_slot(now)
                self._pace.begin(now)
                self._ready = None
        return self._due

    def wish(self, answer: Answer) -> None:
        """Everything that there is now is to be settled, whatever the clock says; `answer` gets the new
        settlement blocks, or why they did not come. `tick` is due."""
        numbers = tuple(zone.number() for zone in self._network.zones.values())
        self._wishes.append(_Wish(answer, numbers, []))
        self._absent = 0
        if self._phase is Phase.WAITING:
            self._due = self._clock()

    def tick(self, now: float, quiet: float) -> tuple[float | None, Work | Recording | None]:
        """Does a turn, where one is due. `quiet` is from when on the network counts as quiet, if nobody asks
        it for anything until then. Gives when the next one is, None where nothing is until something
        changes or is done elsewhere; and what is to be done there now. Raises WriteFailed where what has to
        be on disk before validators vote cannot be written: the turn is due again."""
        self.ticks += 1
        is_idle = now >= quiet
        is_urgent = is_idle or bool(self._wishes)
        try:
            is_nothing_due = self._phase is Phase.WAITING and self._due is None
            if is_nothing_due or self._is_elsewhere or self._phase is Phase.DECIDING:
                return None, None
            if self._phase is Phase.WAITING and self._due is not None and now < self._due:
                return self._due, None
            if not is_urgent and now < (earned := self._earned()):
                # Kept, so that nobody looks again after every block.
                self._due = min(earned, quiet)
                return self._due, None
            if self._phase is Phase.RECORDING:
                return self._record(now, is_urgent)
            return self._begin(now, is_idle, quiet)
        except WriteFailed:
            raise
        except Exception as error:
            self._phase = Phase.WAITING
            self._failed(error, now)
            return self._due, None

    def decided(self, outcome: Outcome) -> bool:
        """Takes what came out of `Work` or `Recording`; whether the chain has a new block."""
        work = outcome.work
        if isinstance(work, Recording):
            self._recorded(work.drafting, outcome)
            return False
        try:
            return self._decided(work, outcome)
        finally:
            # Last, so that who sees it sees what came of it.
            self._phase = Phase.WAITING

    def _recorded(self, drafting: Drafting, outcome: Outcome) -> None:
        """Somebody else is done with it: the next `tick` goes on."""
        self._is_elsewhere = False
        self._due = now = self._clock()
        self._spend(now, outcome.seconds)
        if drafting is not self._network.settlement.drafting or drafting.is_dropped:
            # Blocks went, or another network is here.
            self._look_anew(now)
        elif isinstance(outcome.result, Exception):
            self._phase = Phase.WAITING
            self._failed(outcome.result, now)

    def _look_anew(self, now: float) -> None:
        """At what is left, when the next slot is over: where blocks come and go all the time, more attempts
        would only meet more of that."""
        self._phase = Phase.WAITING
        self._due = now if self._wishes else self._end_of_slot(now)

    def _decided(self, work: Work, outcome: Outcome) -> bool:
        result = outcome.result
        settlement = self._network.settlement
        now = self._clock()
        self._spend(now, outcome.seconds)
        self._pace.end(now)
        if not settlement.continues(work.draft):
            # The chain went back, or another network is here: what was agreed on is of another life.
            self._due = now
            return False
        if isinstance(result, Exception):
            settlement.undecided(work.draft)
            self._failed(result, now)
            return False
        assert result is not None, "a draft is decided or fails"
        if self._work is not None:
            self._pace.learn(self._work, self._spent)
        settled = settlement.apply(result, self._network.clock.mark())
        assert settled is not None, "it continues the chain"
        self._network.seal_epoch()
        if self._is_full:
            self._quiet_work *= 2
        self.fault, self._failures, self._skipped, self._seen = None, 0, 0, ()
        self._due = self._end_of_slot(now)
        for wish in self._wishes:
            wish.settled.append(settled)
        self._grant()
        if self._wishes:
            self._due = now
        return True

    def retry(self) -> None:
        """Somebody is there who was missing: what validators did not agree on is tried again when the slot is
        over, however often it failed."""
        self._failures, self._seen = 0, ()
        if self._phase is Phase.WAITING and self._slot_time is not None:
            self._due = self._end_of_slot(self._clock())

    def give_up(self, reason: Exception) -> None:
        """Nobody decides any more: wishes are answered with the reason."""
        for wish in self._taken_wishes():
            wish.answer(reason)

    # ------------------------------------------------------------ a slot

    def _begin(self, now: float, is_idle: bool, quiet: float) -> tuple[float | None, Recording | None]:
        settlement = self._network.settlement
        standing = settlement.standing()
        is_wished = bool(self._wishes)
        is_worth_it = standing != self._seen or self._network.faults.is_restless
        if not standing or not (is_wished or (self._slot_time is not None and is_worth_it)):
            return self._nothing()
        self._network.begin_settling(self._writing)
        if not is_idle or quiet > self._quiet or not self._is_full:
            # Somebody asked since, or may now, or nothing more is needed.
            self._quiet_work = QUIET_WORK
        self._quiet, self._is_full = quiet, False
        most = None if is_wished else self._quiet_most() if is_idle else BUSY_WORK
        if settlement.begin(self._slot(now), most):
            drafting = settlement.drafting
            assert drafting is not None
            self._phase, self._absent = Phase.RECORDING, 0
            self._work, self._spent = drafting.work, 0.0
            if self._records_elsewhere and drafting.records_anywhere:
                self._is_full = is_idle and most is not None and settlement.is_full(drafting, most)
                self._is_elsewhere, self._due = True, None
                return None, Recording(drafting)
            return now, None
        if settlement.settler.hindrances and not settlement.settler.is_waiting():
            # Whoever's turn it is: nothing of it can be settled before something changes.
            self._seen = settlement.standing()
            return self._nothing()
        # Its producers are stopped: another slot is another one's turn.
        self._skipped += 1
        self._absent += 1
        if self._absent >= settlement.settler.producers.count:
            for wish in self._taken_wishes():
                wish.answer(tuple(wish.settled))
        self._due = now
        if not self._wishes:
            self._due = self._end_of_slot(now) + (0.0 if self._slot_time else NO_SLOT)
        return self._due, None

    def _quiet_most(self) -> int:
        """What a slot of a quiet network takes of each zone."""
        most = self._pace.worth(LONG_SLOT) // max(1, self._network.settlement.backlogged)
        self._quiet_work = max(QUIET_WORK, min(self._quiet_work, most))
        return self._quiet_work

    def _record(self, now: float, is_urgent: bool) -> tuple[float | None, Work | None]:
        settlement = self._network.settlement
        is_done = settlement.record(TURN_WORK)
        after = self._clock()
        self._spend(after, after - now)
        if is_done is None:
            # Blocks went.
            self._look_anew(after)
            return self._due, None
        if not is_done:
            self._due = after if is_urgent else max(after, self._pace.rests)
            return self._due, None
        # Blocks before votes, on disk as well.
        self._writing()
        self._network.commit()
        draft = settlement.propose()
        if draft is None:
            self._phase = Phase.WAITING
            self._seen = settlement.standing()
            return self._nothing()
        self._phase, self._due = Phase.DECIDING, None
        return None, Work(settlement, settlement.settler, draft)

    def _nothing(self) -> tuple[None, None]:
        """There is nothing to settle, or nothing that can be."""
        self._due = None
        for wish in self._taken_wishes():
            wish.answer(tuple(wish.settled))
        return None, None

    def _failed(self, reason: Exception, now: float) -> None:
        from devnet.settlement.standstill import Undecided

        if isinstance(reason, Undecided):
            _LOG.warning("this slot is not settled: %s", reason)
        else:
            _LOG.error("this slot could not be settled", exc_info=reason)
        self.fault = str(reason)
        # Every attempt is another producer's turn, and somebody who waits gets as many as there are.
        producers = self._network.settlement.settler.producers.count
        for wish in self._taken_wishes():
            wish.failures += 1
            if isinstance(reason, Undecided) and wish.failures < producers:
                self._wishes.append(wish)
            else:
                wish.answer(reason)
        slots = 1 + producers * (2 ** min(self._failures, 10) - 1)
        self._failures += 1
        self._skipped += 1
        slot_time = self._slot_time
        if self._wishes:
            self._due = now
        elif slot_time is None:
            self._due = None
        else:
            wait = (slots - 1) * (slot_time or NO_SLOT)
            if self._network.faults.is_restless:
                # Faults are meant to be watched, and some last so many slots.
                wait = 0.0 if slot_time else NO_SLOT
            self._due = self._end_of_slot(now) + min(wait, PATIENCE)

    def _taken_wishes(self) -> list[_Wish]:
        wishes, self._wishes = self._wishes, []
        return wishes

    def _grant(self) -> None:
        """Answers the wishes that came true."""
        chain = self._network.settlement.chain
        zones = list(self._network.zones.values())
        left = []
        for wish in self._wishes:
            is_settled = all(
                chain.settled_number(index) >= min(number, zones[index].number())
                for index, number in enumerate(wish.numbers)
            )
            if is_settled:
                wish.answer(tuple(wish.settled))
            else:
                left.append(wish)
        self._wishes = left

    # ------------------------------------------------------------ time

    def _slot(self, now: float) -> int:
        """The number of the slot that is over; after one in vain, one of the next producer's."""
        least = self._network.settlement.chain.head.slot + 1 + self._skipped
        slot = least
        if self._slot_time:
            slot = max(least, self._first_slot + int((now - self._start) / self._slot_time))
        if self._skipped:
            slot += (self._tried + 1 - slot) % self._network.settlement.settler.producers.count
        self._tried = slot
        return slot

    def _end_of_slot(self, now: float) -> float:
        slot_time = self._slot_time
        if not slot_time:
            return now
        return self._start + (int((now - self._start) / slot_time) + 1) * slot_time

    def _earned(self) -> float:
        """When a busy network has time for what is next."""
        if self._phase is Phase.RECORDING or not self._slot_time:
            # It was earned before it began; after every block means now.
            return self._pace.rests
        if self._ready is None:
            self._ready = self._pace.ready(self._network.settlement.work(BUSY_WORK))
        return self._ready

    def _spend(self, now: float, seconds: float) -> None:
        self._pace.spend(now, seconds)
        self._spent += seconds
        self._ready = None
