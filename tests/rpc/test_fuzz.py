"""Whatever is sent, the answer is no bug's (-32603), comes, and the server and its other zones live on."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devnet.network import Network, NetworkConfig
from devnet.parts import EngineChoice
from devnet.rpc import dispatch
from devnet.rpc.registry import method_table
from devnet.rpc.server import RpcServer, ServerOptions
from tests.parts import choice_under_test
from tests.rpc import contracts
from tests.rpc.asking import Asker, request
from tests.rpc.http_client import call, fetch, result
from tests.rpc.schema_calls import ALWAYS_REFUSED, CALLS
from tests.rpc.world import LOOP, World, build_world

SLOW = {"rpc.discover"}
"""Says the same whatever it is asked."""

HOSTILE: list[Any] = [
    None,
    True,
    0,
    -1,
    1 << 63,
    (1 << 64) - 1,
    1.5,
    1e300,
    "",
    "0x",
    "0x0",
    "0x1",
    "0xg",
    "0x_1",
    "0x 1",
    "-0x1",
    "0x" + "f" * 16,
    "0x" + "f" * 64,
    "0x" + "f" * 65,
    "0x" + "0" * 40,
    "0x" + "ff" * 20,
    "0x" + "ff" * 32,
    "0x" + "ab" * 1000,
    "latest",
    "pending",
    "safe",
    "finalized",
    "earliest",
    "callTracer",
    "\u0000",
    "é" * 50,
    "9" * 400,
    [],
    [[]],
    [None],
    {},
    {"blockHash": "0x" + "ff" * 32},
    {"blockNumber": "0xffffffffffffffff"},
    {"from": "0x" + "ff" * 20, "to": None, "gas": "0xffffffffffffffff"},
    {"data": "0x5b5f56", "value": "0x" + "f" * 64},
    {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": 5}},
    {"tracer": "muxTracer", "tracerConfig": {"muxTracer": {"muxTracer": None}}},
    {"limit": "x", "enableMemory": 7},
    {"fromBlock": "0x5", "toBlock": "0x1"},
    {"topics": [[None], [], "0x", 5]},
    {"blockStateCalls": [{}, {"calls": [{}], "blockOverrides": {"number": "0xffffffffffffffff"}}]},
    {"blockStateCalls": [{"blockOverrides": {"time": "0x0"}}, {"stateOverrides": {"0x": 5}}]},
    {"0x" + "ff" * 20: {"balance": "0x" + "f" * 64, "nonce": "0xffffffffffffffff", "code": "0xfe"}},
    {"types": {}, "primaryType": "X", "domain": {}, "message": {}},
    {"timestamp": 1 << 62, "blocks": 3},
]

json_values = st.recursive(
    st.sampled_from(HOSTILE)
    | st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.binary(max_size=40).map(lambda data: "0x" + data.hex()),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["from", "to", "data", "gas", "blockHash", "address", "topics", "tracer", "value", "calls"]
            )
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
methods = st.sampled_from(sorted(set(method_table()) - SLOW))


@pytest.fixture(scope="module")
def world() -> World:
    return build_world()


def quick_network() -> Network:
    """Calls end soon, so that endless ones cost the tests little."""
    return Network(NetworkConfig(call_gas_cap=1_000_000, call_time_limit=0.5))


@pytest.fixture(scope="module")
def target() -> Asker:
    ask = Asker(quick_network())
    ask.place(LOOP, contracts.LOOP)
    return ask


def assert_no_bug(answer: Any) -> None:
    for entry in answer if isinstance(answer, list) else [answer]:
        error = entry.get("error")
        assert ("result" in entry) != (error is not None)
        if error is not None:
            assert error["code"] != -32603, error
            assert isinstance(error["message"], str)
            assert error["message"]


@given(name=methods, params=st.lists(json_values, max_size=5))
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_parameters_are_answered_or_refused(target: Asker, name: str, params: list[Any]) -> None:
    assert_no_bug(dispatch(target.network, "alpha", request(name, *params)))


@pytest.mark.full
@given(name=methods, params=st.lists(json_values, max_size=5))
@settings(max_examples=20_000, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_parameters_are_answered_or_refused_at_length(
    target: Asker, name: str, params: list[Any]
) -> None:
    assert_no_bug(dispatch(target.network, "alpha", request(name, *params)))


@pytest.mark.parametrize("name", sorted(CALLS.keys() - SLOW))
def test_right_calls_with_one_wrong_parameter_are_answered_or_refused(world: World, name: str) -> None:
    good = CALLS[name][0](world)
    network = world.ask.network
    snapshot = world.ask("zero_snapshot")
    for position in range(len(method_table()[name].params)):
        for value in HOSTILE:
            params = [*good, *[None] * 9][: max(len(good), position + 1)]
            params[position] = value
            answer = dispatch(network, "alpha", request(name, *params))
            assert_no_bug(answer)
    dispatch(network, "alpha", request("zero_revert", snapshot))


@given(body=st.binary(max_size=200) | json_values.map(orjson.dumps))
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_bytes_are_answered_with_json_rpc(target: Asker, body: bytes) -> None:
    answer = dispatch(target.network, "alpha", body)
    if answer is not None:
        assert_no_bug(orjson.loads(answer))


@pytest.mark.parametrize("method", sorted(ALWAYS_REFUSED))
def test_what_is_always_refused_is_refused_properly(target: Asker, method: str) -> None:
    assert_no_bug(dispatch(target.network, "alpha", request(method, *HOSTILE[:2])))


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 2_000_000,
        b'{"jsonrpc":"2.0","id":1,"method":"eth_call","params":' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"jsonrpc":"2.0","id":1,"method":"eth_call","params":['
        + b'{"to":' * 900
        + b"1"
        + b"}" * 900
        + b"]}",
        b'{"jsonrpc":"2.0","id":' + b"9" * 100_000 + b',"method":"eth_chainId"}',
        b'{"jsonrpc":"2.0","id":1e999,"method":"eth_chainId"}',
        b'{"jsonrpc":"2.0","id":"\\ud800","method":"eth_chainId"}',
        b'{"jsonrpc":"2.0","id":1,"method":"' + b"x" * 1_000_000 + b'"}',
        b'{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":["' + b"x" * 1_000_000 + b'"]}',
        b'{"jsonrpc":"2.0","id":1,"method":"anvil_setBalance","params":["0x'
        + b"11" * 20
        + b'",'
        + b"9" * 5000
        + b"]}",
    ],
)
def test_huge_and_deep_input_is_refused_and_the_server_lives(server: RpcServer, body: bytes) -> None:
    answer = fetch(server, "/alpha", body)
    assert answer.status == 200
    assert_no_bug(answer.json)
    assert len(answer.body) < 200_000
    assert result(server, "eth_chainId") == "0x757e21"


def test_numbers_that_json_cannot_hold_exactly_are_refused_rather_than_rounded(server: RpcServer) -> None:
    body = b'{"jsonrpc":"2.0","id":1,"method":"anvil_setBalance","params":["0x%b",%d]}' % (b"11" * 20, 10**24)
    answer = fetch(server, "/alpha", body).json
    assert answer["error"]["code"] == -32602
    assert "hex string" in answer["error"]["message"]


@pytest.mark.parametrize("method", ["eth_call", "eth_estimateGas", "debug_traceCall", "eth_createAccessList"])
def test_endless_calls_end_and_a_neighbour_answers_meanwhile(method: str) -> None:
    # The reference's loops leave the others little of the interpreter.
    limit = 5.0 if choice_under_test() is EngineChoice.PYEVM else 2.0
    network = Network(NetworkConfig(call_gas_cap=1 << 40, call_time_limit=limit, transaction_gas_cap=None))
    with RpcServer(network, ServerOptions(port=0)) as server, ThreadPoolExecutor(8) as pool:
        result(server, "anvil_setCode", LOOP, "0x" + contracts.LOOP.hex())
        is_over = threading.Event()

        def run_loop() -> Any:
            try:
                return call(server, method, {"to": LOOP, "gas": hex(1 << 39)})
            finally:
                is_over.set()

        # More at once than the zone has threads for calls.
        loops = [pool.submit(run_loop) for _ in range(6)]
        rounds_before_the_first_loop_ended = 0
        while not is_over.is_set():
            result(server, "eth_call", {"to": "0x" + "11" * 20}, zone="beta")
            result(server, "eth_getBalance", "0x" + "11" * 20, zone="beta")
            result(server, "eth_blockNumber", zone="beta")
            assert fetch(server, "/health", method="GET").status == 200
            # The slow zone's own cheap questions are not behind its calls either.
            result(server, "eth_getBalance", "0x" + "11" * 20)
            rounds_before_the_first_loop_ended += not is_over.is_set()
        # Behind the loops there would be none. How many there are is the machine's affair.
        assert rounds_before_the_first_loop_ended > 0
        for loop in loops:
            answer = loop.result()
            assert_no_bug(answer)
        assert result(server, "eth_chainId") == "0x757e21"


def test_a_bug_is_logged_with_its_traceback_and_told_without_it(
    network: Network, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(type(network.zone("alpha")), "number", broken)
    with caplog.at_level(logging.ERROR, "devnet.rpc"):
        answer = dispatch(network, "alpha", request("eth_blockNumber"))
    assert answer["error"]["code"] == -32603
    assert "Traceback" not in answer["error"]["message"]
    assert any(record.exc_info for record in caplog.records)
