"""The courier: proves messages where they go to and delivers them. `network.courier`.

It writes nothing down. What there is to do follows from the chains, in every turn anew; what it sent and
waits in a mempool is read there. So it goes on after reverts, restarts and beside others who deliver. It
never delivers twice: before it sends it asks the endpoint, and the endpoint itself has the last word.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection

from devnet.accounts.keyring import KeyRing
from devnet.chain.types import Address, Hash32, Wei, ZoneName
from devnet.messages.carrying import Planner
from devnet.messages.destination import Destination, height_to_prove
from devnet.messages.faults import CourierFaults, DelayDeliveries
from devnet.messages.host import MessageHost
from devnet.messages.message import Message
from devnet.messages.messages import Messages
from devnet.messages.modes import Mode, ModeKind
from devnet.messages.open import OpenPath
from devnet.messages.pool_jobs import PoolJobs
from devnet.messages.releases import seconds_until
from devnet.messages.retrying import Retrying
from devnet.messages.round import Round
from devnet.messages.sent import SentJobs
from devnet.messages.turn import Action, ActionKind, CourierAccount, CourierStatus, Turn
from devnet.packets.packet import Path
from devnet.zone.messages import CallRequest
from devnet.zone.port import ZonePort

_LOG = logging.getLogger(__name__)

ROUNDS = 64
"""Rounds of one turn by itself: contracts that answer every message with another one are left to the next
turn."""

TURNS = 16
"""The same for a network that nobody serves, where the next turn comes with the next block."""

LOOKS = 64
"""Paths that are looked at in one round under a server."""

MOST = 1 << 30
"""Messages of a turn that nobody limits."""


class Courier:
    """The courier of one network, called by the network's owner. Any thread may ask for its status."""

    def __init__(self, host: MessageHost, messages: Messages, keys: KeyRing) -> None:
        self._host = host
        self._messages = messages
        self._keys = keys
        self._retrying = Retrying(host, messages)
        self.mode = Mode()
        """When it works by itself."""
        self.is_paused = False
        """Whether it does not work by itself, whatever the mode."""
        self.faults = CourierFaults()
        """What it does wrong, on purpose."""
        self.is_served = False
        """Whether a server calls `serve` when something changed; otherwise the network calls `work`."""
        self.turns = 0
        """How many turns there were, for those who count."""
        self.looked_at = 0
        """How many messages were looked at in them."""
        self._is_busy = False
        self.pools: dict[int, PoolJobs] = {}
        """What waits in mempools, by zone, as the last turn found it."""
        self.sent = SentJobs()
        """What became of what it sent."""
        self._seen: dict[Path, object] = {}
        """Of paths on which there was nothing to do: what there was then."""
        self._troubles: dict[Path, str] = {}
        """Of those the ones on which something could not be done that should have been."""
        self._failure: str | None = None
        """Why the last turn could not go on."""
        self._delayed: dict[Path, tuple[float, int]] = {}
        """Of those the ones with something to be done later: when, by the network's clock, and the slot
        in which that was found."""
        self._looked: dict[Path, int] = {}
        """When each path was looked at last: which look that was."""
        self._looks = 0

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Its accounts, the same in every zone; none where there is nothing to carry."""
        return self._keys.addresses

    # ------------------------------------------------------------ how it works

    def set_mode(self, kind: ModeKind, delay: int = 0) -> None:
        """From now on. Raises ValueError for a delay that makes no sense."""
        self.mode = Mode(kind, delay)
        self._seen.clear()

    def pause(self) -> None:
        """It does nothing by itself until `resume`."""
        self.is_paused = True

    def resume(self) -> None:
        """Ends a pause."""
        self.is_paused = False

    @property
    def works_by_itself(self) -> bool:
        """Whether it does anything without being told to."""
        return not self.is_paused and self.mode.kind is not ModeKind.MANUAL and self._messages.is_there

    @property
    def trouble(self) -> str | None:
        """See `CourierStatus.trouble`. Any thread may ask."""
        paths = self._messages.open.paths
        troubles = (text for path, text in tuple(self._troubles.items()) if path in paths)
        return next(troubles, self._failure)

    @property
    def next_release(self) -> float | None:
        """In how many seconds of the network's clock a delay is over, as the last turn found; None where none
        is waited for. A logical clock moves with blocks and by hand, not by itself."""
        if not self._delayed or not self.works_by_itself:
            return None
        return max(min(when for when, _ in self._delayed.values()) - self._host.clock.mark(), 0.0)

    def failed(self, error: Exception) -> None:
        """A turn ended with an error that nobody foresaw."""
        _LOG.error("the courier could not go on", exc_info=error)
        self._failure = f"the courier could not go on: {error}"

    def status(self) -> CourierStatus:
        """How it does. Any thread may ask. Raises NoMessaging."""
        messages = self._messages
        messages.follow()
        accounts = tuple(
            CourierAccount(index, address, port.balance(address))
            for index, port in enumerate(self._host.zones.values())
            for address in self._keys.addresses
        )
        waiting, failed = messages.open.count, len(messages.open.failed)
        return CourierStatus(self.mode, self.is_paused, waiting, failed, self.trouble, accounts)

    # ------------------------------------------------------------ turns

    def work(self) -> None:
        """Something changed in a network that nobody serves: does what there is to do, if it works by itself.
        Costs next to nothing where nothing about messages changed."""
        if self.is_served or self._is_busy or not self.works_by_itself:
            return
        try:
            for _ in range(TURNS):
                # Nobody else looks at the clock of what is delayed.
                if not (self.has_news() or self._delayed):
                    return
                if self._turn(None, is_forced=False).is_done:
                    return
        except Exception as error:
            # Whoever made a block did nothing wrong.
            self.failed(error)

    def has_news(self, zones: Collection[ZoneName] | None = None) -> bool:
        """Whether a turn by itself might do something, where only these zones may have got blocks, by default
        all; that a delay is over is no news. Costs next to nothing where nothing about messages changed."""
        if not self.works_by_itself:
            return False
        messages = self._messages
        heads: dict[int, tuple[Hash32, Hash32]] = {}
        with messages.lock:
            messages.follow(zones)
            return any(
                self._seen.get(path) != self._standing(open_path, heads)
                for path, open_path in messages.open.paths.items()
            )

    def serve(self, limit: int) -> Turn:
        """A turn under a server, for about so many messages, if it works by itself."""
        return self._turn(limit, is_forced=False) if self.works_by_itself else Turn((), True)

    def step(self, limit: int | None = None) -> Turn:
        """A turn now, whatever the mode says, for about so many messages. Raises NoMessaging."""
        return self._turn(limit, is_forced=True)

    def _turn(self, limit: int | None, is_forced: bool) -> Turn:
        """Rounds until there is nothing more to do: what a delivery asks for comes after it."""
        if self._is_busy:
            return Turn((), True)
        self._is_busy = True
        self.turns += 1
        actions: list[Action] = []
        left = limit
        try:
            for number in range(ROUNDS):
                round_, carried, has_more = self._carry(left, is_forced and number == 0)
                actions.extend(round_.actions)
                if left is not None:
                    left = max(left - carried, 0)
                if has_more:
                    return Turn(tuple(actions), False)
                if not carried:
                    return Turn(tuple(actions), True)
            return Turn(tuple(actions), False)
        finally:
            self._is_busy = False

    def _carry(self, limit: int | None, is_forced: bool) -> tuple[Round, int, bool]:
        """One round: the round, for how many messages something was sent, and whether more is to be done."""
        messages = self._messages
        with messages.lock:
            messages.follow()
            round_ = self._round()
            carried, has_more = self._plan_and_send(round_, limit, is_forced)
        round_.seal()
        self._failure = None
        return round_, carried, has_more

    def _plan_and_send(self, round_: Round, limit: int | None, is_forced: bool) -> tuple[int, bool]:
        paths = list(self._messages.open.paths.items())
        self._looked = {path: self._looked[path] for path, _ in paths if path in self._looked}
        if limit is not None:
            # Those that did not have their turn first: no path, busy or blocked, keeps others from theirs.
            paths.sort(key=lambda entry: self._looked.get(entry[0], 0))
        self._seen = {path: self._seen[path] for path, _ in paths if path in self._seen}
        self._troubles = {path: self._troubles[path] for path, _ in paths if path in self._troubles}
        self._delayed = {path: self._delayed[path] for path, _ in paths if path in self._delayed}
        now, slot = self._host.clock.mark(), self._host.settlement.chain.head.slot
        heads: dict[int, tuple[Hash32, Hash32]] = {}
        carried = looks = 0
        for path, open_path in paths:
            standing = self._standing(open_path, heads)
            when, found = self._delayed.get(path, (now + 1, slot))
            is_known = self._seen.get(path) == standing and when > now and found == slot
            if is_known and not is_forced:
                continue
            if isinstance(standing, int):
                # Nothing of it is settled (any more).
                self._seen[path] = standing
                self._delayed.pop(path, None)
                continue
            if limit is not None and (carried >= limit or looks >= LOOKS):
                return carried, True
            looks += 1
            self._looks += 1
            self._looked[path] = self._looks
            left = MOST if limit is None else limit - carried
            waits: list[float] = []
            planner = Planner(self._messages, self.faults, self._releases(waits, is_forced))
            port = self._port(open_path.destination)
            plan = planner.plan(open_path, Destination(port), height_to_prove(self._host, port), left)
            self.looked_at += plan.looks
            sent = round_.carry(plan)
            carried += sent
            self._tell(path, round_.trouble)
            if not sent and plan.stuck is not None:
                message, reason = plan.stuck
                round_.actions.append(
                    Action(ActionKind.WAIT, message.guid, open_path.destination, None, reason.text)
                )
            self._delayed.pop(path, None)
            if waits:
                self._delayed[path] = now + min(waits), slot
            if not sent:
                self._seen[path] = standing
        return carried, False

    def _round(self) -> Round:
        return Round(self._host, self._messages, self._keys, self.faults, self.sent, self.pools)

    def _releases(self, waits: list[float], is_forced: bool) -> Callable[[Message], bool]:
        """Whether a message's time has come; else how long that is goes into `waits`."""

        def is_released(message: Message) -> bool:
            slots = 0 if is_forced else self.mode.delay
            for fault in self.faults.on(message, DelayDeliveries):
                assert isinstance(fault.kind, DelayDeliveries)
                slots += fault.kind.slots
            seconds = seconds_until(self._host, message, slots) if slots else 0.0
            if seconds:
                waits.append(seconds)
            return not seconds

        return is_released

    def _standing(self, path: OpenPath, heads: dict[int, tuple[Hash32, Hash32]]) -> object:
        """Equal to an earlier one where nothing changed that the path's messages wait for. In `heads` is kept
        what is the same for all paths to a zone."""
        settled = self._messages.settled_count(path.source)
        if not path.has_settled(settled):
            return settled
        head = heads.get(path.destination)
        if head is None:
            port = self._port(path.destination)
            newest = port.block("latest")
            assert newest is not None
            head = heads[path.destination] = newest.hash, port.settlement().root
        return *head, settled, path.revision, self.faults.revision

    def _port(self, zone: int) -> ZonePort:
        return list(self._host.zones.values())[zone]

    def _tell(self, path: Path, trouble: str | None) -> None:
        if trouble is None:
            self._troubles.pop(path, None)
            return
        if trouble not in self._troubles.values():
            _LOG.warning("%s", trouble)
        self._troubles[path] = trouble

    # ------------------------------------------------------------ trying again

    def retry(
        self, guid: Hash32, *, compose: int | None = None, gas: int | None = None, value: Wei | None = None
    ) -> Hash32:
        """Delivers a message now, also one that failed, or makes its composed call with that index; gas and
        value are those of the options by default. Gives the transaction. Raises UnknownMessage and
        NotDeliverable."""
        with self._messages.lock:
            message, jobs = self._retrying.jobs(guid, compose, gas, value)
            self.sent.forget(guid)
            round_ = self._round()
            for job in jobs:
                transaction_hash = round_.force(message, job)
        round_.seal()
        return transaction_hash

    def retry_requests(
        self, guid: Hash32, *, compose: int | None = None, gas: int | None = None, value: Wei | None = None
    ) -> tuple[int, tuple[CallRequest, ...]]:
        """What `retry` sends, for somebody else to send: the destination's index, and transactions without a
        sender, one after the other. Raises as it does."""
        with self._messages.lock:
            message, jobs = self._retrying.jobs(guid, compose, gas, value)
        assert message.destination is not None
        requests = (CallRequest(to=job.to, data=job.data, gas=job.gas, value=job.value) for job in jobs)
        return message.destination, tuple(requests)
