"""`zero call`, `send`, `fund`, `decode`, `convert`, `console` and `bind`, typed at a running devnet."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import zero_sdk
from tests.cli.devnet_process import Devnet
from tests.cli.process import Ended, zero
from tests.client.contracts import HERE, document
from zero_sdk.client.converting import convert

KITCHEN = str(HERE / "Kitchen.json")
ALICE = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
BOB = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
TRANSFER = f"0xa9059cbb{'0' * 24}{ALICE[2:].lower()}{5:064x}"


class Prompt:
    """Types commands at a devnet that holds a Kitchen contract."""

    def __init__(self, devnet: Devnet, folder: Path) -> None:
        self.url = devnet.zone("alpha")["url"].rsplit("/", 1)[0]
        self.folder = folder
        with zero_sdk.connect(self.url) as network:
            self.kitchen = network["alpha"].deploy(document("Kitchen"), 5).address

    def type(self, *words: str, stdin: str = "", **variables: str) -> Ended:
        """Runs a command."""
        return zero(
            *words, folder=self.folder, variables={"ZERO_RPC_URL": self.url, **variables}, stdin=stdin
        )

    def result(self, *words: str, stdin: str = "", **variables: str) -> str:
        """What a command that succeeds prints."""
        ended = self.type(*words, stdin=stdin, **variables)
        assert ended.code == 0, ended.err
        return ended.out.rstrip("\n")


@pytest.fixture(scope="module")
def prompt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prompt]:
    folder = tmp_path_factory.mktemp("prompt")
    with Devnet(folder=folder) as devnet:
        yield Prompt(devnet, folder)


def test_call_prints_what_a_function_returns(prompt: Prompt) -> None:
    assert prompt.result("call", prompt.kitchen, "value()(uint256)") == "5"
    assert prompt.result("call", prompt.kitchen, "value() returns (uint256)", "--json") == '"5"'
    assert prompt.result("call", prompt.kitchen, "value()") == f"0x{5:064x}"
    assert prompt.result("call", prompt.kitchen, "name()") == "Kitchen"
    lines = prompt.result("call", prompt.kitchen, "both", "--abi", KITCHEN).splitlines()
    assert lines == ["number: 5", f"who: {ALICE}", "(x: 1, y: -1)"]
    assert prompt.result("call", prompt.kitchen, "who()(address)", "--from", "1") == BOB
    words = (
        "call",
        prompt.kitchen,
        "flags(bool,bytes,bytes32)",
        "true",
        "0x0102",
        f"0x{7:064x}",
        "--abi",
        KITCHEN,
    )
    assert json.loads(prompt.result(*words, "--json")) == {"_0": False, "_1": "0x0102", "_2": f"0x{7:064x}"}
    assert prompt.result("call", prompt.kitchen, "pick(uint256)", "1e18", "--abi", KITCHEN) == "uint256"


def test_the_network_is_named_by_its_url_as_well(prompt: Prompt) -> None:
    words = ("call", prompt.kitchen, "value()(uint256)", "--network")
    nowhere = {"ZERO_RPC_URL": "http://127.0.0.1:1"}
    assert prompt.result(*words, f"{prompt.url}/alpha", **nowhere) == "5"
    ended = prompt.type(*words, prompt.url, "--url", prompt.url)
    assert "exclude each other" in ended.err
    ended = prompt.type(*words, "alpha")
    assert ("[ZERO-1701]" in ended.err, "there is no zero.toml here" in ended.err) == (True, True)


def test_send_prints_the_hash_and_what_it_did_beside_it(prompt: Prompt) -> None:
    order = f'({ALICE}, [(1, -2), (3, 4)], 0x01020304, "a, b")'
    ended = prompt.type("send", prompt.kitchen, "store", "1", order, "--abi", KITCHEN, "--from", BOB)
    assert (ended.code, len(ended.out)) == (0, 67), ended.err
    assert 'note: "a, b", point: (x: 1, y: -2)' in ended.err
    loaded = json.loads(prompt.result("call", prompt.kitchen, "load", "1", "--abi", KITCHEN, "--json"))
    assert loaded["path"] == [{"x": "1", "y": "-2"}, {"x": "3", "y": "4"}]
    told = json.loads(prompt.result("send", BOB, "--value", "1.5ether", "--json"))
    with zero_sdk.connect(prompt.url) as network:
        transaction = network["alpha"].transaction(told["hash"])
        assert transaction.block_number == told["blockNumber"]
        assert network["alpha"].rpc("eth_getTransactionByHash", told["hash"])["value"] == hex(15 * 10**17)
    assert len(prompt.result("send", prompt.kitchen, "0x", "--zone", "beta", "--no-wait")) == 66


def test_what_fails_says_why_and_ends_with_one(prompt: Prompt) -> None:
    for words in (["fail", "2"], ["fail", "2", "--gas", "200000"]):
        ended = prompt.type("send", prompt.kitchen, *words, "--abi", KITCHEN)
        assert (ended.code, ended.out) == (1, "")
        assert f"error [ZERO-2001]: Kitchen.fail(uint8) reverted: Denied(who={ALICE}, needed=5)" in ended.err
    ended = prompt.type("call", prompt.kitchen, "failing(uint8)", "0")
    assert (ended.code, "seen only" in ended.err) == (1, True)
    ended = prompt.type("call", BOB, "value()(uint256)")
    assert (ended.code, "[ZERO-2006]" in ended.err) == (1, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["set", "five"], "Kitchen.set(uint256): next is uint256: 'five' is no number"),
        (["set", "-1"], "does not fit"),
        (["set"], "takes 1 arguments, and 0 were given"),
        (["sett", "5"], "has no function sett"),
        (["pick", "5"], "pick is one of pick(uint256), pick(address), pick(uint8)"),
    ],
)
def test_wrong_arguments_are_usage_errors(prompt: Prompt, words: list[str], said: str) -> None:
    ended = prompt.type("send", prompt.kitchen, *words, "--abi", KITCHEN)
    assert ended.code == 2
    assert "[ZERO-2007]" in ended.err
    assert said.split("pick(uint256)")[0] in ended.err


def test_fund_adds_and_sets_balances(prompt: Prompt) -> None:
    fresh = zero_sdk.Account.random().address
    assert prompt.result("fund", fresh, "2") == str(2 * 10**18)
    assert prompt.result("fund", fresh, "5gwei") == str(2 * 10**18 + 5 * 10**9)
    assert json.loads(prompt.result("fund", fresh, "1wei", "--set", "--json"))["balance"] == "1"
    assert prompt.result("fund", fresh, "1", "--zone", "beta") == str(10**18)


def test_accounts_of_zero_toml_send_with_their_keys(prompt: Prompt, tmp_path: Path) -> None:
    key = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"
    account = zero_sdk.Account.from_key(key)
    (tmp_path / "zero.toml").write_text('[accounts.deployer]\nenv = "DEPLOYER_KEY"\n', encoding="utf-8")
    variables = {"ZERO_RPC_URL": prompt.url, "DEPLOYER_KEY": key}
    funded = zero("fund", "deployer", "1", folder=tmp_path, variables=variables)
    assert (funded.code, f"{account.address} in zone alpha" in funded.err) == (0, True)
    words = ("send", prompt.kitchen, "set(uint256)", "9", "--from", "deployer", "--json")
    sent = zero(*words, folder=tmp_path, variables=variables)
    assert sent.code == 0, sent.err
    with zero_sdk.connect(prompt.url) as network:
        found = network["alpha"].rpc("eth_getTransactionByHash", json.loads(sent.out)["hash"])
        assert found["from"] == account.address.lower()
    unset = zero(*words, folder=tmp_path, variables={"ZERO_RPC_URL": prompt.url})
    assert (unset.code, "DEPLOYER_KEY" in unset.err, key in unset.err + sent.err) == (2, True, False)
    unknown = zero("send", BOB, "--from", "deploier", folder=tmp_path, variables=variables)
    assert unknown.code != 0
    assert "did you mean deployer?" in unknown.err


def test_decode_reads_calldata_errors_logs_and_results(prompt: Prompt) -> None:
    assert prompt.result("decode", TRANSFER) == f"function transfer(to: {ALICE}, value: 5)"
    reason = "08c379a0" + (32).to_bytes(32).hex() + (2).to_bytes(32).hex() + b"no".ljust(32, b"\0").hex()
    assert prompt.result("decode", reason) == 'error Error(reason: "no")'
    denied = f"0x{zero_sdk.local().rpc('web3_sha3', '0x' + b'Denied(address,uint256)'.hex())[2:10]}"
    data = f"{denied}{'0' * 24}{ALICE[2:]}{5:064x}"
    assert prompt.result("decode", data, "--abi", KITCHEN) == f"error Kitchen.Denied(who: {ALICE}, needed: 5)"
    ended = prompt.type("decode", data)
    assert (ended.code, "[ZERO-2007]" in ended.err) == (2, True)
    topics = [prompt.result("convert", "topic", "Transfer(address,address,uint256)")]
    topics += [f"0x{'0' * 24}{address[2:]}" for address in (ALICE, BOB)]
    words = [word for topic in topics for word in ("--topic", topic)]
    assert (
        prompt.result("decode", f"0x{7:064x}", *words)
        == f"event Transfer(from: {ALICE}, to: {BOB}, value: 7)"
    )
    assert prompt.result("decode", f"0x{7:064x}", "--returned", "value", "--abi", KITCHEN) == "7"
    (read,) = json.loads(prompt.result("decode", TRANSFER, "--json"))
    assert read["args"] == {"to": ALICE, "value": "5"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("wei 1.5ether", "1500000000000000000"),
        ("ether 1500000000000000000", "1.5"),
        ("gwei 5ether", "5000000000"),
        ("dec 0xff", "255"),
        ("hex 255", "0xff"),
        ("hex -1", "-0x1"),
        ("bytes32 -1", "0x" + "f" * 64),
        ("bytes32 hi", "0x6869" + "0" * 60),
        ("text 0x6869", "hi"),
        (f"checksum {ALICE.lower()}", ALICE),
        ("keccak 0x", "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        ("selector transfer(address,uint256)", "0xa9059cbb"),
        ("slot 0", "0x290decd9548b62a8d60345a988386fc84ba6bc95484008f6362f93160ef3e563"),
        (f"create {ALICE} 0", "0x5FbDB2315678afecb367f032d93F642f64180aa3"),
        # EIP-1014's first example.
        (f"create2 0x{'0' * 40} 0 0x00", "0x4D1A2e2bB4F88F0250f26Ffff098B0b30B26BF38"),
    ],
)
def test_convert_gives_other_forms(words: str, expected: str) -> None:
    to, *values = words.split(" ")
    assert convert(to, values) == expected


def test_convert_prints_and_reads_stdin(tmp_path: Path) -> None:
    assert zero("convert", "wei", "1.5ether", folder=tmp_path).out == "1500000000000000000\n"
    assert zero("convert", "hex", "-", "--json", folder=tmp_path, stdin="255\n").out == '"0xff"\n'


def test_convert_finds_the_slot_of_a_mapping_where_the_evm_has_it(prompt: Prompt) -> None:
    # orders[1] is a struct, whose first member is an address; the mapping is the contract's second variable.
    order = f'({BOB}, [], 0x01020304, "")'
    prompt.result("send", prompt.kitchen, "store", "77", order, "--abi", KITCHEN)
    slot = prompt.result("convert", "slot", "1", "uint256", "77")
    with zero_sdk.connect(prompt.url) as network:
        assert network["alpha"].storage(prompt.kitchen, int(slot, 16))[12:].hex() == BOB[2:].lower()


def test_what_cannot_be_converted_is_a_usage_error(tmp_path: Path) -> None:
    for to, *values in (["dec", "five"], ["weii", "5"], ["hex"], ["slot", "1", "uint256"], ["wei", "0.1wei"]):
        with pytest.raises(zero_sdk.WrongArguments):
            convert(to, values)
    ended = zero("convert", "weii", "5", folder=tmp_path)
    assert (ended.code, ended.out, "did you mean wei" in ended.err) == (2, "", True)


def test_the_console_runs_what_stdin_holds(prompt: Prompt) -> None:
    script = f"""
import json
from pathlib import Path
print(list(zones), zone.name, alpha.chain_id, accounts[0].address, ether("1.5"))
k = zone.contract("{prompt.kitchen}", json.loads(Path({KITCHEN!r}).read_text()))
print(k.name(), contracts, network.is_devnet)
"""
    lines = prompt.result("console", stdin=script).splitlines()
    assert lines[0] == f"['alpha', 'beta'] alpha 7700001 {ALICE} 1500000000000000000"
    assert lines[1].startswith("Kitchen <contracts: none")
    assert lines[1].endswith("True")
    assert prompt.result("console", "--zone", "beta", stdin="print(zone.name)") == "beta"
    failed = prompt.type("console", stdin=script + "k.fail(0)")
    assert (
        failed.code,
        "error [ZERO-2001]: Kitchen.fail(uint8) reverted: no reason to go on" in failed.err,
    ) == (1, True)


def test_bind_writes_a_module(prompt: Prompt, tmp_path: Path) -> None:
    assert "class Kitchen(Contract):" in prompt.result("bind", KITCHEN)
    ended = zero("bind", KITCHEN, "-o", str(tmp_path / "made" / "kitchen.py"), folder=tmp_path)
    assert (ended.code, ended.out) == (0, "")
    compile((tmp_path / "made" / "kitchen.py").read_text(encoding="utf-8"), "kitchen.py", "exec")
    assert zero("bind", folder=tmp_path).code == 2
    assert zero("bind", "Nothing", folder=tmp_path).code == 1
