"""WebSocket connections: requests, batches, and every kind of subscription."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from devnet.network import Network
from devnet.rpc.server import RpcServer, ServerOptions
from devnet.rpc.serving import connection as connections
from tests.rpc import contracts
from tests.rpc.asking import Asker, request
from tests.rpc.http_client import call, result

EMIT = "0x" + "e1" * 20


@pytest.fixture
def socket(server: RpcServer) -> Iterator[ClientConnection]:
    with connect(server.ws_url("alpha"), open_timeout=60, max_size=None) as opened:
        yield opened


def ask(socket: ClientConnection, method: str, *params: Any, identifier: Any = 1) -> Any:
    """The result; notifications that arrive before the answer fail the test."""
    socket.send(orjson.dumps(request(method, *params, identifier=identifier)).decode())
    answer = receive(socket)
    assert answer.get("id") == identifier, answer
    assert "error" not in answer, answer
    return answer["result"]


def receive(socket: ClientConnection) -> Any:
    return orjson.loads(socket.recv(timeout=60))


def notified(socket: ClientConnection, subscription: str) -> Any:
    message = receive(socket)
    assert message["method"] == "eth_subscription"
    assert message["params"]["subscription"] == subscription
    return message["params"]["result"]


def read_all(socket: ClientConnection) -> None:
    while True:
        socket.recv(timeout=60)


def send(server: RpcServer, **fields: str) -> str:
    sender = result(server, "eth_accounts")[0]
    sent: str = result(server, "eth_sendTransaction", {"from": sender, "gas": "0x186a0", **fields})
    return sent


def test_requests_batches_and_notifications_work_as_over_http(socket: ClientConnection) -> None:
    assert ask(socket, "eth_chainId") == "0x757e21"
    socket.send(orjson.dumps({"jsonrpc": "2.0", "method": "evm_mine"}).decode())
    batch = [request("eth_blockNumber", identifier=1), request("eth_nothing", identifier=2)]
    socket.send(orjson.dumps(batch).decode())
    answers = receive(socket)
    assert [answer["id"] for answer in answers] == [1, 2]
    socket.send(b'{"jsonrpc":"2.0","id":3,"method":"eth_chainId"}')
    assert receive(socket)["id"] == 3
    socket.send("{")
    assert receive(socket)["error"]["code"] == -32700


def test_each_path_is_its_zone(server: RpcServer) -> None:
    with connect(server.ws_url("beta")) as socket:
        assert ask(socket, "eth_chainId") == "0x757e22"


def test_where_no_zone_is_the_client_is_told_which_zones_there_are(
    server: RpcServer, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(server.ws_url() + "/gamma"):
        pass
    response = refused.value.response
    assert response.status_code == 404
    known = "/system, /alpha, /beta, and each chain id"
    assert bytes(response.body).decode() == f"no zone at '/gamma'; there are {known}\n"
    assert not caplog.records


def test_foreign_hosts_and_origins_are_kept_out(network: Network) -> None:
    with RpcServer(network, ServerOptions(port=0, allow_origins=("https://app.example",))) as server:
        with pytest.raises(InvalidStatus), connect(server.ws_url(), origin="https://evil.example"):  # type: ignore[arg-type]
            pass
        with (
            pytest.raises(InvalidStatus),
            connect(server.ws_url(), additional_headers={"Host": "evil.example"}),
        ):
            pass
        with connect(server.ws_url(), origin="https://app.example") as socket:  # type: ignore[arg-type]
            assert ask(socket, "eth_chainId") == "0x757e21"


def test_new_heads_come_as_headers(server: RpcServer, socket: ClientConnection) -> None:
    subscription = ask(socket, "eth_subscribe", "newHeads")
    result(server, "anvil_mine", 2)
    heads = [notified(socket, subscription) for _ in range(2)]
    assert [head["number"] for head in heads] == ["0x1", "0x2"]
    assert heads == [result(server, "eth_getHeaderByNumber", head["number"]) for head in heads]


def test_logs_come_as_eth_get_logs_gives_them_and_only_those_asked_for(
    server: RpcServer, socket: ClientConnection
) -> None:
    result(server, "anvil_setCode", EMIT, "0x" + contracts.EMIT.hex())
    topic = f"{contracts.TOPIC:#066x}"
    ask(socket, "eth_subscribe", "logs", {"address": "0x" + "99" * 20})
    ask(socket, "eth_subscribe", "logs", {"topics": ["0x" + "99" * 32]})
    ask(socket, "eth_subscribe", "logs", {"topics": [None, None]})
    subscription = ask(
        socket, "eth_subscribe", "logs", {"address": [EMIT], "topics": [[topic, "0x" + "99" * 32]]}
    )
    send(server, to=EMIT)
    assert [notified(socket, subscription)] == result(server, "eth_getLogs", {"address": EMIT})


def test_a_rollback_sends_the_logs_again_as_removed(server: RpcServer, socket: ClientConnection) -> None:
    result(server, "anvil_setCode", EMIT, "0x" + contracts.EMIT.hex())
    subscription = ask(socket, "eth_subscribe", "logs", {})
    send(server, to=EMIT)
    added = notified(socket, subscription)
    result(server, "anvil_rollback", 1)
    removed = notified(socket, subscription)
    assert not added["removed"]
    assert removed == {**added, "removed": True}


@pytest.mark.parametrize("options", [[], [False], [True], [{"includeTransactions": True}]])
def test_pending_transactions_come_by_hash_or_in_full(
    server: RpcServer, socket: ClientConnection, options: list[Any]
) -> None:
    subscription = ask(socket, "eth_subscribe", "newPendingTransactions", *options)
    sent = send(server, to=EMIT)
    found = notified(socket, subscription)
    if options and options[0]:
        assert (found["hash"], found["blockHash"]) == (sent, None)
    else:
        assert found == sent


def test_the_syncing_subscription_is_taken_and_silent(server: RpcServer, socket: ClientConnection) -> None:
    ask(socket, "eth_subscribe", "syncing")
    result(server, "evm_mine")
    assert ask(socket, "eth_blockNumber") == "0x1"


def test_an_ended_subscription_sends_nothing_more(server: RpcServer, socket: ClientConnection) -> None:
    subscription = ask(socket, "eth_subscribe", "newHeads")
    assert ask(socket, "eth_unsubscribe", subscription) is True
    assert ask(socket, "eth_unsubscribe", subscription) is False
    result(server, "evm_mine")
    assert ask(socket, "eth_blockNumber") == "0x1"


def test_a_zones_subscribers_hear_nothing_of_other_zones(server: RpcServer, socket: ClientConnection) -> None:
    ask(socket, "eth_subscribe", "newHeads")
    result(server, "evm_mine", zone="beta")
    assert ask(socket, "eth_blockNumber") == "0x0"


@pytest.mark.parametrize(
    "params", [[], ["news"], [5], ["logs", 5], ["logs", {"address": "0x12"}], ["newPendingTransactions", 7]]
)
def test_what_cannot_be_subscribed_to_is_refused(socket: ClientConnection, params: list[Any]) -> None:
    socket.send(orjson.dumps(request("eth_subscribe", *params)).decode())
    assert receive(socket)["error"]["code"] == -32602


def test_the_answer_of_a_subscription_comes_before_its_notifications(
    server: RpcServer, socket: ClientConnection
) -> None:
    batch = [request("eth_subscribe", "newHeads", identifier=1), request("evm_mine", identifier=2)]
    socket.send(orjson.dumps(batch).decode())
    answers = receive(socket)
    assert [answer["id"] for answer in answers] == [1, 2]
    result(server, "evm_mine")
    assert notified(socket, answers[0]["result"])["number"] == "0x2"


def test_a_client_that_does_not_read_is_let_go(server: RpcServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MAX_OUTBOX_BYTES", 100_000)
    sender = result(server, "eth_accounts")[0]
    transaction = {"from": sender, "to": sender, "gas": "0x186a00", "data": "0x" + "00" * 100_000}
    with connect(server.ws_url("alpha"), max_queue=1) as slow:
        ask(slow, "eth_subscribe", "newPendingTransactions", True)
        # More than the sockets' buffers on both sides take.
        for _ in range(100):
            assert "error" not in call(server, "eth_sendTransaction", transaction)
        with pytest.raises(ConnectionClosed) as closed:
            read_all(slow)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1013
    assert result(server, "eth_chainId") == "0x757e21"


def test_a_stopping_server_closes_its_connections(network: Network) -> None:
    server = RpcServer(network, ServerOptions(port=0))
    server.start()
    with connect(server.ws_url("alpha")) as socket:
        ask(socket, "eth_subscribe", "newHeads")
        server.stop()
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=60)


def test_sends_in_one_batch_make_one_block_before_the_next_item(
    server: RpcServer, socket: ClientConnection
) -> None:
    sender = Asker(server._network).accounts[0]
    transfer = {"from": sender, "to": EMIT, "gas": "0x5208"}
    batch = [
        *(request("eth_sendTransaction", transfer, identifier=number) for number in range(3)),
        request("eth_blockNumber", identifier=3),
        request("eth_sendTransaction", transfer, identifier=4),
        request("eth_getBlockTransactionCountByNumber", "0x1", identifier=5),
        request("eth_blockNumber", identifier=6),
    ]
    socket.send(orjson.dumps(batch).decode())
    answers = receive(socket)
    assert [answers[place]["result"] for place in (3, 5, 6)] == ["0x1", "0x3", "0x2"]
