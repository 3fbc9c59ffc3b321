"""Networks: what is found behind a URL, snapshots, the clock, development calls."""

from __future__ import annotations

import pytest

import zero_sdk
from tests.cli.devnet_process import Devnet
from tests.client.contracts import document
from zero_sdk import Contract, Network, Zone


def test_a_zero_network_is_found_with_its_zones_from_any_of_its_urls(served: Devnet) -> None:
    base = served.zone("alpha")["url"].rsplit("/", 1)[0]
    described = served.description
    for url in (base, f"{base}/", f"{base}/beta", f"{base}/7700001"):
        with zero_sdk.connect(url) as network:
            assert list(network.zones) == ["alpha", "beta"]
            assert network["beta"].chain_id == 7_700_002
            assert network["beta"].url == f"{base}/beta"
            assert network[7_700_001] is network.default_zone is network["alpha"]
            assert network.zone("system").rpc("zero_status")["name"] == "system"
            assert [account.address for account in network.accounts] == [
                account["address"] for account in described["accounts"]
            ]
            assert network.is_devnet
            assert network.instance_id == network.rpc("zero_network")["instanceId"]
    with pytest.raises(zero_sdk.WrongArguments, match="there are"):
        network.zone("gamma")
    with zero_sdk.connect(base, zones=["beta"]) as network:
        assert list(network.zones) == ["beta"]
    with pytest.raises(zero_sdk.WrongArguments, match="gamma"):
        zero_sdk.connect(base, zones=["gamma"])


@pytest.mark.clients
def test_any_other_node_is_a_network_of_one_zone(anvil_url: str) -> None:
    with zero_sdk.connect(anvil_url) as network:
        assert list(network.zones) == ["main"]
        assert network["main"].chain_id == 31337
        assert len(network.accounts) == 10
        assert network.is_devnet
        assert network.instance_id is not None


@pytest.mark.clients
def test_nodes_are_joined_as_zones(anvil_url: str, served: Devnet) -> None:
    urls = {"one": anvil_url, "two": served.zone("beta")["url"]}
    with zero_sdk.connect(urls) as network, network.isolated():
        assert {zone.name: zone.chain_id for zone in network} == {"one": 31337, "two": 7_700_002}
        assert len(network.accounts) == 10
        kitchens = [zone.deploy(document("Kitchen"), 5) for zone in network]
        kitchens[1].set(9)
        assert [kitchen.value() for kitchen in kitchens] == [5, 9]
        network.clock.advance(1000)
        assert network["one"].timestamp == network["two"].timestamp


def test_two_runs_in_process_give_the_same_blocks() -> None:
    def run() -> str:
        with zero_sdk.local() as network:
            network["alpha"].deploy(document("Kitchen"), 5).set(6)
            network.clock.advance(3600)
            newest = network["alpha"].block()
            assert newest is not None
            return str(newest["hash"])

    assert run() == run()


def test_zones_are_separate(local: Network) -> None:
    kitchen = local["alpha"].deploy(document("Kitchen"), 5)
    assert local["beta"].code(kitchen) == b""
    with pytest.raises(zero_sdk.UnknownContract, match="zone beta"):
        local["beta"].contract(kitchen, kitchen.abi).value()


def test_options_of_a_local_network_are_those_of_its_configuration() -> None:
    with zero_sdk.local(zones=["one"], accounts=2, balance=5) as network:
        assert [network["one"].balance(account) for account in network.accounts] == [5, 5]
    with pytest.raises(zero_sdk.WrongArguments, match="no network can be made"):
        zero_sdk.local(zones=["System!"])
    with pytest.raises(zero_sdk.WrongArguments, match="colour"):
        zero_sdk.local(colour="red")


def test_a_snapshot_can_be_gone_back_to_again(network: Network, kitchen: Contract) -> None:
    snapshot = network.snapshot()
    for value in (6, 7):
        kitchen.set(value)
        assert kitchen.value() == value
        network.revert(snapshot)
        assert kitchen.value() == 5


def test_named_snapshots_are_found_by_name(local: Network) -> None:
    kitchen = local["alpha"].deploy(document("Kitchen"), 5)
    local.snapshot("before")
    kitchen.set(6)
    local.revert("before")
    assert kitchen.value() == 5
    with pytest.raises(zero_sdk.Refused) as caught:
        local.revert("never")
    assert caught.value.code == -32001


def test_the_clock_moves_in_every_zone_and_calls_see_it(network: Network) -> None:
    before = network.clock.now
    assert network.clock.advance(3600) == before + 3600
    assert {zone.timestamp for zone in network.all_zones} == {before + 3600}
    network.clock.set(before + 7200)
    assert network.clock.now == before + 7200
    network.default_zone.send(network.accounts[1], value=1)
    assert network.default_zone.timestamp >= before + 7200
    with pytest.raises(zero_sdk.WrongArguments):
        network.clock.advance(-1)


def test_state_is_set_at_will(zone: Zone, kitchen: Contract, network: Network) -> None:
    bob = network.accounts[1]
    zone.set_balance(bob, 7)
    zone.fund(bob, 5)
    assert zone.balance(bob) == 12
    zone.set_storage(kitchen, 0, 42)
    assert kitchen.value() == 42
    assert zone.storage(kitchen, 0) == (42).to_bytes(32)
    zone.set_code(bob, zone.code(kitchen))
    assert zone.contract(bob, kitchen).name() == "Kitchen"
    fresh = zero_sdk.Account.random()
    zone.set_nonce(fresh, 9)
    assert zone.nonce(fresh) == 9


def test_blocks_are_sealed_on_demand(zone: Zone) -> None:
    before = zone.block_number
    zone.mine(3)
    assert zone.block_number == before + 3
    block = zone.block(before + 1)
    assert block is not None
    assert zone.block(block["hash"]) == block
    assert zone.block(bytes.fromhex(block["hash"][2:])) == block
    assert zone.block(before + 100) is None


def test_what_waits_for_a_block_that_nobody_seals_is_told_so(local: Network) -> None:
    zone = local["alpha"]
    zone.rpc("evm_setAutomine", False)
    transaction = zone.send(local.accounts[1], value=1, wait=False)
    with pytest.raises(zero_sdk.Timeout, match=r"zone\.mine\(\)"):
        transaction.wait()
    zone.mine()
    assert transaction.wait().status == 1


def test_finality_is_waited_for_with_a_limit(zone: Zone, kitchen: Contract) -> None:
    transaction = kitchen.set(6)
    assert zone.wait_for(transaction) == transaction.receipt
    if zone.network.facts.kind.value != "zero":
        # There the tags follow the number of blocks; a Zero devnet is asked to settle.
        zone.mine(100)
    for tag in ("safe", "finalized"):
        assert zone.wait_for(transaction.hash, tag) == transaction.receipt
    if zone.network.facts.kind.value == "zero":
        assert zone.rpc("zero_getTransactionFinality", transaction.hash)["finality"] == "finalized"
        assert zone.network.settle() == []
        assert [each.stake for each in zone.network.validators().validators] == [32_000 * 10**18] * 4
    with pytest.raises(zero_sdk.WrongArguments, match="nothing to wait for"):
        zone.wait_for(transaction, "settled")


def test_what_cannot_become_final_is_waited_for_with_a_limit(local: Network) -> None:
    """Reserved blocks cannot be proven, so nothing above them settles."""
    zone = local["alpha"]
    zone.mine(100_000)
    transaction = zone.send(local.accounts[1], value=1)
    with pytest.raises(zero_sdk.Timeout, match=r"newest finalized block is 0") as caught:
        zone.wait_for(transaction, "finalized", timeout=0.05)
    assert isinstance(caught.value, TimeoutError)


def test_requests_go_in_batches(zone: Zone) -> None:
    number, chain_id = zone.batch([("eth_blockNumber", []), ("eth_chainId", [])])
    assert (int(number, 16), int(chain_id, 16)) == (zone.block_number, zone.chain_id)
    calls = [("eth_chainId", []), ("eth_nothing", []), ("eth_getBalance", ["0x1", "latest"])]
    with pytest.raises(zero_sdk.Refused) as caught:
        zone.batch(calls)
    assert (caught.value.method, caught.value.zone) == ("eth_nothing", zone.name)
    outcomes = zone.batch(calls, return_errors=True)
    assert [type(outcome).__name__ for outcome in outcomes] == ["str", "Refused", "Refused"]
    many = zone.batch([("eth_chainId", [])] * 1200)
    assert many == [hex(zone.chain_id)] * 1200


def test_a_refusal_has_the_nodes_code(local: Network) -> None:
    zone = local["alpha"]
    with pytest.raises(zero_sdk.Refused) as caught:
        zone.send(local.accounts[1], value=zero_sdk.ether(10_000_000), gas=21_000)
    assert caught.value.code == 809
    with pytest.raises(zero_sdk.Refused) as unknown:
        zone.rpc("eth_nothing")
    assert unknown.value.code == -32601


def test_web3_works_over_every_transport(zone: Zone, kitchen: Contract) -> None:
    w3 = zone.w3
    assert w3.eth.chain_id == zone.chain_id
    assert w3.eth.contract(kitchen.address, abi=list(kitchen.abi)).functions.value().call() == 5
    assert w3.is_connected()


@pytest.mark.clients
def test_tokens_are_dealt(zone: Zone, network: Network) -> None:
    from benchmarks.token import SOURCE
    from tests.clients.solc import compile_standard_json

    output = compile_standard_json(
        {
            "language": "Solidity",
            "sources": {"Token.sol": {"content": SOURCE.read_text(encoding="utf-8")}},
            "settings": {"outputSelection": {"*": {"*": ["abi", "evm.bytecode.object"]}}},
        }
    )
    compiled = output["contracts"]["Token.sol"]["Token"]
    artifact = {"abi": compiled["abi"], "bytecode": compiled["evm"]["bytecode"], "contractName": "Token"}
    token = zone.deploy(artifact, [network.accounts[0]], 100)
    bob = network.accounts[1]
    zone.deal(token, bob, 12345)
    assert token.balanceOf(bob) == 12345
    assert token.balanceOf(network.accounts[0]) == 100


ENDLESS = "0x5b5f56"
"""JUMPDEST, PUSH0, JUMP: as much as there is gas for."""


@pytest.mark.parametrize("engine", ["auto", "pyevm"])
def test_no_call_in_process_fails_for_the_time_it_takes(engine: str) -> None:
    place = "0x" + "11" * 20
    with (
        zero_sdk.local(engine=engine) as network,
        zero_sdk.local(engine=engine, call_time_limit=1e-9) as hasty,
    ):
        for made in (network, hasty):
            made.default_zone.set_code(place, ENDLESS)
        with pytest.raises(zero_sdk.ZeroError, match="out of gas"):
            network.default_zone.call(place, gas=500_000)
        with pytest.raises(zero_sdk.ZeroError, match="timeout"):
            hasty.default_zone.call(place, gas=500_000)
