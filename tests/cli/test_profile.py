"""`zero profile` over a network that runs, with a token that solc compiled: what keeps transfers apart."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devnet.chain.keccak import keccak256
from tests.cli.devnet_process import Devnet
from tests.cli.process import zero
from tests.clients.solc import compile_standard_json

pytestmark = pytest.mark.clients

SOURCE = """// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;
contract Token {
    mapping(address => uint256) public balanceOf;
    uint64 public transferCount;
    uint64 public lastTransfer;
    mapping(address => mapping(address => uint256)) public allowance;
    event Transfer(address indexed from, address indexed to, uint256 value);
    function mint(address to, uint256 value) external { balanceOf[to] += value; }
    function transfer(address to, uint256 value) external returns (bool) {
        balanceOf[msg.sender] -= value;
        balanceOf[to] += value;
        transferCount += 1;
        emit Transfer(msg.sender, to, value);
        return true;
    }
    function quietTransfer(address to, uint256 value) external returns (bool) {
        balanceOf[msg.sender] -= value;
        balanceOf[to] += value;
        emit Transfer(msg.sender, to, value);
        return true;
    }
    function approve(address spender, uint256 value) external { allowance[msg.sender][spender] = value; }
    function spend(address owner, uint256 value) external { allowance[owner][msg.sender] -= value; }
}
"""


def data(signature: str, *words: int | str) -> str:
    values = [int(word, 16) if isinstance(word, str) else word for word in words]
    return "0x" + (keccak256(signature.encode())[:4] + b"".join(word.to_bytes(32) for word in values)).hex()


class Token:
    """A network with the token, whose artifact it knows."""

    def __init__(self, devnet: Devnet) -> None:
        self.devnet = devnet
        request = {
            "language": "Solidity",
            "sources": {"Token.sol": {"content": SOURCE}},
            "settings": {
                "outputSelection": {
                    "*": {"*": ["abi", "storageLayout", "evm.bytecode", "evm.deployedBytecode"]}
                }
            },
        }
        compiled = compile_standard_json(request)["contracts"]["Token.sol"]["Token"]
        devnet.call(
            "zero_addArtifacts",
            {
                "contractName": "Token",
                "sourceName": "Token.sol",
                "abi": compiled["abi"],
                "bytecode": "0x" + compiled["evm"]["bytecode"]["object"],
                "deployedBytecode": "0x" + compiled["evm"]["deployedBytecode"]["object"],
                "storageLayout": compiled["storageLayout"],
            },
        )
        self.accounts: list[str] = devnet.call("eth_accounts")
        created = devnet.call(
            "eth_sendTransaction",
            {
                "from": self.accounts[0],
                "data": "0x" + compiled["evm"]["bytecode"]["object"],
                "gas": "0x300000",
            },
        )
        self.address: str = devnet.call("eth_getTransactionReceipt", created)["contractAddress"]
        for account in self.accounts:
            self.send(0, data("mint(address,uint256)", account, 1_000))

    def send(self, sender: int, call: str) -> str:
        sent: str = self.devnet.call(
            "eth_sendTransaction",
            {"from": self.accounts[sender], "to": self.address, "data": call, "gas": "0x30d40"},
        )
        return sent

    def block(self, *calls: tuple[int, str]) -> list[str]:
        """One block with these calls."""
        self.devnet.call("evm_setAutomine", False)
        sent = [self.send(sender, call) for sender, call in calls]
        self.devnet.call("evm_mine")
        self.devnet.call("evm_setAutomine", True)
        return sent

    def profile(self, folder: Path, *arguments: str) -> str:
        ended = zero("profile", *arguments, "--url", self.devnet.zone("alpha")["url"], folder=folder)
        assert ended.code == 0, ended.err
        return ended.out


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Token]:
    with Devnet("--silent", folder=tmp_path_factory.mktemp("devnet")) as running:
        yield Token(running)


def receiver(number: int) -> str:
    return f"0x{0xAA00 + number:040x}"


def test_a_counter_that_every_transfer_writes_is_named(token: Token, tmp_path: Path) -> None:
    token.block(*((index, data("transfer(address,uint256)", receiver(index), 1)) for index in range(6)))
    text = token.profile(tmp_path)
    assert "Token.transferCount" in text
    (entry,) = json.loads(token.profile(tmp_path, "--json"))
    hottest = entry["conflicts"][0]
    # A packed slot has both names.
    assert hottest["variable"] == "transferCount, lastTransfer"
    assert (hottest["contract"], hottest["address"], int(hottest["slot"], 16)) == ("Token", token.address, 1)
    assert hottest["transactions"] == [0, 1, 2, 3, 4, 5]
    assert hottest["writers"] == 6
    assert [len(frame) for frame in entry["frames"]] == [1] * 6
    assert entry["speedUp"] == {"1": 1.0, "2": 1.0, "4": 1.0, "8": 1.0, "16": 1.0}
    assert entry["criticalPath"]["transactions"] == [0, 1, 2, 3, 4, 5]
    assert entry["transactions"][0]["function"] == "transfer"


def test_without_the_counter_all_transfers_run_at_once(token: Token, tmp_path: Path) -> None:
    token.block(
        *((index, data("quietTransfer(address,uint256)", receiver(100 + index), 1)) for index in range(8))
    )
    (entry,) = json.loads(token.profile(tmp_path, "--json"))
    assert [len(frame) for frame in entry["frames"]] == [8]
    assert entry["conflicts"] == []
    assert entry["speedUp"]["2"] > 1.99
    assert entry["speedUp"]["8"] == entry["speedUp"]["16"] > 7.9
    assert len(entry["criticalPath"]["transactions"]) == 1
    assert "no two transactions touch the same key" in token.profile(tmp_path)


def test_slots_of_mappings_are_named_by_their_keys(token: Token, tmp_path: Path) -> None:
    owner, spender, heir = token.accounts[1], token.accounts[2], token.accounts[3]
    approve = data("approve(address,uint256)", spender, 50)
    spend = data("spend(address,uint256)", owner, 3)
    token.block(
        (1, approve),
        (2, spend),
        (3, data("quietTransfer(address,uint256)", receiver(77), 1)),
        (4, data("quietTransfer(address,uint256)", heir, 1)),
    )
    (entry,) = json.loads(token.profile(tmp_path, "--json"))
    names = {conflict["variable"] for conflict in entry["conflicts"]}
    assert f"allowance[{owner}][{spender}]" in names
    assert f"balanceOf[{heir}]" in names


def test_a_transaction_is_told_about_alone(token: Token, tmp_path: Path) -> None:
    sent = token.block(
        *((index, data("transfer(address,uint256)", receiver(index), 1)) for index in range(3))
    )
    text = token.profile(tmp_path, "--tx", sent[2])
    assert f"{sent[2]}: number 2, frame 2" in text
    assert "shares Token.transferCount" in text


def test_a_range_of_blocks_is_told_one_after_the_other(token: Token, tmp_path: Path) -> None:
    newest = int(token.devnet.call("eth_blockNumber"), 16)
    entries = json.loads(token.profile(tmp_path, "--blocks", f"{newest - 2}..{newest}", "--json"))
    assert [int(entry["number"], 16) for entry in entries] == [newest - 2, newest - 1, newest]
    (one,) = json.loads(token.profile(tmp_path, "--blocks", str(newest), "--json"))
    # What is measured differs each time.
    assert {**one, "measured": None} == {**entries[-1], "measured": None}


def test_a_script_is_run_and_its_blocks_are_told(token: Token, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    call = data("transfer(address,uint256)", receiver(5), 1)
    script.write_text(
        "import json, os, urllib.request\n"
        "def ask(method, *parameters):\n"
        "    body = {'jsonrpc': '2.0', 'id': 1, 'method': method, 'params': parameters}\n"
        "    request = urllib.request.Request(os.environ['ZERO_RPC_URL'], json.dumps(body).encode(),\n"
        "                                     {'Content-Type': 'application/json'})\n"
        "    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))\n"
        "    return json.load(opener.open(request))['result']\n"
        "print('said by the script')\n"
        f"ask('eth_sendTransaction', {{'from': {token.accounts[0]!r}, 'to': {token.address!r},"
        f" 'data': {call!r}}})\n",
        encoding="utf-8",
    )
    entries = json.loads(token.profile(tmp_path, "--run", "script.py", "--json"))
    assert [len(entry["transactions"]) for entry in entries] == [1]
    script.write_text("raise SystemExit(3)", encoding="utf-8")
    ended = zero("profile", "--run", "script.py", "--url", token.devnet.zone("alpha")["url"], folder=tmp_path)
    assert ended.code != 0
    assert "exit code 3" in ended.err


def test_the_picture_has_a_bar_for_every_transaction(token: Token, tmp_path: Path) -> None:
    token.block(*((index, data("transfer(address,uint256)", receiver(index), 1)) for index in range(5)))
    token.profile(tmp_path, "--svg", "block.svg", "--html", "block.html", "--cores", "2")
    root = ElementTree.fromstring((tmp_path / "block.svg").read_text(encoding="utf-8"))
    space = "{http://www.w3.org/2000/svg}"
    titles = [title.text or "" for title in root.iter(f"{space}title")]
    assert len(titles) == 5
    assert all("transfer" in title and "gas" in title for title in titles)
    texts = "".join(text.text or "" for text in root.iter(f"{space}text"))
    assert "Token.transferCount" in texts
    page = (tmp_path / "block.html").read_text(encoding="utf-8")
    assert "<svg" in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")


def test_an_empty_block_is_told_in_one_line(token: Token, tmp_path: Path) -> None:
    token.devnet.call("evm_mine")
    assert len(token.profile(tmp_path).splitlines()) == 1


def test_what_is_not_there_is_an_error_that_says_so(token: Token, tmp_path: Path) -> None:
    url: Any = token.devnet.zone("alpha")["url"]
    for arguments, words in (
        (["--tx", "0x" + "77" * 32], "neither a block nor a transaction"),
        (["--blocks", "5..3"], "the first comes after the last"),
        (["--blocks", "1", "--tx", "0x" + "77" * 32], "three different things"),
        (["--run", "absent.py"], "there is no such file"),
    ):
        ended = zero("profile", *arguments, "--url", url, folder=tmp_path)
        assert ended.code != 0
        assert words in ended.err
