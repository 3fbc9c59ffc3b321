"""The program in docs/compile.md runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.compile.conftest import MakeProject

pytestmark = pytest.mark.clients

ROOT = Path(__file__).resolve().parents[2]
TOKEN = """// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;
library Math { function same(uint a) public pure returns (uint) { return a; } }
contract Token { function get() external pure returns (uint) { return Math.same(1); } }
"""


def test_the_documented_program_runs(make_project: MakeProject) -> None:
    project = make_project({"contracts/Token.sol": TOKEN})
    (project.root.parent / "hello").symlink_to(project.root, target_is_directory=True)
    (project.root.parent / "node_modules").symlink_to(project.root / "node_modules", target_is_directory=True)
    text = (ROOT / "docs" / "compile.md").read_text(encoding="utf-8")
    [program] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\nprint(token.qualified_name, len(code) > 100, box.name)"],
        cwd=project.root.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("contracts/Token.sol:Token True Box\n", 0), done.stderr
