"""Other versions of Vyper than the installed one, in environments of their own."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.compile.conftest import MakeProject
from zero_sdk.compile import compile_project
from zero_sdk.compile.progress import Step
from zero_sdk.compile.versions import Version
from zero_sdk.compile.vyper import environments
from zero_sdk.compile.vyper.environments import cached_versions, find_vyper, obtain_vyper
from zero_sdk.errors import Problem, ZeroError

OLD = """\
# @version 0.3.10
from vyper.interfaces import ERC20
from interfaces import IPrice

OWNER: immutable(address)
FEE: immutable(uint256)
count: public(uint256)

@external
def __init__():
    OWNER = msg.sender
    FEE = 5

@external
@nonreentrant("lock")
def bump(by: address):
    assert msg.sender == OWNER, "not the owner"
    self.count = IPrice(by).price() / 2
"""
PRICE = "# @version ^0.3.8\n@external\n@view\ndef price() -> uint256:\n    return 1\n"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("ZERO_CACHE_DIR", str(folder))
    return folder


@pytest.mark.full
def test_another_version_is_got_once_and_compiles(cache: Path, make_project: MakeProject) -> None:
    project = make_project({"contracts/Old.vy": OLD, "contracts/interfaces/IPrice.vy": PRICE})
    steps: list[Step] = []
    build = compile_project(project, progress=steps.append)
    assert [step.what for step in steps].count("getting vyper 0.3.10") == 1
    assert cached_versions() == [Version(0, 3, 10)]
    old = build.artifact("Old")
    assert old.compiler.version.startswith("0.3.10+commit.")
    assert sorted(old.method_identifiers) == ["bump(address)", "count()"]
    labels = [(item["label"], item["slot"]) for item in old.storage_layout["storage"]]
    assert labels == [("nonreentrant.lock", "0"), ("count", "1")]
    end = len(old.runtime.object) // 2
    assert old.runtime.immutable_references == {
        "OWNER": [{"start": end - 64, "length": 32}],
        "FEE": [{"start": end - 32, "length": 32}],
    }
    assert any(entry.endswith(":0:-") and entry[0] != "-" for entry in old.runtime.source_map.split(";"))
    compile_project(project, force=True, offline=True)


@pytest.mark.full
def test_two_that_need_the_same_version_make_one_environment(cache: Path) -> None:
    steps: list[Step] = []
    with ThreadPoolExecutor(2) as pool:
        pythons = list(
            pool.map(lambda _: obtain_vyper(Version(0, 3, 9), False, steps.append), range(2)),
        )
    assert pythons[0] == pythons[1]
    assert [step.what for step in steps] == ["getting vyper 0.3.9"]


def test_a_version_that_cannot_be_installed_leaves_nothing_behind(cache: Path) -> None:
    with pytest.raises(ZeroError) as raised:
        obtain_vyper(Version(0, 4, 999), False)
    assert raised.value.problem is Problem.INSTALL_FAILED
    assert "0.4.999" in raised.value.message
    assert "pip install vyper==0.4.999" in (raised.value.hint or "")
    assert (find_vyper(Version(0, 4, 999)), cached_versions()) == (None, [])
    assert not (cache / "compilers" / "vyper" / "0.4.999").exists()


def test_a_version_for_an_older_python_says_so(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ZeroError) as raised:
        obtain_vyper(Version(0, 3, 7), False)
    assert raised.value.problem is Problem.COMPILER_ABSENT
    assert "Python 3.10" in (raised.value.hint or "")


def test_the_installed_one_is_taken(cache: Path) -> None:
    version = environments.installed_version()
    assert version is not None
    assert obtain_vyper(version, True) == Path(sys.executable)
