"""Who subscribes to messages hears of each what becomes of it, and nothing of others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from websockets.sync.client import ClientConnection, connect

from devnet.config import NetworkConfig
from devnet.network import Network
from devnet.rpc.server import RpcServer, ServerOptions
from tests.parts import parts_under_test
from tests.rpc.asking import request
from tests.rpc.http_client import call, result
from tests.rpc.post import Post
from tests.rpc.test_websocket import ask, notified, receive


@pytest.fixture(scope="module")
def server() -> Iterator[RpcServer]:
    network = Network(NetworkConfig(slot_time=None), parts=parts_under_test())
    with RpcServer(network, ServerOptions(port=0)) as running:
        yield running


@pytest.fixture(scope="module")
def whole(server: RpcServer) -> Post:
    post = Post.build(lambda zone, method, *params: result(server, method, *params, zone=zone))
    post.ask("alpha", "zero_setCourier", {"mode": "manual"})
    return post


@pytest.fixture
def post(whole: Post) -> Iterator[Post]:
    snapshot = whole.ask("alpha", "zero_snapshot")
    yield whole
    whole.ask("alpha", "zero_revert", snapshot)


@pytest.fixture
def socket(server: RpcServer) -> Iterator[ClientConnection]:
    with connect(server.ws_url("beta"), open_timeout=60, max_size=None) as opened:
        yield opened


def heard(socket: ClientConnection, subscription: str, status: str) -> Any:
    """The next message that has this status; what comes before has gone less far."""
    while True:
        told = notified(socket, subscription)
        if told["message"] is not None and told["message"]["status"] == status:
            assert told["removed"] is False
            assert told["guid"] == told["message"]["guid"]
            return told["message"]


def test_a_message_is_told_of_from_sending_to_delivery(post: Post, socket: ClientConnection) -> None:
    subscription = ask(socket, "eth_subscribe", "messages")
    guid = post.sent()
    assert heard(socket, subscription, "sent")["guid"] == guid
    post.settle()
    post.deliver(guid)
    told = heard(socket, subscription, "delivered")
    assert told == {name: value for name, value in post.message(guid).items() if name in told}


def test_only_what_was_asked_for_is_told(post: Post, socket: ClientConnection) -> None:
    back = ask(socket, "eth_subscribe", "messages", {"source": "beta", "status": ["sent", "failed"]})
    post.sent(b"there")
    guid = post.sent(b"back", source="beta", destination="alpha")
    assert heard(socket, back, "sent")["guid"] == guid
    assert ask(socket, "eth_unsubscribe", back) is True
    post.sent(b"unheard", source="beta", destination="alpha")
    with pytest.raises(TimeoutError):
        socket.recv(timeout=0.3)


def test_that_a_message_is_gone_is_told(post: Post, socket: ClientConnection) -> None:
    subscription = ask(socket, "eth_subscribe", "messages", {"source": "alpha"})
    guid = post.sent()
    heard(socket, subscription, "sent")
    post.ask("alpha", "anvil_rollback", 1)
    assert notified(socket, subscription) == {"guid": guid, "removed": True, "message": None}


def test_that_a_message_is_gone_is_told_only_to_who_heard_of_it(
    post: Post, socket: ClientConnection, server: RpcServer
) -> None:
    early = ask(socket, "eth_subscribe", "messages")
    unheard = post.sent(b"unheard")
    assert heard(socket, early, "sent")["guid"] == unheard
    with connect(server.ws_url("beta"), open_timeout=60, max_size=None) as late:
        everything = ask(late, "eth_subscribe", "messages")
        failed = ask(late, "eth_subscribe", "messages", {"status": "failed"})
        guid = post.sent(b"heard")
        assert heard(late, everything, "sent")["guid"] == guid
        post.ask("alpha", "anvil_rollback", 2)
        gone = {each["guid"] for each in (notified(socket, early) for _ in range(3)) if each["removed"]}
        assert gone == {unheard, guid}
        assert notified(late, everything) == {"guid": guid, "removed": True, "message": None}
        # What is sent next is what is told next: of the others nothing came.
        again = post.sent(b"other")
        told = notified(late, everything)
        assert (told["guid"], told["removed"]) == (again, False)
        assert ask(late, "eth_unsubscribe", failed) is True


def test_two_subscriptions_in_one_batch_hear_what_follows_in_it(post: Post, socket: ClientConnection) -> None:
    batch = [
        request("eth_subscribe", "messages", identifier=1),
        request("eth_subscribe", "messages", {"destination": "beta"}, identifier=2),
    ]
    socket.send(orjson.dumps(batch).decode())
    ids = [answer["result"] for answer in receive(socket)]
    guid = post.sent()
    told = [receive(socket)["params"] for _ in ids]
    assert {each["subscription"] for each in told} == set(ids)
    assert {each["result"]["guid"] for each in told} == {guid}


@pytest.mark.parametrize(
    "options", [5, [], {"source": "gamma"}, {"fromBlock": "0x1"}, {"status": "lost"}, {"sender": "0x12"}]
)
def test_what_makes_no_sense_is_refused(socket: ClientConnection, options: Any) -> None:
    socket.send(orjson.dumps(request("eth_subscribe", "messages", options)).decode())
    assert receive(socket)["error"]["code"] == -32602


def test_networks_from_before_messages_refuse_it() -> None:
    network = Network(NetworkConfig(eids=None))
    with RpcServer(network, ServerOptions(port=0)) as server:
        assert call(server, "zero_getMessages")["error"]["data"] == {"name": "no-messaging"}
        with connect(server.ws_url("alpha"), open_timeout=60) as socket:
            socket.send(orjson.dumps(request("eth_subscribe", "messages")).decode())
            assert receive(socket)["error"]["data"] == {"name": "no-messaging"}
