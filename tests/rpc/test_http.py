"""The server over HTTP: routes, checks, CORS, limits, and how it starts and stops."""

from __future__ import annotations

import contextlib
import http.client
import logging
import socket
import subprocess
import sys

import orjson
import pytest

from devnet.network import Network
from devnet.rpc.server import PortInUse, RpcServer, ServerOptions
from tests.rpc.asking import request
from tests.rpc.contracts import LOOP
from tests.rpc.http_client import call, fetch, result

CHAIN_ID = orjson.dumps(request("eth_chainId"))


@pytest.mark.parametrize(
    ("path", "chain_id"),
    [
        ("/", "0x757e21"),
        ("/alpha", "0x757e21"),
        ("/beta", "0x757e22"),
        ("/beta/", "0x757e22"),
        ("/system", "0x757e20"),
        ("/7700002", "0x757e22"),
        ("/7700000", "0x757e20"),
    ],
)
def test_a_zone_is_at_its_name_and_at_its_chain_id(server: RpcServer, path: str, chain_id: str) -> None:
    reply = fetch(server, path, CHAIN_ID)
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/json"
    assert reply.json["result"] == chain_id


@pytest.mark.parametrize("path", ["/gamma", "/alpha/x", "/1", "/9999999999999999999999999", "/%ff"])
def test_where_no_zone_is_the_answer_names_the_zones(server: RpcServer, path: str) -> None:
    reply = fetch(server, path, CHAIN_ID)
    assert reply.status == 404
    assert b"/alpha" in reply.body


def test_a_path_by_chain_id_follows_a_changed_chain_id(server: RpcServer) -> None:
    assert fetch(server, "/4242", CHAIN_ID).status == 404
    result(server, "anvil_setChainId", 4242)
    assert fetch(server, "/4242", CHAIN_ID).json["result"] == hex(4242)


def test_a_zone_can_have_a_port_of_its_own(network: Network) -> None:
    with RpcServer(network, ServerOptions(port=0, zone_ports={"beta": 0})) as server:
        own = server.zone_ports["beta"]
        assert fetch(server, "/", CHAIN_ID, port=own).json["result"] == "0x757e22"
        assert fetch(server, "/alpha", CHAIN_ID, port=own).json["result"] == "0x757e21"
        assert fetch(server, "/", CHAIN_ID).json["result"] == "0x757e21"


def test_notifications_are_answered_with_no_content(server: RpcServer) -> None:
    reply = fetch(server, "/", b'{"jsonrpc":"2.0","method":"evm_mine"}')
    assert (reply.status, reply.body) == (204, b"")
    assert result(server, "eth_blockNumber") == "0x1"


def test_health_tells_the_zones(server: RpcServer) -> None:
    reply = fetch(server, "/health", method="GET")
    assert reply.status == 200
    assert reply.json["status"] == "ok"
    assert reply.json["zones"]["beta"] == {"chainId": 7_700_002, "number": 0}


def test_a_browser_gets_a_page_of_endpoints(server: RpcServer) -> None:
    reply = fetch(server, "/", method="GET")
    assert reply.headers["content-type"].startswith("text/html")
    assert f"http://127.0.0.1:{server.port}/beta".encode() in reply.body


@pytest.mark.parametrize(("method", "path"), [("GET", "/alpha"), ("PUT", "/"), ("DELETE", "/alpha")])
def test_other_http_methods_are_not_allowed(server: RpcServer, method: str, path: str) -> None:
    reply = fetch(server, path, method=method)
    assert reply.status == 405
    assert "POST" in reply.headers["allow"]


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8545", "alpha.localhost", "127.0.0.1", "[::1]:1", "10.0.0.7"]
)
def test_local_names_and_addresses_pass_the_host_check(server: RpcServer, host: str) -> None:
    assert fetch(server, "/", CHAIN_ID, headers={"host": host}).status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8545", "localhost.evil.example", "127.0.0.1.evil"]
)
def test_other_names_are_refused_with_the_option_that_allows_them(server: RpcServer, host: str) -> None:
    for method, body in (("POST", CHAIN_ID), ("GET", None)):
        reply = fetch(server, "/", body, method, headers={"host": host})
        assert reply.status == 403
        assert b"--allow-host " + host.partition(":")[0].encode() in reply.body


def test_allowed_hosts_pass(network: Network) -> None:
    with RpcServer(network, ServerOptions(port=0, allow_hosts=("dev.example",))) as server:
        assert fetch(server, "/", CHAIN_ID, headers={"host": "dev.example:1"}).status == 200
        assert fetch(server, "/", CHAIN_ID, headers={"host": "other.example"}).status == 403


def test_any_origin_may_read_answers_by_default(server: RpcServer) -> None:
    reply = fetch(server, "/", CHAIN_ID, headers={"origin": "https://app.example"})
    assert reply.headers["access-control-allow-origin"] == "*"


def test_a_preflight_is_answered_for_private_networks_too(server: RpcServer) -> None:
    asked = {
        "origin": "https://app.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type, x-extra",
        "access-control-request-private-network": "true",
    }
    reply = fetch(server, "/alpha", method="OPTIONS", headers=asked)
    assert reply.status == 204
    assert reply.headers["access-control-allow-origin"] == "*"
    assert "POST" in reply.headers["access-control-allow-methods"]
    assert reply.headers["access-control-allow-headers"] == "content-type, x-extra"
    assert reply.headers["access-control-allow-private-network"] == "true"


def test_a_list_of_origins_keeps_others_out(network: Network) -> None:
    with RpcServer(network, ServerOptions(port=0, allow_origins=("https://app.example",))) as server:
        welcome = fetch(server, "/", CHAIN_ID, headers={"origin": "https://app.example"})
        assert welcome.headers["access-control-allow-origin"] == "https://app.example"
        stranger = fetch(server, "/", CHAIN_ID, headers={"origin": "https://evil.example"})
        assert stranger.status == 403
        assert "access-control-allow-origin" not in stranger.headers
        assert fetch(server, "/", CHAIN_ID).status == 200


def test_a_body_beyond_the_limit_is_refused(network: Network) -> None:
    with RpcServer(network, ServerOptions(port=0, max_body_bytes=1000)) as server:
        fits = CHAIN_ID + b" " * (1000 - len(CHAIN_ID))
        assert fetch(server, "/", fits).status == 200
        assert fetch(server, "/", fits + b" ").status == 413
        assert fetch(server, "/", CHAIN_ID).status == 200


def test_a_body_in_chunks_is_put_together_and_limited(network: Network) -> None:
    with RpcServer(network, ServerOptions(port=0, max_body_bytes=1000)) as server:
        for size, status in ((1000, 200), (1001, 413)):
            body = CHAIN_ID + b" " * (size - len(CHAIN_ID))
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
            pieces = (body[start : start + 100] for start in range(0, size, 100))
            connection.request(
                "POST", "/", pieces, encode_chunked=True, headers={"transfer-encoding": "chunked"}
            )
            assert connection.getresponse().status == status
            connection.close()


def test_a_connection_serves_many_requests(server: RpcServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    for number in range(5):
        connection.request("POST", "/", orjson.dumps(request("eth_blockNumber", identifier=number)))
        assert orjson.loads(connection.getresponse().read())["id"] == number
        connection.request("GET", "/health")
        assert orjson.loads(connection.getresponse().read())["status"] == "ok"
    connection.close()


def test_a_head_and_a_body_may_come_in_pieces(server: RpcServer) -> None:
    head = b"POST /beta HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(CHAIN_ID)
    message = head + CHAIN_ID
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        for start in range(0, len(message), 7):
            connection.sendall(message[start : start + 7])
        received = b""
        while not received.endswith(b"}"):
            received += connection.recv(4096)
    assert b"0x757e22" in received


def test_what_a_client_sends_ahead_is_answered_in_order(server: RpcServer) -> None:
    bodies = [
        orjson.dumps(request(method, *params, identifier=number))
        for number, (method, params) in enumerate(
            [
                ("eth_getBalance", ("0x" + "11" * 20,)),
                ("eth_chainId", ()),
                ("evm_mine", ()),
                ("eth_blockNumber", ()),
            ]
        )
    ]
    message = b"".join(
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
        for body in bodies
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(message)
        received = b""
        while received.count(b'"jsonrpc"') < 4 or not received.endswith(b"}"):
            received += connection.recv(4096)
    places = [received.index(b'"id":%d' % number) for number in range(4)]
    assert places == sorted(places)
    assert b'"id":3,"result":"0x1"' in received


@pytest.mark.parametrize(
    "nonsense",
    [b"\x00\x01\x02\r\n\r\n", b"GET\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n", b"\r\n" * 50],
)
def test_what_is_no_http_harms_nobody(server: RpcServer, nonsense: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(nonsense)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass
    assert result(server, "eth_chainId") == "0x757e21"


def test_a_taken_port_is_an_error_of_its_own(server: RpcServer, network: Network) -> None:
    with pytest.raises(PortInUse) as taken:
        RpcServer(network, ServerOptions(port=server.port)).start()
    assert taken.value.port == server.port


def test_a_stopped_server_leaves_the_port_and_can_be_followed_by_another(network: Network) -> None:
    first = RpcServer(network, ServerOptions(port=0))
    first.start()
    port = first.port
    assert result(first, "evm_mine") == "0x0"
    first.stop()
    assert first.wait(0)
    with RpcServer(network, ServerOptions(port=port)) as second:
        assert result(second, "eth_blockNumber") == "0x1"


def test_two_servers_in_one_process_do_not_notice_each_other(server: RpcServer) -> None:
    with RpcServer(Network(), ServerOptions(port=0)) as other:
        result(other, "evm_mine")
        assert result(other, "eth_blockNumber") == "0x1"
        assert result(server, "eth_blockNumber") == "0x0"


def test_urls_name_the_zones(server: RpcServer) -> None:
    assert server.url() == f"http://127.0.0.1:{server.port}"
    assert server.url("beta") == f"http://127.0.0.1:{server.port}/beta"
    assert server.ws_url("beta") == f"ws://127.0.0.1:{server.port}/beta"
    with pytest.raises(KeyError):
        server.url("gamma")


def test_serving_imports_nothing_heavy() -> None:
    program = (
        "import sys\n"
        "from devnet.network import Network\n"
        "from devnet.rpc.server import RpcServer, ServerOptions\n"
        "with RpcServer(Network(), ServerOptions(port=0)): pass\n"
        "heavy = ('web3', 'eth_account', 'eth_abi', 'eth_utils', 'rich')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[]"


def test_errors_keep_the_catalogues_codes_over_http(server: RpcServer) -> None:
    assert call(server, "eth_nothing")["error"]["code"] == -32601
    assert call(server, "eth_getProof", "0x" + "11" * 20, [])["error"]["code"] == -32004
    assert call(server, "eth_subscribe", "newHeads")["error"]["code"] == -32601


@pytest.mark.parametrize("connection", ["close", "keep-alive"])
def test_a_stop_in_the_middle_of_a_call_is_quiet(
    network: Network, caplog: pytest.LogCaptureFixture, connection: str
) -> None:
    """A person who presses Ctrl-C while something runs for ever sees no error and no traceback."""
    target = "0x" + "ee" * 20
    server = RpcServer(network, ServerOptions(port=0))
    server.start()
    result(server, "anvil_setCode", target, "0x" + LOOP.hex())
    body = orjson.dumps(request("eth_call", {"to": target, "gas": "0x2faf080"}, "latest"))
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    client.request("POST", "/", body, {"Connection": connection})
    server.stop()
    assert server.wait(0)
    with contextlib.suppress(ConnectionError, http.client.RemoteDisconnected):
        # Where the call ends in time, it is answered as ever.
        response = client.getresponse()
        stopping = response.read() == b"the network is stopping\n"
        assert response.status == (503 if stopping else 200)
    client.close()
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []
