"""A client that costs little: pre-encoded HTTP requests over a few kept-alive connections."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_MARK = b"content-length:"
_END_OF_HEAD = b"\r\n\r\n"


def http_request(port: int, body: bytes, path: str = "/") -> bytes:
    """A whole HTTP/1.1 POST of a JSON body, ready for the socket."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What a run of requests took; `finished` is False when the time limit ended it."""

    requests: int
    seconds: float
    finished: bool
    errors: int

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


class _Lane(asyncio.Protocol):
    """One connection: each request goes out when the answer to the one before is whole."""

    def __init__(self, requests: Sequence[bytes]) -> None:
        self._requests = iter(requests)
        self._transport: asyncio.Transport
        self._received = b""
        self._wanted = 0
        """Bytes of an answer whose head is there; 0 where it is not."""
        self.done = 0
        self.errors = 0
        self.is_over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        self._go_on()

    def _go_on(self) -> None:
        request = next(self._requests, None)
        if request is not None:
            self._transport.write(request)
        elif not self.is_over.done():
            self.is_over.set_result(None)

    def data_received(self, data: bytes) -> None:
        self._received = received = self._received + data if self._received else data
        if not self._wanted:
            end = received.find(_END_OF_HEAD)
            if end < 0:
                return
            head = received[:end].lower()
            start = head.find(_MARK) + len(_MARK)
            line_end = head.find(b"\r", start)
            length = int(head[start : line_end if line_end >= 0 else end])
            self._wanted = end + len(_END_OF_HEAD) + length
        if len(received) < self._wanted:
            return
        self.errors += b'"error"' in received
        self.done += 1
        self._received = b""
        self._wanted = 0
        self._go_on()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.is_over.done():
            self.is_over.set_exception(exc or ConnectionError("the peer closed the connection"))


async def _run(port: int, lanes: Sequence[Sequence[bytes]], limit: float) -> LoadResult:
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    finished = True
    connections: list[_Lane] = []
    transports: list[asyncio.BaseTransport] = []
    try:
        async with asyncio.timeout(limit):
            for lane in lanes:
                transport, connection = await loop.create_connection(
                    lambda lane=lane: _Lane(lane),  # type: ignore[misc]
                    "127.0.0.1",
                    port,
                )
                connections.append(connection)
                transports.append(transport)
            await asyncio.gather(*[connection.is_over for connection in connections])
    except TimeoutError:
        finished = False
    seconds = time.perf_counter() - started
    for opened in transports:
        opened.close()
    done = sum(connection.done for connection in connections)
    return LoadResult(done, seconds, finished, sum(connection.errors for connection in connections))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def run_load(port: int, lanes: Sequence[Sequence[bytes]], limit: float = 60.0) -> LoadResult:
    """Sends each lane's requests one after the other on a connection of its own, all lanes at once."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_run(port, lanes, limit))
