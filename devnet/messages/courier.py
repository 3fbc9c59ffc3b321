"""The courier: proves messages where they go to and delivers them. `network.courier`.

It writes nothing down. What there is to do follows from the chains, in every turn anew; what it sent and
waits in a mempool is read there. So it goes on after reverts, restarts and beside others who deliver. It
never delivers twice: before it sends it asks the endpoint, and the endpoint itself has the last word.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from devnet.accounts.keyring import KeyRing
from devnet.chain.types import Address, Hash32, Wei
from devnet.messages.carrying import Planner
from devnet.messages.destination import Destination
from devnet.messages.errors import NotDeliverable, UnknownMessage
from devnet.messages.faults import CourierFaults, DelayDeliveries
from devnet.messages.host import MessageHost
from devnet.messages.jobs import commit_job, compose_job, deliver_job, gas_limit_of
from devnet.messages.life import Status
from devnet.messages.message import Message
from devnet.messages.messages import Found, Messages
from devnet.messages.modes import Mode, ModeKind
from devnet.messages.open import OpenPath
from devnet.messages.releases import seconds_until
from devnet.messages.round import Round
from devnet.messages.sending import Job
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
        self._is_busy = False
        self._sent = SentJobs()
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
        is waited for."""
        if not self._delayed:
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

    def has_news(self) -> bool:
        """Whether a turn by itself might do something; that a delay is over is no news. Costs next to nothing
        where nothing about messages changed."""
        if not self.works_by_itself:
            return False
        messages = self._messages
        heads: dict[int, tuple[Hash32, Hash32]] = {}
        with messages.lock:
            messages.follow()
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
                # Nothing of it is settled.
                self._seen[path] = standing
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
            plan = planner.plan(open_path, Destination(port), self._height(port), left)
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
        return Round(self._host, self._messages, self._keys, self.faults, self._sent)

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

    def _height(self, port: ZonePort) -> int | None:
        """The settlement block that proofs are made against: one that the destination holds when the
        transaction runs. None where it holds none."""
        if port.status().mining.automine:
            # The block that the transaction makes records it first.
            height = port.settlement().height
            return height or None
        newest = port.block("latest")
        root = None if newest is None else newest.header.parent_beacon_block_root
        return None if root is None else self._host.settlement.chain.height_of(root) or None

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
            message, jobs = self._retry_jobs(guid, compose, gas, value)
            self._sent.forget(guid)
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
            message, jobs = self._retry_jobs(guid, compose, gas, value)
        assert message.destination is not None
        requests = (CallRequest(to=job.to, data=job.data, gas=job.gas, value=job.value) for job in jobs)
        return message.destination, tuple(requests)

    def _retry_jobs(
        self, guid: Hash32, compose: int | None, gas: int | None, value: Wei | None
    ) -> tuple[Message, list[Job]]:
        found = self._messages.found(guid)
        if found is None:
            raise UnknownMessage(guid)
        if found.message.destination is None:
            raise NotDeliverable("the network has no zone with the eid that the message goes to")
        if compose is not None:
            return found.message, [self._compose_again(found, compose, gas, value)]
        return found.message, self._deliver_again(found, gas, value)

    def _deliver_again(self, found: Found, gas: int | None, value: Wei | None) -> list[Job]:
        message, status, jobs = found.message, found.life.status, []
        if status in (Status.SENT, Status.DELIVERED, Status.SKIPPED, Status.BURNT, Status.NILIFIED):
            raise NotDeliverable(f"the message is {status}")
        port = self._port(message.destination or 0)
        destination = Destination(port)
        if not destination.is_verified(message.packet):
            height = self._height(port)
            if height is None:
                raise NotDeliverable("its destination holds no settlement block yet; mine a block there")
            proof = self._messages.prove(message, height)
            outcome = destination.try_commit(message.packet, proof)
            if outcome.failure is not None:
                raise NotDeliverable(self._messages.explain(outcome.output).text)
            jobs.append(commit_job(message, proof, outcome.gas_used))
        is_dropped = self._messages.told(message).has_dropped
        return [*jobs, deliver_job(message, gas_limit_of(port), is_dropped, gas, value)]

    def _compose_again(self, found: Found, index: int, gas: int | None, value: Wei | None) -> Job:
        message = found.message
        calls = [call for call in found.life.composes if call.key.index == index]
        call = next((call for call in calls if call.status is not Status.DELIVERED), None)
        if call is None:
            raise NotDeliverable(
                f"composed call {index} was made already"
                if calls
                else f"nobody asked for composed call {index}"
            )
        given = call.gas if gas is None else gas
        if given is None:
            raise NotDeliverable(f"the options pay for no composed call {index}: say how much gas it gets")
        paid = (call.value or Wei(0)) if value is None else value
        cap = gas_limit_of(self._port(message.destination or 0))
        return compose_job(message.guid, call.key, call.message, given, paid, cap)
