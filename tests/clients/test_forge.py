"""`forge script --broadcast` against a zone: plain creation and CREATE2 through the deterministic proxy.

forge compiles with solc from npm (`--use` and a shim), without the network.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from web3 import HTTPProvider, Web3

from devnet.chain.keccak import keccak256
from tests.clients import tools
from tests.clients.endpoint import Endpoint
from tests.clients.solc import SHIM

SOURCES = Path(__file__).resolve().parent / "forge"

# The first account of the well-known test mnemonic.
KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
PROXY = bytes.fromhex("4e59b44847b379578588920ca78fbf26c0b4956c")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project in a folder of its own, with the Node packages and a compiler that needs no PATH."""
    folder = tmp_path_factory.mktemp("forge-project")
    shutil.copytree(SOURCES, folder, dirs_exist_ok=True)
    (folder / "src").mkdir(exist_ok=True)
    shutil.copy(tools.PROJECT / "Ledger.sol", folder / "src")
    (folder / "node_modules").symlink_to(tools.MODULES, target_is_directory=True)
    compiler = folder / "solc"
    compiler.write_text(f'#!/bin/sh\nexec "{tools.node()}" "{SHIM}" "$@"\n', encoding="utf-8")
    compiler.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def w3(endpoint: Endpoint) -> Web3:
    return Web3(HTTPProvider(endpoint.http))


def broadcast(project: Path, endpoint: Endpoint, contract: str) -> list[dict[str, Any]]:
    """Runs the script and gives the receipts that forge collected."""
    run = subprocess.run(
        [
            *(tools.forge(), "script", f"script/Deploy.s.sol:{contract}", "--broadcast", "--offline"),
            *("--use", "./solc", "--rpc-url", endpoint.http, "--private-key", KEY),
        ],
        cwd=project,
        env={**os.environ, "NO_COLOR": "1", "HOME": str(project)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=180,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "ONCHAIN EXECUTION COMPLETE & SUCCESSFUL" in run.stdout, run.stdout + run.stderr
    (latest,) = (project / "broadcast" / "Deploy.s.sol").glob("*/run-latest.json")
    receipts: list[dict[str, Any]] = json.loads(latest.read_text(encoding="utf-8"))["receipts"]
    return receipts


def artifact(project: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(
        (project / "out" / "Ledger.sol" / "Ledger.json").read_text(encoding="utf-8")
    )
    return content


def test_script_deploys_and_uses_a_contract(project: Path, endpoint: Endpoint, w3: Web3) -> None:
    receipts = broadcast(project, endpoint, "Deploy")
    assert [receipt["status"] for receipt in receipts] == ["0x1", "0x1"]
    address = to_checksum_address(receipts[0]["contractAddress"])
    ledger = w3.eth.contract(address=address, abi=artifact(project)["abi"])
    assert ledger.functions.title().call() == "by forge"
    assert ledger.functions.total().call() == 7
    assert w3.eth.get_balance(address) == 7
    (event,) = ledger.events.Deposited().get_logs(from_block=0)
    assert event["args"]["memo"] == "scripted"


def test_create2_lands_where_the_proxy_puts_it(project: Path, endpoint: Endpoint, w3: Web3) -> None:
    broadcast(project, endpoint, "DeployWithSalt")
    creation = bytes.fromhex(artifact(project)["bytecode"]["object"][2:]) + encode(["string"], ["salted"])
    expected = keccak256(b"\xff" + PROXY + keccak256(b"zone") + keccak256(creation))[12:]
    ledger = w3.eth.contract(address=to_checksum_address(expected), abi=artifact(project)["abi"])
    assert ledger.functions.title().call() == "salted"
