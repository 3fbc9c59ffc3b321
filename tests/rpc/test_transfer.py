"""GET /network/dump and POST /network/load: a network over HTTP, closed to web pages."""

from __future__ import annotations

import http.client
import io
import threading
from collections.abc import Iterator

import orjson
import pytest

from devnet.network import Network, NetworkConfig
from devnet.rpc.server import RpcServer, ServerOptions
from devnet.rpc.serving.transfer import DUMP_PATH, LOAD_PATH
from tests.dump.observing import dumped, loaded, observed
from tests.rpc.asking import Asker
from tests.rpc.http_client import Reply, call, fetch, result
from tests.rpc.world import build_world

HEADER = {"X-Zero-Request": "1"}


@pytest.fixture
def network() -> Network:
    return build_world().ask.network


def dump_of(server: RpcServer, query: str = "") -> bytes:
    reply = fetch(server, DUMP_PATH + query, method="GET", headers=HEADER)
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/octet-stream"
    assert int(reply.headers["content-length"]) == len(reply.body)
    return reply.body


def load(server: RpcServer, dump: bytes, headers: dict[str, str] | None = None) -> Reply:
    return fetch(server, LOAD_PATH, dump, headers={**HEADER, **(headers or {})})


def test_a_dump_over_http_is_the_network(server: RpcServer, network: Network) -> None:
    assert dump_of(server) == dumped(network)
    assert dump_of(server, "?level=0") == dumped(network, 0)
    assert observed(loaded(dump_of(server))) == observed(network)


def test_a_load_over_http_replaces_the_network(server: RpcServer, network: Network) -> None:
    dump = dump_of(server)
    before = observed(network)
    ids = result(server, "hardhat_metadata")["instanceId"]
    result(server, "anvil_mine", "0x5")
    reply = load(server, dump)
    assert reply.status == 200
    zones = reply.json["zones"]
    assert zones["alpha"] == {
        "number": network.default_zone.number(),
        "hash": result(server, "eth_getBlockByNumber", "latest", False)["hash"],
    }
    assert observed(network) == before
    assert result(server, "hardhat_metadata")["instanceId"] != ids
    assert dump_of(server) == dump
    # On a connection that was there before, too, and for every kind of method.
    result(server, "evm_mine")
    assert int(result(server, "eth_blockNumber"), 16) == zones["alpha"]["number"] + 1
    sent = result(
        server,
        "eth_sendTransaction",
        {"from": "0x" + network.keys.addresses[4].hex(), "to": "0x" + "11" * 20, "gas": "0x5208"},
    )
    result(server, "evm_mine")
    assert result(server, "eth_getTransactionReceipt", sent)["status"] == "0x1"


def test_a_kept_connection_sees_the_new_network(server: RpcServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port)

    def ask() -> int:
        body = orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": []})
        connection.request("POST", "/alpha", body)
        return int(orjson.loads(connection.getresponse().read())["result"], 16)

    before = ask()
    dump = dump_of(server)
    result(server, "anvil_mine", "0x3")
    assert ask() == before + 3
    assert load(server, dump).status == 200
    assert ask() == before
    connection.close()


def test_filters_see_a_load(server: RpcServer) -> None:
    dump = dump_of(server)
    filter_id = result(server, "eth_newBlockFilter")
    result(server, "anvil_mine", "0x1")
    load(server, dump)
    result(server, "anvil_mine", "0x1")
    newest = result(server, "eth_getBlockByNumber", "latest", False)["hash"]
    assert result(server, "eth_getFilterChanges", filter_id)[-1] == newest


def test_writes_go_on_while_a_dump_is_read_slowly(server: RpcServer, network: Network) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("GET", DUMP_PATH + "?level=0", headers=HEADER)
    reply = connection.getresponse()
    first = reply.read(10)
    number = network.default_zone.number()
    result(server, "anvil_mine", "0x4")
    rest = reply.read()
    connection.close()
    assert loaded(first + rest).default_zone.number() == number
    assert network.default_zone.number() == number + 4


def test_what_is_no_dump_is_refused_with_its_kind(server: RpcServer, network: Network) -> None:
    dump = dump_of(server)
    before = observed(network)
    other = dumped(Network(NetworkConfig(zones=("alpha",))))
    for content, status, fault in (
        (b"", 422, "NOT_A_DUMP"),
        (b"{}" * 50, 422, "NOT_A_DUMP"),
        (dump[:-1], 422, "DAMAGED"),
        (dump[:500] + b"\0" + dump[501:], 422, "DAMAGED"),
        (other, 409, "OTHER_NETWORK"),
    ):
        reply = load(server, content)
        assert (reply.status, reply.json["fault"]) == (status, fault)
        assert reply.json["detail"]
    assert observed(network) == before


@pytest.fixture
def narrow(network: Network) -> Iterator[RpcServer]:
    with RpcServer(network, ServerOptions(port=0, max_dump_bytes=1_000)) as running:
        yield running


def test_a_dump_beyond_the_limit_is_refused(narrow: RpcServer, network: Network) -> None:
    before = observed(network)
    reply = load(narrow, dumped(network))
    assert (reply.status, reply.json["fault"]) == (413, "TOO_LARGE")
    # Without a length it is noticed on the way.
    connection = http.client.HTTPConnection("127.0.0.1", narrow.port)
    connection.request("POST", LOAD_PATH, iter([bytes(600)] * 3), HEADER, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()
    assert observed(network) == before


@pytest.mark.parametrize("path", [DUMP_PATH, LOAD_PATH])
def test_no_web_page_may_dump_or_load(server: RpcServer, network: Network, path: str) -> None:
    before = observed(network)
    page = {"Origin": "http://evil.example"}
    method = "GET" if path == DUMP_PATH else "POST"
    for headers in ({}, page, {**page, "Content-Type": "text/plain"}):
        reply = fetch(server, path, b"" if method == "POST" else None, method=method, headers=headers)
        assert reply.status == 403
        assert "access-control-allow-origin" not in reply.headers
    asked = {
        **page,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "x-zero-request",
        "Access-Control-Request-Private-Network": "true",
    }
    reply = fetch(server, path, method="OPTIONS", headers=asked)
    assert reply.status == 405
    assert not [name for name in reply.headers if name.startswith("access-control")]
    # Even where a request comes through, no page may read the answer.
    allowed = fetch(server, DUMP_PATH, method="GET", headers={**HEADER, **page})
    assert "access-control-allow-origin" not in allowed.headers
    assert observed(network) == before


def test_a_name_that_points_here_is_refused(server: RpcServer) -> None:
    for path, method in ((DUMP_PATH, "GET"), (LOAD_PATH, "POST")):
        reply = fetch(server, path, method=method, headers={**HEADER, "Host": "evil.example"})
        assert reply.status == 403


@pytest.mark.parametrize("query", ["?level=10", "?level=-1", "?level=x", "?level="])
def test_levels_are_zlibs(server: RpcServer, query: str) -> None:
    reply = fetch(server, DUMP_PATH + query, method="GET", headers=HEADER)
    assert reply.status in (200, 400)
    assert (reply.status == 200) == (query == "?level=")


def test_a_client_that_goes_away_changes_nothing(server: RpcServer, network: Network) -> None:
    before = observed(network)
    dump = dumped(network)
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.putrequest("POST", LOAD_PATH)
    for name, value in {**HEADER, "Content-Length": str(len(dump))}.items():
        connection.putheader(name, value)
    connection.endheaders()
    connection.send(dump[:-1])
    connection.close()
    assert result(server, "eth_blockNumber") == hex(before["zones"]["alpha"]["status"].number)
    assert observed(network) == before
    assert load(server, dump).status == 200


def test_dumps_and_loads_at_once_with_requests(server: RpcServer) -> None:
    dump = dump_of(server)
    faults: list[object] = []

    def work(index: int) -> None:
        for _ in range(4):
            if index % 3 == 0:
                reply = load(server, dump)
                if reply.status != 200:
                    faults.append(reply)
            elif index % 3 == 1:
                loaded(dump_of(server))
            else:
                for method, params in (
                    ("eth_blockNumber", []),
                    ("evm_mine", []),
                    ("eth_getBalance", ["0x" + "11" * 20, "latest"]),
                    ("eth_call", [{"to": "0x" + "11" * 20}, "latest"]),
                ):
                    answer = call(server, method, *params)
                    if "error" in answer:
                        faults.append(answer)

    threads = [threading.Thread(target=work, args=[index]) for index in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert load(server, dump).status == 200
    assert dump_of(server) == dump


def test_a_zone_called_network_keeps_its_path() -> None:
    network = Network(NetworkConfig(zones=("network",)))
    with RpcServer(network, ServerOptions(port=0)) as server:
        assert result(server, "eth_chainId", zone="network") == Asker(network, "network")("eth_chainId")
        assert loaded(dump_of(server)).zones.keys() == network.zones.keys()


def test_a_dump_in_process_is_written_to_any_sink(network: Network) -> None:
    sink = io.BytesIO()
    assert network.dump(sink) == len(sink.getvalue())
