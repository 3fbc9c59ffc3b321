"""Staking by Foundry's cast: the page's own commands, as they stand."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.devnet_process import Devnet
from tests.clients import tools
from tests.documents.walk import unnamed
from tests.templates.readme import surroundings

HERE = "http://127.0.0.1:8545"


@pytest.fixture
def devnet(tmp_path: Path) -> Devnet:
    return Devnet("--silent", folder=tmp_path)


def test_the_page_delegates_claims_and_takes_back(devnet: Devnet, tmp_path: Path) -> None:
    (page,) = unnamed("settlement-contracts.md", "sh")
    with devnet:
        url = devnet.description["url"]
        assert HERE in page
        script = page.replace(HERE, url)
        last = f'{script}cast call $STAKING "withdraw(uint256)" 0 --from $ME'
        around = surroundings(tmp_path, {"ZERO_RPC_URL": url, "NO_COLOR": "1"})
        around["PATH"] = f"{Path(tools.cast()).parent}:{around['PATH']}"
        ran, early = (
            subprocess.run(
                ["sh", "-e", "-c", text], env=around, capture_output=True, text=True, check=False, timeout=120
            )
            for text in (script, last)
        )
    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert "100000000000000000000 [1e20]" in lines
    assert "50000000000000000000 [5e19]" in lines
    assert sum(line.split() == ["status", "1", "(success)"] for line in lines) == 3
    assert early.returncode != 0
    assert "StillUnbonding(slot: " in early.stderr
