"""A compiled project for each test, and networks in processes of their own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.devnet_process import Devnet
from tests.deploy.contracts import build_in
from zero_sdk.project import Project

SCRIPT = """def main(network):
    for zone in network:
        token = zone.deploy("Token", 1_000)
        vault = zone.deploy("Vault", token)
        token.give(vault, 10)
        zone.deploy("Token", 7, salt=1)
        vault.open()
"""


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compiled")
    build_in(folder)
    return folder


@pytest.fixture
def project(compiled: Path, tmp_path: Path) -> Project:
    """The contracts of `contracts.py`, compiled, and a script that deploys them."""
    root = tmp_path / "project"
    shutil.copytree(compiled, root, symlinks=True)
    (root / "scripts").mkdir()
    (root / "scripts" / "deploy.py").write_text(SCRIPT, encoding="utf-8")
    return Project.open(root)


@pytest.fixture(scope="session")
def two_zones(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Devnet]:
    """`zero devnet` with the zones alpha and beta. Who sends something leaves it there."""
    with Devnet("--zones", "alpha,beta", folder=tmp_path_factory.mktemp("devnet")) as running:
        yield running
