"""How final a transaction is, as a user sees it: pending, latest, safe and finalized, over a real port."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import zero_sdk
from devnet.config import NetworkConfig
from devnet.network import Network
from devnet.rpc.server import RpcServer, ServerOptions
from tests.parts import parts_under_test

NOBODY = "0x0000000000000000000000000000000000000B0B"


@pytest.fixture
def server() -> Iterator[RpcServer]:
    with RpcServer(Network(NetworkConfig(), parts_under_test()), ServerOptions(port=0)) as running:
        yield running


def test_a_transaction_goes_from_pending_to_finalized(server: RpcServer) -> None:
    network = zero_sdk.connect(f"http://127.0.0.1:{server.port}")
    zone, sender = network.default_zone, network.accounts[0]

    def finality(transaction_hash: str) -> tuple[str, str | None]:
        told = zone.rpc("zero_getTransactionFinality", transaction_hash)
        return told["finality"], told["settlementHeight"]

    def number(tag: str) -> int:
        block = zone.block(tag)
        assert block is not None
        return int(block["number"], 16)

    zone.rpc("evm_setAutomine", False)
    sent = zone.rpc("eth_sendTransaction", {"from": sender.address, "to": NOBODY, "value": "0x1"})
    assert finality(sent) == ("pending", None)
    assert zone.rpc("eth_getTransactionReceipt", sent) is None
    zone.mine()
    assert finality(sent) == ("latest", None)
    assert (number("latest"), number("safe"), number("finalized")) == (1, 0, 0)
    assert zone.balance(NOBODY) == 1
    assert zone.balance(NOBODY, "finalized") == 0
    assert zone.update(1) is None

    (settled,) = network.settle()
    assert finality(sent) == ("finalized", settled["height"])
    assert (number("latest"), number("safe"), number("finalized")) == (1, 1, 1)
    assert zone.balance(NOBODY, "finalized") == 1
    receipt = zone.w3.eth.get_transaction_receipt(sent)
    assert receipt["blockHash"] == zone.w3.eth.get_block("finalized")["hash"]
    update = zone.update(receipt["blockNumber"])
    assert update is not None
    assert update["statement"]["lastBlockHash"] == "0x" + bytes(receipt["blockHash"]).hex()
    certificate = zone.rpc("zero_getCertificate", update["settlementHeight"])
    assert certificate["root"] == settled["root"]
    assert network.verify(samples=8).is_true

    # What is final stays so when more comes; what comes is not.
    later = zone.rpc("eth_sendTransaction", {"from": sender.address, "to": NOBODY, "value": "0x1"})
    zone.mine()
    assert finality(later)[0] == "latest"
    assert finality(sent)[0] == "finalized"
    # Going back below what was settled takes its finality with it.
    zone.rpc("anvil_rollback", 2)
    assert (number("latest"), number("finalized")) == (0, 0)
    assert zone.rpc("eth_getTransactionReceipt", sent) is None
    gone = zone.rpc("zero_getTransactionFinality", sent)
    assert gone is None or gone["finality"] == "pending"
    assert zone.update(1) is None
