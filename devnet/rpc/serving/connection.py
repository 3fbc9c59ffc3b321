"""One WebSocket connection: requests in parallel, answers and notifications through one bounded outbox."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from devnet.messages.errors import NoMessaging
from devnet.rpc.context import Context
from devnet.rpc.errors import LIMIT_EXCEEDED, RpcError, message_error
from devnet.rpc.requests import Request, encode_error, encode_result
from devnet.rpc.serving.responder import Responder
from devnet.rpc.serving.subscriptions import Hub, Subscription, read_subscription

if TYPE_CHECKING:
    from devnet.rpc.serving.validator_link import ValidatorLink

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MAX_PARALLEL = 128
"""Requests of one connection that run at once; further ones are not read from the socket meanwhile."""

MAX_SUBSCRIPTIONS = 1_000

MAX_OUTBOX_BYTES = 32 * 1024 * 1024
"""What may wait for a client that does not read; beyond it the connection is closed."""

_TRY_AGAIN_LATER = 1013
_MOST_REASON = 123
"""Bytes that a WebSocket's closing frame has room for."""


class Connection:
    """Serves one client until it goes. `follow(zone)` makes the zone's events arrive at the hub."""

    def __init__(
        self,
        context: Context,
        responder: Responder,
        hub: Hub,
        follow: Callable[[Any], None],
        receive: Receive,
        send: Send,
    ) -> None:
        self._context = context
        self._responder = responder
        self._hub = hub
        self._follow = follow
        self._receive = receive
        self._send = send
        self._subscriptions: dict[str, Subscription] = {}
        self._new: list[Subscription] = []
        """Subscribed, but their ids are not in the outbox yet: no notification may come before."""
        self._outbox: deque[bytes] = deque()
        self._outbox_bytes = 0
        self._has_mail = asyncio.Event()
        self._ending: str | None = None
        """Why the connection is given up, once it is."""
        self._validator: ValidatorLink | None = None

    async def serve(self) -> None:
        await self._receive()
        await self._send({"type": "websocket.accept"})
        writer = asyncio.create_task(self._write())
        tasks: set[asyncio.Task[None]] = set()
        room = asyncio.Semaphore(MAX_PARALLEL)
        try:
            while True:
                message = await self._receive()
                if message["type"] != "websocket.receive":
                    return
                text = message.get("text")
                body = message["bytes"] if text is None else text.encode("utf-8", "surrogatepass")
                await room.acquire()
                task = asyncio.create_task(self._answer(body))
                tasks.add(task)
                task.add_done_callback(lambda done: (tasks.discard(done), room.release()))  # type: ignore[func-returns-value]
        finally:
            for subscription in self._subscriptions.values():
                self._hub.remove(subscription)
            if self._validator is not None:
                self._validator.detach()
            for task in tasks:
                task.cancel()
            writer.cancel()

    async def _answer(self, body: bytes) -> None:
        answered = await self._responder.respond(body, self._context, self)
        if self._new:
            await self._hub.begin(self._new)
        if answered is not None:
            self.push(answered)
        while self._new:
            self._hub.add(self._new.pop())

    # ------------------------------------------------------------ subscriptions

    def subscribe(self, request: Request, context: Context) -> bytes | None:
        """eth_subscribe, eth_unsubscribe, and what validators that live elsewhere say."""
        try:
            result: Any
            if request.name == "eth_subscribe":
                result = self._subscribe(*request.arguments)
            elif request.name == "eth_unsubscribe":
                result = self._unsubscribe(*request.arguments)
            else:
                if request.error is not None:
                    raise request.error
                result = self._as_validator(context).answer(request.name, request.arguments)
        except RpcError as error:
            return None if request.id is None else encode_error(request.id, error)
        return None if request.id is None else encode_result(request.id, result)

    def _subscribe(self, kind: str, options: Any) -> str:
        if len(self._subscriptions) >= MAX_SUBSCRIPTIONS:
            raise RpcError(LIMIT_EXCEEDED, f"a connection has at most {MAX_SUBSCRIPTIONS} subscriptions")
        network = self._context.network
        subscription = read_subscription(
            self._context.zone_name, kind, options, self.push, tuple(network.zones)
        )
        if kind == "messages" and not network.messages.is_there:
            raise message_error(NoMessaging())
        self._follow(self._context.zone_name)
        self._subscriptions[subscription.id] = subscription
        self._new.append(subscription)
        return subscription.id

    def _unsubscribe(self, identifier: str) -> bool:
        subscription = self._subscriptions.pop(identifier, None)
        if subscription is None:
            return False
        if subscription in self._new:
            self._new.remove(subscription)
        self._hub.remove(subscription)
        return True

    def _as_validator(self, context: Context) -> ValidatorLink:
        if self._validator is None:
            # Who has no validators elsewhere need not import what they take.
            from devnet.rpc.serving.validator_link import ValidatorLink

            self._validator = ValidatorLink(context, self.push, self._end, self._responder.validator_came)
        return self._validator

    # ------------------------------------------------------------ the outbox

    def push(self, message: bytes) -> None:
        """Queues a message for the client, or gives the connection up where too much waits already."""
        if self._ending is not None:
            return
        self._outbox.append(message)
        self._outbox_bytes += len(message)
        if self._outbox_bytes > MAX_OUTBOX_BYTES and len(self._outbox) > 1:
            self._end("this client reads too slowly")
        self._has_mail.set()

    def _end(self, reason: str) -> None:
        """Closes the connection, with what waits for it unsaid."""
        if self._ending is None:
            self._ending = reason
            self._outbox.clear()
            self._has_mail.set()

    async def _write(self) -> None:
        while True:
            await self._has_mail.wait()
            self._has_mail.clear()
            while self._outbox:
                message = self._outbox.popleft()
                await self._send({"type": "websocket.send", "text": message.decode()})
                self._outbox_bytes -= len(message)
            if self._ending is not None:
                reason = self._ending.encode()[:_MOST_REASON].decode("utf-8", "ignore")
                await self._send({"type": "websocket.close", "code": _TRY_AGAIN_LATER, "reason": reason})
                return
