"""The usual request without a detour: a POST with a JSON body on a kept-alive HTTP/1.1 connection.

uvicorn builds a scope, a cycle of messages and a task for every request, which takes several times as long
as answering a cheap one. `PostProtocol` reads plain POSTs itself. A connection on which anything else arrives
(GET, preflight, WebSocket, chunks, a large body, a request that has to be refused) is handed to uvicorn for
good, together with the bytes that are not answered yet.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import httptools

from devnet.rpc.context import Context
from devnet.rpc.serving.application import Application
from devnet.rpc.serving.responder import Responder

if TYPE_CHECKING:
    import uvicorn
    from uvicorn.server import ServerState

_LOG = logging.getLogger(__name__)

PLAIN_BODY_LIMIT = 1024 * 1024
"""Bytes of a body that is collected here."""

_HEAD_LIMIT = 2048
_KNOWN_HEADS = 1000
_END_OF_HEAD = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class _Plan:
    """What all requests with one head have in common."""

    context: Context
    length: int
    """Bytes of the body."""
    answered: bytes
    """The head of an answer, without its length."""
    accepted: bytes
    """The whole answer where there were only notifications."""
    is_last: bool
    """Whether the client wants the connection closed after the answer."""


class Heads:
    """Request heads that were read before, by port: a client sends the same few over and over."""

    def __init__(self, application: Application, responder: Responder) -> None:
        self.responder = responder
        self._application = application
        self._plans: dict[tuple[int, bytes], _Plan] = {}

    def plan(self, port: int, head: bytes) -> _Plan | None:
        """How to serve a request with this head, None where it is not a plain POST."""
        plan = self._plans.get((port, head))
        if plan is None and len(head) <= _HEAD_LIMIT:
            plan = self._read(port, head)
            if plan is not None:
                if len(self._plans) >= _KNOWN_HEADS:
                    self._plans.clear()
                self._plans[port, head] = plan
        return plan

    def _read(self, port: int, head: bytes) -> _Plan | None:
        fields = _Fields()
        parser = httptools.HttpRequestParser(fields)
        try:
            parser.feed_data(head + _END_OF_HEAD)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            return None
        headers = fields.headers
        if (
            parser.get_method() != b"POST"
            or parser.get_http_version() != "1.1"
            or fields.is_repeated
            or not headers.keys().isdisjoint((b"transfer-encoding", b"expect", b"upgrade"))
        ):
            return None
        length = headers.get(b"content-length", b"")
        if not length.isdigit() or int(length) > PLAIN_BODY_LIMIT:
            return None
        admitted = self._application.admit(
            fields.url.decode("latin-1"), port, int(length), headers.get(b"host"), headers.get(b"origin")
        )
        if admitted is None:
            return None
        context, cors = admitted
        is_last = not parser.should_keep_alive()
        extra = b"".join(b"%b: %b\r\n" % header for header in cors)
        if is_last:
            extra += b"connection: close\r\n"
        return _Plan(
            context,
            int(length),
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n" + extra + b"content-length: ",
            b"HTTP/1.1 204 No Content\r\n" + extra + b"\r\n",
            is_last,
        )


class _Fields:
    """Collects what the parser finds in a head."""

    def __init__(self) -> None:
        self.url = b""
        self.headers: dict[bytes, bytes] = {}
        self.is_repeated = False
        """Whether a header came twice."""

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        self.is_repeated = self.is_repeated or name in self.headers
        self.headers[name] = value


class PostProtocol(asyncio.Protocol):
    """One connection, one request at a time; what a client sends ahead waits."""

    def __init__(
        self,
        heads: Heads,
        *,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._heads = heads
        self._config = config
        self._server_state = server_state
        self._app_state = app_state
        self._loop = _loop or asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._port = 0
        self._received = bytearray()
        """Not served yet."""
        self._wanted = 0
        """Bytes that `_received` needs before a request is whole."""
        self._is_answering = False
        self._is_writing_paused = False
        self._is_reading_paused = False
        self._is_ending = False
        self._is_gone = False
        self._active = 0.0
        self._timer: asyncio.TimerHandle | None = None

    # ------------------------------------------------------------ the connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        own = transport.get_extra_info("sockname")
        # None where the client was gone before it was let in.
        self._port = own[1] if own else 0
        self._server_state.connections.add(self)  # type: ignore[arg-type]
        self._active = self._loop.time()
        self._timer = self._loop.call_later(self._config.timeout_keep_alive, self._end_if_idle)

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()
        self._is_gone = True
        self._received.clear()

    @property
    def transport(self) -> asyncio.Transport:
        """Under the name that uvicorn's protocols have for it."""
        return self._transport

    def shutdown(self) -> None:
        """Ends the connection once its request is answered. uvicorn's server calls it."""
        self._is_ending = True
        if not self._is_answering:
            self._transport.close()

    def _leave(self) -> None:
        self._server_state.connections.discard(self)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end_if_idle(self) -> None:
        """Whoever sends no whole request for so long is not waited for any longer."""
        limit = self._config.timeout_keep_alive
        idle = 0.0 if self._is_answering else self._loop.time() - self._active
        if idle >= limit:
            self._transport.close()
        else:
            self._timer = self._loop.call_later(limit - idle, self._end_if_idle)

    def _hand_over(self, data: bytes) -> None:
        """Lets uvicorn serve this connection, from these bytes on."""
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

        self._leave()
        protocol = HttpToolsProtocol(
            config=self._config,
            server_state=self._server_state,
            app_state=self._app_state,
            _loop=self._loop,
        )
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        protocol.data_received(data)

    # ------------------------------------------------------------ requests

    def data_received(self, data: bytes) -> None:
        if self._is_gone:
            return
        if self._received or self._is_busy:
            self._received += data
            if self._is_busy:
                self._is_reading_paused = True
                self._transport.pause_reading()
                return
            if len(self._received) < self._wanted:
                return
            data = self._take_received()
        self._serve(data)

    @property
    def _is_busy(self) -> bool:
        return self._is_answering or self._is_writing_paused

    def _take_received(self) -> bytes:
        data = bytes(self._received)
        self._received.clear()
        self._wanted = 0
        return data

    def _serve(self, data: bytes) -> None:
        """Serves the requests in `data` as far as they are whole."""
        while data and not self._is_gone:
            if self._is_busy:
                self._received += data
                return
            head, end, body = data.partition(_END_OF_HEAD)
            plan = self._heads.plan(self._port, head) if end else None
            if plan is None:
                self._hand_over(data)
                return
            missing = plan.length - len(body)
            if missing > 0:
                self._received += data
                self._wanted = len(data) + missing
                return
            data = b""
            if missing < 0:
                body, data = body[: plan.length], body[plan.length :]
            self._answer(plan, body)

    def _answer(self, plan: _Plan, body: bytes) -> None:
        self._active = self._loop.time()
        answer = self._heads.responder.start(body, plan.context)
        if isinstance(answer, asyncio.Future):
            self._is_answering = True
            answer.add_done_callback(partial(self._answered, plan))
        else:
            self._write(plan, answer)

    def _answered(self, plan: _Plan, done: asyncio.Future[bytes | None]) -> None:
        self._is_answering = False
        if self._is_gone:
            return
        if done.cancelled() or done.exception() is not None:
            _LOG.error("a request got no answer", exc_info=None if done.cancelled() else done.exception())
            self._transport.close()
            return
        self._write(plan, done.result())
        self._active = self._loop.time()
        self._go_on()

    def _write(self, plan: _Plan, answer: bytes | None) -> None:
        if answer is None:
            self._transport.write(plan.accepted)
        else:
            self._transport.write(b"%b%d\r\n\r\n%b" % (plan.answered, len(answer), answer))
        if plan.is_last:
            self._is_gone = True
            self._transport.close()

    def _go_on(self) -> None:
        """A request was answered, or the client reads again."""
        if self._is_busy or self._is_gone:
            return
        if self._is_ending:
            self._transport.close()
            return
        if self._is_reading_paused:
            self._is_reading_paused = False
            self._transport.resume_reading()
        if self._received:
            self._serve(self._take_received())

    # ------------------------------------------------------------ a client that does not read

    def pause_writing(self) -> None:
        self._is_writing_paused = True

    def resume_writing(self) -> None:
        self._is_writing_paused = False
        self._go_on()
