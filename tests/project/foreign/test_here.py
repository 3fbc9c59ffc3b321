"""`zero init --here`: projects of Foundry, Hardhat and Ape under a zero.toml made from what they say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.process import Ended, zero
from tests.clients import tools
from tests.project.foreign.conftest import TOKEN, forge, hardhat, write
from zero_sdk.compile import compile_project, load_build
from zero_sdk.compile.foreign_build import foreign_build
from zero_sdk.errors import Problem, ZeroError
from zero_sdk.exporting.ape import ape_files
from zero_sdk.project import Project


def here(root: Path, *options: str) -> Ended:
    return zero("init", "--here", *options, folder=root)


def node() -> dict[str, str]:
    import os

    return {"PATH": f"{tools.node().parent}:{os.environ['PATH']}"}


def test_a_foundry_project_compiles_to_the_code_that_forge_compiles(foundry_project: Path) -> None:
    before = sorted(path.name for path in foundry_project.iterdir())
    ended = here(foundry_project)
    assert (ended.code, ended.out) == (0, "")
    assert sorted(path.name for path in foundry_project.iterdir()) == sorted([*before, "zero.toml"])
    project = Project.open(foundry_project)
    config = project.config
    assert (config.paths.contracts, config.paths.packages, config.paths.foreign_build) == (
        "src",
        ("lib",),
        ("out",),
    )
    assert (config.solidity.optimizer, config.solidity.optimizer_runs) == (True, 1000)
    assert config.solidity.remappings == ("sums/=lib/sums-v2/code/",)
    forge(foundry_project, "build")
    theirs = json.loads((foundry_project / "out/Token.sol/Token.json").read_text())
    (foundry_project / "node_modules").symlink_to(tools.MODULES, target_is_directory=True)
    ours = compile_project(project).artifact("Token")
    assert f"0x{ours.creation.object}" == theirs["bytecode"]["object"]
    assert ours.source_name == "src/Token.sol"


def test_a_hardhat_project_compiles_to_the_code_that_hardhat_compiles(hardhat_project: Path) -> None:
    ended = zero("init", "--here", folder=hardhat_project, variables=node())
    assert (ended.code, ended.out) == (0, ""), ended.err
    text = (hardhat_project / "zero.toml").read_text()
    assert "secret" not in text
    project = Project.open(hardhat_project)
    config = project.config
    assert (config.paths.contracts, config.paths.foreign_build) == ("code", ("artifacts",))
    assert (config.solidity.version, config.solidity.optimizer_runs) == ("0.8.37", 777)
    assert (config.solidity.optimizer, config.solidity.evm_version) == (True, "shanghai")
    hardhat(hardhat_project, "build")
    theirs = json.loads((hardhat_project / "artifacts/code/Token.sol/Token.json").read_text())
    ours = compile_project(project).artifact("Token")
    # Hardhat calls the file project/code/Token.sol, which is in the metadata at the end of the code.
    end = -2 * 53
    assert f"0x{ours.creation.object}"[:end] == theirs["bytecode"][:end]


def test_an_ape_project_with_solidity_and_vyper(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "ape-config.yaml": (
                "name: theirs\ncontracts_folder: sources\nplugins:\n  - name: vyper\n"
                "solidity:\n  version: 0.8.37\n  evm_version: shanghai\nvyper:\n  version: 0.4.3\n"
                "dependencies:\n  - name: openzeppelin\n    version: 5.0.0\n"
            ),
            "sources/Token.sol": TOKEN.replace("sums/Sums.sol", "./Sums.sol"),
            "sources/Sums.sol": "pragma solidity ^0.8.20; library Sums { function add(uint256 a, uint256 b)"
            " internal pure returns (uint256) { return a + b; } }",
            "sources/Counter.vy": "# pragma version ^0.4.0\ncount: public(uint256)\n",
        },
    )
    (tmp_path / "node_modules").symlink_to(tools.MODULES, target_is_directory=True)
    ended = here(tmp_path)
    assert (ended.code, ended.out) == (0, "")
    assert "openzeppelin" in ended.err
    project = Project.open(tmp_path)
    assert (project.config.paths.contracts, project.config.vyper.version) == ("sources", "0.4.3")
    assert (project.config.solidity.version, project.config.solidity.optimizer) == ("0.8.37", True)
    build = compile_project(project)
    assert {build.artifact(name).compiler.name for name in ("Token", "Counter")} == {"solc", "vyper"}


def test_ape_may_be_configured_in_pyproject(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"pyproject.toml": "[tool.ape]\ncontracts_folder = 'their'\n[tool.ape.vyper]\nversion = '0.4.3'\n"},
    )
    assert here(tmp_path).code == 0
    assert Project.open(tmp_path).config.paths.contracts == "their"


def test_a_hardhat_project_without_hardhat_gets_its_defaults(tmp_path: Path) -> None:
    write(tmp_path, {"hardhat.config.ts": 'export default { solidity: "0.8.28" };', "contracts/A.sol": ""})
    ended = here(tmp_path)
    assert (ended.code, "not installed" in ended.err) == (0, True)
    assert Project.open(tmp_path).config.solidity.version == "0.8.28"


def test_nothing_is_overwritten_without_force(foundry_project: Path) -> None:
    (foundry_project / "zero.toml").write_text("# mine\n")
    ended = here(foundry_project)
    assert (ended.code, f"[{Problem.WOULD_OVERWRITE.code}]" in ended.err) == (2, True)
    assert (foundry_project / "zero.toml").read_text() == "# mine\n"
    document = json.loads(here(foundry_project, "--force", "--json").out)
    assert (document["tool"], document["notes"]) == ("Foundry", [])
    assert "# mine" not in (foundry_project / "zero.toml").read_text()


def test_a_folder_without_any_project_is_told_so(tmp_path: Path) -> None:
    ended = here(tmp_path)
    assert (ended.code, f"[{Problem.NO_FOREIGN_PROJECT.code}]" in ended.err) == (2, True)
    write(tmp_path, {"foundry.toml": "[profile\n"})
    ended = here(tmp_path)
    assert (ended.code, f"[{Problem.FOREIGN_UNREADABLE.code}]" in ended.err) == (1, True)
    assert not (tmp_path / "zero.toml").exists()


def test_a_folder_called_build_that_is_theirs_is_left_alone(foundry_project: Path) -> None:
    write(foundry_project, {"build/precious.txt": "x"})
    assert here(foundry_project).code == 0
    assert Project.open(foundry_project).config.paths.build == ".zero/build"


# ---------------------------------------------------------------- their build output


def unbuildable(root: Path) -> Project:
    """The project, with an import that nothing here can follow."""
    toml = root / "zero.toml"
    toml.write_text(toml.read_text().replace("remappings = ", "# remappings = "))
    return Project.open(root)


def test_what_forge_built_counts_where_the_project_cannot_be_compiled(foundry_project: Path) -> None:
    assert here(foundry_project).code == 0
    project = unbuildable(foundry_project)
    with pytest.raises(ZeroError) as raised:
        compile_project(project)
    assert raised.value.problem is Problem.MISSING_IMPORT
    forge(foundry_project, "build")
    token = compile_project(project).artifact("Token")
    assert token.qualified_name == "src/Token.sol:Token"
    assert token.method_identifiers["transfer(address,uint256)"] == "a9059cbb"
    assert token.creation.link({})
    assert token.compilation.source_texts["src/Token.sol"] == TOKEN
    assert token.compilation.source_ids
    assert load_build(project).artifact("Token") == token
    (foundry_project / "src/Token.sol").write_text(TOKEN + "// newer\n")
    assert foreign_build(project) is None


def test_what_ape_built_counts_where_the_project_cannot_be_compiled(tmp_path: Path) -> None:
    write(tmp_path, {"ape-config.yaml": "name: theirs\n", "contracts/Token.sol": 'import "gone/X.sol";'})
    assert here(tmp_path).code == 0
    (tmp_path / "made").mkdir()
    write(tmp_path / "made", {"zero.toml": "", "contracts/Counter.vy": "count: public(uint256)\n"})
    made = compile_project(Project.open(tmp_path / "made"))
    types = {
        "Counter": {
            **json.loads(ape_files(made.artifacts)["Counter.json"]),
            "sourceId": "contracts/Counter.vy",
        }
    }
    # Where Ape keeps them all: a manifest (EIP-2678).
    write(tmp_path, {".build/__local__.json": json.dumps({"manifest": "ethpm/3", "contractTypes": types})})
    build = compile_project(Project.open(tmp_path))
    assert build.names == ("contracts/Counter.vy:Counter",)
    assert build.artifact("Counter").creation.object == made.artifact("Counter").creation.object
    assert build.taken_from == tmp_path.resolve() / ".build"
    assert "taken from" in zero("compile", folder=tmp_path).err


def test_what_hardhat_built_counts_where_the_project_cannot_be_compiled(hardhat_project: Path) -> None:
    assert zero("init", "--here", folder=hardhat_project, variables=node()).code == 0
    hardhat(hardhat_project, "build")
    build = foreign_build(Project.open(hardhat_project))
    assert build is not None
    token = build.artifact("Token")
    assert token.qualified_name == "code/Token.sol:Token"
    assert token.runtime.immutable_references
    assert token.compilation.source_ids[0] in token.compilation.source_texts
    assert "ast" in token.compilation.output["sources"]["code/Token.sol"]
