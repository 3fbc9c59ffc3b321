"""`zero install`: packages of the project by npm, without knowing npm."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.process import zero
from tests.compile.conftest import MakeProject
from zero_sdk.compile.packages import install_packages, parse_specifier
from zero_sdk.errors import Problem, ZeroError

pytestmark = pytest.mark.clients

SOURCE = """// SPDX-License-Identifier: MIT
pragma solidity =0.8.37;
import {IUniswapV2Pair} from "@uniswap/v2-core/contracts/interfaces/IUniswapV2Pair.sol";
abstract contract Mine is IUniswapV2Pair {}
"""


@pytest.mark.parametrize(
    ("text", "name", "version"),
    [
        ("solady", "solady", ""),
        ("solady@0.1.26", "solady", "0.1.26"),
        ("@openzeppelin/contracts", "@openzeppelin/contracts", ""),
        ("@openzeppelin/contracts@^5.0.0", "@openzeppelin/contracts", "^5.0.0"),
    ],
)
def test_packages_are_named_as_npm_names_them(text: str, name: str, version: str) -> None:
    assert parse_specifier(text) == (name, version)


@pytest.mark.parametrize("text", ["", "--global", "a b", "@scope", "/etc/passwd", "git+ssh://x/y"])
def test_what_is_no_package_is_refused(text: str) -> None:
    with pytest.raises(ZeroError) as refused:
        parse_specifier(text)
    assert refused.value.problem is Problem.BAD_VALUE


def test_an_import_that_is_missing_is_installed_and_then_compiles(make_project: MakeProject) -> None:
    project = make_project({"contracts/Mine.sol": SOURCE}, toml='[project]\nname = "My App"\n')
    missing = zero("compile", folder=project.root)
    assert missing.code == 1
    assert "`zero install @uniswap/v2-core` gets the package from npm" in missing.err
    assert zero("install", "@uniswap/v2-core@1.0.1", folder=project.root).code == 0
    manifest = json.loads((project.root / "package.json").read_text())
    assert manifest == {"name": "my-app", "private": True, "dependencies": {"@uniswap/v2-core": "^1.0.1"}}
    assert zero("compile", folder=project.root).code == 0


def test_without_arguments_what_is_asked_for_is_installed(make_project: MakeProject) -> None:
    project = make_project(
        {
            "contracts/Mine.sol": SOURCE,
            "package.json": '{"name": "mine", "dependencies": {"@uniswap/v2-core": "1.0.0"}}',
        },
        packages=(),
    )
    done = zero("install", "--json", folder=project.root)
    assert done.code == 0, done.err
    installed = {entry["name"]: entry["version"] for entry in json.loads(done.out)}
    assert installed == {"@uniswap/v2-core": "1.0.0", "solc": "0.8.37"}
    assert (project.root / "node_modules/@uniswap/v2-core/package.json").is_file()


def test_what_cannot_be_installed_is_explained(make_project: MakeProject) -> None:
    project = make_project({}, packages=())
    with pytest.raises(ZeroError) as absent:
        install_packages(project.root, "mine", ["@uniswap/v2-core@77.0.0"])
    assert absent.value.problem is Problem.INSTALL_FAILED
    assert "`npm view @uniswap/v2-core versions`" in (absent.value.hint or "")
    assert not (project.root / "node_modules" / "@uniswap").exists()


def test_the_lock_file_of_another_tool_is_respected(make_project: MakeProject) -> None:
    project = make_project({"pnpm-lock.yaml": "lockfileVersion: '9.0'\n"})
    with pytest.raises(ZeroError) as refused:
        install_packages(project.root, "mine", ["solady"])
    assert "`pnpm add solady`" in (refused.value.hint or "")
    assert not (project.root / "package.json").exists()


def test_offline_npm_asks_nobody(
    make_project: MakeProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    project = make_project({}, packages=())
    with pytest.raises(ZeroError) as refused:
        install_packages(project.root, "mine", ["@uniswap/v2-core"], is_offline=True)
    assert refused.value.hint == "leave out --offline once"
