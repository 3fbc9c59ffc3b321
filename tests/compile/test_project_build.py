"""A project is compiled once, and again only where something changed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from devnet.artifacts.folder import ArtifactFolder
from devnet.artifacts.registry import ArtifactRegistry
from tests.compile.conftest import MakeProject
from zero_sdk.compile import CompileError, compile_project, load_build
from zero_sdk.errors import Problem, ZeroError

BOX = """// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;
contract Box { uint256 public value; function set(uint256 next) external { value = next; } }
"""
TOKEN = """// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
contract Token is ERC20 { constructor() ERC20("Token", "TKN") { _mint(msg.sender, 1 ether); } }
"""


def test_unchanged_sources_are_not_compiled_again(make_project: MakeProject) -> None:
    project = make_project({"contracts/Box.sol": BOX})
    assert compile_project(project).compiled == 1
    assert compile_project(project).compiled == 0
    assert compile_project(project, force=True).compiled == 1


def test_a_changed_text_is_compiled_and_a_changed_date_is_not(make_project: MakeProject) -> None:
    project = make_project({"contracts/Box.sol": BOX})
    before = compile_project(project).artifact("Box")
    (project.root / "contracts/Box.sol").write_text(BOX, encoding="utf-8")
    assert compile_project(project).compiled == 0
    (project.root / "contracts/Box.sol").write_text(BOX.replace("value", "content"), encoding="utf-8")
    after = compile_project(project)
    assert after.compiled == 1
    assert "content()" in after.artifact("Box").method_identifiers
    assert after.artifact("Box").build_id != before.build_id


def test_packages_are_compiled_with_what_imports_them(make_project: MakeProject) -> None:
    project = make_project({"contracts/Token.sol": TOKEN}, packages=("@openzeppelin/contracts",))
    build = compile_project(project)
    token = build.artifact("Token")
    assert token.qualified_name == "contracts/Token.sol:Token"
    assert token.method_identifiers["transfer(address,uint256)"] == "a9059cbb"
    assert [entry["label"] for entry in token.storage_layout["storage"]][:2] == ["_balances", "_allowances"]
    assert not build.artifact("IERC20").is_deployable
    assert build.artifact("@openzeppelin/contracts/token/ERC20/ERC20.sol:ERC20").name == "ERC20"


def test_what_was_compiled_is_read_without_compiling(make_project: MakeProject) -> None:
    project = make_project({"contracts/Box.sol": BOX})
    with pytest.raises(ZeroError) as nothing:
        load_build(project)
    assert nothing.value.problem is Problem.NO_BUILD
    compiled = compile_project(project).artifact("Box")
    loaded = load_build(project).artifact("Box")
    assert loaded == compiled
    [compilation] = load_build(project).compilations
    assert compilation.output["sources"]["contracts/Box.sol"]["ast"]["nodeType"] == "SourceUnit"
    assert compilation.source_texts == {"contracts/Box.sol": BOX}


def test_a_removed_contract_leaves_nothing_behind(make_project: MakeProject) -> None:
    project = make_project({"contracts/Box.sol": BOX, "contracts/Other.sol": BOX.replace("Box", "Other")})
    assert set(compile_project(project).names) == {"contracts/Box.sol:Box", "contracts/Other.sol:Other"}
    (project.root / "contracts/Other.sol").unlink()
    assert compile_project(project).names == ("contracts/Box.sol:Box",)
    assert not (project.build / "artifacts/contracts/Other.sol").exists()
    assert len(list((project.build / "build-info").iterdir())) == 1


def test_a_devnet_reads_the_build_folder(make_project: MakeProject) -> None:
    project = make_project({"contracts/Box.sol": BOX})
    box = compile_project(project).artifact("Box")
    registry = ArtifactRegistry()
    refresh = ArtifactFolder(project.build).refresh(registry)
    assert refresh.problems == ()
    found = registry.for_code(box.runtime.link())
    assert found is not None
    assert found.qualified_name == "contracts/Box.sol:Box"
    assert found.sources == {"contracts/Box.sol": BOX}
    assert found.source_ids == {0: "contracts/Box.sol"}
    assert found == replace(box.devnet_artifact(), compiler=found.compiler)


def test_the_files_have_the_shape_that_other_tools_read(make_project: MakeProject) -> None:
    project = make_project({"contracts/Box.sol": BOX})
    compile_project(project)
    artifact = json.loads((project.build / "artifacts/contracts/Box.sol/Box.json").read_text())
    assert artifact["_format"] == "hh-sol-artifact-1"
    assert artifact["bytecode"].startswith("0x6080")
    [path] = (project.build / "build-info").iterdir()
    info = json.loads(path.read_text())
    assert info["_format"] == "hh-sol-build-info-1"
    assert info["id"] == artifact["buildId"] == path.stem
    assert info["solcLongVersion"].startswith(info["solcVersion"] + "+commit.")


def test_refused_sources_are_shown_and_leave_the_last_build_as_it_is(make_project: MakeProject) -> None:
    project = make_project({"contracts/Box.sol": BOX})
    compile_project(project)
    (project.root / "contracts/Box.sol").write_text(BOX.replace("value = next", "worth = next"))
    with pytest.raises(CompileError) as refused:
        compile_project(project)
    [error] = refused.value.errors
    assert error.where == "contracts/Box.sol:3:76"
    assert error.excerpt[error.column - 1 :].startswith("worth = next")
    assert "contracts/Box.sol:3:76" in refused.value.message
    assert refused.value.problem is Problem.COMPILE_FAILED
    assert "value()" in load_build(project).artifact("Box").method_identifiers
