"""Forced transactions over JSON-RPC: where one stands, and that it lands whatever a zone's users do."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from web3 import HTTPProvider, Web3
from web3.types import RPCEndpoint

import zero_sdk
from devnet.config import NetworkConfig
from devnet.network import Network
from devnet.rpc.server import RpcServer, ServerOptions
from devnet.zone.messages import Mining
from tests.cli.process import zero
from tests.parts import parts_under_test
from tests.rpc.asking import Asker, Refused
from tests.settlement.forcing import GAS, post, settle, signed
from tests.settlement.networks import BOB


@pytest.fixture
def ask() -> Asker:
    return Asker(Network(parts=parts_under_test()))


def test_where_a_forced_transaction_stands(ask: Asker) -> None:
    net = ask.network
    alpha = net.zone("alpha")
    assert ask("zero_getForcedTransactions") == []
    forced = signed(net, alpha)
    post(net, alpha, forced.encoded)
    post(net, alpha, b"no transaction", 21_000)
    first, second = ask("zero_getForcedTransactions")
    assert first == {
        "index": "0x0",
        "status": "posted",
        "transaction": "0x" + forced.encoded.hex(),
        "hash": "0x" + forced.hash.hex(),
        "gas": hex(GAS),
        "postedInBlock": "0x1",
        "dueHeight": None,
        "blockNumber": None,
        "blockHash": None,
        "hasEffect": None,
    }
    assert (second["index"], second["transaction"]) == ("0x1", "0x" + b"no transaction".hex())
    settle(net)
    assert {(one["status"], one["dueHeight"]) for one in ask("zero_getForcedTransactions")} == {
        ("settled", "0x9")
    }
    settle(net, 8)
    assert {one["status"] for one in ask("zero_getForcedTransactions")} == {"due"}
    # What would be sealed now has it first.
    pending = ask("eth_getBlockByNumber", "pending", False)
    assert pending["transactions"] == [first["hash"]]
    settle(net)
    first, second = ask("zero_getForcedTransactions")
    assert {first["status"], second["status"]} == {"consumed"}
    assert (first["hasEffect"], second["hasEffect"]) == (True, False)
    receipt = ask("eth_getTransactionReceipt", first["hash"])
    assert (receipt["blockNumber"], receipt["blockHash"]) == (first["blockNumber"], first["blockHash"])
    assert first["blockHash"] == second["blockHash"]
    assert ask("zero_getForcedTransactions", "0x1") == [second]
    assert ask("zero_getForcedTransactions", None, "0x1") == [second]
    assert ask("zero_getForcedTransactions", "0x0", "0x1") == [first]
    assert ask("zero_getForcedTransactions", "0x2") == []


@pytest.mark.parametrize("count", ["0x0", "0x65", "all"])
def test_as_many_as_can_be_asked_for(ask: Asker, count: str) -> None:
    with pytest.raises(Refused) as refused:
        ask("zero_getForcedTransactions", None, count)
    assert refused.value.code == -32602


def payment(sender: str, nonce: int) -> dict[str, str]:
    """Five wei to Bob."""
    to, fee = "0x" + BOB.hex(), "0x4a817c800"
    fields = {"from": sender, "to": to, "value": "0x5", "gas": "0x5208", "nonce": hex(nonce)}
    return {**fields, "maxFeePerGas": fee, "maxPriorityFeePerGas": "0x1"}


def call(w3: Web3, method: str, *params: Any) -> Any:
    """The result of a method that web3.py has no name for."""
    return w3.provider.make_request(RPCEndpoint(method), params)["result"]


def until(found: Any, wanted: Any) -> None:
    """Waits for it, as a user would."""
    deadline = time.monotonic() + 60
    while found() != wanted:
        assert time.monotonic() < deadline, found()
        time.sleep(0.05)


def test_a_censored_transaction_lands_in_a_zone_that_seals_nothing(tmp_path: Path) -> None:
    """End to end: a real server with slots, web3.py, the SDK and the command. The zone makes no blocks of its
    own: its mempool is never sealed."""
    config = NetworkConfig(slot_time=0.05, mining=Mining(automine=False))
    with RpcServer(Network(config, parts_under_test()), ServerOptions(port=0)) as server:
        w3 = Web3(HTTPProvider(server.url("alpha")))
        sender = call(w3, "eth_accounts")[1]
        system = Web3(HTTPProvider(server.url("system")))
        call(system, "evm_setAutomine", True)
        raw = [call(w3, "eth_signTransaction", payment(sender, nonce))["raw"] for nonce in range(2)]
        w3.eth.send_raw_transaction(raw[0])
        with zero_sdk.connect(server.url("alpha").rsplit("/", 1)[0]) as network:
            posted = network["alpha"].force(raw[0])
            assert posted.receipt.status == 1
            typed = zero("force", raw[1], "--zone", "alpha", "--url", server.url("alpha"), folder=tmp_path)
            assert (typed.code, typed.out) == (0, "1\n"), typed.err
            # Other zones make heights rise.
            beta = Web3(HTTPProvider(server.url("beta")))
            for height in range(1, 12):
                until(lambda: int(network.rpc("zero_settlementStatus")["height"], 16) >= height, True)  # noqa: B023
                call(beta, "evm_mine")
            until(lambda: {one["status"] for one in network["alpha"].forced_transactions()}, {"consumed"})
            found = network["alpha"].forced_transactions()
        assert [one["hasEffect"] for one in found] == [True, True]
        assert w3.eth.get_balance(w3.to_checksum_address("0x" + BOB.hex())) == 10
        for one in found:
            receipt = w3.eth.get_transaction_receipt(one["hash"])
            assert (receipt["status"], receipt["blockNumber"]) == (1, int(one["blockNumber"], 16))
        until(lambda: call(w3, "txpool_status")["pending"], "0x0")
