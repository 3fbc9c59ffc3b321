"""Foundry's cast against a zone."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

import pytest

from devnet.contracts import artifacts
from tests.clients import tools
from tests.clients.endpoint import Endpoint
from tests.clients.node_suite import compile_ledger

KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
SENDER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
NOBODY = "0x00000000000000000000000000000000000A11cE"


def cast(endpoint: Endpoint, *arguments: str, fails: bool = False) -> str:
    """What cast prints: stdout when it succeeds, stderr when it is expected to fail."""
    run = subprocess.run(
        [tools.cast(), *arguments],
        env={**os.environ, "NO_COLOR": "1", "ETH_RPC_URL": endpoint.http},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    assert (run.returncode != 0) == fails, f"{arguments}\n{run.stdout}\n{run.stderr}"
    return (run.stderr if fails else run.stdout).strip()


def send(endpoint: Endpoint, *arguments: str) -> dict[str, Any]:
    """Sends with a local key and gives the receipt."""
    receipt: dict[str, Any] = json.loads(cast(endpoint, "send", "--json", "--private-key", KEY, *arguments))
    assert receipt["status"] == "0x1"
    return receipt


@pytest.fixture(scope="module")
def ledger(endpoint: Endpoint) -> str:
    """The address of a Ledger with the title "cast" and 5 wei."""
    # constructor(string): offset, length, text
    argument = f"{32:064x}{4:064x}" + b"cast".hex().ljust(64, "0")
    receipt = send(endpoint, "--value", "5", "--create", compile_ledger()["bytecode"] + argument)
    address: str = receipt["contractAddress"]
    return address


def test_call_decodes_what_a_view_returns(endpoint: Endpoint, ledger: str) -> None:
    assert cast(endpoint, "call", ledger, "title()(string)") == '"cast"'
    assert cast(endpoint, "call", ledger, "balanceOf(address)(uint256)", SENDER) == "5"


def test_call_shows_a_custom_error(endpoint: Endpoint, ledger: str) -> None:
    assert "execution reverted" in cast(endpoint, "call", ledger, "withdraw(uint256)", "100", fails=True)


def test_send_with_an_unlocked_account(endpoint: Endpoint, ledger: str) -> None:
    output = cast(
        endpoint, "send", "--json", "--unlocked", "--from", SENDER, ledger, "deposit(string)", "unlocked"
    )
    assert json.loads(output)["status"] == "0x1"


def test_logs_finds_an_event(endpoint: Endpoint, ledger: str) -> None:
    receipt = send(endpoint, ledger, "deposit(string)", "logged", "--value", "2")
    block = str(int(receipt["blockNumber"], 16))
    output = cast(
        endpoint,
        *("logs", "--json", "--address", ledger, "--from-block", block, "--to-block", block),
        "Deposited(address indexed,uint256,string)",
    )
    (log,) = json.loads(output)
    assert log["transactionHash"] == receipt["transactionHash"]


def test_balance_nonce_code_and_storage(endpoint: Endpoint, ledger: str) -> None:
    before = int(cast(endpoint, "balance", NOBODY))
    nonce = int(cast(endpoint, "nonce", SENDER))
    send(endpoint, NOBODY, "--value", "1ether")
    assert int(cast(endpoint, "balance", NOBODY)) == before + 10**18
    assert int(cast(endpoint, "nonce", SENDER)) == nonce + 1
    assert cast(endpoint, "code", ledger) == compile_ledger()["deployedBytecode"]
    assert int(cast(endpoint, "storage", ledger, "1"), 16) >= 5


def test_block_transaction_and_receipt(endpoint: Endpoint) -> None:
    receipt = send(endpoint, NOBODY, "--value", "1")
    block = json.loads(cast(endpoint, "block", "--json", receipt["blockNumber"]))
    assert block["hash"] == receipt["blockHash"]
    assert block["transactions"] == [receipt["transactionHash"]]
    transaction = json.loads(cast(endpoint, "tx", "--json", receipt["transactionHash"]))
    assert transaction["hash"] == receipt["transactionHash"]
    again = json.loads(cast(endpoint, "receipt", "--json", receipt["transactionHash"]))
    assert again["gasUsed"] == "0x5208"
    assert int(cast(endpoint, "block-number")) >= int(receipt["blockNumber"], 16)


def test_estimate_and_gas_price(endpoint: Endpoint, ledger: str) -> None:
    estimate = int(cast(endpoint, "estimate", "--from", SENDER, ledger, "deposit(string)", "estimated"))
    assert estimate > 21_000
    assert int(cast(endpoint, "gas-price")) > 0
    assert int(cast(endpoint, "basefee")) >= 0


def test_access_list_names_the_slot(endpoint: Endpoint, ledger: str) -> None:
    output = cast(endpoint, "access-list", "--json", ledger, "total()")
    (entry,) = json.loads(output)["accessList"]
    assert entry["address"].lower() == ledger.lower()
    assert [int(slot, 16) for slot in entry["storageKeys"]] == [1]


def test_rpc_reaches_any_method(endpoint: Endpoint) -> None:
    assert json.loads(cast(endpoint, "rpc", "eth_chainId")) == hex(int(cast(endpoint, "chain-id")))
    cast(endpoint, "rpc", "anvil_setBalance", SENDER.replace("f39F", "a39f"), "0x10")
    assert cast(endpoint, "balance", SENDER.replace("f39F", "a39f")) == "16"


def test_trace_of_a_transaction_shows_its_calls(endpoint: Endpoint, ledger: str) -> None:
    receipt = send(endpoint, ledger, "withdraw(uint256)", "1")
    # withdraw pays the sender back with an inner call
    output = cast(
        endpoint, "rpc", "debug_traceTransaction", receipt["transactionHash"], '{"tracer":"callTracer"}'
    )
    trace = json.loads(output)
    assert [call["to"].lower() for call in trace["calls"]] == [SENDER.lower()]


def test_run_replays_a_transaction(endpoint: Endpoint, ledger: str) -> None:
    receipt = send(endpoint, ledger, "deposit(string)", "replayed", "--value", "1")
    output = cast(endpoint, "run", "--quick", receipt["transactionHash"])
    assert "Transaction successfully executed" in output
    assert ledger.lower() in output.lower()


def test_typed_data_and_messages_are_signed_by_a_local_wallet_as_by_the_node(endpoint: Endpoint) -> None:
    by_node = json.loads(cast(endpoint, "rpc", "personal_sign", "0x" + b"hello".hex(), SENDER))
    run = subprocess.run(
        [tools.cast(), "wallet", "sign", "--private-key", KEY, "hello"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert by_node == run.stdout.strip()


def test_a_proof_that_cast_asked_for_is_checked_on_chain(endpoint: Endpoint) -> None:
    """cast hashes the header and calls the verifier; nothing of this project's Python takes part."""
    answer = json.loads(cast(endpoint, "rpc", "zero_getProof", SENDER, '["0x0"]', "latest"))
    assert cast(endpoint, "keccak", answer["header"]) == answer["blockHash"]
    code = "0x" + artifacts.load("QmdbVerifier").creation.hex()
    verifier = str(send(endpoint, "--create", code)["contractAddress"])
    root = cast(
        endpoint,
        "call",
        verifier,
        "stateRootOf(bytes32,bytes)(bytes32)",
        answer["blockHash"],
        answer["header"],
    )
    assert root == answer["stateRoot"]
    function = "verifyAccount(bytes32,address,bytes)(bool,uint64,uint256,bytes32)"
    proven = cast(endpoint, "call", verifier, function, root, SENDER, answer["accountProof"]).split("\n")
    account = answer["account"]
    numbers = [int(line.split()[0]) for line in proven[1:3]]
    assert proven[0] == "true"
    assert numbers == [int(account["nonce"], 16), int(account["balance"], 16)]
    assert proven[3] == account["codeHash"]
    assert "execution reverted" in cast(
        endpoint, "call", verifier, function, root, NOBODY, answer["accountProof"], fails=True
    )
