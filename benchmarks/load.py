"""A client that costs little: pre-encoded HTTP requests over a few kept-alive connections."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

MARK = b"content-length:"


def http_request(port: int, body: bytes) -> bytes:
    """A whole HTTP/1.1 POST of a JSON body, ready for the socket."""
    head = (
        f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
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


async def _one_connection(port: int, requests: Sequence[bytes], done: list[int], errors: list[int]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for request in requests:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            lowered = head.lower()
            start = lowered.index(MARK) + len(MARK)
            body = await reader.readexactly(int(lowered[start : lowered.index(b"\r", start)]))
            done[0] += 1
            if b'"error"' in body:
                errors[0] += 1
    finally:
        writer.close()


async def _run(port: int, lanes: Sequence[Sequence[bytes]], limit: float) -> LoadResult:
    done, errors = [0], [0]
    started = time.perf_counter()
    finished = True
    try:
        async with asyncio.timeout(limit), asyncio.TaskGroup() as group:
            for lane in lanes:
                group.create_task(_one_connection(port, lane, done, errors))
    except TimeoutError:
        finished = False
    return LoadResult(done[0], time.perf_counter() - started, finished, errors[0])


def run_load(port: int, lanes: Sequence[Sequence[bytes]], limit: float = 60.0) -> LoadResult:
    """Sends each lane's requests one after the other on a connection of its own, all lanes at once."""
    return asyncio.run(_run(port, lanes, limit))
