"""A network behind HTTP and WebSocket.

    server = RpcServer(network, ServerOptions(port=0))
    server.start()
    server.url("alpha")     # http://127.0.0.1:<port>/alpha
    server.stop()

While a server runs, the network belongs to it: only its network thread may change it.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from devnet.chain.types import ZoneName
from devnet.rpc.context import RpcSettings, ignore
from devnet.rpc.observer import Observer
from devnet.rpc.serving.application import Application, Asgi
from devnet.rpc.serving.cors import Cors
from devnet.rpc.serving.events import EventFeed, ObserverThread
from devnet.rpc.serving.hosts import HostCheck
from devnet.rpc.serving.message_feed import MessageFeed
from devnet.rpc.serving.network_thread import NetworkThread
from devnet.rpc.serving.responder import Responder
from devnet.rpc.serving.settlement_news import SettlementNews
from devnet.rpc.serving.subscriptions import Hub
from devnet.rpc.serving.syncer import Syncer
from devnet.rpc.serving.transfer import MAX_DUMP_BYTES, Transfer
from devnet.zone.messages import Event

if TYPE_CHECKING:
    import uvicorn

    from devnet.network import Network

_LOG = logging.getLogger(__name__)

SWITCH_INTERVAL = 0.0005
"""Seconds after which a thread that computes hands the interpreter to the event loop (Python's default is ten
times that)."""

_STOP_TIMEOUT = 5.0

_GRACE = 2.0
"""Seconds that a stop waits for requests that are being answered."""

_LAST_WORDS = 0.1
"""Seconds for the answer that the server stops."""


class PortInUse(OSError):
    """Somebody listens there already."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(errno.EADDRINUSE, f"{host}:{port} is in use")
        self.host = host
        self.port = port


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """Where and for whom a network is served."""

    hosts: tuple[str, ...] = ("127.0.0.1",)
    port: int = 8545
    """0 takes a free one."""
    zone_ports: Mapping[str, int] = field(default_factory=dict)
    """Ports at whose root one zone is, beside the common port; 0 takes a free one."""
    allow_hosts: tuple[str, ...] = ()
    """Host names beside localhost and IP addresses; "*" allows all."""
    allow_origins: tuple[str, ...] = ("*",)
    max_body_bytes: int = 32 * 1024 * 1024
    """Of an HTTP body and of a WebSocket message."""
    max_dump_bytes: int = MAX_DUMP_BYTES
    """Of a dump that is received (`zero load`)."""
    rpc: RpcSettings = field(default_factory=RpcSettings)
    beside: Mapping[str, Asgi] = field(default_factory=dict)
    """ASGI applications that answer all HTTP below a path; not for web pages of other origins."""


class RpcServer:
    """Serves a network from a thread of its own."""

    def __init__(
        self, network: Network, options: ServerOptions | None = None, observer: Observer | None = None
    ) -> None:
        self._network = network
        self._options = options or ServerOptions()
        self._observer = observer
        self._sockets: list[socket.socket] = []
        self._ports: dict[str, int] = {}
        self._port = 0
        self._thread: threading.Thread | None = None
        self._is_ready = threading.Event()
        self._fault: BaseException | None = None
        self._uvicorn: uvicorn.Server | None = None
        self._is_changing = False
        """Whether the network thread changes the network."""

    # ------------------------------------------------------------ from outside

    @property
    def port(self) -> int:
        """The common port."""
        return self._port

    @property
    def zone_ports(self) -> Mapping[str, int]:
        """The ports that belong to one zone each."""
        return dict(self._ports)

    def url(self, zone: str | None = None) -> str:
        """The HTTP address of a zone, the default zone's without one. Raises KeyError for an unknown zone."""
        host = _host_in_url(self._options.hosts[0])
        base = f"http://{host}:{self._port}"
        if zone is None:
            return base
        if zone not in self._network.zones:
            raise KeyError(zone)
        return f"{base}/{zone}"

    def ws_url(self, zone: str | None = None) -> str:
        """The WebSocket address, as `url`."""
        return "ws" + self.url(zone).removeprefix("http")

    def start(self) -> None:
        """Binds the ports and serves. Raises PortInUse, and OSError for an address that is not there."""
        self._bind()
        self._thread = threading.Thread(target=self._serve, name="rpc-server", daemon=True)
        self._thread.start()
        self._is_ready.wait()
        if self._fault is not None:
            self.stop()
            raise RuntimeError("the server did not start") from self._fault

    def stop(self) -> bool:
        """Ends connections, waits for writes that were accepted, and gives the network back. Waits some
        seconds; False where a block takes longer: then the network is still being changed, and nobody may
        touch it but `Network.sync`."""
        if self._uvicorn is not None:
            self._uvicorn.should_exit = True
        if self._thread is not None:
            self._thread.join(2 * _STOP_TIMEOUT)
            self._thread = None
        for bound in self._sockets:
            bound.close()
        self._sockets.clear()
        return not self._is_changing

    def wait(self, timeout: float | None = None) -> bool:
        """Waits until the server has ended; False where the time was up first."""
        thread = self._thread
        if thread is None:
            return True
        thread.join(timeout)
        return not thread.is_alive()

    def __enter__(self) -> RpcServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # ------------------------------------------------------------ ports

    def _bind(self) -> None:
        try:
            self._port = self._bind_port(self._options.port)
            for zone, port in self._options.zone_ports.items():
                self._ports[zone] = self._bind_port(port)
        except BaseException:
            for bound in self._sockets:
                bound.close()
            self._sockets.clear()
            raise

    def _bind_port(self, port: int) -> int:
        """Listens on every host, with the same port."""
        for host in self._options.hosts:
            family, kind, protocol, _, address = socket.getaddrinfo(
                host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            bound = socket.socket(family, kind, protocol)
            self._sockets.append(bound)
            if sys.platform != "win32":
                # On Windows the option would let two servers share a port.
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                bound.bind(address)
                bound.listen(2048)
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    raise PortInUse(host, port) from None
                raise
            bound.setblocking(False)
            port = bound.getsockname()[1]
        return port

    # ------------------------------------------------------------ the server's thread

    def _serve(self) -> None:
        try:
            import uvicorn

            config = uvicorn.Config(
                self._not_ready,
                loop="uvloop" if _has_uvloop() else "asyncio",
                http="httptools",
                ws=_websocket,  # type: ignore[arg-type]
                ws_max_size=self._options.max_body_bytes,
                ws_per_message_deflate=False,
                lifespan="off",
                access_log=False,
                proxy_headers=False,
                log_config=None,
                server_header=False,
                date_header=False,
                timeout_keep_alive=75,
            )
            factory = config.get_loop_factory()
            with asyncio.Runner(loop_factory=factory) as runner:
                runner.run(self._main(config))
        except BaseException as error:
            self._fault = error
            _LOG.exception("the server failed")
        finally:
            self._is_ready.set()

    async def _not_ready(self, scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("the application is set before the server starts")

    async def _main(self, config: uvicorn.Config) -> None:
        loop = asyncio.get_running_loop()
        options = self._options
        observer = None if self._observer is None else ObserverThread(self._observer)
        message_feed = MessageFeed(self._network, loop)
        hub = Hub(SettlementNews(self._network), message_feed)
        responder: Responder

        def deliver(zone: ZoneName, events: Sequence[Event]) -> None:
            hub.deliver(zone, events)
            responder.zone_changed(zone)

        feed = EventFeed(self._network, loop, deliver, None if observer is None else observer.observe)

        def publish(zones: set[ZoneName] | None) -> None:
            feed.publish(zones)
            message_feed.changed()

        network_thread = NetworkThread(self._network, loop, publish)
        responder = Responder(options.rpc, loop, network_thread, feed.follow)
        application = config.app = Application(
            self._network,
            options.rpc,
            responder,
            hub,
            feed.follow,
            ignore if observer is None else observer.observe,
            HostCheck((*options.allow_hosts, *options.hosts)),
            Cors(options.allow_origins),
            options.max_body_bytes,
            {port: ZoneName(zone) for zone, port in self._ports.items()},
            Transfer(self._network, network_thread, options.max_dump_bytes),
            options.beside,
        )
        config.http = _plain_posts_first(application, responder)
        switch_interval = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_INTERVAL)
        syncer = Syncer(self._network)
        self._is_changing = True
        network_thread.start()
        syncer.start()
        try:
            self._uvicorn = _announcing_server(config, self._is_ready)
            await self._uvicorn.serve(sockets=self._sockets)
        finally:
            self._is_changing = not await asyncio.to_thread(network_thread.stop, _STOP_TIMEOUT)
            await asyncio.to_thread(syncer.stop, _STOP_TIMEOUT)
            responder.stop()
            message_feed.stop()
            if observer is not None:
                await asyncio.to_thread(observer.stop, _STOP_TIMEOUT)
            sys.setswitchinterval(switch_interval)


def _websocket(**named: Any) -> asyncio.Protocol:
    """uvicorn's protocol "websockets-sansio", imported with the first WebSocket and not at the start."""
    from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

    return WebSocketsSansIOProtocol(**named)


def _plain_posts_first(application: Application, responder: Responder) -> Any:
    """What makes the protocol of a new connection: `PostProtocol`, and behind it uvicorn's."""
    from devnet.rpc.serving.posts import Heads, PostProtocol

    return partial(PostProtocol, Heads(application, responder))


def _announcing_server(config: uvicorn.Config, is_ready: threading.Event) -> uvicorn.Server:
    """A uvicorn server that sets the event once it listens."""
    import uvicorn

    class AnnouncingServer(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            is_ready.set()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            """As uvicorn's, but what does not end in time is ended without a word in the log."""
            loop = asyncio.get_running_loop()
            patience = loop.call_later(_GRACE, self._end_requests, loop)
            try:
                await super().shutdown(sockets=sockets)
            finally:
                patience.cancel()

        def _end_requests(self, loop: asyncio.AbstractEventLoop) -> None:
            for task in self.server_state.tasks:
                task.cancel()
            loop.call_later(_LAST_WORDS, self._end_connections)

        def _end_connections(self) -> None:
            for connection in list(self.server_state.connections):
                connection.transport.abort()
            self.force_exit = True

    return AnnouncingServer(config)


def _has_uvloop() -> bool:
    try:
        import uvloop  # noqa: F401
    except ImportError:
        return False
    return True


def _host_in_url(host: str) -> str:
    if host in ("0.0.0.0", "::", ""):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
