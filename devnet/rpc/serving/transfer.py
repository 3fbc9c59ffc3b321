"""GET /network/dump and POST /network/load: a whole network as one stream (`devnet.dump`).

No web page may do either: a dump holds the network's words, and a load replaces everything. So both need a
header that a page cannot send without asking first, and the question (a preflight) is refused.
"""

from __future__ import annotations

import asyncio
import errno
import tempfile
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import parse_qs

import orjson

from devnet.dump.errors import DumpError, Fault
from devnet.persistence.errors import WriteFailed
from devnet.rpc.serving.network_thread import NetworkThread

if TYPE_CHECKING:
    from devnet.network import Network

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

DUMP_PATH = "/network/dump"
LOAD_PATH = "/network/load"
TRANSFER_PATHS = frozenset({DUMP_PATH, LOAD_PATH})
REQUEST_HEADER = b"x-zero-request"
"""Must be there, with any value."""

MAX_DUMP_BYTES = 64 * 1024**3
"""Of a dump that is received, as it is stored."""

_CHUNK = 1024 * 1024
_JSON = (b"content-type", b"application/json")
_STATUS = {
    Fault.NOT_A_DUMP: 422,
    Fault.NEWER_FORMAT: 422,
    Fault.DAMAGED: 422,
    Fault.OTHER_NETWORK: 409,
    Fault.TOO_LARGE: 413,
}


class Transfer:
    """Serves both paths. Dumps are spooled to a temporary file, so that the network goes on while they are
    sent; what is received is spooled and checked before anything changes. One at a time."""

    def __init__(
        self, network: Network, network_thread: NetworkThread, max_bytes: int = MAX_DUMP_BYTES
    ) -> None:
        self._network = network
        self._network_thread = network_thread
        self._max_bytes = max_bytes
        self._turn = asyncio.Lock()

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request to one of the two paths."""
        wanted = "GET" if scope["path"] == DUMP_PATH else "POST"
        if scope["method"] != wanted:
            await _refuse(send, 405, "METHOD", f"{scope['path']} takes {wanted}, and nothing from web pages")
        elif not any(name == REQUEST_HEADER for name, _ in scope["headers"]):
            detail = f"send the header {REQUEST_HEADER.decode()}: 1, which keeps web pages out"
            await _refuse(send, 403, "HEADER", detail)
        elif wanted == "GET":
            await self._dump(scope, send)
        else:
            await self._load(scope, receive, send)

    # ------------------------------------------------------------ out

    async def _dump(self, scope: Scope, send: Send) -> None:
        level = _level(scope)
        if level is None:
            await _refuse(send, 400, "LEVEL", "level is one of zlib's, 1 to 9, or 0 for no compression")
            return
        with tempfile.TemporaryFile() as spool:
            try:
                async with self._turn:
                    size = await self._network_thread.run(
                        lambda: self._network.dump(spool, level), changes=False
                    )
            except OSError as error:
                await _refuse(send, 507, "SPOOL", _reason(error))
                return
            spool.seek(0)
            headers = [
                (b"content-type", b"application/octet-stream"),
                (b"content-length", b"%d" % size),
                (b"cache-control", b"no-store"),
            ]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            while chunk := await asyncio.to_thread(spool.read, _CHUNK):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})

    # ------------------------------------------------------------ in

    async def _load(self, scope: Scope, receive: Receive, send: Send) -> None:
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
        with tempfile.TemporaryFile() as spool:
            try:
                if length.isdigit() and int(length) > self._max_bytes:
                    raise self._too_large()
                if not await self._receive(receive, cast(BinaryIO, spool)):
                    return
                async with self._turn:
                    loaded = await self._network_thread.run(lambda: self._replace(cast(BinaryIO, spool)))
            except DumpError as error:
                words = f"{error.fault.value}: {error.detail}"
                await _refuse(send, _STATUS[error.fault], error.fault.name, words, error.advice)
            except OSError as error:
                fault = "WRITE" if isinstance(error, WriteFailed) else "SPOOL"
                await _refuse(send, 507, fault, _reason(error))
            else:
                await _reply(send, 200, orjson.dumps(loaded))

    async def _receive(self, receive: Receive, spool: BinaryIO) -> bool:
        """Whether the whole body came. Raises DumpError (TOO_LARGE) and OSError."""
        size = held = 0
        parts: list[bytes] = []
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return False
            body = message.get("body", b"")
            size += len(body)
            held += len(body)
            parts.append(body)
            if size > self._max_bytes:
                raise self._too_large()
            is_over = not message.get("more_body")
            if held >= _CHUNK or is_over:
                await asyncio.to_thread(spool.write, b"".join(parts))
                held = 0
                parts.clear()
            if is_over:
                await asyncio.to_thread(spool.seek, 0)
                return True

    def _too_large(self) -> DumpError:
        return DumpError(Fault.TOO_LARGE, f"the limit is {self._max_bytes} bytes")

    def _replace(self, spool: BinaryIO) -> dict[str, Any]:
        """On the network thread."""
        self._network.load(spool)
        return {
            "zones": {
                name: {"number": status.number, "hash": "0x" + status.block_hash.hex()}
                for name, status in ((name, zone.status()) for name, zone in self._network.zones.items())
            }
        }


def _level(scope: Scope) -> int | None:
    given = parse_qs(scope["query_string"].decode("latin-1")).get("level")
    if given is None:
        from devnet.dump.container import DEFAULT_LEVEL

        return DEFAULT_LEVEL
    return int(given[-1]) if given[-1] in tuple("0123456789") else None


def _reason(error: OSError) -> str:
    advice = "; free some space, or name another folder with TMPDIR" if error.errno == errno.ENOSPC else ""
    return f"{error.strerror or error}{advice}"


async def _refuse(send: Send, status: int, fault: str, detail: str, advice: str = "") -> None:
    await _reply(send, status, orjson.dumps({"fault": fault, "detail": detail, "advice": advice}))


async def _reply(send: Send, status: int, body: bytes) -> None:
    headers = [_JSON, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
