"""OpenZeppelin's contracts: tokens, vaults, roles, timelocks, proxies, governors."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.flows.conftest import RunProject, copy_project

pytestmark = pytest.mark.clients


def test_openzeppelin_s_flows(tmp_path: Path, run_project: RunProject) -> None:
    run_project(copy_project("openzeppelin", tmp_path / "project", "solc", "@openzeppelin/contracts"))
