"""HTTP: one kept connection, and what nodes do wrong. The nodes are real servers on real sockets."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

import zero_sdk
from tests.cli.devnet_process import Devnet
from zero_sdk import NoAnswer, Refused
from zero_sdk.client.transports.http import HttpTransport, shown_url

Answer = Callable[["Node", Any], tuple[int, bytes]]


class Node(ThreadingHTTPServer):
    """A node that answers as it is told; counts connections and requests."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A test breaks connections on purpose."""

    def __init__(self, answer: Answer) -> None:
        self.connections = 0
        self.bodies: list[Any] = []
        self.answer = answer
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Node

    def setup(self) -> None:
        self.server.connections += 1
        super().setup()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.bodies.append(body)
        status, text = self.server.answer(self.server, body)
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
        self.close_connection = b'"last"' in text

    def log_message(self, format: str, *args: Any) -> None: ...


def _result(value: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "result": value}).encode()


@pytest.fixture
def start() -> Iterator[Callable[[Answer], Node]]:
    running: list[Node] = []

    def begin(answer: Answer) -> Node:
        node = Node(answer)
        threading.Thread(target=node.serve_forever, daemon=True).start()
        running.append(node)
        return node

    yield begin
    for node in running:
        node.shutdown()
        node.server_close()


def test_one_connection_serves_many_requests_and_threads(start: Callable[[Answer], Node]) -> None:
    node = start(lambda _, body: (200, _result(body["method"])))
    transport = HttpTransport(node.url)
    found: list[str] = []
    threads = [
        threading.Thread(
            target=lambda: found.extend(transport.request(f"m{index}", []) for index in range(20))
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted([f"m{index}" for index in range(20)] * 4)
    assert node.connections == 1
    transport.close()


def test_a_connection_that_the_node_left_is_made_again(start: Callable[[Answer], Node]) -> None:
    node = start(lambda _, __: (200, _result("last")))
    transport = HttpTransport(node.url)
    assert [transport.request("eth_chainId", []) for _ in range(3)] == ["last"] * 3
    assert node.connections == 3


@pytest.mark.parametrize(("method", "bodies"), [("eth_sendTransaction", 2), ("eth_call", 3)])
def test_what_may_have_been_sent_is_not_sent_again(
    start: Callable[[Answer], Node], method: str, bodies: int
) -> None:
    def answer(node: Node, _: Any) -> tuple[int, bytes]:
        if len(node.bodies) == 2:
            raise ConnectionAbortedError("the node breaks the connection without an answer")
        return 200, _result(len(node.bodies))

    node = start(answer)
    transport = HttpTransport(node.url)
    assert transport.request(method, [{}]) == 1
    if method == "eth_call":
        assert transport.request(method, [{}]) == 3
    else:
        with pytest.raises(NoAnswer):
            transport.request(method, [{}])
    assert len(node.bodies) == bodies


def test_a_busy_node_is_asked_again(start: Callable[[Answer], Node]) -> None:
    node = start(lambda node, _: (200, _result(5)) if len(node.bodies) > 1 else (429, b"later"))
    assert HttpTransport(node.url).request("m", []) == 5
    assert len(node.bodies) == 2


def test_a_node_without_batches_is_asked_one_by_one(start: Callable[[Answer], Node]) -> None:
    refusal = json.dumps({"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "no batches"}})

    def answer(_: Node, body: Any) -> tuple[int, bytes]:
        return (200, refusal.encode()) if isinstance(body, list) else (200, _result(body["params"][0]))

    node = start(answer)
    transport = HttpTransport(node.url)
    assert transport.batch([("m", [1]), ("m", [2])]) == [1, 2]
    assert transport.batch([("m", [3]), ("m", [4])]) == [3, 4]
    # It is found out once.
    assert [isinstance(body, list) for body in node.bodies] == [True, False, False, False, False]


@pytest.mark.parametrize(
    ("status", "text", "said"),
    [
        (200, b"<html>hello</html>", "answered HTTP 200, which is no JSON-RPC: <html>hello</html>"),
        (502, b"", "answered HTTP 502, which is no JSON-RPC: nothing"),
        (200, b"[]", "no JSON-RPC"),
        (200, b'{"jsonrpc":"2.0","id":1}', "no JSON-RPC"),
    ],
)
def test_what_is_no_json_rpc_is_named_as_such(
    start: Callable[[Answer], Node], status: int, text: bytes, said: str
) -> None:
    node = start(lambda _, __: (status, text))
    with pytest.raises(NoAnswer, match=said):
        HttpTransport(node.url).request("m", [])


def test_a_batch_with_an_answer_missing_is_no_answer(start: Callable[[Answer], Node]) -> None:
    node = start(lambda _, __: (200, json.dumps([{"jsonrpc": "2.0", "id": 0, "result": 1}]).encode()))
    with pytest.raises(NoAnswer, match="left second out"):
        HttpTransport(node.url).batch([("first", []), ("second", [])])


def test_an_error_is_read_whatever_the_status(start: Callable[[Answer], Node]) -> None:
    error = {"jsonrpc": "2.0", "id": 1, "error": {"code": -5, "message": "no", "data": {"why": 1}}}
    node = start(lambda _, __: (400, json.dumps(error).encode()))
    with pytest.raises(Refused) as caught:
        HttpTransport(node.url).request("m", [])
    assert (caught.value.code, caught.value.reply, caught.value.data) == (-5, "no", {"why": 1})


def test_a_node_that_does_not_answer_in_time_is_given_up(start: Callable[[Answer], Node]) -> None:
    release = threading.Event()
    node = start(lambda _, __: (release.wait(30), (200, _result(1)))[1])
    with pytest.raises(NoAnswer, match=r"did not answer within 0\.05 s"):
        HttpTransport(node.url, timeout=0.05).request("m", [])
    release.set()


def test_nobody_there_is_an_error_with_advice(unused_tcp_port: int) -> None:
    with pytest.raises(NoAnswer, match=f"no node answers at http://127.0.0.1:{unused_tcp_port}") as caught:
        zero_sdk.connect(f"http://127.0.0.1:{unused_tcp_port}")
    assert caught.value.hint == "`zero devnet` starts one"
    for odd in ("ftp://x", "localhost:8545", "http://", ""):
        with pytest.raises(zero_sdk.WrongArguments, match="is not the URL of a node"):
            zero_sdk.connect(odd)


def test_a_devnet_that_ended_and_came_back_is_found_again(tmp_path: Any) -> None:
    with Devnet(folder=tmp_path) as first:
        url = first.zone("alpha")["url"]
        network = zero_sdk.connect(url)
        assert network.default_zone.block_number == 0
    with pytest.raises(NoAnswer):
        _ = network.default_zone.block_number
    port = url.split(":")[2].split("/")[0]
    with Devnet(folder=tmp_path, port=port):
        assert network.default_zone.block_number == 0
    network.close()


def test_what_may_be_a_secret_in_a_url_is_not_shown() -> None:
    url = "https://user:pass@host.example:1/v2/0123456789abcdef0123456789abcdef?key=secret"
    assert shown_url(url) == "https://host.example:1/v2/...?..."
    assert "secret" not in repr(HttpTransport(url))
