"""`--dry-run`: says what would happen, and nothing does."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.devnet_process import Devnet, post
from tests.cli.process import PATIENCE, Ended, environment, zero
from tests.deploy.gateway import Gateway
from zero_sdk import Account
from zero_sdk.project import Project

READING = """def main(network):
    for zone in network:
        token = zone.deploy("Token", 1_000)
        assert token.balanceOf(token.owner()) in (1_000, 990)
        vault = zone.deploy("Vault", token)
        token.give(vault, 10)
        assert token.balanceOf(vault) == 10
        assert zone.code(vault)
        zone.deploy("Token", 99, salt=SALT)
        vault.open()
"""


def state(url: str, *accounts: str) -> list[Any]:
    """What anything that was sent would change."""
    block = post(url, "eth_getBlockByNumber", "latest", False)
    return [block["hash"], *(post(url, "eth_getTransactionCount", each, "pending") for each in accounts)]


def good(ended: Ended) -> Ended:
    assert ended.code == 0, ended.err
    return ended


@pytest.fixture(params=["a devnet", "a devnet without mining", "another chain"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The arguments of `zero deploy`, and the URL of the node behind."""
    mining = ("--no-mining",) if "without" in request.param else ()
    with Devnet("--zones", "alpha", *mining, folder=tmp_path_factory.mktemp("devnet")) as devnet:
        node = devnet.zone("alpha")["url"]
        sender = Account.from_key(b"\x07" * 31 + b"\x99")
        post(node, "anvil_setBalance", sender.address, hex(10**20))
        if mining:
            post(node, "evm_mine")
        with Gateway(node) as gateway:
            url = gateway.url if request.param == "another chain" else devnet.description["url"]
            yield node, sender.address, ("--network", url, "--account", "mine")


def test_it_says_what_is_done_then_and_does_nothing(
    place: tuple[str, str, tuple[str, ...]], project: Project
) -> None:
    node, sender, arguments = place
    text = READING.replace("SALT", "5")
    (project.root / "scripts" / "deploy.py").write_text(text, encoding="utf-8")
    (project.root / "zero.toml").write_text(
        f'[accounts]\nmine = {{ address = "{sender}" }}\n', encoding="utf-8"
    )
    before = state(node, sender)
    planned = good(zero("deploy", "--dry-run", "--json", *arguments, folder=project.root))
    assert state(node, sender) == before
    assert not list(project.root.glob("deployments/**/*.jsonl"))
    [steps] = json.loads(planned.out).values()
    assert [step["step"] for step in steps] == ["Token", "Vault", "Token.give", "Token#2", "Vault.open"]
    assert all(not step["is_done"] and step["gas"] > 21_000 and step["cost"] > 0 for step in steps)
    # Now by the key, for good.
    key = (b"\x07" * 31 + b"\x99").hex()
    (project.root / "zero.toml").write_text('[accounts]\nmine = { env = "K" }\n', encoding="utf-8")
    post(node, "evm_setAutomine", True)
    done = good(zero("deploy", "--json", *arguments, folder=project.root, variables={"K": key}))
    [real] = json.loads(done.out).values()
    assert [step["address"] for step in real] == [step["address"] for step in steps]
    assert [step["gas"] for step in real] == [step["gas"] for step in steps]
    again = good(zero("deploy", "--dry-run", *arguments, folder=project.root, variables={"K": key}))
    assert "0 of 5 steps to do" in again.out


def test_a_step_that_would_fail_is_told(two_zones: Devnet, project: Project) -> None:
    (project.root / "scripts" / "deploy.py").write_text(
        "def main(network):\n"
        "    for zone in network:\n"
        "        token = zone.deploy('Token', 3)\n"
        "        token.give(token, 4)\n",
        encoding="utf-8",
    )
    before = state(two_zones.zone("alpha")["url"])
    url = two_zones.description["url"]
    ended = zero("deploy", "--dry-run", "--network", url, folder=project.root)
    assert ended.code == 1
    assert "too little" in ended.err
    assert state(two_zones.zone("alpha")["url"]) == before


class TestOnANodeThatCannotSimulate:
    """What it says of each step alone is told, and what it cannot say is named."""

    @pytest.fixture
    def gateway(self, two_zones: Devnet) -> Iterator[Gateway]:
        with Gateway(two_zones.zone("alpha")["url"], refuses=("eth_simulateV1",)) as running:
            yield running

    def rehearsed(self, project: Project, gateway: Gateway, text: str, *options: str) -> Ended:
        account = "0x00000000000000000000000000000000000000f2"
        (project.root / "zero.toml").write_text(
            f'[accounts]\nmine = {{ address = "{account}" }}\n', encoding="utf-8"
        )
        (project.root / "scripts" / "deploy.py").write_text(
            "def main(network):\n    zone = network.default_zone\n" + text, encoding="utf-8"
        )
        before = state(gateway.url, account)
        arguments = ("--network", gateway.url, "--account", "mine", *options)
        ended = zero("deploy", "--dry-run", *arguments, folder=project.root)
        assert state(gateway.url, account) == before
        assert not list(project.root.glob("deployments/**/*.jsonl"))
        return ended

    def test_what_is_known_of_each_step_is_told(self, project: Project, gateway: Gateway) -> None:
        text = (
            "    token = zone.deploy('Token', 1_000)\n"
            "    zone.deploy('Vault', token)\n"
            "    token.give(token, 10)\n"
            "    zone.deploy('Token', 99, salt=77)\n"
        )
        ended = good(self.rehearsed(project, gateway, text, "--json"))
        assert "cannot simulate" in ended.err
        [steps] = json.loads(ended.out).values()
        assert [step["step"] for step in steps] == ["Token", "Vault", "Token.give", "Token#2"]
        token, vault, give, other = steps
        assert (token["gas"] > 100_000, token["doubt"]) == (True, None)
        for step in (vault, other):
            assert step["gas"] > 100_000
            assert "steps before" in step["doubt"]
        assert (give["gas"], give["cost"]) == (0, 0)
        assert token["address"] in give["doubt"]
        shown = good(self.rehearsed(project, gateway, text)).out.splitlines()
        assert "not known: it goes to" in shown[2]
        assert "4 of 4 steps to do, at least" in shown[-1]

    def test_addresses_are_those_of_a_devnets_rehearsal(
        self, project: Project, gateway: Gateway, two_zones: Devnet
    ) -> None:
        text = "    zone.deploy('Token', 1)\n    zone.deploy('Vault', zone.deploy('Token', 5, salt=78))\n"
        [estimated] = json.loads(good(self.rehearsed(project, gateway, text, "--json")).out).values()
        two_zones.call("anvil_setBalance", "0x00000000000000000000000000000000000000f2", hex(10**20))
        node = two_zones.description["url"]
        arguments = ("--dry-run", "--network", node, "--account", "mine", "--json", "--zones", "alpha")
        [real] = json.loads(good(zero("deploy", *arguments, folder=project.root)).out).values()
        assert [step["address"] for step in estimated] == [step["address"] for step in real]
        # The node's estimate is a limit, so it may be above what is used.
        for guess, used in zip(estimated, real, strict=True):
            assert used["gas"] <= guess["gas"] <= used["gas"] * 1.1

    def test_a_script_that_reads_what_is_not_there_is_told_up_to_there(
        self, project: Project, gateway: Gateway
    ) -> None:
        text = (
            "    token = zone.deploy('Token', 1_000)\n"
            "    assert token.balanceOf(token.owner()) == 1_000\n"
            "    zone.deploy('Vault', token)\n"
        )
        ended = self.rehearsed(project, gateway, text)
        assert ended.code == 1
        assert [line.split()[1] for line in ended.out.splitlines()[:-1]] == ["Token"]
        assert "at least" in ended.out
        assert "ZERO-1908" in ended.err
        assert "which a step before it would change" in ended.err

    def test_a_first_step_that_fails_fails_the_rehearsal(
        self, project: Project, gateway: Gateway, two_zones: Devnet
    ) -> None:
        refusing = "0x00000000000000000000000000000000000000aa"
        two_zones.call("anvil_setCode", refusing, "0x5f5ffd")
        ended = self.rehearsed(project, gateway, f"    zone.send('{refusing}', data='0x12345678')\n")
        assert ended.code == 1
        assert "revert" in ended.err


@pytest.mark.parametrize("is_terminal", [False, True])
def test_each_step_leaves_a_line_and_stdout_has_the_result_only(
    two_zones: Devnet, project: Project, is_terminal: bool
) -> None:
    if is_terminal and sys.platform == "win32":
        pytest.skip("there are no pseudo-terminals")
    name = "terminal" if is_terminal else "pipe"
    arguments = ("deploy", "--network", two_zones.description["url"], "--zones", "beta", "--name", name)
    (project.root / "scripts" / "deploy.py").write_text(READING.replace(", salt=SALT", ""), encoding="utf-8")
    if is_terminal:
        ended = good(on_a_terminal(project.root, *arguments))
    else:
        ended = good(zero(*arguments, folder=project.root))
    told = re.findall(r"beta: (\S+) in block \d+, [\d,]+ gas", ended.err)
    assert told == ["Token", "Vault", "Token.give", "Token#2", "Vault.open"]
    assert [line.split()[:2] for line in ended.out.splitlines()] == [
        ["beta", step] for step in ("Token", "Vault", "Token#2")
    ]
    # A second run has nothing to tell of.
    assert " in block " not in good(zero(*arguments, folder=project.root)).err


def on_a_terminal(folder: Path, *arguments: str) -> Ended:
    """`zero` with a terminal as its stderr."""
    import pty

    ours, theirs = pty.openpty()
    shown = bytearray()

    def read() -> None:
        # Linux says that the other end is closed by an error.
        with contextlib.suppress(OSError):
            while block := os.read(ours, 65_536):
                shown.extend(block)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "zero_sdk", *arguments],
            cwd=folder,
            env=environment({"TERM": "xterm", "COLUMNS": "120"}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=theirs,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    finally:
        os.close(theirs)
    reader.join(PATIENCE)
    os.close(ours)
    return Ended(done.returncode, done.stdout, re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode()))
