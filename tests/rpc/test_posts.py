"""Connections as bytes: plain POSTs are answered directly, all else by uvicorn, and nothing is mixed up."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import orjson
import pytest

from devnet.network import Network
from devnet.rpc.server import RpcServer, ServerOptions
from devnet.rpc.serving.posts import PLAIN_BODY_LIMIT
from tests.rpc.asking import request

BALANCE = ("eth_getBalance", "0x" + "11" * 20, "latest")


def post(
    method: str, *params: object, identifier: object = 1, path: str = "/alpha", extra: str = ""
) -> bytes:
    return post_body(orjson.dumps(request(method, *params, identifier=identifier)), path, extra)


def post_body(body: bytes, path: str = "/alpha", extra: str = "") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{extra}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Wire:
    """A connection to the server on which a test says every byte."""

    def __init__(self, server: RpcServer) -> None:
        self._socket = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        self._file = self._socket.makefile("rb")

    def send(self, *pieces: bytes) -> None:
        """Sends the pieces so that the server reads one after the other."""
        for position, piece in enumerate(pieces):
            if position:
                time.sleep(0.02)
            self._socket.sendall(piece)

    def reply(self) -> tuple[int, bytes]:
        """The next answer: its status and body."""
        status = int(self._file.readline().split()[1])
        length = 0
        while (line := self._file.readline().strip().lower()) != b"":
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        return status, self._file.read(length)

    def result(self) -> object:
        status, body = self.reply()
        assert status == 200
        return orjson.loads(body)["result"]

    def is_closed(self) -> bool:
        return self._file.read(1) == b""

    def close(self) -> None:
        self._file.close()
        self._socket.close()


@pytest.fixture
def wire(server: RpcServer) -> Iterator[Wire]:
    opened = Wire(server)
    yield opened
    opened.close()


def test_a_connection_serves_one_request_after_the_other(wire: Wire) -> None:
    for path, chain_id in (("/alpha", "0x757e21"), ("/beta", "0x757e22"), ("/", "0x757e21")):
        wire.send(post("eth_chainId", path=path))
        assert wire.result() == chain_id


def test_requests_sent_ahead_are_answered_in_order(wire: Wire) -> None:
    """Also where a later one could be answered at once and an earlier one takes a thread."""
    asked = [
        post("eth_chainId", identifier=0),
        post(*BALANCE, identifier=1),
        post("eth_blockNumber", identifier=2),
        post("evm_mine", identifier=3),
        post("eth_blockNumber", identifier=4),
    ]
    wire.send(b"".join(asked * 20))
    answers = [orjson.loads(wire.reply()[1]) for _ in range(100)]
    assert [answer["id"] for answer in answers] == [0, 1, 2, 3, 4] * 20
    assert [answer["result"] for answer in answers[4::5]] == [hex(number) for number in range(1, 21)]


@pytest.mark.parametrize("cut", [1, 10, 80, -1])
def test_a_request_may_arrive_in_pieces(wire: Wire, cut: int) -> None:
    asked = post("eth_chainId")
    for _ in range(2):
        wire.send(asked[:cut], asked[cut:])
        assert wire.result() == "0x757e21"


def test_a_body_may_arrive_byte_by_byte_with_the_next_request_behind_it(wire: Wire) -> None:
    asked = post("eth_chainId")
    wire.send(asked[:-30], *(asked[at : at + 1] for at in range(len(asked) - 30, len(asked))))
    wire.send(asked + asked[:50], asked[50:])
    assert [wire.result() for _ in range(3)] == ["0x757e21"] * 3


def test_other_requests_may_follow_on_the_same_connection(wire: Wire) -> None:
    get = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    wire.send(post("eth_chainId") + post(*BALANCE) + get + post("eth_chainId"))
    assert wire.result() == "0x757e21"
    assert wire.result() == "0x0"
    assert orjson.loads(wire.reply()[1])["status"] == "ok"
    assert wire.result() == "0x757e21"


def test_every_request_is_checked_not_only_the_first(wire: Wire) -> None:
    wire.send(post("eth_chainId"))
    assert wire.result() == "0x757e21"
    body = orjson.dumps(request("eth_chainId"))
    wire.send(
        b"POST /alpha HTTP/1.1\r\nHost: evil.example\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    )
    assert wire.reply()[0] == 403


@pytest.mark.parametrize("extra", ["Connection: close\r\n", "Expect: 100-continue\r\nConnection: close\r\n"])
def test_a_client_that_wants_the_connection_closed_gets_it_closed(wire: Wire, extra: str) -> None:
    wire.send(post("eth_chainId", extra=extra))
    status, _ = reply = wire.reply()
    if status == 100:
        reply = wire.reply()
    assert orjson.loads(reply[1])["result"] == "0x757e21"
    assert wire.is_closed()


@pytest.mark.parametrize(
    "head",
    [
        b"POST /alpha HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"POST /alpha HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -5\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(40) + b"\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused_and_the_next_client_served(server: RpcServer, head: bytes) -> None:
    broken = Wire(server)
    broken.send(head + b"hello")
    assert broken.reply()[0] == 400
    assert broken.is_closed()
    broken.close()
    following = Wire(server)
    following.send(post("eth_chainId"))
    assert following.result() == "0x757e21"
    following.close()


def test_a_body_in_chunks_is_no_plain_post_and_answered_as_well(wire: Wire) -> None:
    body = orjson.dumps(request("eth_chainId"))
    wire.send(post("eth_blockNumber"))
    assert wire.result() == "0x0"
    wire.send(
        b"POST /alpha HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"%x\r\n%b\r\n" % (len(body), body),
        b"0\r\n\r\n",
    )
    assert wire.result() == "0x757e21"


@pytest.mark.parametrize("size", [PLAIN_BODY_LIMIT, PLAIN_BODY_LIMIT + 1])
def test_large_bodies_are_answered(wire: Wire, size: int) -> None:
    for _ in range(2):
        wire.send(post_body(orjson.dumps(request("eth_chainId")).ljust(size)))
        assert wire.result() == "0x757e21"


def test_only_notifications_give_no_content(wire: Wire) -> None:
    wire.send(post_body(b'{"jsonrpc":"2.0","method":"evm_mine"}') + post("eth_blockNumber"))
    assert wire.reply() == (204, b"")
    assert wire.result() == "0x1"


def test_cross_origin_headers_are_those_of_the_origin(network: Network) -> None:
    options = ServerOptions(port=0, allow_origins=("https://app.example",))
    answers = []
    with (
        RpcServer(network, options) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=30) as opened,
    ):
        for origin in ("https://app.example", "https://evil.example"):
            opened.sendall(post("eth_chainId", extra=f"Origin: {origin}\r\n"))
            answers.append(opened.recv(65536))
    assert b"access-control-allow-origin: https://app.example\r\n" in answers[0]
    assert answers[1].startswith(b"HTTP/1.1 403")


def test_a_client_that_leaves_before_its_answer_disturbs_nobody(server: RpcServer) -> None:
    for method in (BALANCE, ("evm_mine",), ("eth_chainId",)):
        for _ in range(20):
            leaving = Wire(server)
            leaving.send(post(*method))
            leaving.close()
    staying = Wire(server)
    staying.send(post("eth_chainId"))
    assert staying.result() == "0x757e21"
    staying.close()


def test_a_client_that_sends_without_reading_is_waited_for(wire: Wire) -> None:
    """Its answers fill the socket; the rest of its requests is served once it reads."""
    asked = post_body(orjson.dumps([request("rpc.discover") for _ in range(20)]))
    wire.send(asked * 3 + post("eth_chainId"))
    time.sleep(0.2)
    assert [len(orjson.loads(wire.reply()[1])) for _ in range(3)] == [20] * 3
    assert wire.result() == "0x757e21"


def test_stopping_ends_idle_connections(network: Network) -> None:
    server = RpcServer(network, ServerOptions(port=0))
    server.start()
    idle = Wire(server)
    idle.send(post("eth_chainId"))
    assert idle.result() == "0x757e21"
    server.stop()
    assert idle.is_closed()
    idle.close()
