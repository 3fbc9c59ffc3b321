"""Projects on disk, compiled by the real solc from npm."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients import tools
from zero_sdk.compile.cache_folder import VARIABLE
from zero_sdk.project.project import Project

MakeProject = Callable[..., Project]

SHIM = tools.PROJECT / "solc.mjs"
"""npm's solc behind the options of the native one; it finds the compiler from where it lies."""


@pytest.fixture
def make_project(tmp_path: Path) -> MakeProject:
    """Writes a project: `make_project({"contracts/A.sol": "…"}, toml="…")`. Packages that the client tests
    have are in its node_modules."""

    def make(files: dict[str, str], toml: str = "", packages: tuple[str, ...] = ("solc",)) -> Project:
        root = tmp_path / "project"
        for name, text in {"zero.toml": toml, **files}.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        for package in packages:
            link = root / "node_modules" / package
            link.parent.mkdir(parents=True, exist_ok=True)
            if not link.exists():
                link.symlink_to(tools.node_module(package), target_is_directory=True)
        return Project.open(root)

    return make


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No compiler is anywhere: not in our cache, not in other tools' folders, not on PATH."""
    cache = tmp_path / "cache"
    monkeypatch.setenv(VARIABLE, str(cache))
    monkeypatch.setenv("SOLCX_BINARY_PATH", str(tmp_path / "no-solcx"))
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return cache


def write_program(path: Path, command: list[str]) -> Path:
    """An executable that runs `command` with the arguments that it is given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    words = (
        f"import subprocess, sys\nsys.exit(subprocess.run({json.dumps(command)} + sys.argv[1:]).returncode)"
    )
    path.write_text(f"#!{sys.executable}\n{words}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def native_solc(path: Path) -> Path:
    """A solc that is run as a program: the real compiler (npm's), behind the native one's options."""
    return write_program(path, [str(tools.node()), str(SHIM)])
