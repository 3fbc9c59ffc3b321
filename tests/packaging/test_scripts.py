"""The two commands of the README, and what they stand on."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
START, TEST = "python3 scripts/start", "python3 scripts/test"


def environment_module() -> ModuleType:
    """scripts/environment.py, which belongs to no package."""
    spec = importlib.util.spec_from_file_location("environment", ROOT / "scripts" / "environment.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def section(heading: str) -> list[str]:
    """The commands (indented blocks) under a heading of the README."""
    [body] = re.findall(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    return re.findall(r"^    (\S.*)$", body, re.MULTILINE)


def test_the_readme_begins_with_its_two_commands() -> None:
    assert section("Start")[0] == START
    assert section("Run the tests")[0] == TEST
    for command in (START, TEST):
        assert f"PowerShell: `{command.replace('python3', 'py')}`" in README


def test_ci_runs_the_readmes_test_command_and_the_checks() -> None:
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert "set -euo pipefail" in lines
    assert TEST in lines
    assert "python3 scripts/check" in lines
    assert any("scripts/build-contracts --check" in line for line in lines)
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_the_scripts_can_be_started_as_the_readme_does() -> None:
    for name in ("start", "test", "check", "bench"):
        first = (ROOT / "scripts" / name).read_text(encoding="utf-8").splitlines()[0]
        assert first == "#!/usr/bin/env python3"
        assert os.access(ROOT / "scripts" / name, os.X_OK)


def test_an_old_python_is_told_what_is_needed_instead_of_a_syntax_error() -> None:
    """The scripts must at least compile on what a machine may still have."""
    for name in ("start", "test", "check", "bench", "environment.py"):
        source = (ROOT / "scripts" / name).read_text(encoding="utf-8")
        compile(source, name, "exec", dont_inherit=True)
        assert not re.search(r"^\s*match .*:$|^type \w+ =", source, re.MULTILINE)


def test_a_newer_python_on_the_path_is_found_by_an_old_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if os.name == "nt":
        pytest.skip("the stand-ins are shell scripts")
    module = environment_module()
    for name, code in (("python3.13", "exit 1"), ("python3.12", "exit 0")):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{code}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "version_info", (3, 9, 1))
    # A shim that cannot run, as pyenv has them, is passed over.
    assert module._find_python() == str(tmp_path / "python3.12")
    shutil.rmtree(tmp_path)
    with pytest.raises(SystemExit) as raised:
        module._find_python()
    assert raised.value.code == 1
    # One that is newer than the wheels of the dependencies is better than none.
    monkeypatch.setattr(sys, "version_info", (3, 99, 0))
    assert module._find_python() == sys.executable


def test_bench_lists_what_there_is_and_refuses_what_there_is_not() -> None:
    listed = subprocess.run(
        [sys.executable, "scripts/bench"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert listed.returncode == 0
    assert re.search(r"^  rpc\s+\S", listed.stdout, re.MULTILINE)
    wrong = subprocess.run(
        [sys.executable, "scripts/bench", "nonsense"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert wrong.returncode == 2


@pytest.mark.full
def test_the_start_command_works_on_a_bare_clone(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    rpc = f"{clone}/.venv/bin/zero rpc eth_chainId" if os.name != "nt" else "zero rpc eth_chainId"
    done = subprocess.run(
        [sys.executable, "scripts/start", "--port", "0", "--quiet", "--exec", rpc],
        cwd=clone,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "0x757e21\n"), done.stderr
