"""Vyper contracts, compiled by the real Vyper into the same build as Solidity's."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from devnet.artifacts.readers import read_document
from tests.compile.conftest import MakeProject
from zero_sdk.compile import CompileError, compile_project, compile_source, load_build
from zero_sdk.compile.vyper.run import shared_vypers
from zero_sdk.errors import Problem, ZeroError

COUNTER = """\
# pragma version ^0.4.0
# é: offsets count bytes

LIMIT: constant(uint256) = 100
count: public(uint256)

@deploy
def __init__(start: uint256):
    self.count = start

@internal
def _bump(by: uint256):
    assert by > 0, "nothing"
    self.count += by
"""
MAIN = """\
# pragma version ^0.4.0
from . import limits
from .modules import counter
from interfaces import IPrice
from ethereum.ercs import IERC20

initializes: counter
exports: counter.count

struct Order:
    amount: uint256
    by: address

event Bumped:
    by: indexed(address)
    amount: uint256

OWNER: immutable(address)
FEE: public(immutable(uint256))
orders: public(HashMap[uint256, Order])
names: DynArray[String[20], 4]
paused: bool

@deploy
def __init__(fee: uint256):
    counter.__init__(7)
    OWNER = msg.sender
    FEE = fee

@external
def bump(by: uint256) -> uint256:
    assert msg.sender == OWNER, "not the owner"
    assert by < limits.MOST
    counter._bump(by)
    log Bumped(by=msg.sender, amount=by)
    return counter.count
"""
LIMITS = "# pragma version ^0.4.0\nMOST: constant(uint256) = 50\n"
PRICE = "@external\n@view\ndef price() -> uint256: ...\n"
FILES = {
    "contracts/Main.vy": MAIN,
    "contracts/modules/counter.vy": COUNTER,
    "contracts/limits.vy": LIMITS,
    "contracts/interfaces/IPrice.vyi": PRICE,
}


def test_a_project_with_modules_and_interfaces_is_compiled(make_project: MakeProject) -> None:
    project = make_project(FILES)
    build = compile_project(project)
    assert sorted(build.names) == [
        "contracts/Main.vy:Main",
        "contracts/interfaces/IPrice.vyi:IPrice",
        "contracts/limits.vy:limits",
        "contracts/modules/counter.vy:counter",
    ]
    main = build.artifact("Main")
    assert (main.compiler.name, main.compiler.version[:2]) == ("vyper", "0.")
    assert main.method_identifiers["bump(uint256)"] == "b20eb4c4"
    assert main.method_identifiers["count()"] == "06661abd"  # Vyper itself drops the zero
    assert main.is_deployable
    interface = build.artifact("IPrice")
    assert ([entry["name"] for entry in interface.abi], interface.is_deployable) == (["price"], False)
    assert compile_project(project).compiled == 0
    assert load_build(project).artifact("Main") == main


def test_the_storage_layout_is_in_solcs_shape(make_project: MakeProject) -> None:
    layout = compile_project(make_project(FILES)).artifact("Main").storage_layout
    assert [(item["label"], item["slot"], item["type"]) for item in layout["storage"]] == [
        ("counter.count", "0", "uint256"),
        ("orders", "1", "HashMap[uint256, Order]"),
        ("names", "2", "DynArray[String[20], 4]"),
        ("paused", "11", "bool"),
    ]
    assert layout["types"]["DynArray[String[20], 4]"]["numberOfBytes"] == str(9 * 32)


def test_source_maps_lead_to_the_files_that_the_code_came_from(make_project: MakeProject) -> None:
    build = compile_project(make_project(FILES))
    main = build.artifact("Main")
    names = main.compilation.source_ids
    texts = {name: text.encode() for name, text in main.compilation.source_texts.items()}
    pieces = set()
    current = ""
    for entry in main.runtime.source_map.split(";"):
        current = entry or current
        start, length, file, jump = current.split(":")
        assert jump in ("i", "o", "-")
        if int(file) >= 0:
            name = names[int(file)]
            piece = texts[name][int(start) : int(start) + int(length)].decode()
            pieces.add((name, piece))
    assert ("contracts/modules/counter.vy", 'assert by > 0, "nothing"') in pieces
    assert ("contracts/Main.vy", 'assert msg.sender == OWNER, "not the owner"') in pieces
    assert ("contracts/Main.vy", "assert by < limits.MOST") in pieces
    assert {name for name, _ in pieces} <= {
        "contracts/Main.vy",
        "contracts/modules/counter.vy",
        "contracts/limits.vy",
    }
    code = bytes.fromhex(main.runtime.object)
    assert main.runtime.source_map.count(";") < len(code)


def test_only_what_imports_a_changed_file_is_compiled_again(make_project: MakeProject) -> None:
    project = make_project({**FILES, "contracts/Other.vy": "x: public(uint256)\n"})
    assert compile_project(project).compiled == 5
    (project.root / "contracts/modules/counter.vy").write_text(COUNTER.replace("nothing", "none"))
    assert compile_project(project).compiled == 2


def test_a_module_that_is_no_contract_by_itself_is_no_error(make_project: MakeProject) -> None:
    uses = (
        "# pragma version ^0.4.0\nfrom . import counter\nuses: counter\n\n"
        "@internal\ndef _twice():\n    counter.count *= 2\n"
    )
    main = (
        "# pragma version ^0.4.0\nfrom .modules import counter\nfrom .modules import twice\n"
        "initializes: counter\ninitializes: twice[counter := counter]\n\n"
        "@deploy\ndef __init__():\n    counter.__init__(1)\n\n@external\ndef f():\n    twice._twice()\n"
    )
    project = make_project(
        {
            "contracts/Main.vy": main,
            "contracts/modules/counter.vy": COUNTER,
            "contracts/modules/twice.vy": uses,
        }
    )
    build = compile_project(project)
    assert "contracts/modules/twice.vy:twice" not in build.names
    assert build.artifact("Main").is_deployable
    assert compile_project(project).compiled == 0


def test_solidity_and_vyper_make_one_build(make_project: MakeProject) -> None:
    project = make_project(
        {
            "contracts/A.sol": "pragma solidity ^0.8.0; contract A { uint256 public x; }",
            "contracts/B.vy": "x: public(uint256)\n",
        }
    )
    build = compile_project(project)
    assert {build.artifact(name).compiler.name for name in ("A", "B")} == {"solc", "vyper"}


def test_errors_show_the_line_of_every_broken_file(make_project: MakeProject) -> None:
    project = make_project(
        {
            "contracts/A.vy": "# é\n@external\ndef f() -> uint256:\n    return nope\n",
            "contracts/B.vy": "x: uint256\n\ny: uint257\n",
            "contracts/C.vy": "x: public(uint256)\n",
        }
    )
    with pytest.raises(CompileError) as raised:
        compile_project(project)
    first, second = raised.value.diagnostics
    assert (first.where, first.excerpt) == ("contracts/A.vy:4:12", "    return nope")
    assert (first.kind, "nope" in first.message) == ("UndeclaredDefinition", True)
    assert second.source == "contracts/B.vy"
    assert second.line == 3
    assert not (project.build / "artifacts").exists()


def test_settings_of_zero_toml_reach_the_compiler(make_project: MakeProject) -> None:
    def code(toml: str) -> str:
        build = compile_project(make_project({"contracts/A.vy": COUNTER}, toml=toml))
        return build.artifact("A").runtime.object

    plain = code("")
    assert code("[vyper]\nevm-version = 'paris'\n") != plain
    assert code("[vyper]\noptimize = 'none'\n") != plain


@pytest.mark.parametrize(
    ("pragma", "toml", "problem", "words"),
    [
        ("^0.9.0", "", Problem.NO_VERSION_FITS, "contracts/A.vy:1"),
        ("^0.4.0", "[vyper]\nversion = '0.3.10'\n", Problem.NO_VERSION_FITS, "zero.toml"),
        ("new", "", Problem.NO_VERSION_FITS, "contracts/A.vy:1"),
        ("0.3.0", "", Problem.COMPILER_ABSENT, "--offline"),
    ],
)
def test_a_version_that_cannot_be_had_is_told(
    make_project: MakeProject,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    pragma: str,
    toml: str,
    problem: Problem,
    words: str,
) -> None:
    monkeypatch.setenv("ZERO_CACHE_DIR", str(tmp_path / "cache"))
    project = make_project({"contracts/A.vy": f"# pragma version {pragma}\n"}, toml=toml)
    with pytest.raises(ZeroError) as raised:
        compile_project(project, offline=True)
    assert raised.value.problem is problem
    assert words in raised.value.message


def test_a_text_is_compiled_without_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    build = compile_source("x: public(uint256)\n", name="Small.vy")
    assert build.artifact("Small").method_identifiers == {"x()": "0c55699c"}
    assert list(tmp_path.iterdir()) == []
    path = tmp_path / "Filed.vy"
    path.write_text(COUNTER)
    assert compile_source(path).artifact("Filed").is_deployable


def test_a_compiler_that_has_ended_is_started_again(tmp_path: Path) -> None:
    with shared_vypers().compiler(Path(sys.executable)) as vyper:
        version = vyper.version()
        assert vyper._worker is not None
        vyper._worker._process.kill()
        vyper._worker._process.wait()
        settings = {"outputSelection": {"*": ["abi"]}}
        request = {"language": "Vyper", "sources": {"A.vy": {"content": ""}}, "settings": settings}
        assert b'"A.vy"' in vyper.compile(json.dumps(request).encode())
        assert vyper.version() == version


def test_the_devnet_reads_the_artifacts_files(make_project: MakeProject) -> None:
    project = make_project(FILES)
    compile_project(project)
    path = project.build / "artifacts" / "contracts" / "Main.vy" / "Main.json"
    [artifact] = read_document(json.loads(path.read_text()))
    assert artifact.qualified_name == "contracts/Main.vy:Main"
    assert len(artifact.runtime.masked) == 1  # two immutables side by side
