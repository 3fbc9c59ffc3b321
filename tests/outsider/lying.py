"""A network that lies in one answer: between who asks and the network, in process or as a proxy over HTTP."""

from __future__ import annotations

import copy
import http.client
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

from devnet.verifying.asking import Asking, Call

Lying = Callable[[str, Sequence[Any], Any], Any]
"""(method, parameters, true answer) -> what is answered; the true answer may be changed in place."""


def about(method: str, change: Callable[[Any], None], *first: Any) -> Lying:
    """Changes the answers of one method (with these first parameters) that are not null."""

    def lie(asked: str, parameters: Sequence[Any], answer: Any) -> Any:
        if asked == method and answer is not None and list(parameters[: len(first)]) == list(first):
            change(answer)
        return answer

    return lie


class LyingAsking:
    """Asks another, and lies. `told` counts the answers that were changed."""

    def __init__(self, ask: Asking, lie: Lying) -> None:
        self._ask = ask
        self._lie = lie
        self.told = 0

    def __call__(self, zone: str | None, calls: Sequence[Call]) -> Sequence[Any]:
        answers = []
        for (method, parameters), true in zip(calls, self._ask(zone, calls), strict=True):
            answer = self._lie(method, parameters, copy.deepcopy(true))
            self.told += answer != true
            answers.append(answer)
        return answers


@contextmanager
def lying_proxy(port: int, lie: Lying) -> Iterator[str]:
    """The URL of a server that hands everything to the one at `port`, and lies in its answers."""

    class Proxy(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("POST", self.path, body, {"Content-Type": "application/json"})
            asked, answered = orjson.loads(body), orjson.loads(connection.getresponse().read())
            connection.close()
            if isinstance(asked, list):
                by_id = {answer["id"]: answer for answer in answered}
                for each in asked:
                    _lie_in(each, by_id[each["id"]])
            else:
                _lie_in(asked, answered)
            told = orjson.dumps(answered)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    def _lie_in(asked: Any, answer: Any) -> None:
        if "result" in answer:
            answer["result"] = lie(asked["method"], asked.get("params", []), answer["result"])

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
