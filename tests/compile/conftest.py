"""Projects on disk, compiled by the real solc from npm."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients import tools
from zero_sdk.project.project import Project

MakeProject = Callable[..., Project]


@pytest.fixture
def make_project(tmp_path: Path) -> MakeProject:
    """Writes a project: `make_project({"contracts/A.sol": "…"}, toml="…")`. Packages that the client tests
    have are in its node_modules."""

    def make(files: dict[str, str], toml: str = "", packages: tuple[str, ...] = ()) -> Project:
        root = tmp_path / "project"
        for name, text in {"zero.toml": toml, **files}.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        for package in ("solc", *packages):
            link = root / "node_modules" / package
            link.parent.mkdir(parents=True, exist_ok=True)
            if not link.exists():
                link.symlink_to(tools.node_module(package), target_is_directory=True)
        return Project.open(root)

    return make
