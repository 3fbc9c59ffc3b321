"""`--dry-run`: says what would happen, and nothing does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.devnet_process import Devnet, post
from tests.cli.process import Ended, zero
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


def test_a_node_that_cannot_simulate_is_named(two_zones: Devnet, project: Project) -> None:
    account = "0x00000000000000000000000000000000000000f2"
    (project.root / "zero.toml").write_text(
        f'[accounts]\nmine = {{ address = "{account}" }}\n', encoding="utf-8"
    )
    with Gateway(two_zones.zone("alpha")["url"], refuses=("eth_simulateV1",)) as gateway:
        ended = zero(
            "deploy", "--dry-run", "--network", gateway.url, "--account", "mine", folder=project.root
        )
    assert ended.code == 1
    assert "ZERO-1908" in ended.err
