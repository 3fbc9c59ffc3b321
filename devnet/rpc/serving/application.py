"""The ASGI application: routes, checks, HTTP bodies; JSON-RPC itself is the responder's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import orjson

from devnet.chain.types import ZoneName
from devnet.rpc.context import Context, RpcSettings
from devnet.rpc.observer import Observation
from devnet.rpc.serving.connection import Connection
from devnet.rpc.serving.cors import Cors, Headers
from devnet.rpc.serving.delivery import DELIVERY_PATH, Delivery
from devnet.rpc.serving.hosts import HostCheck
from devnet.rpc.serving.pages import endpoints_page
from devnet.rpc.serving.responder import Responder
from devnet.rpc.serving.subscriptions import Hub
from devnet.rpc.serving.transfer import TRANSFER_PATHS, Transfer

if TYPE_CHECKING:
    from devnet.network import Network

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

_JSON = (b"content-type", b"application/json")
_TEXT = (b"content-type", b"text/plain; charset=utf-8")
_HTML = (b"content-type", b"text/html; charset=utf-8")
_CLOSING = 1.0
"""Seconds for a refused connection to be closed."""

_POLICY_VIOLATION = 1008


class Application:
    """Serves every zone at its paths, or the one zone of a port where a port belongs to one."""

    def __init__(
        self,
        network: Network,
        settings: RpcSettings,
        responder: Responder,
        hub: Hub,
        follow: Callable[[ZoneName], None],
        observe: Callable[[Observation], None],
        hosts: HostCheck,
        cors: Cors,
        max_body_bytes: int,
        zone_of_port: Mapping[int, ZoneName],
        transfer: Transfer,
        beside: Mapping[str, Asgi],
    ) -> None:
        self._network = network
        self._settings = settings
        self._responder = responder
        self._hub = hub
        self._follow = follow
        self._hosts = hosts
        self._cors = cors
        self._max_body = max_body_bytes
        self._zone_of_port = zone_of_port
        self._transfer = transfer
        self._delivery = Delivery(network)
        self._beside = tuple(beside.items())
        self._contexts = {name: Context(network, name, settings, observe) for name in network.zones}
        self._by_path = {f"/{name}": context for name, context in self._contexts.items()}
        self._by_path["/"] = self._contexts[ZoneName(network.default_zone.config.name)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "http":
            await self._http(scope, receive, send)
        elif kind == "websocket":
            await self._websocket(scope, receive, send)

    # ------------------------------------------------------------ routes

    def _context(self, scope: Scope) -> Context | None:
        """The zone of the path; on a zone's own port its root is that zone."""
        path = scope["path"]
        if path == "/" or path == "":
            own = self._zone_of_port.get(scope["server"][1])
            return self._by_path["/"] if own is None else self._contexts[own]
        return self._by_path.get(path) or self._by_chain_id(path)

    def _by_chain_id(self, path: str) -> Context | None:
        name = path.strip("/")
        if not name.isascii() or not name.isdigit() or len(name) > 20:
            return self._by_path.get(f"/{name}") if path.endswith("/") else None
        # A zone's chain id can change, so that paths by chain id are looked up.
        for context in self._contexts.values():
            if context.zone.config.chain_id == int(name):
                return context
        return None

    # ------------------------------------------------------------ HTTP

    def admit(
        self, path: str, port: int, length: int, host: bytes | None, origin: bytes | None
    ) -> tuple[Context, Headers] | None:
        """The zone and the cross-origin headers for a POST to one of the fixed paths; None where it needs a
        closer look or is refused."""
        if length > self._max_body or not self._hosts.passes(host) or not self._cors.is_allowed(origin):
            return None
        own = self._zone_of_port.get(port) if path == "/" else None
        context = self._by_path.get(path) if own is None else self._contexts[own]
        return None if context is None else (context, self._cors.headers(origin))

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        host = origin = None
        length = 0
        for name, value in scope["headers"]:
            if name == b"host":
                host = value
            elif name == b"origin":
                origin = value
            elif name == b"content-length" and value.isdigit():
                length = int(value)
        if not self._hosts.passes(host):
            await _reply(send, 403, [_TEXT], _host_refusal(host))
            return
        method = scope["method"]
        if scope["path"] == DELIVERY_PATH:
            if self._cors.is_allowed(origin):
                await self._delivery.serve(scope, send)
            else:
                await _reply(send, 403, [_TEXT], b"this origin is not allowed (--allow-origin)\n")
            return
        if scope["path"] in TRANSFER_PATHS:
            await self._transfer.serve(scope, receive, send)
            return
        for prefix, application in self._beside:
            if scope["path"].startswith(prefix):
                if origin is not None:
                    await _reply(send, 403, [_TEXT], b"nothing here is for web pages\n")
                else:
                    await application(scope, receive, send)
                return
        if method == "OPTIONS":
            await _reply(send, 204, self._cors.preflight_headers(dict(scope["headers"])), b"")
            return
        cors = self._cors.headers(origin)
        if method != "POST":
            await self._get(scope, send, cors)
            return
        context = self._context(scope)
        if context is None:
            await _reply(send, 404, [_TEXT, *cors], self._no_such_zone(scope["path"]))
            return
        if not self._cors.is_allowed(origin):
            await _reply(send, 403, [_TEXT, *cors], b"this origin is not allowed (--allow-origin)\n")
            return
        body = None if length > self._max_body else await self._read(receive)
        if body is None:
            await _reply(send, 413, [_TEXT, *cors], f"the limit is {self._max_body} bytes\n".encode())
            return
        try:
            answered = await self._responder.respond(body, context)
        except asyncio.CancelledError:
            # The server stops and has waited long enough.
            await _reply(send, 503, [_TEXT, *cors], b"the network is stopping\n")
            return
        if answered is None:
            await _reply(send, 204, cors, b"")
        else:
            await _reply(send, 200, [_JSON, *cors], answered)

    async def _read(self, receive: Receive) -> bytes | None:
        """The whole body; None where it is too large."""
        message = await receive()
        body: bytes = message.get("body", b"")
        if not message.get("more_body"):
            return body if len(body) <= self._max_body else None
        parts = [body]
        size = len(body)
        while message.get("more_body"):
            message = await receive()
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._max_body:
                return None
        return b"".join(parts)

    async def _get(self, scope: Scope, send: Send, cors: Headers) -> None:
        path = scope["path"]
        if scope["method"] not in ("GET", "HEAD"):
            await _reply(
                send, 405, [_TEXT, (b"allow", b"POST, GET, OPTIONS"), *cors], b"POST JSON-RPC here\n"
            )
        elif path == "/health":
            await _reply(send, 200, [_JSON, *cors], orjson.dumps(self._health()))
        elif path == "/":
            await _reply(send, 200, [_HTML, *cors], self._page(scope))
        elif self._context(scope) is not None:
            text = b"POST JSON-RPC here, or connect by WebSocket\n"
            await _reply(send, 405, [_TEXT, (b"allow", b"POST, OPTIONS"), *cors], text)
        else:
            await _reply(send, 404, [_TEXT, *cors], self._no_such_zone(path))

    def _health(self) -> dict[str, Any]:
        fault = self._network.write_fault
        return {
            "status": "ok" if fault is None else f"read-only: {fault}",
            "zones": {
                name: {"chainId": context.zone.config.chain_id, "number": context.zone.number()}
                for name, context in self._contexts.items()
            },
        }

    def _page(self, scope: Scope) -> bytes:
        host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
        return endpoints_page(
            self._settings.client_version,
            (
                (name, context.zone.config.chain_id, f"http://{host}/{name}")
                for name, context in self._contexts.items()
            ),
        )

    def _no_such_zone(self, path: str) -> bytes:
        known = ", ".join(f"/{name}" for name in self._contexts)
        return f"no zone at {path[:100]!r}; there are {known}, and each chain id\n".encode("utf-8", "replace")

    # ------------------------------------------------------------ WebSocket

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        context = self._context(scope)
        is_welcome = self._hosts.passes(headers.get(b"host")) and self._cors.is_allowed(
            headers.get(b"origin")
        )
        if context is None and is_welcome:
            await _refuse_upgrade(scope, receive, send, 404, self._no_such_zone(scope["path"]))
            return
        if context is None or not is_welcome:
            await _refuse_upgrade(scope, receive, send, 403, b"this host or origin is not allowed\n")
            return
        await Connection(context, self._responder, self._hub, self._follow, receive, send).serve()


def _host_refusal(host: bytes | None) -> bytes:
    name = (host or b"").decode("latin-1").partition(":")[0][:100]
    return (
        f"the host {name!r} is not allowed: a web page could reach this devnet through a name that points"
        f" here. Start it with --allow-host {name} to allow it.\n"
    ).encode()


async def _refuse_upgrade(scope: Scope, receive: Receive, send: Send, status: int, body: bytes) -> None:
    """Answers a WebSocket's handshake as HTTP does, where the server lets it (ASGI's denial response)."""
    await receive()
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        return
    headers = [_TEXT, (b"content-length", b"%d" % len(body))]
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})
    # uvicorn logs an error where the application returns before the connection is closed. It tells of the end
    # twice: at once, and when the connection is closed.
    with suppress(TimeoutError):
        async with asyncio.timeout(_CLOSING):
            await receive()
            await receive()


async def _reply(send: Send, status: int, headers: Headers, body: bytes) -> None:
    length = [] if status == 204 else [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *length]})
    await send({"type": "http.response.body", "body": body})
