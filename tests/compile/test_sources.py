"""Imports lead to the files that solc takes them for; the build proves it."""

from __future__ import annotations

import pytest

from tests.compile.conftest import MakeProject
from zero_sdk.compile import compile_project
from zero_sdk.compile.languages import source_tree
from zero_sdk.compile.remappings import Remapping, remapping_for
from zero_sdk.compile.sources import absolute_name
from zero_sdk.errors import Problem, ZeroError

pytestmark = pytest.mark.clients

HEAD = "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.0;\n"


def contract(name: str, *imports: str, base: str = "") -> str:
    lines = "".join(f'import "{path}";\n' for path in imports)
    return f"{HEAD}{lines}contract {name}{f' is {base}' if base else ''} {{}}\n"


@pytest.mark.parametrize(
    ("path", "importer", "name"),
    [
        ("./B.sol", "contracts/A.sol", "contracts/B.sol"),
        ("../B.sol", "contracts/x/A.sol", "contracts/B.sol"),
        ("./../y/./B.sol", "contracts/x/A.sol", "contracts/y/B.sol"),
        ("../../../B.sol", "contracts/A.sol", "B.sol"),
        ("x/../B.sol", "contracts/A.sol", "x/../B.sol"),
        ("@p/B.sol", "contracts/A.sol", "@p/B.sol"),
    ],
)
def test_only_paths_with_a_dot_in_front_are_relative(path: str, importer: str, name: str) -> None:
    assert absolute_name(path, importer) == name


def test_the_longest_context_then_the_longest_prefix_then_the_last_remapping_wins() -> None:
    texts = ["a/=one/", "a/b/=two/", "lib/x:a/=three/", "a/b/=four/", "lib/:a/b/=five/"]
    remappings = [remapping for text in texts if (remapping := Remapping.parse(text))]
    assert str(remapping_for(remappings, "a/c", "src/A.sol")) == "a/=one/"
    assert str(remapping_for(remappings, "a/b/c", "src/A.sol")) == "a/b/=four/"
    assert str(remapping_for(remappings, "a/b/c", "lib/y/A.sol")) == "lib/:a/b/=five/"
    assert str(remapping_for(remappings, "a/b/c", "lib/x/A.sol")) == "lib/x:a/=three/"
    assert remapping_for(remappings, "c", "src/A.sol") is None


def test_local_and_npm_imports_compile(make_project: MakeProject) -> None:
    project = make_project(
        {
            "contracts/A.sol": contract("A", "./sub/B.sol", "contracts/sub/C.sol", base="B, C"),
            "contracts/sub/B.sol": contract("B", "../../shared/D.sol", base="D"),
            "contracts/sub/C.sol": contract("C", "@scope/pkg/E.sol", base="E"),
            "shared/D.sol": contract("D"),
            "node_modules/@scope/pkg/E.sol": contract("E", "./in/F.sol", base="F"),
            "node_modules/@scope/pkg/in/F.sol": contract("F", "other/G.sol", base="G"),
            "node_modules/other/G.sol": contract("G"),
        }
    )
    names = set(compile_project(project).names)
    assert names == {
        "contracts/A.sol:A",
        "contracts/sub/B.sol:B",
        "contracts/sub/C.sol:C",
        "shared/D.sol:D",
        "@scope/pkg/E.sol:E",
        "@scope/pkg/in/F.sol:F",
        "other/G.sol:G",
    }


def test_packages_of_a_folder_above_are_found(make_project: MakeProject) -> None:
    project = make_project({"contracts/A.sol": contract("A", "shared-pkg/B.sol", base="B")})
    above = project.root.parent / "node_modules" / "shared-pkg"
    above.mkdir(parents=True)
    (above / "B.sol").write_text(contract("B"))
    assert "shared-pkg/B.sol:B" in compile_project(project).names


def test_remappings_of_zero_toml_and_of_remappings_txt_compile(make_project: MakeProject) -> None:
    project = make_project(
        {
            "contracts/A.sol": contract("A", "@here/B.sol", "@there/C.sol", base="B, C"),
            "vendor/here/B.sol": contract("B"),
            "vendor/there/C.sol": contract("C"),
            "remappings.txt": "# by hand\n@there/=vendor/there/\n",
        },
        toml='[solidity]\nremappings = ["@here/=vendor/here/"]\n',
    )
    build = compile_project(project)
    assert set(build.names) == {"contracts/A.sol:A", "vendor/here/B.sol:B", "vendor/there/C.sol:C"}
    settings = build.artifact("A").compiler.settings
    assert settings["remappings"] == ["@here/=vendor/here/", "@there/=vendor/there/"]


def test_libraries_of_foundry_compile_with_remappings_of_their_own(make_project: MakeProject) -> None:
    project = make_project(
        {
            "src/A.sol": contract("A", "solthing/B.sol", "oz/contracts/C.sol", base="B, C"),
            "lib/solthing/src/B.sol": contract("B", "inner/D.sol", base="D"),
            "lib/solthing/lib/inner/src/D.sol": contract("D"),
            "lib/solthing/remappings.txt": "inner/=lib/inner/src/\n",
            "lib/oz/contracts/C.sol": contract("C"),
        },
        toml='[paths]\ncontracts = "src"\n',
    )
    assert set(compile_project(project).names) == {
        "src/A.sol:A",
        "lib/solthing/src/B.sol:B",
        "lib/solthing/lib/inner/src/D.sol:D",
        "lib/oz/contracts/C.sol:C",
    }


def test_files_that_import_each_other_compile(make_project: MakeProject) -> None:
    project = make_project(
        {"contracts/A.sol": contract("A", "./B.sol"), "contracts/B.sol": contract("B", "./A.sol")}
    )
    assert len(compile_project(project).names) == 2


@pytest.mark.parametrize(
    ("path", "message", "hint"),
    [
        ("./Bx.sol", 'contracts/A.sol:3:8: there is no file for import "./Bx.sol"', "contracts/B.sol"),
        ("@scope/other/B.sol", "there is no file", "`zero install @scope/other`"),
        ("thing/B.sol", "there is no file", "`zero install thing`"),
        ("@scope/pkg/security/E.sol", "@scope/pkg 1.2.3 is installed and has no such file", "utils/E.sol"),
        ("wanted/B.sol", "there is no file", "package.json asks for wanted: `zero install` gets it"),
        ("@mapped/Z.sol", "(remapped to vendor/Z.sol)", "remappings"),
        ("https://example.org/B.sol", "there is no file", "not fetched"),
        ("B.sol", "there is no file", 'did you mean "contracts/B.sol"?'),
        ("Q.sol", "there is no file", '"./Q.sol"'),
    ],
)
def test_an_import_that_leads_nowhere_says_where_it_stands_and_what_would_help(
    make_project: MakeProject, path: str, message: str, hint: str
) -> None:
    project = make_project(
        {
            "contracts/A.sol": contract("A", path),
            "contracts/B.sol": contract("B"),
            "node_modules/@scope/pkg/package.json": '{"version": "1.2.3"}',
            "node_modules/@scope/pkg/utils/E.sol": contract("E"),
            "package.json": '{"dependencies": {"wanted": "^1.0.0"}}',
        },
        toml='[solidity]\nremappings = ["@mapped/=vendor/"]\n',
    )
    with pytest.raises(ZeroError) as missing:
        compile_project(project)
    assert missing.value.problem is Problem.MISSING_IMPORT
    assert missing.value.message.startswith("contracts/A.sol:3:8: ")
    assert message in missing.value.message
    assert hint in (missing.value.hint or "")


def test_names_do_not_lead_out_of_the_project(make_project: MakeProject) -> None:
    project = make_project({"contracts/A.sol": contract("A")})
    (project.root.parent / "Out.sol").write_text(contract("Out"))
    tree = source_tree(project)
    assert tree.path_of("../Out.sol") is None
    assert tree.path_of(str(project.root.parent / "Out.sol")) is None
    assert tree.path_of("contracts/A.sol") == project.root / "contracts/A.sol"


def test_contracts_of_the_sdk_are_there_without_a_package(make_project: MakeProject) -> None:
    """And no package of that name takes their place."""
    text = f"""{HEAD.replace("^0.8.0", "^0.8.24")}
import {{SettledRoot, SettledState}} from "@zero/contracts/SettledState.sol";
contract A {{
    function slot(SettledRoot calldata root, bytes calldata proof) external view returns (bytes32) {{
        return SettledState.slot(1, msg.sender, 0, root, proof);
    }}
}}
"""
    project = make_project(
        {
            "contracts/A.sol": text,
            "node_modules/@zero/contracts/SettledState.sol": contract("SettledState"),
        }
    )
    build = compile_project(project)
    assert "contracts/A.sol:A" in build.names
    assert "@zero/contracts/QmdbProof.sol:QmdbProof" in build.names
    path = project.root / "contracts" / "A.sol"
    path.write_text(text.replace("SettledState.sol", "SettledStates.sol"), encoding="utf-8")
    with pytest.raises(ZeroError) as caught:
        compile_project(project)
    assert caught.value.problem is Problem.MISSING_IMPORT
    assert caught.value.hint == 'did you mean "@zero/contracts/SettledState.sol"?'
