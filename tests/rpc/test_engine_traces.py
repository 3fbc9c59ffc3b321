"""Traces over RPC by the native engine are the reference's, whatever happened in the blocks."""

from __future__ import annotations

from typing import Any

import pytest

from devnet.execution.tracer_options import TRACERS
from devnet.network import Network
from devnet.parts import Parts
from tests.execution.comparing import ComparingEngine
from tests.execution.engines import REFERENCE, engine, needs_kernel
from tests.rpc.asking import Refused
from tests.rpc.world import EMIT, FAIL, LOOP, World, build_world

pytestmark = needs_kernel

CONFIGS: dict[str, dict[str, Any]] = {
    "callTracer": {"withLog": True},
    "prestateTracer": {"diffMode": True},
    "muxTracer": {"flatCallTracer": {"convertParityErrors": True}, "4byteTracer": None},
}
OPTIONS = [
    {},
    {"enableMemory": True, "enableReturnData": True},
    *({"tracer": name, "tracerConfig": CONFIGS.get(name, {})} for name in TRACERS),
]


@pytest.fixture(scope="module")
def world() -> World:
    """Every execution of this zone is one on both engines, which must agree."""
    parts = Parts(engine=lambda: ComparingEngine(engine("native"), REFERENCE))
    return build_world(Network(parts=parts))


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_every_transaction_is_traced_as_by_the_reference(world: World, options: dict[str, Any]) -> None:
    ask = world.ask
    traced = 0
    for number in range(1, int(ask("eth_blockNumber"), 16) + 1):
        for entry in ask("debug_traceBlockByNumber", hex(number), options):
            assert ask("debug_traceTransaction", entry["txHash"], options) == entry["result"]
            traced += 1
    assert traced >= 6


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("to", [EMIT, FAIL, LOOP])
def test_calls_are_traced_as_by_the_reference(world: World, to: str, options: dict[str, Any]) -> None:
    request = {"from": world.sender, "to": to, "gas": "0x8000", "data": "0x12345678"}
    assert world.ask("debug_traceCall", request, "latest", options) is not None


def test_transfers_and_access_lists_are_told_as_by_the_reference(world: World) -> None:
    calls = [{"from": world.sender, "to": EMIT, "value": "0x5"}]
    (block,) = world.ask(
        "eth_simulateV1", {"blockStateCalls": [{"calls": calls}], "traceTransfers": True}, "latest"
    )
    (transfer, *_) = block["calls"][0]["logs"]
    assert transfer["address"] == "0x" + "ee" * 20
    assert world.ask("eth_createAccessList", calls[0], "latest")["gasUsed"]


def test_an_unknown_tracer_is_refused(world: World) -> None:
    with pytest.raises(Refused, match="unknown tracer 'nosuch'") as refused:
        world.ask("debug_traceTransaction", world.legacy, {"tracer": "nosuch"})
    assert refused.value.code == -32602
