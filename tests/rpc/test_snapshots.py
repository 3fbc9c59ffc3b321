"""Snapshots over a port, as tools use them: loops of fixtures, nesting, names, several zones at once."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from devnet.network import Network
from devnet.rpc.server import RpcServer
from tests.rpc.http_client import call, result

ZONES = ("system", "alpha", "beta")


def send(server: RpcServer, network: Network, zone: str = "alpha", value: int = 1) -> str:
    addresses = ["0x" + address.hex() for address in network.keys.addresses]
    transaction = {"from": addresses[0], "to": addresses[1], "value": hex(value)}
    sent: str = result(server, "eth_sendTransaction", transaction, zone=zone)
    return sent


def world(server: RpcServer, network: Network, zone: str) -> list[Any]:
    addresses = ["0x" + address.hex() for address in network.keys.addresses[:2]]
    return [
        result(server, "eth_getBlockByNumber", "latest", True, zone=zone),
        [result(server, "eth_getBalance", address, zone=zone) for address in addresses],
        result(server, "eth_getTransactionCount", addresses[0], "pending", zone=zone),
        result(server, "txpool_content", zone=zone),
        result(server, "eth_getLogs", {"fromBlock": "0x0"}, zone=zone),
        result(server, "zero_status", zone=zone)["timeOffset"],
    ]


def refusal(server: RpcServer, method: str, *params: Any, zone: str = "alpha") -> dict[str, Any]:
    answer = call(server, method, *params, zone=zone)
    assert "result" not in answer
    error: dict[str, Any] = answer["error"]
    return error


def test_a_fixture_is_loaded_again_and_again(server: RpcServer, network: Network) -> None:
    """hardhat-network-helpers' loadFixture goes back and takes a snapshot again, for networks that use them
    up."""
    send(server, network)
    before = world(server, network, "alpha")
    taken = [result(server, "evm_snapshot")]
    for value in range(20):
        sent = send(server, network, value=value)
        result(server, "evm_increaseTime", 60)
        assert result(server, "evm_revert", taken[-1]) is True
        assert world(server, network, "alpha") == before
        assert result(server, "eth_getTransactionReceipt", sent) is None
        taken.append(result(server, "evm_snapshot"))
    assert len(set(taken)) == 21
    # Reverting keeps the older ones.
    assert result(server, "evm_revert", taken[0]) is True
    assert world(server, network, "alpha") == before


def test_fixtures_nest(server: RpcServer, network: Network) -> None:
    outer = result(server, "evm_snapshot")
    send(server, network)
    inner = result(server, "evm_snapshot")
    send(server, network)
    result(server, "evm_revert", inner)
    assert result(server, "eth_blockNumber") == "0x1"
    result(server, "evm_revert", outer)
    error = refusal(server, "evm_revert", inner)
    assert error["code"] == -32001
    assert f"went back to snapshot {outer} (block 0) when block 1 of" in error["message"]


def test_the_whole_network_goes_back_by_name(server: RpcServer, network: Network) -> None:
    result(server, "evm_setAutomine", False, zone="beta")
    for zone in ZONES:
        send(server, network, zone)
    before = {zone: world(server, network, zone) for zone in ZONES}
    identifier = result(server, "zero_snapshot", "base")
    for _ in range(2):
        for zone in ZONES:
            send(server, network, zone, value=7)
            result(server, "evm_mine", zone=zone)
        assert result(server, "zero_revert", "base") is True
        assert {zone: world(server, network, zone) for zone in ZONES} == before
    assert [entry["id"] for entry in result(server, "zero_snapshots")] == [identifier]
    assert result(server, "zero_deleteSnapshot", "base") is True
    assert refusal(server, "zero_revert", identifier)["code"] == -32001


def test_the_list_says_where_a_snapshot_is_usable_and_why_not(server: RpcServer, network: Network) -> None:
    first = result(server, "evm_snapshot", zone="beta")
    send(server, network)
    second = result(server, "zero_snapshot", "second")
    result(server, "evm_revert", first)
    listed = {entry["id"]: entry for entry in result(server, "zero_snapshots")}
    assert list(listed) == [first, second]
    by_zone = {zone["name"]: zone for zone in listed[second]["zones"]}
    assert {name: zone["usable"] for name, zone in by_zone.items()} == {
        "system": True,
        "alpha": False,
        "beta": True,
    }
    assert by_zone["alpha"]["number"] == "0x1"
    assert by_zone["alpha"]["reason"].startswith(f"the zone went back to snapshot {first} (block 0)")
    assert "evm_revert still takes system and beta" in refusal(server, "zero_revert", "second")["message"]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        (["0x63"], -32001),
        ([99], -32001),
        (["99"], -32001),
        (["nothing"], -32001),
        ([""], -32001),
        (["0x"], -32602),
        ([], -32602),
        ([{}], -32602),
        ([-1], -32602),
        ([True], -32602),
    ],
)
def test_what_is_no_snapshot_is_refused(server: RpcServer, params: list[Any], code: int) -> None:
    for method in ("zero_revert", "zero_deleteSnapshot"):
        assert refusal(server, method, *params)["code"] == code


def test_zones_are_reverted_by_many_clients_at_once(server: RpcServer, network: Network) -> None:
    """Every client goes back in its own zone, all from snapshots of the whole network."""
    failures: list[BaseException] = []

    def loop(zone: str) -> None:
        try:
            for _ in range(15):
                number = result(server, "eth_blockNumber", zone=zone)
                taken = result(server, "evm_snapshot", zone=zone)
                send(server, network, zone)
                assert result(server, "evm_revert", taken, zone=zone) is True
                assert result(server, "eth_blockNumber", zone=zone) == number
                send(server, network, zone)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=loop, args=[zone]) for zone in ZONES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [result(server, "eth_blockNumber", zone=zone) for zone in ZONES] == ["0xf"] * 3
