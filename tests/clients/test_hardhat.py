"""A Hardhat 3 project whose network is a zone: compile, deploy, call, fixtures, and every network helper."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients import tools
from tests.clients.endpoint import Endpoint, Wanted, serve

SOURCES = Path(__file__).resolve().parent / "hardhat"


@pytest.fixture(scope="module")
def zone() -> Iterator[Endpoint]:
    """The helpers ask web3_clientVersion and work with nodes that begin like Hardhat's or Anvil's only."""
    with serve(Wanted(client_version="HardhatNetwork/zero")) as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project in a folder of its own, with the installed Node packages."""
    folder = tmp_path_factory.mktemp("hardhat-project")
    shutil.copytree(SOURCES, folder, dirs_exist_ok=True)
    (folder / "contracts").mkdir()
    shutil.copy(tools.PROJECT / "Ledger.sol", folder / "contracts")
    (folder / "package.json").write_text('{"name": "zone-project", "private": true, "type": "module"}')
    (folder / "node_modules").symlink_to(tools.MODULES, target_is_directory=True)
    return folder


def hardhat(project: Path, endpoint: Endpoint, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [tools.node(), tools.node_module("hardhat/dist/src/cli.js"), *arguments],
        cwd=project,
        env={
            **os.environ,
            "NO_COLOR": "1",
            "HARDHAT_DISABLE_TELEMETRY_PROMPT": "true",
            "CI": "1",
            "ZERO_CLIENTS_HTTP": endpoint.http,
        },
        capture_output=True,
        text=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        check=False,
        timeout=300,
    )


@pytest.mark.parametrize("name", ["ledger", "network-helpers"])
def test_project_passes_its_tests_on_a_zone(name: str, project: Path, zone: Endpoint) -> None:
    run = hardhat(project, zone, "test", "nodejs", f"test/{name}.mjs")
    assert run.returncode == 0, run.stdout + run.stderr
    passing = re.search(r"(\d+) passing", run.stdout)
    assert passing, run.stdout
    assert int(passing.group(1)) > 0
