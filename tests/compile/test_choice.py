"""Which compiler is taken: pragmas of a file and of all that it imports, zero.toml, and what is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients import tools
from tests.compile.conftest import MakeProject, native_solc
from zero_sdk.compile import compile_project, compile_source
from zero_sdk.compile.choice import VersionChoice
from zero_sdk.compile.languages import Plan, plan_sources, project_sources
from zero_sdk.compile.solc.installed import installed_solcs
from zero_sdk.compile.solc.toolchain import Toolchain
from zero_sdk.compile.versions import Version, VersionRange
from zero_sdk.errors import Problem, ZeroError
from zero_sdk.project.project import Project

pytestmark = pytest.mark.clients

LICENCE = "// SPDX-License-Identifier: MIT\n"


def text(pragma: str, *imports: str) -> str:
    lines = "".join(f'import "{path}";\n' for path in imports)
    return f"{LICENCE}pragma solidity {pragma};\n{lines}"


def planned(project: Project) -> Plan:
    return plan_sources(project, project_sources(project), is_offline=True)


def versions(plan: Plan) -> dict[str, tuple[str, ...]]:
    return {str(job.version): job.files for job in plan.solidity}


def test_a_file_is_compiled_by_what_its_imports_allow(make_project: MakeProject, empty_cache: Path) -> None:
    project = make_project(
        {
            "contracts/A.sol": text("^0.8.0", "./B.sol"),
            "contracts/B.sol": text(">=0.7.0 <0.8.10", "./C.sol"),
            "contracts/C.sol": text(">=0.6.0"),
        },
        packages=(),
    )
    # C alone would take the newest; compiled with A and B it has to be the same as theirs.
    assert versions(planned(project)) == {
        "0.8.37": ("contracts/C.sol",),
        "0.8.9": ("contracts/A.sol", "contracts/B.sol", "contracts/C.sol"),
    }


def test_the_newest_installed_version_goes_before_the_newest_there_is(
    make_project: MakeProject, empty_cache: Path
) -> None:
    project = make_project({"contracts/A.sol": text(">=0.7.0")}, packages=())
    assert list(versions(planned(project))) == ["0.8.37"]
    for version in ("0.7.6", "0.8.19"):
        folder = empty_cache / "compilers" / f"solc-{version}" / "node_modules" / "solc"
        folder.mkdir(parents=True)
        (folder / "package.json").write_text(f'{{"version": "{version}"}}')
    assert list(versions(planned(project))) == ["0.8.19"]


def test_zero_toml_decides_over_what_is_installed(make_project: MakeProject, empty_cache: Path) -> None:
    toml = """
[solidity]
version = "0.8.20"
[[solidity.overrides]]
path = "contracts/old/**"
version = "^0.7.0"
optimizer = true
"""
    files = {"contracts/A.sol": text(">=0.5.0"), "contracts/old/in/B.sol": text(">=0.5.0")}
    jobs = planned(make_project(files, toml=toml, packages=())).solidity
    assert [(str(job.version), job.files) for job in jobs] == [
        ("0.8.20", ("contracts/A.sol",)),
        ("0.7.6", ("contracts/old/in/B.sol",)),
    ]
    assert b'"optimizer":{"enabled":true' in jobs[1].input
    assert b'"optimizer":{"enabled":false' in jobs[0].input


def test_ranges_that_exclude_each_other_are_told_with_their_places(make_project: MakeProject) -> None:
    project = make_project(
        {"contracts/A.sol": text("^0.8.0", "./B.sol"), "contracts/B.sol": text("=0.7.6")},
        toml='[solidity]\nversion = ">=0.6.0"\n',
    )
    with pytest.raises(ZeroError) as refused:
        compile_project(project)
    assert refused.value.problem is Problem.NO_VERSION_FITS
    for words in (">=0.6.0 (zero.toml)", "^0.8.0 (contracts/A.sol:2)", "=0.7.6 (contracts/B.sol:2)"):
        assert words in refused.value.message


def test_a_pragma_that_is_no_range_is_told_with_its_place(make_project: MakeProject) -> None:
    with pytest.raises(ZeroError) as refused:
        compile_project(make_project({"contracts/A.sol": text("latest")}))
    assert refused.value.message.startswith("contracts/A.sol:2: 'latest'")


def test_a_version_that_does_not_exist_is_told(empty_cache: Path) -> None:
    with pytest.raises(ZeroError) as refused:
        VersionChoice(None, is_offline=True)([(VersionRange.parse("^0.9.3"), "A.sol:1")])
    assert "there is no solc ^0.9.3 (A.sol:1)" in refused.value.message
    assert "0.8." in (refused.value.hint or "")


@pytest.mark.parametrize("pragma", [">=0.6.0<0.9.0", "0.8.37", "^0.8", "'0.8.37'", ">0.4.0 ^0.8.1"])
def test_solc_takes_what_this_takes(make_project: MakeProject, pragma: str) -> None:
    project = make_project({"contracts/A.sol": text(pragma) + "contract A {}\n"})
    assert compile_project(project).artifact("A").compiler.version.startswith("0.8.37+commit.")


def test_offline_nothing_is_got_and_the_next_command_is_named(
    make_project: MakeProject, empty_cache: Path
) -> None:
    project = make_project({"contracts/A.sol": text("=0.8.19") + "contract A {}\n"}, packages=())
    with pytest.raises(ZeroError) as absent:
        compile_project(project, offline=True, toolchain=Toolchain())
    assert absent.value.problem is Problem.COMPILER_ABSENT
    assert "solc 0.8.19" in absent.value.message
    assert "`zero install solc@0.8.19`" in (absent.value.hint or "")
    assert not empty_cache.exists()


def test_a_program_on_path_compiles(empty_cache: Path, tmp_path: Path) -> None:
    native_solc(tmp_path / "bin" / "solc")
    [installed] = installed_solcs()
    assert (installed.version, installed.is_native) == (Version(0, 8, 37), True)
    build = compile_source(text("^0.8.0") + "contract A {}\n", offline=True, toolchain=Toolchain())
    assert build.artifact("A").compiler.version == "0.8.37+commit.f401782d"


def test_compilers_of_other_tools_are_found(empty_cache: Path, tmp_path: Path) -> None:
    foundry = native_solc(tmp_path / "home" / ".svm" / "0.8.37" / "solc-0.8.37")
    pysolcx = native_solc(tmp_path / "no-solcx" / "solc-v0.8.36")
    assert {(str(solc.version), solc.path) for solc in installed_solcs()} == {
        ("0.8.37", foundry),
        ("0.8.36", pysolcx),
    }


def test_a_project_s_own_compiler_counts_last(empty_cache: Path, make_project: MakeProject) -> None:
    project = make_project({})
    [own] = installed_solcs(project.root)
    assert own.path == project.root / "node_modules" / "solc"
    cached = empty_cache / "compilers" / "solc-0.8.37" / "node_modules" / "solc"
    cached.parent.mkdir(parents=True)
    cached.symlink_to(tools.node_module("solc"), target_is_directory=True)
    [preferred] = installed_solcs(project.root)
    assert preferred.path == cached
