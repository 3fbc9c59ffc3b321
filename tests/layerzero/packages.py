"""LayerZero's packages from npm, and contracts of the tests that inherit theirs, compiled where they lie."""

from __future__ import annotations

import functools
import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.clients import tools
from zero_sdk.compile import Build, compile_project
from zero_sdk.project import Project

PROJECT = Path(__file__).resolve().parent / "project"


def package(name: str) -> Path:
    """The folder of an installed package. Raises `tools.ToolMissing`."""
    found = PROJECT / "node_modules" / name
    if not found.exists():
        raise tools.ToolMissing(f"the Node package {name} is not installed; run scripts/test once")
    return found


@functools.cache
def build() -> Build:
    """The compiled contracts; only what has changed since the last run is compiled again."""
    package("@layerzerolabs/oft-evm")
    return compile_project(Project.open(PROJECT))


@contextmanager
def answering(script: str) -> Iterator[Any]:
    """Runs a script of the project that answers lines with lines; gives what asks it, in JSON."""
    package("@layerzerolabs/lz-v2-utilities")
    with subprocess.Popen(
        [tools.node(), PROJECT / "scripts" / script],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        asked, answers = process.stdin, process.stdout

        def ask(question: Sequence[Any]) -> str:
            asked.write(json.dumps(question) + "\n")
            asked.flush()
            answer = answers.readline().strip()
            assert answer, f"{script} ended at {question}"
            return answer

        yield ask
