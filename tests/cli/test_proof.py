"""`zero proof`, against a network that runs, and against none."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.devnet_process import Devnet
from tests.cli.process import Ended, zero
from tests.rpc import contracts

EMIT = "0x" + "e1" * 20


@pytest.fixture(scope="module")
def devnet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Devnet]:
    with Devnet("--silent", folder=tmp_path_factory.mktemp("devnet")) as running:
        running.call("anvil_setCode", EMIT, "0x" + contracts.EMIT.hex())
        yield running


@pytest.fixture(scope="module")
def sent(devnet: Devnet) -> str:
    """A transaction with a log."""
    sender = devnet.call("eth_accounts")[0]
    made: str = devnet.call("eth_sendTransaction", {"from": sender, "to": EMIT, "gas": "0x186a0"})
    return made


def get(devnet: Devnet, folder: Path, *arguments: str) -> Any:
    ended = zero("proof", "get", *arguments, "--url", devnet.zone("alpha")["url"], folder=folder)
    assert ended.code == 0, ended.err
    return json.loads(ended.out)


def verify(answer: Any, folder: Path, *arguments: str) -> Ended:
    """Without a network: the file is all there is."""
    path = folder / "proof.json"
    path.write_text(json.dumps(answer), encoding="utf-8")
    return zero("proof", "verify", "proof.json", *arguments, folder=folder)


def proven(answer: Any, folder: Path, *arguments: str) -> Any:
    ended = verify(answer, folder, *arguments)
    assert ended.code == 0, ended.err
    return json.loads(ended.out)


def test_a_proof_that_was_got_is_verified(devnet: Devnet, sent: str, tmp_path: Path) -> None:
    receipt = devnet.call("eth_getTransactionReceipt", sent)
    number = str(int(receipt["blockNumber"], 16))
    answer = get(devnet, tmp_path, EMIT, "0", "0x1", "--block", number)
    assert answer == get(devnet, tmp_path, EMIT, "0", "1", "--block", receipt["blockHash"])
    found = proven(answer, tmp_path, "--block-hash", receipt["blockHash"])
    assert found["storage"] == {"0x0": "0x1", "0x1": "0x0"}
    assert found["block"]["number"] == receipt["blockNumber"]
    root = devnet.call("eth_getBlockByHash", receipt["blockHash"], False)["stateRoot"]
    by_root = proven(answer, tmp_path, "--root", root)
    assert (by_root["account"], by_root["block"]) == (found["account"], None)


def test_transactions_receipts_and_logs_are_verified(devnet: Devnet, sent: str, tmp_path: Path) -> None:
    receipt = devnet.call("eth_getTransactionReceipt", sent)
    [log] = receipt["logs"]
    against = ("--block-hash", receipt["blockHash"])
    transaction = proven(devnet.call("zero_getTransactionProof", sent), tmp_path, *against)
    assert transaction["transactionHash"] == sent
    found = proven(devnet.call("zero_getReceiptProof", sent), tmp_path, *against)
    assert (found["status"], found["type"]) == (receipt["status"], receipt["type"])
    expected = {name: log[name] for name in ("address", "topics", "data")}
    assert found["logs"] == [expected]
    one = devnet.call("zero_getLogProof", sent, log["logIndex"])
    assert proven(one, tmp_path, *against)["log"] == expected


def test_what_proves_nothing_ends_with_its_code_and_flaw(devnet: Devnet, sent: str, tmp_path: Path) -> None:
    answer = get(devnet, tmp_path, EMIT, "0")
    wrong = verify(answer, tmp_path, "--block-hash", "0x" + "12" * 32)
    assert (wrong.code, wrong.out) == (1, "")
    assert "ZERO-1601" in wrong.err
    assert "header" in wrong.err
    changed = verify({**answer, "account": None}, tmp_path, "--block-hash", answer["blockHash"])
    assert (changed.code, "ZERO-1601" in changed.err) == (1, True)
    assert "another account is proven" in changed.err
    for junk in ({}, [], "0x", {"trie": "leaves"}):
        ended = verify(junk, tmp_path, "--block-hash", "0x" + "12" * 32)
        assert (ended.code, "ZERO-1601" in ended.err) == (1, True)


def test_stdin_is_read_and_no_json_is_refused(devnet: Devnet, tmp_path: Path) -> None:
    answer = get(devnet, tmp_path, EMIT)
    against = ("--block-hash", answer["blockHash"])
    ended = zero("proof", "verify", "-", *against, folder=tmp_path, stdin=json.dumps(answer))
    assert ended.code == 0, ended.err
    ended = zero("proof", "verify", "-", *against, folder=tmp_path, stdin="junk")
    assert (ended.code, "ZERO-1601" in ended.err) == (1, True)


def test_what_it_is_held_against_must_be_said_once_and_rightly(devnet: Devnet, tmp_path: Path) -> None:
    answer = get(devnet, tmp_path, EMIT)
    word = "0x" + "12" * 32
    for arguments in ((), ("--root", word, "--block-hash", word)):
        ended = verify(answer, tmp_path, *arguments)
        assert (ended.code, "ZERO-1102" in ended.err) == (2, True)
    for arguments in (("--root", "0x12"), ("--block-hash", "latest")):
        ended = verify(answer, tmp_path, *arguments)
        assert (ended.code, "ZERO-1101" in ended.err) == (2, True)
    ended = verify({"trie": "receipts"}, tmp_path, "--root", word)
    assert (ended.code, "ZERO-1102" in ended.err) == (2, True)
    ended = zero("proof", "verify", "missing.json", "--root", word, folder=tmp_path)
    assert (ended.code, "ZERO-1106" in ended.err) == (2, True)


def test_proofs_of_every_kept_block_are_the_same_after_a_kill(tmp_path: Path) -> None:
    options = ("--silent", "--data-dir", "data", "--history", "4")
    with Devnet(*options, folder=tmp_path) as devnet:
        devnet.call("anvil_setCode", EMIT, "0x" + contracts.EMIT.hex())
        sender = devnet.call("eth_accounts")[0]
        sent = [
            devnet.call("eth_sendTransaction", {"from": sender, "to": EMIT, "gas": "0x186a0"})
            for _ in range(7)
        ]
        before = [devnet.call("zero_getProof", EMIT, ["0x0"], hex(number)) for number in range(3, 8)]
        transaction = devnet.call("zero_getTransactionProof", sent[-1])
        devnet.stop(signal.SIGKILL)
    for answer, number in zip(before, range(3, 8), strict=True):
        found = proven(answer, tmp_path, "--block-hash", answer["blockHash"])
        assert found["storage"] == {"0x0": hex(number)}
    with Devnet(*options, folder=tmp_path) as devnet:
        after = [devnet.call("zero_getProof", EMIT, ["0x0"], hex(number)) for number in range(3, 8)]
        assert after == before
        assert devnet.call("zero_getTransactionProof", sent[-1]) == transaction
        with pytest.raises(ValueError, match="--history 4"):
            devnet.call("zero_getProof", EMIT, ["0x0"], "0x2")
        with pytest.raises(ValueError, match="--history"):
            devnet.call("zero_getTransactionProof", sent[0])


@pytest.mark.skipif(sys.platform != "linux", reason="limits of another process are set as Linux does it")
def test_proofs_are_given_while_nothing_can_be_written(tmp_path: Path) -> None:
    import resource

    with Devnet("--silent", "--data-dir", "data", folder=tmp_path) as devnet:
        sender = devnet.call("eth_accounts")[0]
        transfer = {"from": sender, "to": EMIT, "value": "0x1"}
        devnet.call("eth_sendTransaction", transfer)
        before = devnet.call("zero_getProof", sender, [], "0x1")
        _, hard = resource.prlimit(devnet.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(devnet.pid, resource.RLIMIT_FSIZE, (1, hard))
        for _ in range(2):
            with pytest.raises(ValueError, match="-32002"):
                devnet.call("eth_sendTransaction", transfer)
        assert devnet.call("zero_getProof", sender, [], "0x1") == before
        resource.prlimit(devnet.pid, resource.RLIMIT_FSIZE, (hard, hard))
        devnet.call("eth_sendTransaction", transfer)
        assert devnet.call("zero_getProof", sender, [], "0x1") == before


def test_the_validators_are_listed_with_what_shows_them(devnet: Devnet, tmp_path: Path) -> None:
    ended = zero("validators", "--url", devnet.zone("alpha")["url"], folder=tmp_path)
    assert ended.code == 0, ended.err
    assert ended.out.count("32,000 ZRO") == 4
    assert ended.out.count("25.0 %") == 4
    assert "proven in the system zone's state" in ended.err
    told = zero("validators", "--block", "0", "--json", "--url", devnet.zone("alpha")["url"], folder=tmp_path)
    assert len(json.loads(told.out)["validators"]) == 4
    missing = zero("validators", "--block", "999", "--url", devnet.zone("alpha")["url"], folder=tmp_path)
    assert missing.code != 0
    assert "no settlement block 999" in missing.err


def test_what_is_settled_is_verified_by_a_settlement_root(devnet: Devnet, sent: str, tmp_path: Path) -> None:
    devnet.call("zero_settle")
    answer = get(devnet, tmp_path, EMIT, "0", "--for-zone", "beta")
    height, root = answer["settled"]["height"], answer["settled"]["root"]
    assert devnet.call("zero_getSettlementBlock", height)["root"] == root
    assert answer == get(devnet, tmp_path, EMIT, "0", "--height", str(int(height, 16)))
    assert proven(answer, tmp_path, "--settlement-root", root)["storage"] == {"0x0": "0x1"}
    item = devnet.call("zero_getReceiptProof", sent, {"height": height})
    assert proven(item, tmp_path, "--settlement-root", root)["status"] == "0x1"
    for wrong in (answer, item):
        ended = verify(wrong, tmp_path, "--settlement-root", "0x" + "11" * 32)
        assert ended.code != 0
        assert "ZERO-1601" in ended.err
    ended = verify(answer, tmp_path, "--settlement-root", root, "--root", root)
    assert "exactly one of" in ended.err
    ended = zero("proof", "get", EMIT, "--for-zone", "beta", "--height", "1", folder=tmp_path)
    assert "exclude each other" in ended.err
