"""The commands in a project of OpenZeppelin's contracts: names of its build, bindings, keystores, tokens."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_account import Account as EthAccount

import zero_sdk
from tests.cli.devnet_process import Devnet
from tests.cli.process import Ended, environment, zero
from tests.flows.conftest import copy_project
from zero_sdk.compile import load_build
from zero_sdk.project.project import Project

pytestmark = pytest.mark.clients

ROOT = Path(__file__).resolve().parents[2]
ALICE = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
BOB = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
KEY = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"
PASSWORD = "correct horse"

USE = """
from __future__ import annotations

import zero_sdk
from bindings.coin import Coin
from bindings.council import Council
from bindings.deeds import Deeds
from bindings.vault import Vault

network = zero_sdk.local()
zone, (alice, bob) = network["alpha"], network.accounts[:2]
coin = Coin.deploy(zone, 1000)
vault = Vault.deploy(zone, coin)
coin.approve(vault, 100)
deposited: zero_sdk.Transaction = vault.deposit(100, bob)
shares: int = vault.balanceOf(bob)
domain: str = coin.eip712Domain().name
deeds = Deeds.deploy(zone)
role: bytes = deeds.CLERK()
council = Council.deploy(zone, coin)
assert (shares, domain, len(role), council.name()) == (100, "Coin", 32, "Council")
assert len(vault.events.Deposit.get(owner=bob)) == 1
assert Coin.attach(zone, coin).checkpoints(alice, 0).value == 0 if coin.numCheckpoints(alice) else True
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compiled, with an account in a keystore."""
    root = copy_project("openzeppelin", tmp_path_factory.mktemp("project"), "solc", "@openzeppelin/contracts")
    keystore = EthAccount.encrypt(bytes.fromhex(KEY), PASSWORD, kdf="pbkdf2", iterations=1000)
    (root / "keeper.json").write_text(json.dumps(keystore), encoding="utf-8")
    with (root / "zero.toml").open("a", encoding="utf-8") as toml:
        toml.write('\n[accounts]\nkeeper = { keystore = "keeper.json", password-env = "KEEPER_PASSWORD" }\n')
    compiled = zero("compile", folder=root)
    assert compiled.code == 0, compiled.err
    return root


@pytest.fixture
def devnet(project: Path) -> Iterator[str]:
    with Devnet(folder=project) as running:
        yield running.zone("alpha")["url"].rsplit("/", 1)[0]


def test_everything_is_bound_and_the_bindings_hold(project: Path) -> None:
    bound = zero("bind", "--all", "-o", "bindings", folder=project)
    assert bound.code == 0, bound.err
    modules = {path.stem for path in (project / "bindings").iterdir()}
    assert modules == {"box", "coin", "council", "counting_box", "deeds", "vault"}
    (project / "use.py").write_text(USE, encoding="utf-8")
    checked = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--follow-imports=silent",
            "--cache-dir",
            str(ROOT / ".mypy_cache"),
            "use.py",
        ],
        cwd=project,
        env=environment({"MYPYPATH": str(ROOT)}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
    path = os.pathsep.join((str(project), str(ROOT)))
    used = subprocess.run(
        [sys.executable, "use.py"],
        cwd=project,
        env=environment({"PYTHONPATH": path}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert used.returncode == 0, used.stderr


def test_two_contracts_of_one_name_are_not_bound_over_each_other(project: Path, tmp_path: Path) -> None:
    licence = "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.24;\n"
    for name in ("Coin", "other/Coin"):
        path = tmp_path / "contracts" / f"{name}.sol"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{licence}contract Coin {{ uint256 public weight; }}\n", encoding="utf-8")
    shutil.copy(project / "zero.toml", tmp_path)
    (tmp_path / "node_modules").symlink_to(project / "node_modules", target_is_directory=True)
    assert zero("compile", folder=tmp_path).code == 0
    ended = zero("bind", "--all", "-o", "bindings", folder=tmp_path)
    assert ended.code == 2
    assert "contracts/Coin.sol:Coin" in ended.err
    assert "contracts/other/Coin.sol:Coin" in ended.err
    assert not (tmp_path / "bindings").exists()
    one = zero("bind", "contracts/other/Coin.sol:Coin", "-o", "coin.py", folder=tmp_path)
    assert one.code == 0, one.err


def test_names_tokens_and_keystores(project: Path, devnet: str) -> None:
    keeper = zero_sdk.Account.from_key(KEY)

    def run(*words: str, stdin: str = "", **variables: str) -> Ended:
        return zero(*words, folder=project, variables={"ZERO_RPC_URL": devnet, **variables}, stdin=stdin)

    def result(*words: str, stdin: str = "", **variables: str) -> str:
        ended = run(*words, stdin=stdin, **variables)
        assert ended.code == 0, ended.err
        return ended.out.strip()

    address = result("console", stdin="print(contracts.Coin.deploy(10**24).address)")
    coin = f"Coin@{address}"

    assert result("fund", keeper.address, "12.5", "--token", address) == str(125 * 10**17)
    assert result("fund", "keeper", "0.5", "--token", address) == str(13 * 10**18)
    assert result("fund", "keeper", "1", "--set", "--token", address) == str(10**18)
    assert result("call", coin, "balanceOf", "keeper") == str(10**18)
    result("fund", "keeper", "1")

    words = ("send", coin, "transfer", BOB, "7", "--from", "keeper")
    sent = run(*words, KEEPER_PASSWORD=PASSWORD)
    assert sent.code == 0, sent.err
    assert f"Transfer(from: {keeper.address}, to: {BOB}, value: 7)" in sent.err
    assert result("call", coin, "balanceOf", BOB) == "7"

    unset, wrong = run(*words), run(*words, KEEPER_PASSWORD="incorrect")
    assert (unset.code, "KEEPER_PASSWORD" in unset.err) == (2, True)
    assert (wrong.code, "password" in wrong.err) == (2, True)
    for ended in (sent, unset, wrong):
        assert not {KEY, PASSWORD, "incorrect"} & set((ended.out + ended.err).split())
    assert result("call", coin, "balanceOf", BOB) == "7"

    failed = run("send", coin, "transfer", BOB, str(10**19), "--from", "keeper", KEEPER_PASSWORD=PASSWORD)
    assert failed.code == 1
    assert f"ERC20InsufficientBalance(sender={keeper.address}, balance={10**18 - 7}, needed={10**19})" in (
        failed.err
    )
    error = load_build(Project.open(project)).artifact("Coin")
    assert "ERC20InvalidReceiver" in {entry.get("name") for entry in error.abi}
    data = "0xec442f05" + "00" * 32  # its selector, and the zero address
    assert "ERC20InvalidReceiver(receiver: 0x0000000000000000000000000000000000000000)" in result(
        "decode", data
    )
