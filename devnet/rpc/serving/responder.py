"""From the bytes of a request to the bytes of its answer, each part run where it belongs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from devnet.chain.types import ZoneName
from devnet.rpc.context import Context, RpcSettings
from devnet.rpc.dispatching import batch_refusal
from devnet.rpc.errors import RpcError
from devnet.rpc.methods import Kind
from devnet.rpc.registry import method_table
from devnet.rpc.requests import Request, encode_error, join_batch, parse, read_request
from devnet.rpc.running import Allowance, Answer, Awaiting, answer, answer_all, answer_briefly, runs
from devnet.rpc.serving.lanes import Lane
from devnet.rpc.serving.network_thread import NetworkThread

CALL_THREADS = 4
"""Calls of one zone that run at once."""

STATE_THREADS = 1
"""Reads of one zone that run at once; they are short, and one thread keeps them off the calls' queue."""


BRIEF_CALLS = 16
"""Calls that are tried in one turn of the event loop, each of at most about a millisecond."""

OF_THE_NETWORK = "zero_"
"""What methods begin with that may answer for more than the zone that is asked."""

Result = TypeVar("Result")


class Subscriber(Protocol):
    """A connection that can take subscriptions."""

    def subscribe(self, request: Request, context: Context) -> Answer: ...


class Responder:
    """Answers requests to any zone. Everything runs on the event loop."""

    def __init__(
        self,
        settings: RpcSettings,
        loop: asyncio.AbstractEventLoop,
        network_thread: NetworkThread,
        follow: Callable[[ZoneName], None],
    ) -> None:
        self._settings = settings
        self._loop = loop
        self._network_thread = network_thread
        self._settling = network_thread.settling
        self._follow = follow
        self._table = method_table()
        self._lanes: dict[tuple[Kind, ZoneName], Lane] = {}
        self._tries = 0
        """Calls that this turn of the event loop was asked for."""
        self._receipt_waiters: dict[ZoneName, list[asyncio.Future[None]]] = {}

    def validator_came(self) -> None:
        """A validator that lives elsewhere attached to a connection."""
        self._network_thread.settle_again()

    def stop(self) -> None:
        for lane in self._lanes.values():
            lane.stop()

    def start(self, body: bytes, context: Context) -> Answer | asyncio.Future[Answer]:
        """As `respond`: the answer itself where it can be given at once, else a future."""
        try:
            source = parse(body)
        except RpcError as error:
            return encode_error(b"null", error)
        if type(source) is list:
            return self._loop.create_task(self._respond_to_batch(source, context, None))
        request = read_request(source, self._table)
        kind = request.kind
        if kind is Kind.READ:
            given = answer(request, context)
            held = self._settling.settled(_shown(request, context))
            return given if held is None else self._loop.create_task(_after(held, given))
        if kind is Kind.CALL and (given := self._at_once(request, context)) is not None:
            held = self._settling.settled(context.zone_name)
            return given if held is None else self._loop.create_task(_after(held, given))
        if kind is Kind.STATE or kind is Kind.CALL:
            try:
                future = self._lane(kind, context.zone_name).run(answer, request, context)
            except RpcError as error:
                return None if request.id is None else encode_error(request.id, error)
            if not self._settling.is_kept:
                return future
            return self._loop.create_task(self._settled(future, _shown(request, context)))
        if kind is Kind.SEND and request.method is not None and not request.method.may_wait:
            return self._network_thread.send_one(request, context)  # type: ignore[return-value]
        return self._loop.create_task(self._respond_to_one(request, context, None))

    def _at_once(self, request: Request, context: Context) -> Answer:
        """The answer to a call that is short enough for the event loop, None for any other, and where the
        loop first has to look after everybody else."""
        if request.method is None or request.method.briefly is None:
            return None
        if self._tries == 0:
            self._loop.call_soon(self._next_turn)
        self._tries += 1
        return answer_briefly(request, context) if self._tries <= BRIEF_CALLS else None

    def _next_turn(self) -> None:
        self._tries = 0

    async def respond(
        self, body: bytes, context: Context, subscriber: Subscriber | None = None
    ) -> bytes | None:
        """The answer to a request or a batch; None where nothing is answered."""
        try:
            source = parse(body)
        except RpcError as error:
            return encode_error(b"null", error)
        if type(source) is list:
            return await self._respond_to_batch(source, context, subscriber)
        request = read_request(source, self._table)
        if request.kind is Kind.READ and not self._settling.is_kept:
            return answer(request, context)
        if request.kind is Kind.CALL and (given := self._at_once(request, context)) is not None:
            if (held := self._settling.settled(context.zone_name)) is not None:
                await held
            return given
        return await self._respond_to_one(request, context, subscriber)

    async def _respond_to_one(
        self, request: Request, context: Context, subscriber: Subscriber | None
    ) -> Answer:
        return (await self._run(request.kind, [request], context, self._allowance(), subscriber))[0]

    async def _respond_to_batch(
        self, entries: list[object], context: Context, subscriber: Subscriber | None
    ) -> bytes | None:
        refusal = batch_refusal(len(entries), self._settings)
        if refusal is not None:
            return encode_error(b"null", refusal)
        requests = [read_request(entry, self._table) for entry in entries]
        answers: list[bytes] = []
        allowance = self._allowance()
        for kind, run in runs(requests):
            given = await self._run(kind, run, context, allowance, subscriber)
            answers += [entry for entry in given if entry is not None]
        return join_batch(answers) if answers else None

    def _allowance(self) -> Allowance:
        return Allowance(self._settings.batch_response_bytes, time.monotonic() + self._settings.batch_seconds)

    async def _run(
        self,
        kind: Kind,
        requests: Sequence[Request],
        context: Context,
        allowance: Allowance,
        subscriber: Subscriber | None,
    ) -> Sequence[Answer]:
        match kind:
            case Kind.READ:
                answers = answer_all(requests, context, allowance)
                if (held := self._settling.settled(_shown_by_all(requests, context))) is not None:
                    await held
                return answers
            case Kind.STATE | Kind.CALL:
                try:
                    future = self._lane(kind, context.zone_name).run(answer_all, requests, context, allowance)
                except RpcError as error:
                    return [None if entry.id is None else encode_error(entry.id, error) for entry in requests]
                return await self._settled(future, _shown_by_all(requests, context))
            case Kind.PROVE:
                return await self._network_thread.read(requests, context, allowance)
            case Kind.WRITE:
                return await self._network_thread.write(requests, context, allowance)
            case Kind.SETTLE:
                return await self._network_thread.settle(requests, context)
            case Kind.SEND:
                outcomes = await self._network_thread.send(requests, context)
                return [
                    await self._await_receipt(outcome, context) if isinstance(outcome, Awaiting) else outcome
                    for outcome in outcomes
                ]
            case Kind.SUBSCRIBE:
                if subscriber is None:
                    return answer_all(requests, context, allowance)
                return [subscriber.subscribe(request, context) for request in requests]

    async def _settled(self, future: asyncio.Future[Result], shown: ZoneName | None) -> Result:
        """The result, once it shows nothing of the zone (None: of the network) that is not written yet."""
        result = await future
        if (held := self._settling.settled(shown)) is not None:
            await held
        return result

    def _lane(self, kind: Kind, zone: ZoneName) -> Lane:
        lane = self._lanes.get((kind, zone))
        if lane is None:
            size = CALL_THREADS if kind is Kind.CALL else STATE_THREADS
            lane = self._lanes[kind, zone] = Lane(f"{zone}-{kind.value}", size, self._loop)
        return lane

    # ------------------------------------------------------------ receipts that are waited for

    async def _await_receipt(self, awaiting: Awaiting, context: Context) -> Answer:
        self._follow(context.zone_name)
        deadline = self._loop.time() + awaiting.awaited.timeout
        while True:
            changed: asyncio.Future[None] = self._loop.create_future()
            waiters = self._receipt_waiters.setdefault(context.zone_name, [])
            waiters.append(changed)
            # Looked at after the registration: a block sealed in between is not missed.
            found = awaiting.look(context)
            if found is None:
                left = deadline - self._loop.time()
                _, pending = await asyncio.wait([changed], timeout=max(0.0, left))
                if not pending:
                    continue
                found = awaiting.give_up()
            if changed in waiters:
                waiters.remove(changed)
            if (held := self._settling.settled(context.zone_name)) is not None:
                await held
            return found

    def zone_changed(self, zone: ZoneName) -> None:
        """Blocks were sealed: those who wait for receipts look again."""
        waiters = self._receipt_waiters.pop(zone, [])
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)


def _shown(request: Request, context: Context) -> ZoneName | None:
    """The zone that an answer shows something of; None: several, and the network as a whole."""
    return None if request.name.startswith(OF_THE_NETWORK) else context.zone_name


def _shown_by_all(requests: Sequence[Request], context: Context) -> ZoneName | None:
    is_of_network = any(request.name.startswith(OF_THE_NETWORK) for request in requests)
    return None if is_of_network else context.zone_name


async def _after(held: asyncio.Future[None], given: Answer) -> Answer:
    await held
    return given
