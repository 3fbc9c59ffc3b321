"""Runs a project of this folder with its packages, as `pytest` in it would."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients import tools

FOLDER = Path(__file__).resolve().parent

collect_ignore = ["openzeppelin", "solady", "uniswap"]
"""Their tests belong to projects of their own, and run in a copy of these."""

RunProject = Callable[..., pytest.RunResult]


def copy_project(name: str, root: Path, *packages: str) -> Path:
    """Copies a project to `root`, with these npm packages in its node_modules."""
    shutil.copytree(FOLDER / name, root, dirs_exist_ok=True)
    for package in packages:
        link = root / "node_modules" / package
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(tools.node_module(package), target_is_directory=True)
    return root


@pytest.fixture
def run_project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> RunProject:
    """Runs a project's tests in this process. All have to pass, and there have to be some."""

    def run(root: Path, *arguments: str) -> pytest.RunResult:
        settings = "[pytest]\nasyncio_default_fixture_loop_scope = function\nfilterwarnings = error\n"
        (root / "pytest.ini").write_text(settings, encoding="utf-8")
        monkeypatch.chdir(root)
        options = ("-p", "zero_sdk.testing.plugin", "-p", "no:cacheprovider", "-q")
        result = pytester.runpytest_inprocess(*options, *arguments, "tests")
        outcomes = result.parseoutcomes()
        assert outcomes.keys() == {"passed"}, outcomes
        return result

    return run
