"""A project is compiled once, and again only where something changed."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from devnet.artifacts.folder import ArtifactFolder
from devnet.artifacts.registry import ArtifactRegistry
from tests.compile.conftest import MakeProject
from zero_sdk.compile import CompileError, compile_project, load_build
from zero_sdk.compile.plan import CHUNK
from zero_sdk.errors import Problem, ZeroError

pytestmark = pytest.mark.clients

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
    project = make_project({"contracts/Token.sol": TOKEN}, packages=("solc", "@openzeppelin/contracts"))
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


def test_only_the_group_of_files_that_changed_is_compiled_again(make_project: MakeProject) -> None:
    files = {f"contracts/C{number}.sol": BOX.replace("Box", f"C{number}") for number in range(2 * CHUNK)}
    project = make_project(files)
    first = compile_project(project)
    assert first.compiled == len(first.compilations) == 2
    (project.root / "contracts/C0.sol").write_text(files["contracts/C0.sol"].replace("value", "worth"))
    second = compile_project(project)
    assert second.compiled == 1
    assert len({one.id for one in second.compilations} & {one.id for one in first.compilations}) == 1
    assert "worth()" in second.artifact("C0").method_identifiers
    assert "value()" in second.artifact(f"C{2 * CHUNK - 1}").method_identifiers
    # What is compiled again gives what compiling everything at once gives.
    codes = {name: second.artifact(name).creation.object for name in second.names}
    forced = compile_project(project, force=True)
    assert {name: forced.artifact(name).creation.object for name in forced.names} == codes


def test_a_package_that_two_groups_use_is_kept_by_one_of_them(make_project: MakeProject) -> None:
    importing = BOX.replace("contract", 'import "pkg/P.sol";\ncontract')
    files = {f"contracts/C{number}.sol": BOX.replace("Box", f"C{number}") for number in range(2 * CHUNK)}
    files["contracts/C0.sol"] = importing.replace("Box", "C0")
    files[f"contracts/C{CHUNK + 6}.sol"] = importing.replace("Box", f"C{CHUNK + 6}")
    project = make_project({**files, "node_modules/pkg/P.sol": BOX.replace("Box", "P")})
    first = compile_project(project)
    assert first.artifact("P").build_id == first.artifact("C0").build_id
    # The one that has it gives it up; the other one takes it over.
    (project.root / "contracts/C0.sol").write_text(BOX.replace("Box", "C0"))
    second = compile_project(project)
    assert second.artifact("P").build_id == second.artifact(f"C{CHUNK + 6}").build_id
    assert second.artifact("P").creation == first.artifact("P").creation
    (project.root / "contracts/C0.sol").write_text(files["contracts/C0.sol"])
    third = compile_project(project)
    assert third.artifact("P").build_id == third.artifact("C0").build_id
    assert {path.stem for path in (project.build / "build-info").iterdir()} == {
        one.id for one in third.compilations
    }


def test_some_files_alone_are_compiled_and_the_others_stay(make_project: MakeProject) -> None:
    project = make_project(
        {
            "contracts/A.sol": BOX.replace("Box", "A"),
            "contracts/B.sol": "no Solidity",
            "node_modules/pkg/P.sol": BOX.replace("Box", "P"),
        }
    )
    assert compile_project(project, files=["contracts/A.sol"]).names == ("contracts/A.sol:A",)
    assert compile_project(project, files=["pkg/P.sol"]).names == ("pkg/P.sol:P",)
    assert set(load_build(project).names) == {"contracts/A.sol:A", "pkg/P.sol:P"}
    assert compile_project(project, files=["A.sol", "pkg/P.sol"]).compiled == 1
    with pytest.raises(ZeroError) as absent:
        compile_project(project, files=["Nowhere.sol"])
    assert absent.value.problem is Problem.FILE_UNREADABLE


def test_a_contract_of_two_versions_is_the_newest_one_s(make_project: MakeProject) -> None:
    shared = "// SPDX-License-Identifier: MIT\npragma solidity >=0.7.0;\ncontract P { uint public value; }\n"
    project = make_project(
        {
            "contracts/New.sol": BOX.replace("contract Box", 'import "pkg/P.sol";\ncontract New'),
            "contracts/Old.sol": BOX.replace("contract Box", 'import "pkg/P.sol";\ncontract Old').replace(
                "^0.8.20", "=0.7.6"
            ),
            "node_modules/pkg/P.sol": shared,
        }
    )
    build = compile_project(project)
    assert build.artifact("Old").compiler.version.startswith("0.7.6+commit.")
    assert build.artifact("P").compiler.version.startswith("0.8.")
    assert build.artifact("P").build_id == build.artifact("New").build_id
    outputs = [one.output["contracts"]["pkg/P.sol"]["P"]["metadata"] for one in build.compilations]
    assert len(set(outputs)) == 2
    assert compile_project(project).compiled == 0


def test_files_that_are_missing_or_damaged_are_made_again(make_project: MakeProject) -> None:
    project = make_project({"contracts/Box.sol": BOX})
    compile_project(project)
    for path in (
        project.build / "artifacts/contracts/Box.sol/Box.json",
        next((project.build / "build-info").iterdir()),
        project.build / ".cache/index.json",
    ):
        path.unlink()
        assert compile_project(project).compiled == 1
    (project.build / ".cache/index.json").write_text("{")
    assert compile_project(project).compiled == 1
    (project.build / "artifacts/contracts/Box.sol/Box.json").write_text("{")
    with pytest.raises(ZeroError) as damaged:
        load_build(project).artifact("Box")
    assert "`zero compile --force`" in (damaged.value.hint or "")
    assert compile_project(project, force=True).artifact("Box").name == "Box"


def test_a_folder_without_sources_is_an_error(make_project: MakeProject) -> None:
    with pytest.raises(ZeroError) as nothing:
        compile_project(make_project({}))
    assert nothing.value.problem is Problem.NOTHING_TO_COMPILE


def test_processes_that_compile_at_once_compile_once(make_project: MakeProject) -> None:
    project = make_project({"contracts/Token.sol": TOKEN}, packages=("solc", "@openzeppelin/contracts"))
    code = (
        "from pathlib import Path; from zero_sdk.project import Project; import zero_sdk.compile as c;"
        f"b = c.compile_project(Project.open(Path({str(project.root)!r})));"
        "print(b.compiled, b.artifact('Token').creation.size)"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    said = [process.communicate(timeout=300)[0].split() for process in running]
    assert sorted(compiled for compiled, _ in said) == ["0", "0", "1"]
    assert len({size for _, size in said}) == 1


def test_a_process_that_is_killed_leaves_a_folder_that_compiles(make_project: MakeProject) -> None:
    files = {f"contracts/C{number}.sol": BOX.replace("Box", f"C{number}") for number in range(2 * CHUNK)}
    project = make_project(files)
    expected = {
        name: compile_project(project).artifact(name).creation for name in compile_project(project).names
    }
    code = (
        "import os; from pathlib import Path; from zero_sdk.project import Project;"
        "import zero_sdk.compile as c;"
        "import zero_sdk.compile.folder as f; write = f._write; left = [DELAY]\n"
        "def dying(*a, **k):\n"
        "    left[0] -= 1\n"
        "    if left[0] < 0: os._exit(9)\n"
        "    write(*a, **k)\n"
        "f._write = dying\n"
        f"c.compile_project(Project.open(Path({str(project.root)!r})), force=True)"
    )
    for delay in (0, 1, 2, 5, 17):
        died = subprocess.run([sys.executable, "-c", code.replace("DELAY", str(delay))], check=False)
        assert died.returncode == 9
        build = compile_project(project)
        assert {name: build.artifact(name).creation for name in build.names} == expected
