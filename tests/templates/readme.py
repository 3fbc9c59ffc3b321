"""A generated project's README, done by hand as it says: its indented commands, in their order."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.cli.devnet_process import Devnet
from tests.cli.process import environment
from zero_sdk.compile.node import find_npm

PATIENCE = 300
"""Seconds for one command: compilers and packages may have to be fetched."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A command, and what it printed."""

    line: str
    out: str
    err: str


def commands(project: Path) -> list[str]:
    """The lines of indented blocks."""
    return re.findall(r"^    (\S.*)$", (project / "README.md").read_text(encoding="utf-8"), re.MULTILINE)


def type_everything(project: Path) -> list[Typed]:
    """Runs every command of the README, each to a good end. `zero devnet` goes on beside the others, which
    find it at the port that it got."""
    typed = []
    with ExitStack() as stack:
        variables: dict[str, str] = {}
        for line in commands(project):
            if line == "zero devnet":
                devnet = stack.enter_context(Devnet("--silent", folder=project))
                variables = {
                    "ZERO_NETWORK": devnet.description["url"],
                    "ZERO_RPC_URL": devnet.description["url"],
                }
            else:
                typed.append(run(line, project, variables))
    return typed


def run(line: str, project: Path, variables: Mapping[str, str]) -> Typed:
    """Runs a line in a shell that finds `zero`, which must end well."""
    done = subprocess.run(
        line,
        shell=True,
        cwd=project,
        env=surroundings(project, variables),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return Typed(line, done.stdout, done.stderr)


def surroundings(project: Path, variables: Mapping[str, str]) -> dict[str, str]:
    """The environment of a shell that finds `zero` and npm."""
    folders = [str(Path(sys.executable).parent), *_npm_folder(project), os.environ["PATH"]]
    return environment({"PATH": os.pathsep.join(folders), **variables})


def _npm_folder(project: Path) -> list[str]:
    """A folder with a program `npm`: that of the package with Node in it is a copy that does not work."""
    command = find_npm().npm
    assert command is not None
    if len(command) == 1:
        return []
    folder = project.parent / "programs"
    folder.mkdir(exist_ok=True)
    program = folder / "npm"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return [str(folder)]
