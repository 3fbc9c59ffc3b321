"""Code with libraries, texts that are in no file, and what compilers say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients import tools
from tests.compile.conftest import MakeProject
from zero_sdk.compile import CompileError, compile_project, compile_source
from zero_sdk.errors import Problem, ZeroError
from zero_sdk.project.config import ProjectConfig, SolidityConfig
from zero_sdk.project.project import Project

pytestmark = pytest.mark.clients

HEAD = "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.0;\n"
LINKED = f"""{HEAD}
library Sums {{ function sum(uint a, uint b) public pure returns (uint) {{ return a + b; }} }}
contract User {{
    uint immutable public start;
    constructor(uint from) {{ start = from; }}
    function two() external view returns (uint) {{ return Sums.sum(start, 1) + Sums.sum(2, 3); }}
}}
"""
ADDRESS = "0x" + "aB" * 20
ROOT = Project(tools.PROJECT, ProjectConfig())
"""A project that has the compiler in its node_modules."""


def test_addresses_of_libraries_are_written_into_the_code() -> None:
    user = compile_source(LINKED, project=ROOT).artifact("User")
    assert user.runtime.libraries == ("Source.sol:Sums",)
    plain = user.runtime.link({"Sums": ADDRESS})
    assert plain.count(bytes.fromhex("ab" * 20)) == 2
    assert len(plain) == user.runtime.size
    assert user.runtime.link({"Source.sol:Sums": ADDRESS}) == plain

    class Deployed:
        address = ADDRESS

    assert user.runtime.link({"Sums": Deployed()}) == plain
    [places] = user.runtime.immutable_references.values()
    assert all(plain[place["start"] : place["start"] + place["length"]] == bytes(32) for place in places)


@pytest.mark.parametrize(
    ("libraries", "words"),
    [
        ({}, "Source.sol:Sums"),
        ({"Sums": ADDRESS, "Other": ADDRESS}, "Other"),
        ({"Sums": "0x12"}, "0x12"),
    ],
)
def test_missing_unknown_and_wrong_libraries_are_named(libraries: dict[str, str], words: str) -> None:
    user = compile_source(LINKED, project=ROOT).artifact("User")
    with pytest.raises(ZeroError) as refused:
        user.creation.link(libraries)
    assert words in refused.value.message


def test_libraries_of_zero_toml_are_linked_by_the_compiler() -> None:
    config = ProjectConfig(solidity=SolidityConfig(libraries={"Source.sol:Sums": ADDRESS.lower()}))
    user = compile_source(LINKED, project=ROOT, config=config).artifact("User")
    assert user.runtime.libraries == ()
    assert user.runtime.link().count(bytes.fromhex("ab" * 20)) == 2


def test_a_file_is_compiled_without_a_project_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "A.sol").write_text(f'{HEAD}import "./B.sol";\ncontract A is B {{}}\n')
    (tmp_path / "B.sol").write_text(f"{HEAD}contract B {{ uint public x; }}\n")
    (tmp_path / "node_modules").symlink_to(tools.MODULES, target_is_directory=True)
    build = compile_source(tmp_path / "A.sol")
    assert build.names == ("A.sol:A", "B.sol:B")
    assert build.artifact("A").method_identifiers == {"x()": "0c55699c"}
    assert {path.name for path in tmp_path.iterdir()} == {"A.sol", "B.sol", "node_modules"}


def test_texts_may_import_packages_of_the_project() -> None:
    text = f'{HEAD}import "solady/src/utils/Base64.sol";\ncontract A {{}}\n'
    build = compile_source(text, project=ROOT, name="test/Mine.sol")
    assert build.artifact("A").qualified_name == "test/Mine.sol:A"
    assert build.artifact("Base64").source_name == "solady/src/utils/Base64.sol"


def test_names_that_are_not_there_or_not_one_are_explained(make_project: MakeProject) -> None:
    project = make_project(
        {
            "contracts/A.sol": f"{HEAD}contract Token {{}} contract Box {{}}\n",
            "contracts/B.sol": f"{HEAD}contract Token {{}}\n",
            "node_modules/pkg/Box.sol": f"{HEAD}contract Box {{ uint x; }}\n",
            "contracts/C.sol": f'{HEAD}import {{Box as Other}} from "pkg/Box.sol";\n',
        }
    )
    build = compile_project(project)
    with pytest.raises(ZeroError) as ambiguous:
        build.artifact("Token")
    assert ambiguous.value.problem is Problem.AMBIGUOUS_CONTRACT
    assert "contracts/A.sol:Token, contracts/B.sol:Token" in (ambiguous.value.hint or "")
    assert build.artifact("contracts/B.sol:Token").source_name == "contracts/B.sol"
    # The project's own goes before a package's.
    assert build.artifact("Box").source_name == "contracts/A.sol"
    assert build.artifact("pkg/Box.sol:Box").source_name == "pkg/Box.sol"
    with pytest.raises(ZeroError) as unknown:
        build.artifact("Tokn")
    assert unknown.value.problem is Problem.UNKNOWN_CONTRACT
    assert unknown.value.hint == "did you mean Token?"


def test_errors_and_warnings_have_place_and_excerpt() -> None:
    with pytest.raises(CompileError) as refused:
        compile_source(f'{HEAD}contract A {{ string s = unicode"é"; uint x = tru; }}\n', project=ROOT)
    [error] = refused.value.errors
    assert (error.severity, error.code, error.kind) == ("error", "7576", "DeclarationError")
    assert error.where == "Source.sol:3:46"
    lines = error.render().splitlines()
    assert lines[-1].index("^") == lines[-2].index("tru;")
    assert lines[-1].count("^") == len("tru")
    coloured = error.render(lambda style, text: f"<{style}>{text}</>")
    assert "<31>error[7576]</>" in coloured
    assert refused.value.summary == "1 error in Source.sol"
    build = compile_source("contract A { function f() public { uint x; } }", project=ROOT)
    assert {warning.code for warning in build.warnings} == {"1878", "3420", "2072", "2018"}


def test_a_stack_that_is_too_deep_comes_with_advice() -> None:
    names = [f"a{number}" for number in range(18)]
    arguments = ", ".join(f"uint {name}" for name in names)
    text = f"{HEAD}contract A {{ function f({arguments}) public pure returns (uint) {{ return a0; }} }}\n"
    with pytest.raises(CompileError) as refused:
        compile_source(text, project=ROOT)
    assert "via-ir = true" in (refused.value.hint or "")


def test_settings_reach_the_compiler() -> None:
    text = f"{HEAD}contract A {{ function f(uint x) public pure returns (uint) {{ return x * 2 / 2; }} }}\n"

    def compiled(**keys: object) -> dict[str, object]:
        config = ProjectConfig(solidity=SolidityConfig(**keys))  # type: ignore[arg-type]
        artifact = compile_source(text, project=ROOT, config=config).artifact("A")
        return {"size": artifact.runtime.size, **artifact.compiler.settings}

    plain = compiled()
    small = compiled(
        optimizer=True,
        optimizer_runs=1,
        via_ir=True,
        evm_version="paris",
        settings={"metadata": {"appendCBOR": False}},
    )
    assert small["optimizer"] == {"enabled": True, "runs": 1}
    assert (small["viaIR"], small["evmVersion"], small["metadata"]) == (True, "paris", {"appendCBOR": False})
    assert int(str(small["size"])) < int(str(plain["size"])) - 40
