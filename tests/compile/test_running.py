"""Compilers that run: they stay, they end, they are started again, and they fail with words."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.clients import tools
from tests.compile.conftest import native_solc, write_program
from zero_sdk.compile.node import find_node
from zero_sdk.compile.solc.installed import InstalledSolc
from zero_sdk.compile.solc.running import NativeSolc, NodeSolc, native_version
from zero_sdk.compile.solc.toolchain import start
from zero_sdk.compile.versions import Version
from zero_sdk.errors import Problem, ZeroError

pytestmark = pytest.mark.clients

INPUT = {
    "language": "Solidity",
    "sources": {"A.sol": {"content": 'contract A { string constant é = "ü\\n"; }'}},
    "settings": {"outputSelection": {"*": {"*": ["evm.bytecode.object"]}}},
}
REQUEST = json.dumps(INPUT).encode()


def test_both_ways_of_running_give_the_same(tmp_path: Path) -> None:
    npm = NodeSolc(find_node(), tools.node_module("solc"))
    native = NativeSolc(native_solc(tmp_path / "solc"))
    one, other = json.loads(npm.compile(REQUEST)), json.loads(native.compile(REQUEST))
    del other["compiler"]
    assert one == other
    assert npm.version() == native.version() == "0.8.37+commit.f401782d"
    npm.close()


def test_a_worker_serves_one_request_after_the_other() -> None:
    npm = NodeSolc(find_node(), tools.node_module("solc"))
    first = npm.compile(REQUEST)
    process = npm._process
    assert npm.compile(REQUEST) == first
    assert npm._process is process
    npm.close()
    assert process is not None
    assert process.poll() is not None


def test_a_worker_that_ended_is_started_again() -> None:
    npm = NodeSolc(find_node(), tools.node_module("solc"), idle_seconds=0.1)
    first = npm.compile(REQUEST)
    process = npm._process
    assert process is not None
    assert process.wait(timeout=60) == 0
    assert npm.compile(REQUEST) == first
    npm.close()


def test_what_is_no_json_is_solc_s_own_business() -> None:
    npm = NodeSolc(find_node(), tools.node_module("solc"))
    [error] = json.loads(npm.compile(b"no JSON"))["errors"]
    assert error["type"] == "JSONError"
    npm.close()


def test_a_package_that_is_no_compiler_fails_with_words(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"name": "solc", "main": "index.js"}')
    (tmp_path / "index.js").write_text("throw new Error('a broken package')")
    with pytest.raises(ZeroError) as broken:
        NodeSolc(find_node(), tmp_path).version()
    assert broken.value.problem is Problem.COMPILER_BROKEN
    assert "a broken package" in broken.value.message


def test_a_compiler_that_crashes_fails_with_words_and_is_started_again(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"name": "solc", "main": "index.js"}')
    (tmp_path / "index.js").write_text(
        "module.exports = { version: () => '0.8.1+commit.00000000', compile: (input) => {"
        " if (input === 'crash') throw new RangeError('out of memory'); return input; } }"
    )
    solc = NodeSolc(find_node(), tmp_path)
    with pytest.raises(ZeroError) as broken:
        solc.compile(b"crash")
    assert broken.value.problem is Problem.COMPILER_BROKEN
    assert "RangeError: out of memory" in broken.value.message
    assert solc.compile(b"again") == b"again"
    solc.close()


def test_a_program_that_fails_does_so_with_words(tmp_path: Path) -> None:
    program = write_program(tmp_path / "solc", ["python3", "-c", "import sys; sys.exit('no way')"])
    assert native_version(program) is None
    with pytest.raises(ZeroError) as broken:
        start(InstalledSolc(Version(0, 8, 1), program, True)).compile(REQUEST)
    assert broken.value.problem is Problem.COMPILER_BROKEN
    assert "no way" in broken.value.message


def test_several_threads_get_what_they_asked_for() -> None:
    from zero_sdk.compile.solc.installed import installed_solcs
    from zero_sdk.compile.solc.toolchain import Toolchain

    root = tools.PROJECT
    version = Version(0, 8, 37)
    assert version in {solc.version for solc in installed_solcs(root)}
    toolchain = Toolchain()

    def compiled(name: str) -> set[str]:
        source = {f"{name}.sol": {"content": f"contract {name} {{}}"}}
        request = json.dumps({**INPUT, "sources": source}).encode()
        with toolchain.solc(version, project_root=root, is_offline=True) as solc:
            return set(json.loads(solc.compile(request))["contracts"][f"{name}.sol"])

    names = [f"C{number}" for number in range(6)]
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(compiled, names)) == [{name} for name in names]
    toolchain.close()
