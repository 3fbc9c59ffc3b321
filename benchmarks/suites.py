"""The same small test suite here, in forge, in Hardhat 3 and in titanoboa, side by side.

A token is deployed, and 20 tests begin there: each sends a transfer and asks for two balances. The projects
are in benchmarks/suite_projects. A tool's own command is timed from its start to its end: `cold` without
anything compiled, `again` with what the first run left. Then what a Zero suite begins with: the help, the
first fixture, and putting back what a test did.

titanoboa gets an environment of its own, from the package index; --boa names a Python that has it.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.clients import tools
from tests.clients.solc import SHIM

PROJECTS = Path(__file__).resolve().parent / "suite_projects"
TOKEN = Path(__file__).resolve().parent / "solidity" / "Token.sol"
TESTS = 20

HOME = ".home"
QUIET = ("-q", "-p", "no:cacheprovider")
COUNT = 500
"""Tests of which the isolation is measured."""

EMPTY_TESTS = f"""
import time
import pytest

@pytest.mark.parametrize("number", range({COUNT + 1}))
def test_nothing({{}}number):
    if number in (0, {COUNT}):
        print(f"\\nat {{{{time.process_time()}}}}")
"""

FIRST_FIXTURE = """
import time

def test_first(request):
    started, cpu = time.perf_counter(), time.process_time()
    request.getfixturevalue("network")
    print(f"\\nat {time.perf_counter() - started}\\nat {time.process_time() - cpu}")
"""


ROWS = (
    "zero --help",
    "first fixture",
    "first fixture, processor time",
    "a test, processor time",
    "a test with a zone, processor time",
    "the difference: isolation",
)


@dataclass(frozen=True, slots=True)
class Tool:
    """One of those that are compared."""

    name: str
    command: tuple[str, ...]
    passed: str
    """What it prints when all tests ran well, as a pattern."""
    built: tuple[str, ...]
    """What it leaves in the project that a cold run must not find."""
    prepare: Callable[[Path], None]
    has_own_home: bool = True
    """Whether it runs with an empty home folder: what it keeps there would make a cold run a warm one. Zero
    keeps compilers there, which the others get from the Node project, and nothing that it compiled."""


def tools_of(boa: str | None) -> list[Tool]:
    """Those that are here."""
    found = [
        Tool(
            "zero",
            (sys.executable, "-m", "zero_sdk", "test", *QUIET, "-p", "no:asyncio"),
            rf"\b{TESTS} passed",
            ("build",),
            with_token,
            has_own_home=False,
        ),
        Tool(
            "forge",
            (str(tools.forge()), "test", "--offline", "--use", "./solc"),
            rf"\b{TESTS} tests passed",
            ("out", "cache", HOME),
            with_solc,
        ),
        Tool(
            "hardhat",
            (str(tools.node()), str(tools.node_module("hardhat/dist/src/cli.js")), "test", "nodejs"),
            rf"\b{TESTS} passing",
            ("artifacts", "cache", HOME),
            with_modules,
        ),
    ]
    if boa is not None:
        found.append(Tool("boa", (boa, "-m", "pytest", *QUIET), rf"\b{TESTS} passed", (HOME,), as_it_is))
    return found


def as_it_is(project: Path) -> None:
    """Nothing is added."""


def with_token(project: Path) -> None:
    """The contract that all of them test; titanoboa has the same in Vyper."""
    (project / "contracts").mkdir()
    shutil.copy(TOKEN, project / "contracts")


def with_modules(project: Path) -> None:
    """With the packages of the Node project."""
    with_token(project)
    (project / "node_modules").symlink_to(tools.MODULES, target_is_directory=True)


def with_solc(project: Path) -> None:
    """With the compiler of the Node project as a program."""
    with_token(project)
    compiler = project / "solc"
    compiler.write_text(f'#!/bin/sh\nexec "{tools.node()}" "{SHIM}" "$@"\n', encoding="utf-8")
    compiler.chmod(0o755)


def seconds(
    command: Sequence[str], project: Path, passed: str, home: Path | None = None
) -> tuple[float, str]:
    """From a command's start to its end, and what it printed. Raises RuntimeError where it did not do what it
    should."""
    environment = {**os.environ, "NO_COLOR": "1", "CI": "1"}
    if home is not None:
        home.mkdir(exist_ok=True)
        environment |= {"HOME": str(home), "XDG_CACHE_HOME": str(home)}
    started = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=project,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    taken = time.perf_counter() - started
    output = done.stdout + done.stderr
    if done.returncode != 0 or not re.search(passed, output):
        raise RuntimeError(f"{' '.join(map(str, command))} in {project}:\n{output}")
    return taken, output


def compare(found: Sequence[Tool], rounds: int, folder: Path) -> None:
    """The table of the suites. Tools take turns, so that what else the machine does meets all of them."""
    cold: dict[str, list[float]] = {tool.name: [] for tool in found}
    again: dict[str, list[float]] = {tool.name: [] for tool in found}
    for tool in found:
        shutil.copytree(PROJECTS / tool.name, folder / tool.name)
        tool.prepare(folder / tool.name)
    for _ in range(rounds):
        for tool in found:
            project = folder / tool.name
            for name in tool.built:
                shutil.rmtree(project / name, ignore_errors=True)
            home = project / HOME if tool.has_own_home else None
            for times in (cold, again):
                times[tool.name].append(seconds(tool.command, project, tool.passed, home)[0])
    print(f"{'':<10}{'cold':>20}{'again':>22}")
    for tool in found:
        cells = [_cell(times[tool.name], times["zero"]) for times in (cold, again)]
        print(f"{tool.name:<10}{cells[0]:>20}  {cells[1]:>20}", flush=True)


def _cell(times: Sequence[float], ours: Sequence[float]) -> str:
    ratio = statistics.median(times) / statistics.median(ours)
    return f"{statistics.median(times):.2f} s ({ratio:.2f} x)"


def own_times(rounds: int, folder: Path) -> None:
    """What a suite of Zero's begins with."""
    project = folder / "own"
    project.mkdir()
    (project / "zero.toml").write_text("")
    pytest = [sys.executable, "-m", "zero_sdk", "test", *QUIET, "-s", "-p", "no:asyncio"]
    for name, text in (
        ("test_first.py", FIRST_FIXTURE),
        ("test_bare.py", EMPTY_TESTS.format("")),
        ("test_zone.py", EMPTY_TESTS.format("zone, ")),
    ):
        (project / name).write_text(text)
    rows: dict[str, list[float]] = {}
    for _ in range(rounds):
        taken = [seconds([sys.executable, "-m", "zero_sdk", "--help"], project, "Usage: zero")[0]]
        taken += _told(pytest, "test_first.py", project)
        for name in ("test_bare.py", "test_zone.py"):
            begun, ended = _told(pytest, name, project)
            taken.append((ended - begun) / COUNT)
        taken.append(taken[-1] - taken[-2])
        for row, value in zip(ROWS, taken, strict=True):
            rows.setdefault(row, []).append(value * 1000)
    for row, values in rows.items():
        print(f"{row:<40}{statistics.median(values):>9.2f} ms ({min(values):.2f}-{max(values):.2f})")


def _told(pytest: Sequence[str], name: str, project: Path) -> list[float]:
    """The two numbers that the tests of a file print."""
    found = re.findall(r"^at (\S+)$", seconds([*pytest, name], project, "passed")[1], re.MULTILINE)
    assert len(found) == 2
    return [float(number) for number in found]


def with_boa(folder: Path) -> str:
    """A Python with titanoboa, in an environment of its own."""
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    python = folder / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    subprocess.run([python, "-m", "pip", "install", "-q", "titanoboa", "pytest"], check=True)
    return str(python)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--boa", metavar="PYTHON", help="a Python that has titanoboa and pytest")
    parser.add_argument("--no-boa", action="store_true", help="leave titanoboa out")
    options = parser.parse_args(arguments)
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{options.rounds} rounds; medians, and in brackets how often Zero's time that is\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        boa = None if options.no_boa else options.boa or with_boa(folder)
        compare(tools_of(boa), options.rounds, folder)
        print()
        own_times(options.rounds, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
