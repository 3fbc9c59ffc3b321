"""The pages about compiling, looking into contracts, exporting, testing and existing projects, typed."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cli.devnet_process import Devnet
from tests.deploy.contracts import project_in, with_packages
from tests.documents.walk import commands, unnamed, walk
from tests.project.foreign.conftest import FOUNDRY, SUMS, TOKEN, write
from tests.templates.readme import run
from zero_sdk import local
from zero_sdk.compile import load_build
from zero_sdk.project import Project

SOURCE = """// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;
contract Token { uint256 public total = 5; event Moved(address indexed by); error Not(uint256 why); }
contract Vault { function open(Token token) external view returns (uint256) { return token.total(); } }
"""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("compiled")
    write(root, {"zero.toml": "", "contracts/Token.sol": SOURCE})
    with_packages(root, "solc")
    run("zero compile", root, {})
    return root


@pytest.fixture
def project(compiled: Path, tmp_path: Path) -> Path:
    """A project with the contracts that the pages name."""
    return Path(shutil.copytree(compiled, tmp_path / "project", symlinks=True))


@pytest.mark.clients
def test_a_missing_import_prints_what_the_page_shows(tmp_path: Path) -> None:
    root = tmp_path / "project"
    write(root, {"zero.toml": ""})
    with_packages(root, "solc")
    assert [command.line for command in walk("compile.md", root)] == ["zero compile"]


@pytest.mark.clients
@pytest.mark.parametrize("page", ["compile.md", "inspect.md", "export.md", "library.md"])
def test_the_commands_of_a_page_run(page: str, project: Path) -> None:
    # `zero install` is typed in the templates' READMEs, and tried in tests/compile/test_packages.py and
    # test_obtain.py: a compiler or a package more for each run is nothing to fetch from others.
    lines = [line for line in commands(page) if not line.startswith("zero install")]
    assert len(lines) >= 2
    with Devnet("--silent", folder=project) as devnet:
        url = devnet.description["url"]
        (project / "zero.toml").write_text(f'[networks.devnet]\nurl = "{url}"\n', encoding="utf-8")
        for line in lines:
            run(line, project, {})


@pytest.mark.clients
def test_the_page_about_tests_prints_what_it_shows(tmp_path: Path) -> None:
    project_in(tmp_path, "")
    (tmp_path / "contracts" / "Contracts.sol").unlink()
    typed = walk("testing.md", tmp_path)
    assert [command.line.split()[:2] for command in typed] == [["zero", "test"]] * 3
    assert unnamed("testing.md", "python") == []
    assert (tmp_path / "build" / "coverage" / "lcov.info").exists()


@pytest.mark.clients
def test_the_page_about_existing_projects_prints_what_it_shows(tmp_path: Path) -> None:
    root = tmp_path / "my-foundry-project"
    write(root, {"foundry.toml": FOUNDRY, "src/Token.sol": TOKEN, "lib/sums-v2/code/Sums.sol": SUMS})
    with_packages(root, "solc")
    typed = walk("existing-projects.md", tmp_path)
    assert [command.line.split()[1] for command in typed] == ["init", "compile", "inspect", "deploy"]
    assert (root / "foundry.toml").read_text(encoding="utf-8") == FOUNDRY


@pytest.mark.clients
def test_the_program_of_the_page_about_compiling_runs(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = "contract Token { uint256[] public all; function add() external { all = Math.more(all); } }"
    words = "function more(uint256[] memory a) external pure returns (uint256[] memory) { return a; }"
    math = f"library Math {{ {words} }}"
    write(project, {"contracts/Token.sol": f"pragma solidity ^0.8.20;\n{math}\n{token}\n"})
    project.rename(tmp_path / "hello")
    monkeypatch.chdir(tmp_path)
    [program] = unnamed("compile.md", "python")
    names: dict[str, Any] = {}
    exec(compile(program, "docs/compile.md", "exec"), names)
    assert bytes.fromhex("11" * 20) in names["code"]
    assert names["box"].method_identifiers == {}


@pytest.mark.clients
def test_the_program_of_the_page_about_coverage_runs(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build = load_build(Project.open(project))
    zone = local().default_zone
    token = zone.deploy(build.artifact("Token"))
    names = {
        "build": build,
        "zone": zone,
        "transaction": token.deployment,
        "token": token.address,
        "data": f"0x{token.total.encode().hex()}",
        "path": project / "collected.json",
        "paths": [project / "collected.json"],
    }
    [program] = unnamed("coverage.md", "python")
    exec(compile(program, "docs/coverage.md", "exec"), names)
    printed = capsys.readouterr().out
    assert "SF:contracts/Token.sol" in printed
    assert "total" in printed
