"""What an observer of a server is told, and in which order."""

from __future__ import annotations

from typing import Any

from devnet.network import Network
from devnet.rpc.observer import BlocksRemoved, ConsoleOutput, Observation, RequestAnswered, ZoneHappening
from devnet.rpc.server import RpcServer, ServerOptions
from devnet.zone.messages import BlockAdded, TransactionPending
from tests.rpc import contracts
from tests.rpc.http_client import call, result
from tests.rpc.world import EMIT


def test_an_observer_is_told_everything_in_order_before_the_server_has_stopped(network: Network) -> None:
    seen: list[Observation] = []
    with RpcServer(network, ServerOptions(port=0), seen.append) as server:
        result(server, "anvil_setCode", EMIT, "0x" + contracts.CONSOLE.hex())
        sender = result(server, "eth_accounts")[0]
        sent = result(server, "eth_sendTransaction", {"from": sender, "to": EMIT, "gas": "0x186a0"})
        result(server, "eth_call", {"to": EMIT}, zone="alpha")
        result(server, "evm_mine", zone="beta")
        result(server, "anvil_mine", "0x3")
        result(server, "anvil_rollback", 4)
        call(server, "eth_nothing")
    happenings = [(entry.zone, type(entry.event)) for entry in seen if isinstance(entry, ZoneHappening)]
    assert happenings == [
        ("alpha", TransactionPending),
        ("alpha", BlockAdded),
        ("beta", BlockAdded),
        *[("alpha", BlockAdded)] * 3,
    ]
    [removed] = [entry for entry in seen if isinstance(entry, BlocksRemoved)]
    assert (removed.zone, [block.header.number for block in removed.blocks]) == ("alpha", [4, 3, 2, 1])
    blocks = [
        entry.event
        for entry in seen
        if isinstance(entry, ZoneHappening) and isinstance(entry.event, BlockAdded)
    ]
    assert "0x" + blocks[0].block.transactions[0].hash.hex() == sent
    assert [len(lines) for lines in blocks[0].console] == [1]
    consoles = [entry for entry in seen if isinstance(entry, ConsoleOutput)]
    assert [(entry.zone, entry.method) for entry in consoles] == [("alpha", "eth_call")]
    answered = [(entry.method, entry.code) for entry in seen if isinstance(entry, RequestAnswered)]
    assert answered[-1] == ("eth_nothing", -32601)
    assert order_of(seen, BlockAdded) < seen.index(consoles[0])


def order_of(seen: list[Observation], kind: Any) -> int:
    return next(
        place
        for place, entry in enumerate(seen)
        if isinstance(entry, ZoneHappening) and isinstance(entry.event, kind)
    )


def test_an_observer_that_fails_is_not_the_servers_end(network: Network) -> None:
    def broken(_: Observation) -> None:
        raise RuntimeError("cannot print")

    with RpcServer(network, ServerOptions(port=0), broken) as server:
        assert result(server, "evm_mine") == "0x0"
        assert result(server, "eth_blockNumber") == "0x1"
