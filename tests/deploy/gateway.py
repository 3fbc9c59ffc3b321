"""A provider in front of a node: it lets through what providers do, and loses answers on demand."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from tests.cli.process import PATIENCE

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_PUBLIC = ("eth_", "net_")
_NOT_PUBLIC = ("eth_accounts", "eth_sendTransaction", "eth_sign", "eth_getTransactionBySenderAndNonce")


class Gateway:
    """Runs from `with` to its end. Methods that public providers do not have are refused, so that the node
    behind looks like any chain's."""

    def __init__(
        self,
        node: str,
        loses: Callable[[str], bool] = lambda method: False,
        *,
        before: Callable[[str], None] = lambda method: None,
        is_public: bool = True,
        refuses: tuple[str, ...] = (),
    ) -> None:
        """`loses` says for each method whether its answer gets lost after the node has done it; `before` is
        called before the node gets it."""
        gateway = self
        self.methods: list[str] = []
        self._node, self._loses, self._before = node, loses, before
        self._is_public, self._refuses = is_public, refuses

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                calls = body if isinstance(body, list) else [body]
                answers = [gateway.answer(call) for call in calls]
                if None in answers:
                    self.close_connection = True
                    return
                reply = json.dumps(answers if isinstance(body, list) else answers[0]).encode()
                try:
                    self.send_response(200)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(reply)))
                    self.end_headers()
                    self.wfile.write(reply)
                except ConnectionError:
                    # Who asked has been killed meanwhile.
                    self.close_connection = True

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def answer(self, call: dict[str, Any]) -> Any:
        """The node's; None where it gets lost."""
        method = call["method"]
        self.methods.append(method)
        is_allowed = method.startswith(_PUBLIC) and method not in _NOT_PUBLIC
        if (self._is_public and not is_allowed) or method in self._refuses:
            error = {"code": -32601, "message": f"the method {method} is not available"}
            return {"jsonrpc": "2.0", "id": call.get("id"), "error": error}
        self._before(method)
        request = urllib.request.Request(
            self._node, json.dumps(call).encode(), {"Content-Type": "application/json"}
        )
        with _OPENER.open(request, timeout=PATIENCE) as reply:
            answer = json.load(reply)
        return None if self._loses(method) else answer

    def __enter__(self) -> Gateway:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(PATIENCE)
