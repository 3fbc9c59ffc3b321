"""Calls that the event loop answers itself, and those that it hands to another thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from devnet.network import Network
from devnet.parts import native_parts
from devnet.rpc.server import RpcServer, ServerOptions
from tests.execution.engines import needs_kernel
from tests.rpc.contracts import CONSOLE, EMIT, FAIL, LOOP
from tests.rpc.http_client import call, result

pytestmark = needs_kernel

PLACES = {
    name: "0x" + f"{number:02x}" * 20 for number, name in enumerate(("emit", "fail", "loop", "log"), 0xE1)
}


@pytest.fixture
def server() -> Iterator[RpcServer]:
    network = Network(parts=native_parts(1))
    with RpcServer(network, ServerOptions(port=0)) as running:
        for name, code in zip(PLACES, (EMIT, FAIL, LOOP, CONSOLE), strict=True):
            result(running, "anvil_setCode", PLACES[name], "0x" + code.hex())
        result(running, "evm_mine")
        yield running


def calling_threads() -> int:
    """How many threads were started for calls of the zone: none as long as the loop answers itself."""
    return sum(thread.name.startswith("alpha-call") for thread in threading.enumerate())


def asked(server: RpcServer, place: str, *more: Any, **fields: str) -> Any:
    return call(server, "eth_call", {"to": PLACES[place], **fields}, *more)


def test_a_short_call_needs_no_other_thread(server: RpcServer) -> None:
    for _ in range(20):
        assert asked(server, "emit", "latest")["result"] == "0x" + "2a".rjust(64, "0")
        assert asked(server, "log")["result"] == "0x"
    assert calling_threads() == 0


def test_a_call_that_loops_is_tried_once_and_then_handed_over(server: RpcServer) -> None:
    for _ in range(3):
        answer = asked(server, "loop", "latest", gas="0x1e8480")
        assert "out of gas" in answer["error"]["message"]
    assert calling_threads() == 1
    # What it looks like to everybody else.
    assert asked(server, "emit", "latest")["result"] == "0x" + "2a".rjust(64, "0")


def test_a_call_that_fails_says_why_as_ever(server: RpcServer) -> None:
    answer = asked(server, "fail", "latest")
    assert (answer["error"]["code"], answer["error"]["message"]) == (3, "execution reverted: nope!")
    assert calling_threads() == 1


@pytest.mark.parametrize(
    "more",
    [
        ("pending",),
        ("0x0",),
        ("latest", {"0x" + "77" * 20: {"balance": "0x1"}}),
        ("latest", None, {"number": "0x20"}),
    ],
)
def test_calls_elsewhere_and_with_overrides_are_handed_over(server: RpcServer, more: tuple[Any, ...]) -> None:
    assert "result" in asked(server, "emit", *more)
    assert calling_threads() == 1


def test_a_call_sees_what_development_calls_wrote(server: RpcServer) -> None:
    emit = "0x" + EMIT.hex()
    place = "0x" + "77" * 20
    assert call(server, "eth_call", {"to": place}, "latest")["result"] == "0x"
    result(server, "anvil_setCode", place, emit)
    assert call(server, "eth_call", {"to": place}, "latest")["result"] == "0x" + "2a".rjust(64, "0")
    result(server, "evm_mine")
    assert call(server, "eth_call", {"to": place}, "latest")["result"] == "0x" + "2a".rjust(64, "0")


def test_a_call_sees_the_block_that_was_sealed_last(server: RpcServer) -> None:
    # NUMBER PUSH0 MSTORE PUSH1 32 PUSH0 RETURN
    place = "0x" + "78" * 20
    result(server, "anvil_setCode", place, "0x435f5260205ff3")
    for _ in range(3):
        result(server, "evm_mine")
        number = int(result(server, "eth_blockNumber"), 16)
        assert int(call(server, "eth_call", {"to": place}, "latest")["result"], 16) == number
    assert calling_threads() == 0


def test_a_changed_chain_id_is_seen_at_once(server: RpcServer) -> None:
    # CHAINID PUSH0 MSTORE PUSH1 32 PUSH0 RETURN
    place = "0x" + "79" * 20
    result(server, "anvil_setCode", place, "0x465f5260205ff3")
    result(server, "evm_mine")
    for chain_id in (7_700_001, 4_242):
        result(server, "anvil_setChainId", chain_id)
        assert int(call(server, "eth_call", {"to": place}, "latest")["result"], 16) == chain_id
