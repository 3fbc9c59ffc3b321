"""Settlement over JSON-RPC: blocks, updates, certificates, finality, and who watches them."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from websockets.sync.client import ClientConnection, connect

from devnet.chain.types import Wei
from devnet.config import NetworkConfig
from devnet.contracts.addresses import STAKING
from devnet.network import Network
from devnet.rpc.server import RpcServer, ServerOptions
from devnet.settlement.parameters import SettlementParameters
from tests.parts import parts_under_test
from tests.rpc.asking import Asker, request
from tests.rpc.http_client import result
from zero_sdk.proofs import InvalidProof, verify_validators


@pytest.fixture
def ask() -> Asker:
    return Asker(Network(parts=parts_under_test()))


def pay(ask: Asker) -> str:
    sender, other = ask.accounts[:2]
    sent: str = ask("eth_sendTransaction", {"from": sender, "to": other, "value": "0x1"})
    return sent


def test_a_transaction_says_how_final_it_is(ask: Asker) -> None:
    sent = pay(ask)
    before = ask("zero_getTransactionFinality", sent)
    assert (before["finality"], before["settlementHeight"]) == ("latest", None)
    (settled,) = ask("zero_settle")
    after = ask("zero_getTransactionFinality", sent)
    assert (after["finality"], after["settlementHeight"]) == ("finalized", settled["height"])
    assert ask("zero_getTransactionFinality", "0x" + "77" * 32) is None
    ask("evm_setAutomine", False)
    assert ask("zero_getTransactionFinality", pay(ask))["finality"] == "pending"


def test_safe_and_finalized_blocks_are_the_settled_ones(ask: Asker) -> None:
    pay(ask)
    assert ask("eth_getBlockByNumber", "finalized", False)["number"] == "0x0"
    ask("zero_settle")
    pay(ask)
    for tag in ("safe", "finalized"):
        assert ask("eth_getBlockByNumber", tag, False)["number"] == "0x1"
        assert ask("eth_getTransactionCount", ask.accounts[0], tag) == "0x1"


def test_a_settlement_block_is_found_by_height_and_by_root(ask: Asker) -> None:
    pay(ask)
    (settled,) = ask("zero_settle")
    assert settled["updates"] == [
        {
            "zone": "alpha",
            "hash": ask("zero_getZoneUpdate", "0x1")["hash"],
            "firstBlock": "0x1",
            "lastBlock": "0x1",
        }
    ]
    for wanted in ("latest", "0x1", settled["root"]):
        assert ask("zero_getSettlementBlock", wanted) == settled
    genesis = ask("zero_getSettlementBlock", "0x0")
    assert genesis["root"] == settled["parentRoot"] == ask("zero_network")["configHash"]
    assert genesis["validatorsRoot"] is None
    assert ask("zero_getSettlementBlock", "0x2") is None
    block = ask("eth_getBlockByNumber", "0x1", False)
    update = ask("zero_getZoneUpdate", "0x1")
    assert update["statement"]["lastBlockHash"] == block["hash"]
    assert ask("zero_getZoneUpdate", "0x2") is None


def test_a_certificate_names_validators_of_the_set(ask: Asker) -> None:
    pay(ask)
    (settled,) = ask("zero_settle")
    certificate = ask("zero_getCertificate")
    validators = ask("zero_getValidators")
    assert certificate["root"] == settled["root"]
    assert settled["validatorsRoot"] == validators["root"]
    signed = sum(int(validators["validators"][member]["stake"], 16) for member in certificate["members"])
    assert 3 * signed > 2 * int(validators["totalStake"], 16)
    assert ask("zero_getCertificate", "0x0") is None


def test_validators_are_shown_with_their_votes_and_a_proof_of_their_set(ask: Asker) -> None:
    genesis = ask("zero_getValidators", "0x0")
    assert [entry["lastVoted"] for entry in genesis["validators"]] == [None] * 4
    assert verify_validators(genesis).state_root == bytes.fromhex(state_root(ask, "0x0"))
    pay(ask)
    ask("zero_settle")
    answer = ask("zero_getValidators")
    members = ask("zero_getCertificate")["members"]
    votes = [entry["lastVoted"] for entry in answer["validators"]]
    assert votes == ["0x1" if index in members else None for index in range(4)]
    proven = verify_validators(answer)
    assert proven.root == bytes.fromhex(ask("zero_getSettlementBlock")["validatorsRoot"][2:])
    assert ask("zero_getValidators", "0x2") is None


def state_root(ask: Asker, number: str) -> str:
    """Of the system zone's block, hex digits."""
    block = ask.network.zone("system").block(int(number, 16))
    assert block is not None
    return block.header.state_root.hex()


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("validators", 0, "stake"), "0x1"),
        (("validators", 0, "publicKey"), "0x" + "11" * 48),
        (("totalStake",), "0x1"),
        (("root",), "0x" + "11" * 32),
        (("proof", "stateRoot"), "0x" + "11" * 32),
        (("proof", "slot"), "0x1"),
        (("proof", "contract"), "0x" + "11" * 20),
        (("proof", "proof"), "0x"),
        (("validators",), []),
    ],
)
def test_another_set_is_not_shown(ask: Asker, place: tuple[Any, ...], value: Any) -> None:
    answer = ask("zero_getValidators")
    *way, last = place
    inner = answer
    for step in way:
        inner = inner[step]
    inner[last] = value
    with pytest.raises(InvalidProof):
        verify_validators(answer)


def test_the_status_says_how_far_each_zone_is_settled(ask: Asker) -> None:
    pay(ask)
    ask("zero_settle")
    pay(ask)
    status = ask("zero_settlementStatus")
    alpha = {zone["name"]: zone for zone in status["zones"]}["alpha"]
    assert alpha == {
        "name": "alpha",
        "newest": "0x2",
        "proposed": "0x1",
        "settled": "0x1",
        "hindrance": None,
    }
    assert (status["height"], status["incarnation"], status["backlog"]) == ("0x1", "0x0", "0x1")
    assert (status["slotTime"], status["phase"], status["fault"]) == (None, None, None)


def test_the_status_says_when_going_back_took_the_whole_network(ask: Asker) -> None:
    fixture = ask("evm_snapshot")
    pay(ask)
    assert ask("evm_revert", fixture) is True
    assert ask("zero_settlementStatus")["wentFurther"] is None
    pay(ask)
    ask("zero_settle")
    assert ask("evm_revert", fixture) is True
    further = ask("zero_settlementStatus")["wentFurther"]
    assert (further["zone"], further["incarnation"]) == ("alpha", "0x1")
    assert "snapshot" in further["what"]


def test_reverts_of_development_tools_work_while_the_network_settles(ask: Asker) -> None:
    """Hardhat's loadFixture and Foundry's snapshots: evm_snapshot once, evm_revert before each test."""
    fixture = ask("evm_snapshot")
    for run in range(1, 4):
        sent = pay(ask)
        ask("zero_settle")
        assert ask("zero_getTransactionFinality", sent)["finality"] == "finalized"
        assert ask("evm_revert", fixture) is True
        assert ask("eth_blockNumber") == "0x0"
        assert ask("eth_getBlockByNumber", "finalized", False)["number"] == "0x0"
        assert ask("zero_settlementStatus")["incarnation"] == hex(run)
        fixture = ask("evm_snapshot")
    pay(ask)
    ask("zero_settle")
    ask("anvil_rollback", 1)
    assert ask("zero_settlementStatus")["height"] == "0x0"
    ask("anvil_reset")
    assert ask("eth_blockNumber") == "0x0"


def test_subscribers_are_told_of_settlement_blocks_and_finality(server: RpcServer) -> None:
    with connect(server.ws_url("alpha"), open_timeout=60, max_size=None) as socket:
        kinds = {}
        for kind in ("settlementBlocks", "finality"):
            socket.send(orjson.dumps(request("eth_subscribe", kind)).decode())
            kinds[orjson.loads(socket.recv(timeout=60))["result"]] = kind
        sender, other = result(server, "eth_accounts")[:2]
        result(server, "eth_sendTransaction", {"from": sender, "to": other, "value": "0x1"})
        (settled,) = result(server, "zero_settle")
        told: dict[str, Any] = {}
        while len(told) < 2:
            parameters = orjson.loads(socket.recv(timeout=60))["params"]
            told[kinds[parameters["subscription"]]] = parameters["result"]
    assert told["settlementBlocks"]["root"] == settled["root"]
    assert told["finality"] == {"safe": "0x1", "finalized": "0x1"}


def subscribe(socket: ClientConnection, *kinds: str) -> dict[str, str]:
    """The kinds by the ids of their subscriptions."""
    by_id = {}
    for kind in kinds:
        socket.send(orjson.dumps(request("eth_subscribe", kind)).decode())
        by_id[orjson.loads(socket.recv(timeout=60))["result"]] = kind
    return by_id


def test_subscribers_are_told_what_the_methods_say(server: RpcServer) -> None:
    with connect(server.ws_url("alpha"), open_timeout=60, max_size=None) as socket:
        kinds = subscribe(socket, "updates", "certificates", "availability", "validators")
        sender, other = result(server, "eth_accounts")[:2]
        for zone in ("alpha", "beta"):
            transfer = {"from": sender, "to": other, "value": "0x1"}
            result(server, "eth_sendTransaction", transfer, zone=zone)
        (settled,) = result(server, "zero_settle")
        told: list[tuple[str, Any]] = []
        while len(told) < 3:
            parameters = orjson.loads(socket.recv(timeout=60))["params"]
            told.append((kinds[parameters["subscription"]], parameters["result"]))
    # The other zone's update is nothing to this one's subscribers, and the validators are who they were.
    assert [kind for kind, _ in told] == ["updates", "certificates", "availability"]
    update, certificate, availability = (each for _, each in told)
    assert update == result(server, "zero_getZoneUpdate", "0x1")
    assert certificate == result(server, "zero_getCertificate", settled["height"])
    assert [each["zone"] for each in availability["updates"]] == ["alpha", "beta"]


def test_who_watches_validators_hears_of_a_new_set_once() -> None:
    settlement = SettlementParameters(stake=Wei(1000 * 10**18), epoch=2)
    with (
        RpcServer(
            Network(NetworkConfig(settlement=settlement), parts_under_test()), ServerOptions(port=0)
        ) as server,
        connect(server.ws_url("beta"), open_timeout=60, max_size=None) as socket,
    ):
        kinds = subscribe(socket, "validators", "settlementBlocks")
        before = result(server, "zero_getValidators")
        sender, other = result(server, "eth_accounts")[:2]
        delegate = {"from": sender, "to": f"0x{STAKING.hex()}", "value": hex(10**18)}
        result(server, "eth_sendTransaction", {**delegate, "data": f"0xa8bec7f5{2:064x}"}, zone="system")
        for _ in range(8):
            result(server, "eth_sendTransaction", {"from": sender, "to": other, "value": "0x1"})
            result(server, "zero_settle")
        told: list[tuple[str, Any]] = []
        while sum(kind == "settlementBlocks" for kind, _ in told) < 8:
            parameters = orjson.loads(socket.recv(timeout=60))["params"]
            told.append((kinds[parameters["subscription"]], parameters["result"]))
        ((_, new),) = ((kind, each) for kind, each in told if kind == "validators")
        assert new["root"] != before["root"]
        assert int(new["totalStake"], 16) == int(before["totalStake"], 16) + 10**18
        shown = result(server, "zero_getValidators", new["settlementHeight"])
        assert (shown["root"], shown["totalStake"]) == (new["root"], new["totalStake"])


def test_a_served_network_settles_by_the_clock() -> None:
    network = Network(NetworkConfig(slot_time=0.05), parts_under_test())
    with RpcServer(network, ServerOptions(port=0)) as server:
        sender, other = result(server, "eth_accounts")[:2]
        with connect(server.ws_url("alpha"), open_timeout=60, max_size=None) as socket:
            socket.send(orjson.dumps(request("eth_subscribe", "finality")).decode())
            socket.recv(timeout=60)
            sent = result(server, "eth_sendTransaction", {"from": sender, "to": other, "value": "0x1"})
            told = orjson.loads(socket.recv(timeout=60))["params"]["result"]
        assert told == {"safe": "0x1", "finalized": "0x1"}
        assert result(server, "zero_getTransactionFinality", sent)["finality"] == "finalized"
