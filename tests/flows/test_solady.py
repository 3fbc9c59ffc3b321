"""Solady's contracts: tokens, roles, clones, several calls in one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.flows.conftest import RunProject, copy_project

pytestmark = pytest.mark.clients


def test_solady_s_flows(tmp_path: Path, run_project: RunProject) -> None:
    run_project(copy_project("solady", tmp_path / "project", "solc", "solady"))
