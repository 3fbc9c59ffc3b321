"""What a validator that lives elsewhere asks of a real server: who may attach, what is handed out to whom."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from devnet.network import Network
from devnet.rpc.server import RpcServer, ServerOptions
from devnet.settlement.genesis_keys import genesis_secret
from devnet.settlement.remote.attaching import attach_hash
from devnet.settlement.remote.genesis_facts import GenesisFacts
from devnet.settlement.remote.package_codec import decode_columns, decode_package
from tests.rpc.asking import request
from tests.rpc.http_client import Reply, call, fetch, result


@pytest.fixture
def socket(server: RpcServer) -> Iterator[ClientConnection]:
    with connect(server.ws_url("alpha"), open_timeout=60, max_size=None) as opened:
        yield opened


def answer(socket: ClientConnection, method: str, *params: Any) -> Any:
    """The whole answer; notifications before it are passed over."""
    socket.send(orjson.dumps(request(method, *params)).decode())
    while "id" not in (message := orjson.loads(socket.recv(timeout=60))):
        pass
    return message


def signed(network: Network, index: int, challenge: str) -> list[str]:
    scheme = network.signatures
    secret = genesis_secret(scheme, network.config_hash, index)
    key = scheme.public_key(secret)
    message = attach_hash(network.config_hash, bytes.fromhex(challenge[2:]), key)
    return [f"0x{key.hex()}", f"0x{scheme.sign(secret, message).hex()}"]


def attach(network: Network, socket: ClientConnection, index: int) -> Any:
    challenge = answer(socket, "zero_validatorChallenge")["result"]
    return answer(socket, "zero_attachValidator", *signed(network, index, challenge))


def settle_one(server: RpcServer) -> Any:
    sender = result(server, "eth_accounts")[0]
    result(server, "eth_sendTransaction", {"from": sender, "to": "0x" + "0b" * 20, "value": "0x1"})
    (settled,) = result(server, "zero_settle")
    return settled


def test_who_holds_the_key_attaches_and_is_told_heights_and_messages(
    network: Network, server: RpcServer, socket: ClientConnection
) -> None:
    subscription = attach(network, socket, 1)["result"]
    seats = result(server, "zero_getValidatorSeats")
    assert [seat["isAttached"] for seat in seats] == [False, True, False, False]
    settle_one(server)
    told = [orjson.loads(socket.recv(timeout=60)) for _ in range(2)]
    assert {message["params"]["subscription"] for message in told} == {subscription}
    height, message = (each["params"]["result"] for each in told)
    assert (height["type"], height["height"], height["index"], height["hasSeat"]) == (
        "height",
        "0x1",
        1,
        True,
    )
    assert message["type"] == "message"
    # Nothing came from it; the three others are enough.
    assert result(server, "zero_getCertificate", "0x1")["members"] == [0, 2, 3]
    assert result(server, "zero_getValidatorSeats")[1]["isElsewhere"] is True
    socket.close()
    settle_one(server)
    assert result(server, "zero_getValidatorSeats")[1]["isElsewhere"] is False


def test_a_signature_is_good_for_one_connection_and_one_key(
    network: Network, server: RpcServer, socket: ClientConnection
) -> None:
    with connect(server.ws_url("alpha"), open_timeout=60) as other:
        stolen = answer(other, "zero_validatorChallenge")["result"]
        refused = answer(socket, "zero_attachValidator", *signed(network, 1, stolen))
        assert "not the key's on this connection's challenge" in refused["error"]["message"]
        key, _ = signed(network, 1, stolen)
        _, wrong = signed(network, 2, stolen)
        assert "error" in answer(other, "zero_attachValidator", key, wrong)
        assert "result" in attach(network, other, 1)
        assert "already" in attach(network, other, 1)["error"]["message"]
        assert "another connection holds" in attach(network, socket, 1)["error"]["message"]
    assert result(server, "zero_getValidatorSeats")[1]["isAttached"] is False


def test_nobody_speaks_for_a_validator_without_attaching(server: RpcServer, socket: ClientConnection) -> None:
    for method, params in (
        ("zero_validatorMessage", [None, "0x00"]),
        ("zero_validatorReady", ["0x0", "0x1", ""]),
    ):
        assert "no validator's" in answer(socket, method, *params)["error"]["message"]
        assert "WebSocket" in call(server, method, *params)["error"]["message"]
    for params in ([], ["0x00", "0x00"], [-1, "0x"], [1 << 20, "0x"]):
        assert answer(socket, "zero_validatorMessage", *params)["error"]["code"] == -32602


def test_garbage_ends_the_connection_with_a_reason(
    network: Network, server: RpcServer, socket: ClientConnection
) -> None:
    with connect(server.ws_url("alpha"), open_timeout=60) as other:
        # Both are needed, so that what they send is read.
        attach(network, socket, 1)
        attach(network, other, 2)

        def lie() -> None:
            while True:
                if b'"height"' in socket.recv(timeout=60).encode():  # type: ignore[union-attr]
                    socket.send(orjson.dumps(request("zero_validatorMessage", None, "0xff00")).decode())

        sender = result(server, "eth_accounts")[0]
        result(server, "eth_sendTransaction", {"from": sender, "to": "0x" + "0b" * 20, "value": "0x1"})
        with connect(server.ws_url("alpha"), open_timeout=60) as asking:
            asking.send(orjson.dumps(request("zero_settle")).decode())
            with pytest.raises(ConnectionClosed) as closed:
                lie()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.reason.startswith("it sends what is no message")
        assert result(server, "zero_getValidatorSeats")[2]["isAttached"] is True


# ---------------------------------------------------------------- what is fetched


def delivery(server: RpcServer, update: str, **query: Any) -> Reply:
    words = "&".join(f"{name}={value}" for name, value in {"update": update, **query}.items())
    return fetch(server, f"/network/delivery?{words}", method="GET")


def test_what_was_handed_out_is_fetched_in_pieces(network: Network, server: RpcServer) -> None:
    settle_one(server)
    update = result(server, "zero_getZoneUpdate", "0x1")["hash"]
    reply = delivery(server, update, part="package", holder=0, offset=0)
    assert (reply.status, reply.headers["x-zero-size"]) == (200, str(len(reply.body)))
    package = decode_package(reply.body)
    rest = delivery(server, update, part="package", holder=3, offset=100)
    assert rest.body == reply.body[100:]
    columns = delivery(server, update, part="columns", holder=2, offset=0)
    assert [column.index for column in decode_columns(columns.body, package.header)] == list(range(64, 96))
    assert delivery(server, "0x" + "00" * 32, part="package", holder=0, offset=0).status == 404
    assert delivery(server, update, part="columns", holder=9, offset=0).status == 404


@pytest.mark.parametrize(
    "query",
    [
        "",
        "update=0x12&part=package&holder=0&offset=0",
        f"update=0x{'00' * 32}&part=everything&holder=0&offset=0",
        f"update=0x{'00' * 32}&part=package&holder=-1&offset=0",
        f"update=0x{'00' * 32}&part=package&holder=0&offset={'9' * 30}",
        f"update=0x{'00' * 32}&part=package&holder=0",
    ],
)
def test_a_delivery_that_is_named_wrongly_is_refused(server: RpcServer, query: str) -> None:
    reply = fetch(server, f"/network/delivery?{query}", method="GET")
    assert reply.status == 400
    assert b"update=" in reply.body


def test_hosts_and_origins_hold_for_deliveries_too() -> None:
    with RpcServer(Network(), ServerOptions(port=0, allow_origins=("https://good.example",))) as server:
        path = f"/network/delivery?update=0x{'00' * 32}&part=package&holder=0&offset=0"
        for headers, status in (
            ({}, 404),
            ({"Origin": "https://good.example"}, 404),
            ({"Origin": "https://bad.example"}, 403),
            ({"Host": "evil.example"}, 403),
        ):
            assert fetch(server, path, method="GET", headers=headers).status == status
        assert fetch(server, path, method="POST").status == 405


# ---------------------------------------------------------------- facts and decisions


def test_decisions_come_in_pages_and_facts_name_the_network(network: Network, server: RpcServer) -> None:
    told = result(server, "zero_getValidatorGenesis")
    facts = GenesisFacts.decode(bytes.fromhex(told["facts"][2:]))
    assert (f"0x{facts.root.hex()}", facts.network) == (told["root"], network.config_hash)
    assert result(server, "zero_getDecisions", "0x1")["decisions"] == []
    for _ in range(2):
        settle_one(server)
    page = result(server, "zero_getDecisions", "0x1")
    assert (page["height"], page["incarnation"], len(page["decisions"])) == ("0x2", "0x0", 2)
    assert result(server, "zero_getDecisions", "0x2")["decisions"] == page["decisions"][1:]
    assert result(server, "zero_getDecisions", "0x3")["decisions"] == []
