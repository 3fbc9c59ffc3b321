"""A served network settles beside its requests, and stops in any moment of it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from devnet.config import NetworkConfig
from devnet.kernel import absence, load
from devnet.network import Network
from devnet.parts import native_parts
from devnet.pipeline import Pipeline
from devnet.rpc.server import RpcServer, ServerOptions
from devnet.state import WitnessRecorder
from devnet.state.config import QmdbConfig
from devnet.state.native import NativeQmdb
from tests.parts import parts_under_test
from tests.rpc.http_client import result
from tests.settlement.networks import assert_valid


def pay(server: RpcServer) -> str:
    sender, other = result(server, "eth_accounts")[:2]
    sent: str = result(server, "eth_sendTransaction", {"from": sender, "to": other, "value": "0x1"})
    return sent


def until(server: RpcServer, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Asks where settlement stands until that holds."""
    while True:
        status: dict[str, Any] = result(server, "zero_settlementStatus")
        if holds(status):
            return status


def served(slot_time: float | None) -> Network:
    return Network(NetworkConfig(slot_time=slot_time), parts_under_test())


@pytest.mark.parametrize("phase", ["recording", "deciding", "waiting"])
def test_a_server_stops_in_any_phase_of_a_slot_and_the_network_goes_on(phase: str) -> None:
    network = served(0)
    with RpcServer(network, ServerOptions(port=0)) as server:
        for _ in range(20):
            pay(server)
            if result(server, "zero_settlementStatus")["phase"] == phase:
                break
    assert network.slots.served_by is None
    network.mine(network.default_zone)
    network.settle()
    assert_valid(network)
    with RpcServer(network, ServerOptions(port=0)) as server:
        sent = pay(server)
        result(server, "zero_settle")
        assert result(server, "zero_getTransactionFinality", sent)["finality"] == "finalized"
    assert_valid(network)


def test_requests_are_answered_while_validators_decide() -> None:
    network = served(0)
    with RpcServer(network, ServerOptions(port=0)) as server:
        for newest in range(1, 200):
            pay(server)
            status = result(server, "zero_settlementStatus")
            alpha = {zone["name"]: zone for zone in status["zones"]}["alpha"]
            assert alpha["newest"] == hex(newest)
            if status["phase"] == "deciding" and int(alpha["proposed"], 16) < newest:
                break
        else:
            raise AssertionError("no block was made while a slot was decided")
        until(server, lambda status: status["backlog"] == "0x0")
    assert_valid(network)


def test_an_idle_network_is_left_alone() -> None:
    network = served(0.02)
    with RpcServer(network, ServerOptions(port=0)) as server:
        pay(server)
        until(server, lambda status: status["backlog"] == "0x0" and status["phase"] == "waiting")
        pipeline = network.slots.served_by
        assert isinstance(pipeline, Pipeline)
        # One more look finds that nothing is left.
        while pipeline.wants_to_look:
            time.sleep(0.01)
        ticks = pipeline.ticks
        time.sleep(0.2)
        assert pipeline.ticks == ticks


def test_without_slots_everything_is_settled_when_somebody_wants_it() -> None:
    network = served(None)
    with RpcServer(network, ServerOptions(port=0)) as server:
        sent = pay(server)
        (settled,) = result(server, "zero_settle")
        assert settled["height"] == "0x1"
        assert result(server, "zero_getTransactionFinality", sent)["finality"] == "finalized"
        assert result(server, "zero_settle") == []
    assert_valid(network)


@pytest.mark.own_parts
@pytest.mark.skipif(absence() is not None, reason="there is no kernel")
def test_what_is_settled_is_recorded_beside_the_network_thread() -> None:
    """No recorder of a state is made on the thread that serves requests."""
    threads: set[str] = set()

    class Watched(NativeQmdb):
        def recorder(self, height: int, config: QmdbConfig) -> WitnessRecorder:
            threads.add(threading.current_thread().name)
            return super().recorder(height, config)

    pool = load().Pool(1)
    parts = replace(native_parts(), state=lambda config, home: Watched(config, home, pool=pool))
    network = Network(NetworkConfig(slot_time=0.05), parts)
    with RpcServer(network, ServerOptions(port=0)) as server:
        for _ in range(20):
            pay(server)
        result(server, "zero_settle")
        until(server, lambda status: status["backlog"] == "0x0")
    assert threads == {"settlement"}
    assert_valid(network)


LOADING = """
import sys, time
from devnet.config import NetworkConfig
from devnet.network import Network
from devnet.rpc.server import RpcServer, ServerOptions

network = Network(NetworkConfig(slot_time={slot_time}))
with RpcServer(network, ServerOptions(port=0)):
    assert "devnet.settlement.settler" not in sys.modules
    {wait}
    assert network.settlement.chain.height == 0
print("devnet.settlement.settler" in sys.modules)
"""


@pytest.mark.own_parts
@pytest.mark.parametrize(
    ("slot_time", "wait", "is_loaded"),
    [
        # Long after it would have been loaded.
        ("None", "time.sleep(1.5)", False),
        ("1.0", "while not network.settlement._settlers: time.sleep(0.01)", True),
    ],
)
def test_what_slots_need_is_loaded_once_the_server_has_nothing_else_to_do(
    slot_time: str, wait: str, is_loaded: bool
) -> None:
    program = LOADING.format(slot_time=slot_time, wait=wait)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.stdout, done.stderr) == (f"{is_loaded}\n", "")
