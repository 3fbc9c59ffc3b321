"""What a network with a bounded history answers over JSON-RPC."""

from __future__ import annotations

from typing import Any

import pytest

from devnet.network import Network, NetworkConfig
from tests.rpc import contracts
from tests.rpc.asking import Asker, Refused

NOT_FOUND = -32001
EMIT = "0x" + "e1" * 20
BOB = "0x" + "0b" * 20


@pytest.fixture
def ask() -> Asker:
    """A zone that keeps 3 blocks below the newest, after 10 blocks with a transaction each."""
    ask = Asker(Network(NetworkConfig(zones=("alpha",), history=3)))
    ask.place(EMIT, contracts.EMIT)
    for _ in range(10):
        ask("eth_sendTransaction", {"from": ask.accounts[0], "to": EMIT})
    return ask


def test_what_is_kept_is_said(ask: Asker) -> None:
    history = ask("zero_history")
    assert (history["oldest"], history["newest"], history["limit"]) == ("0x7", "0xa", 3)
    assert history["pinned"] is history["memoryLimit"] is None
    assert 0 < history["blockBytes"] + history["stateBytes"] <= history["networkBytes"]
    snapshot = ask("evm_snapshot")
    assert ask("zero_history")["pinned"] == "0xa"
    assert ask("eth_capabilities")["state"]["oldestBlock"] == "0x7"
    for _ in range(5):
        ask("evm_mine")
    assert ask("zero_history")["oldest"] == "0xa"
    assert ask("evm_revert", snapshot)
    assert ask("eth_blockNumber") == "0xa"


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("eth_getBlockByNumber", ["0x5", False]),
        ("eth_getHeaderByNumber", ["0x5"]),
        ("eth_getBlockReceipts", ["0x5"]),
        ("eth_getBlockTransactionCountByNumber", ["0x5"]),
        ("eth_getTransactionByBlockNumberAndIndex", ["0x5", "0x0"]),
        ("eth_getTransactionBySenderAndNonce", [None, "0x2"]),
        ("eth_getBalance", [BOB, "0x5"]),
        ("eth_getBalance", [BOB, "earliest"]),
        ("eth_getBalance", [BOB, "finalized"]),
        ("zero_getZoneSupply", ["0x5"]),
        ("eth_getTransactionCount", [BOB, "0x5"]),
        ("eth_getCode", [BOB, "0x5"]),
        ("eth_getStorageAt", [BOB, "0x0", "0x5"]),
        ("eth_call", [{"to": BOB}, "0x5"]),
        ("eth_estimateGas", [{"to": BOB}, "0x5"]),
        ("eth_createAccessList", [{"to": BOB}, "0x5"]),
        ("eth_simulateV1", [{"blockStateCalls": [{"calls": [{"to": BOB}]}]}, "0x5"]),
        ("eth_getLogs", [{"fromBlock": "0x0"}]),
        ("eth_getLogs", [{"fromBlock": "earliest"}]),
        ("eth_getLogs", [{"fromBlock": "0x6", "toBlock": "0x8"}]),
        ("eth_feeHistory", ["0x1", "0x5", []]),
        ("debug_traceBlockByNumber", ["0x5"]),
        ("debug_executionWitness", ["0x5"]),
        ("debug_getRawBlock", ["0x5"]),
        ("debug_getRawReceipts", ["0x5"]),
        ("zero_getProof", [BOB, [], "0x5"]),
    ],
)
def test_what_is_gone_is_an_error_that_says_so(ask: Asker, method: str, params: list[Any]) -> None:
    given = [ask.accounts[0] if param is None else param for param in params]
    with pytest.raises(Refused) as caught:
        ask(method, *given)
    assert caught.value.code == NOT_FOUND
    assert "--history 3" in caught.value.message
    assert "oldest kept block is 7" in caught.value.message


def test_what_is_kept_is_there(ask: Asker) -> None:
    assert len(ask("eth_getLogs", {"fromBlock": "0x7"})) == 4
    assert ask("eth_getBlockByNumber", "earliest", False)["number"] == "0x0"
    assert ask("eth_getTransactionCount", ask.accounts[0], "0x7") == "0x7"
    (trace,) = ask("debug_traceBlockByNumber", "0x7", {"tracer": "callTracer"})
    assert trace["result"]["to"] == EMIT
    proof = ask("zero_getProof", EMIT, [], "0x7")
    assert proof["stateRoot"] == ask("eth_getBlockByNumber", "0x7", False)["stateRoot"]
    assert ask("eth_feeHistory", "0x9", "latest", [])["oldestBlock"] == "0x7"


def test_what_is_only_unknown_stays_null(ask: Asker) -> None:
    assert ask("eth_getTransactionReceipt", "0x" + "77" * 32) is None
    assert ask("eth_getBlockByHash", "0x" + "77" * 32, False) is None
    assert ask("eth_getBlockByNumber", "0xb", False) is None


def test_going_back_further_is_refused(ask: Asker) -> None:
    with pytest.raises(Refused) as caught:
        ask("anvil_rollback", 5)
    assert caught.value.code == NOT_FOUND
    assert ask("eth_blockNumber") == "0xa"
    ask("anvil_rollback", 3)
    assert ask("eth_blockNumber") == "0x7"


def test_blockhash_reaches_below_the_history(ask: Asker) -> None:
    returns_blockhash = "0x5f35405f5260205ff3"
    target = ask.place("0x" + "b1" * 20, bytes.fromhex(returns_blockhash[2:]))
    hashes = [ask("eth_call", {"to": target, "data": f"0x{number:064x}"}) for number in range(11)]
    assert all(int(found, 16) for found in hashes[:10])
    assert hashes[9] == ask("eth_getBlockByNumber", "0x9", False)["hash"]
    assert ask("eth_getBlockByNumber", "0x7", False)["parentHash"] == hashes[6]
