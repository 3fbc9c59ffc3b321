"""Runs the real `zero` command in a process of its own."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 60
"""Seconds after which a test gives up on a process; nothing is expected to take near as long."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that ended, and what it left."""

    code: int
    out: str
    err: str


def environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without what would configure `zero`, with `changes`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ZERO_")}
    for name in ("FORCE_COLOR", "NO_COLOR", "COLUMNS"):
        kept.pop(name, None)
    return {**kept, "PYTHONUTF8": "1", **(changes or {})}


def zero(*arguments: str, folder: Path, variables: Mapping[str, str] | None = None, stdin: str = "") -> Ended:
    """Runs `zero` to its end. `folder` is where it runs: a zero.toml there is read."""
    done = subprocess.run(
        [sys.executable, "-m", "zero_sdk", *arguments],
        cwd=folder,
        env=environment(variables),
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def zero_here(*arguments: str, folder: Path, variables: Mapping[str, str] | None = None) -> Ended:
    """The same in this process, which is quicker: for commands whose imports and streams are tested
    elsewhere."""
    from unittest.mock import patch

    from zero_sdk.cli.app import run

    out, err = io.StringIO(), io.StringIO()
    with (
        patch.dict(os.environ, environment(variables), clear=True),
        contextlib.chdir(folder),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = run(arguments)
    return Ended(code, out.getvalue(), err.getvalue())


def start_zero(
    *arguments: str, folder: Path, variables: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """`zero`, begun and not waited for; its output is to be read."""
    return subprocess.Popen(
        [sys.executable, "-m", "zero_sdk", *arguments],
        cwd=folder,
        env=environment(variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
