"""The one thread that changes the network: writes in order of arrival; sends that wait share a block; slots
of settlement in turns of limited work."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from devnet.chain.types import ZoneName
from devnet.persistence.errors import WriteFailed
from devnet.pipeline import Outcome, Pipeline
from devnet.rpc.context import Context
from devnet.rpc.errors import REJECTED, RpcError, not_done, not_written
from devnet.rpc.namespaces.zero_settlement import Granted, settled_answer
from devnet.rpc.requests import Request
from devnet.rpc.running import (
    Allowance,
    Answer,
    Awaiting,
    Sends,
    answer_all,
    answer_sends,
    answer_with,
    begin,
    refuse_all,
    unsafe,
)
from devnet.rpc.serving.carrying import Carrying
from devnet.rpc.serving.settlement_thread import SettlementThread
from devnet.rpc.serving.settling import Settling

if TYPE_CHECKING:
    from devnet.network import Network

_LOG = logging.getLogger(__name__)

Result = TypeVar("Result")

_MAX_SHARED = 2_000
"""Groups of sends that are submitted before a block is sealed."""

ENOUGH = 64
"""Requests that are worth a block of their own while others are still prepared."""

_IDLE = 3600.0

LONG_GAS = 1 << 22
"""Gas whose execution takes so long that a commit beside it does not matter."""

_RETRY = 1.0
"""Seconds until a commit that failed is tried again."""

QUIET = 0.05
"""Seconds without a request after which the network counts as quiet."""

_PREPARED = 0.5
"""Seconds after the start in which nothing is loaded that only settlement needs."""

_LOADING = 0.01
"""Seconds until it is looked again whether that is loaded."""


@dataclass(frozen=True, slots=True)
class _Write:
    requests: Sequence[Request]
    context: Context
    allowance: Allowance
    future: asyncio.Future[list[Answer]]


@dataclass(frozen=True, slots=True)
class _Read:
    """Changes nothing, and no other thread may read what it reads."""

    requests: Sequence[Request]
    context: Context
    allowance: Allowance
    future: asyncio.Future[list[Answer]]


@dataclass(frozen=True, slots=True)
class _Send:
    sends: Sends
    future: asyncio.Future[Any]
    is_alone: bool
    """Whether the future's result is the one request's, and not a list."""


@dataclass(frozen=True, slots=True)
class _Job:
    """Something that needs the network for itself and is no request."""

    function: Callable[[], Any]
    changes: bool
    future: asyncio.Future[Any]


@dataclass(frozen=True, slots=True)
class _Settle:
    """Everything is to be settled that there is."""

    requests: Sequence[Request]
    context: Context
    future: asyncio.Future[list[Answer]]


@dataclass(frozen=True, slots=True)
class _Decided:
    """What the settlement thread found."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class _Stop:
    """Everything that arrived before is done; the thread ends."""


_Arrived: TypeAlias = _Write | _Read | _Send | _Job | _Settle | _Decided | _Stop


class NetworkThread:
    """`publish(zones)` is called on the thread after every change, before it is answered: with the zones that
    changed, or None where that may be any.

    A change is committed before it is published and answered. While that cannot be (full disk), whoever
    wanted it gets an error, and nothing else is done until it can.
    """

    def __init__(
        self,
        network: Network,
        loop: asyncio.AbstractEventLoop,
        publish: Callable[[set[ZoneName] | None], None],
    ) -> None:
        self._network = network
        self._loop = loop
        self._publish = publish
        self._arrived: SimpleQueue[_Arrived] = SimpleQueue()
        self._waiting: deque[_Arrived] = deque()
        self._due: float | None = None
        self._is_busy = False
        """Whether the thread does something; what comes then is prepared beside it."""
        self._prepares_ahead = network.codec.works_beside_python
        self.settling = Settling(loop, network)
        """Asked for every answer that does not come from this thread."""
        self.pipeline = Pipeline(
            network,
            network.config.slot_time,
            time.monotonic,
            records_elsewhere=True,
            writing=self.settling.writing,
        )
        """The slots of settlement."""
        self.carrying = Carrying(network)
        """The courier's turns."""
        self._settlement = SettlementThread(
            lambda outcome: self._arrived.put(_Decided(outcome)),
            lambda: network.settlement.settler.rehearse(),
        )
        self._prepares_at = None if network.config.slot_time is None else time.monotonic() + _PREPARED
        """When it is to be loaded what slots need, in a quiet moment; None where that is under way, or there
        are no slots."""
        self._looks_at: float | None = None
        """When the courier looks at blocks that transactions made; None where it has."""
        self._granted: list[tuple[_Settle, Granted]] = []
        """Wishes that came true, or never will, and are to be answered."""
        self._asked = 0.0
        """When the last request came."""
        self._thread = threading.Thread(target=self._work, name="network", daemon=True)

    # ------------------------------------------------------------ on the event loop

    def start(self) -> None:
        self._network.slots.served_by = self.pipeline
        self._network.courier.is_served = True
        self._thread.start()

    def stop(self, timeout: float) -> bool:
        """Lets the thread finish what it does and what was sent before; waits at most `timeout` seconds.
        False where that was not long enough. A slot that is being decided gets as long, too."""
        self._settlement.end()
        self._network.settlement.cancel()
        has_decided = self._settlement.stop(timeout)
        self._arrived.put(_Stop())
        self._thread.join(timeout)
        has_ended = not self._thread.is_alive()
        if has_ended:
            self._network.slots.served_by = None
            self._network.courier.is_served = False
            if not has_decided:
                # Its validators may still vote for what they were given.
                self._network.settlement.abandon()
        return has_ended

    def write(
        self, requests: Sequence[Request], context: Context, allowance: Allowance
    ) -> asyncio.Future[list[Answer]]:
        future: asyncio.Future[list[Answer]] = self._loop.create_future()
        self._arrived.put(_Write(requests, context, allowance, future))
        return future

    def read(
        self, requests: Sequence[Request], context: Context, allowance: Allowance
    ) -> asyncio.Future[list[Answer]]:
        """Answers requests that change nothing between two changes; also while nothing can be written."""
        future: asyncio.Future[list[Answer]] = self._loop.create_future()
        self._arrived.put(_Read(requests, context, allowance, future))
        return future

    def settle(self, requests: Sequence[Request], context: Context) -> asyncio.Future[list[Answer]]:
        """Settles what there is, once, and answers all of these requests with it."""
        future: asyncio.Future[list[Answer]] = self._loop.create_future()
        self._arrived.put(_Settle(requests, context, future))
        return future

    def send(self, requests: Sequence[Request], context: Context) -> asyncio.Future[list[Answer | Awaiting]]:
        """Submits transactions; those that wait at the same time share a block."""
        return self._send(requests, context, is_alone=False)

    def send_one(self, request: Request, context: Context) -> asyncio.Future[Answer | Awaiting]:
        """As `send`, of one request."""
        return self._send([request], context, is_alone=True)

    def _send(self, requests: Sequence[Request], context: Context, is_alone: bool) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = self._loop.create_future()
        sends = Sends(requests, context)
        if self._is_busy and self._prepares_ahead:
            begin(sends)
        self._arrived.put(_Send(sends, future, is_alone))
        return future

    def run(self, function: Callable[[], Result], *, changes: bool = True) -> asyncio.Future[Result]:
        """Runs the function between two changes of the network; it may change it too, unless the caller says
        that it does not: then no answer waits for it, and it runs also while nothing can be written. What it
        raises is the future's exception."""
        future: asyncio.Future[Result] = self._loop.create_future()
        self._arrived.put(_Job(function, changes, future))
        return future

    def settle_again(self) -> None:
        """A validator that lives elsewhere is there: see `Pipeline.retry`."""
        self.run(self.pipeline.retry)

    # ------------------------------------------------------------ on the network thread

    def _work(self) -> None:
        self._tick()
        while True:
            self._collect()
            if self._prepares_at is not None and (now := time.monotonic()) >= self._prepares_at:
                self._prepare(now)
            if self._looks_at is not None and (now := time.monotonic()) >= self._looks_at:
                self._look_at_messages(now, at_all=False)
            if self._due is not None and time.monotonic() >= self._due:
                self._tick()
            if not self._waiting:
                continue
            first = self._waiting.popleft()
            if isinstance(first, _Stop):
                self.pipeline.give_up(RpcError(REJECTED, "the server stops"))
                self._grant(None)
                return
            if isinstance(first, _Decided):
                self._take(first.outcome)
                continue
            self._asked = time.monotonic()
            if isinstance(first, _Read):
                answers = answer_all(first.requests, first.context, first.allowance)
                self._deliver([(first.future, answers)])
                continue
            if isinstance(first, _Job) and not first.changes:
                self._deliver([(first.future, _outcome(first))])
                continue
            fault = self._still_unwritten()
            if fault is not None:
                self._refuse(first, fault)
                continue
            match first:
                case _Send():
                    with self.settling.change():
                        zones = self._send_together(first)
                    self._look_at_slots(zones)
                case _Write():
                    with self.settling.change():
                        self._write(first)
                    # The write may have changed the mining interval.
                    self._tick()
                case _Job():
                    with self.settling.change():
                        self._do(first)
                    self._tick()
                case _Settle():
                    self._wish(first)
                    self._tick()

    def _collect(self) -> None:
        """Takes in everything that arrived; with nothing left to do, waits for something or for the clock."""
        waiting = self._waiting
        if not waiting:
            dues = [due for due in (self._due, self._prepares_at, self._looks_at) if due is not None]
            timeout = max(0.0, min(dues) - time.monotonic()) if dues else _IDLE
            self._is_busy = False
            try:
                waiting.append(self._arrived.get(timeout=timeout))
            except Empty:
                return
            finally:
                self._is_busy = True
        arrived = self._arrived
        try:
            while True:
                waiting.append(arrived.get_nowait())
        except Empty:
            return

    def _send_together(self, first: _Send) -> set[ZoneName]:
        """Answers what arrived together; gives the zones that it went to."""
        sends = [first]
        waiting = self._waiting
        count = len(first.sends.requests)
        while waiting and isinstance(following := waiting[0], _Send) and len(sends) < _MAX_SHARED:
            if count >= ENOUGH and following.sends.is_underway:
                # It comes with the next block: this one need not wait for it.
                break
            waiting.popleft()
            sends.append(following)
            count += len(following.sends.requests)
        zones = {send.sends.context.zone_name for send in sends}
        before_sealing = partial(self._keep_what_waits, zones) if self._network.is_kept else None
        groups = [send.sends for send in sends]
        outcomes = answer_sends(groups, before_sealing)
        fault = self._committed(zones)
        if fault is not None:
            error = not_written(fault)
            outcomes = [
                unsafe(group.requests, group.context, outcome, error)
                for group, outcome in zip(groups, outcomes, strict=True)
            ]
        self._deliver(
            [
                (send.future, outcome[0] if send.is_alone else outcome)
                for send, outcome in zip(sends, outcomes, strict=True)
            ]
        )
        return zones

    def _keep_what_waits(self, zones: set[ZoneName]) -> None:
        """Commits what was submitted where executing it may take long: it is to be seen meanwhile, and who
        asks for it should not wait."""
        network = self._network
        if sum(network.zones[zone].unwritten_gas() for zone in zones) < LONG_GAS:
            return
        self.settling.writing()
        # Where it cannot be written, the commit after the sealing tries again and tells.
        with suppress(WriteFailed):
            network.commit()
            self.settling.written()

    def _write(self, write: _Write) -> None:
        answers: Sequence[Answer | Awaiting] = answer_all(write.requests, write.context, write.allowance)
        fault = self._committed(None)
        if fault is not None:
            answers = unsafe(write.requests, write.context, answers, not_written(fault))
        self._deliver([(write.future, answers)])

    def _do(self, job: _Job) -> None:
        outcome = _outcome(job)
        fault = self._committed(None)
        self._deliver([(job.future, outcome if fault is None else fault)])

    def _refuse(self, arrived: _Write | _Send | _Job | _Settle, fault: WriteFailed) -> None:
        if isinstance(arrived, _Job):
            self._deliver([(arrived.future, fault)])
            return
        given = arrived.sends if isinstance(arrived, _Send) else arrived
        answers = refuse_all(given.requests, given.context, not_done(fault))
        is_alone = isinstance(arrived, _Send) and arrived.is_alone
        self._deliver([(arrived.future, answers[0] if is_alone else answers)])

    # ------------------------------------------------------------ the data folder

    def _committed(self, zones: set[ZoneName] | None) -> WriteFailed | None:
        """Commits, then publishes what happened in these zones, None for all; gives why it could not."""
        self.settling.writing()
        try:
            self._network.commit()
        except WriteFailed as error:
            _LOG.error("nothing can be written to disk, so nothing is changed until it can: %s", error)
            # To try again, also when nobody asks for anything.
            self._due = time.monotonic() + _RETRY
            return error
        self._published(zones)
        return None

    def _still_unwritten(self) -> WriteFailed | None:
        """Tries to commit what could not be committed; why it still cannot, None where nothing is left."""
        if self._network.write_fault is None:
            return None
        try:
            self._network.commit()
        except WriteFailed as error:
            self._due = time.monotonic() + _RETRY
            return error
        _LOG.warning("everything is written to disk again")
        self._published(None)
        # The time to try again took the place of the next block's.
        self._due = time.monotonic()
        return None

    def _tick(self) -> None:
        """Interval mining, and a turn of settlement; remembers when to look again."""
        if self._still_unwritten() is not None:
            return
        now = time.monotonic()
        was_due = self._due is not None and now >= self._due
        with self.settling.change():
            try:
                self._due = self._network.tick(now)
            except Exception:
                _LOG.exception("interval mining failed")
                self._due = now + 1.0
            has_settled = self._settle_some()
            has_carried = self.carrying.turn(time.monotonic())
            if was_due or has_settled or has_carried or self._granted:
                self._grant(self._committed(None))
            self._look_at_messages(time.monotonic())

    # ------------------------------------------------------------ settlement

    def _settle_some(self) -> bool:
        """A turn of settlement, where one is due; whether something was handed out, for which zones may have
        made blocks. Inside a change."""
        pipeline = self.pipeline
        now = time.monotonic()
        due = pipeline.changed(now)
        if due is not None and due <= now and not self._settlement.is_ready:
            # This thread would stand still for what the other one loads.
            self._settlement.prepare()
            self._look_again(now + _LOADING)
            return False
        try:
            due, work = pipeline.tick(now, self._quiet(now))
        except WriteFailed as error:
            _LOG.error("this slot is not settled, because nothing can be written to disk: %s", error)
            due, work = now + _RETRY, None
        if work is not None:
            self._settlement.do(work)
        if due is not None:
            self._look_again(due)
        return work is not None

    def _quiet(self, now: float) -> float:
        """From when on the network counts as quiet, if nobody asks it for anything until then."""
        is_asked = bool(self._waiting) or not self._arrived.empty()
        return QUIET + (now if is_asked else self._asked)

    def _prepare(self, now: float) -> None:
        """What slots need is loaded after the start, in a quiet moment: a first burst of requests would have
        to share the interpreter with that."""
        quiet = self._quiet(now)
        if now < quiet:
            self._prepares_at = quiet
        else:
            self._prepares_at = None
            self._settlement.prepare()

    def _look_again(self, due: float) -> None:
        self._due = due if self._due is None else min(self._due, due)

    def _look_at_slots(self, zones: Collection[ZoneName]) -> None:
        """Blocks of these zones came: the clock of slots may have to run."""
        due = self.pipeline.changed(self._asked)
        if due is not None:
            self._look_again(due)
        self._looks_at = self.carrying.changed(zones)

    def _look_at_messages(self, now: float, *, at_all: bool = True) -> None:
        """Blocks, in all zones or where transactions made some, or a settlement block came: the courier may
        have something to do."""
        self._looks_at = None
        due = self.carrying.look(now, at_all=at_all)
        if due is not None:
            self._look_again(due)

    def _wish(self, wish: _Settle) -> None:
        self.pipeline.wish(lambda result: self._granted.append((wish, result)))

    def _take(self, outcome: Outcome) -> None:
        """Applies what was decided."""
        with self.settling.change():
            try:
                self.pipeline.decided(outcome)
            except Exception:
                _LOG.exception("what was decided could not be applied")
            self._grant(self._committed(None))
        self._tick()

    def _grant(self, fault: WriteFailed | None) -> None:
        """Answers those who wanted to have something settled."""
        granted, self._granted = self._granted, []
        for wish, result in granted:
            if fault is None:
                answers = answer_with(
                    wish.requests, wish.context, partial(settled_answer, wish.context, result)
                )
            else:
                answers = refuse_all(wish.requests, wish.context, not_written(fault))
            self._deliver([(wish.future, answers)])

    def _published(self, zones: set[ZoneName] | None) -> None:
        try:
            self._publish(zones)
        except Exception:
            _LOG.exception("events could not be published")

    def _deliver(self, results: list[tuple[asyncio.Future[Any], Any]]) -> None:
        try:
            self._loop.call_soon_threadsafe(_resolve, results)
        except RuntimeError:
            # The loop is closed: the server stopped meanwhile.
            return


def _outcome(job: _Job) -> Any:
    """What the function gave or raised."""
    try:
        return job.function()
    except Exception as error:
        return error


def _resolve(results: list[tuple[asyncio.Future[Any], Any]]) -> None:
    for future, result in results:
        if future.done():
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
