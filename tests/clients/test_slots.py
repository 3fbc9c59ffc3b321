"""Suites that go back between their tests, on a network whose slots tick: Hardhat's loadFixture, and
evm_snapshot and evm_revert out of `forge test`."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients import tools
from tests.clients.endpoint import AGAINST_ANVIL, Endpoint, Wanted, serve
from tests.clients.solc import SHIM
from tests.clients.test_forge import SOURCES
from tests.clients.test_hardhat import hardhat, project  # noqa: F401 - the fixture

pytestmark = pytest.mark.skipif(AGAINST_ANVIL, reason="Anvil has no slots")


@pytest.fixture(scope="module")
def zone() -> Iterator[Endpoint]:
    with serve(Wanted(client_version="HardhatNetwork/zero", slot_time=0.2)) as endpoint:
        yield endpoint


def ask(endpoint: Endpoint, method: str, *params: object) -> Any:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    request = urllib.request.Request(endpoint.http, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as reply:
        answer = json.load(reply)
    assert "error" not in answer, answer
    return answer["result"]


@pytest.mark.parametrize("name", ["ledger", "slots"])
def test_a_hardhat_project_passes_while_slots_tick(name: str, project: Path, zone: Endpoint) -> None:  # noqa: F811
    run = hardhat(project, zone, "test", "nodejs", f"test/{name}.mjs")
    assert run.returncode == 0, run.stdout + run.stderr
    assert re.search(r"[1-9]\d* passing", run.stdout), run.stdout
    ask(zone, "zero_settle")
    assert int(ask(zone, "eth_getBlockByNumber", "finalized", False)["number"], 16) > 0


def test_forge_goes_back_to_snapshots_while_slots_tick(tmp_path: Path, zone: Endpoint) -> None:
    shutil.copytree(SOURCES / "test", tmp_path / "test")
    shutil.copy(SOURCES / "foundry.toml", tmp_path)
    (tmp_path / "node_modules").symlink_to(tools.MODULES, target_is_directory=True)
    compiler = tmp_path / "solc"
    compiler.write_text(f'#!/bin/sh\nexec "{tools.node()}" "{SHIM}" "$@"\n', encoding="utf-8")
    compiler.chmod(0o755)
    incarnation = int(ask(zone, "zero_settlementStatus")["incarnation"], 16)
    run = subprocess.run(
        [tools.forge(), "test", "--offline", "--use", "./solc", "--threads", "1"],
        cwd=tmp_path,
        env={**os.environ, "NO_COLOR": "1", "HOME": str(tmp_path), "ZERO_CLIENTS_HTTP": zone.http},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "3 passed" in run.stdout, run.stdout
    # What was final went back three times.
    assert int(ask(zone, "zero_settlementStatus")["incarnation"], 16) >= incarnation + 3
    ask(zone, "zero_settle")
