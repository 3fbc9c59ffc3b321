"""GET /network/delivery: what a height's producers handed out for a validator, in pieces."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from devnet.chain.types import Hash32

if TYPE_CHECKING:
    from devnet.network import Network
    from devnet.settlement.remote.deliveries import Part

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

DELIVERY_PATH = "/network/delivery"
_TEXT = (b"content-type", b"text/plain; charset=utf-8")
_BINARY = (b"content-type", b"application/octet-stream")
_SIZE_HEADER = b"x-zero-size"
_MOST_DIGITS = 20


class Delivery:
    """Serves the path. Encoding happens beside the event loop, one piece after the other."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._turn = asyncio.Semaphore(2)

    async def serve(self, scope: Scope, send: Send) -> None:
        """Answers a request to the path."""
        if scope["method"] != "GET":
            await _reply(send, 405, [_TEXT], b"GET what was handed out here\n")
            return
        wanted = _wanted(scope)
        if wanted is None:
            usage = b"update=0x..., part=package or columns, holder=index, offset=bytes\n"
            await _reply(send, 400, [_TEXT], usage)
            return
        async with self._turn:
            piece = await asyncio.to_thread(self._network.hub.deliveries.read, *wanted)
        if piece is None:
            await _reply(send, 404, [_TEXT], b"nobody hands that out, or no longer\n")
        else:
            await _reply(send, 200, [_BINARY, (_SIZE_HEADER, b"%d" % piece.size)], piece.data)


def _wanted(scope: Scope) -> tuple[Hash32, Part, int, int] | None:
    from devnet.settlement.remote.deliveries import Part

    given = parse_qs(scope["query_string"].decode("latin-1"))
    try:
        update = bytes.fromhex(given["update"][-1].removeprefix("0x"))
        part = Part(given["part"][-1])
        holder, offset = (given[name][-1] for name in ("holder", "offset"))
    except (KeyError, ValueError):
        return None
    numbers = (holder, offset)
    if len(update) != 32 or not all(n.isascii() and n.isdigit() and len(n) <= _MOST_DIGITS for n in numbers):
        return None
    return Hash32(update), part, int(holder), int(offset)


async def _reply(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})
