"""Runs the jobs of solc."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from zero_sdk.compile.artifact import CompilerId
from zero_sdk.compile.diagnostics import Diagnostic, read_solc_errors
from zero_sdk.compile.plan import Job
from zero_sdk.compile.progress import Progress, Step, silent
from zero_sdk.compile.solc.toolchain import Toolchain

MOST_AT_ONCE = 4
"""Compilers that run beside each other; npm's takes some 250 MB and more."""


@dataclass(frozen=True, slots=True)
class Output:
    """What a job gave."""

    id: str
    compiler: CompilerId
    input: dict[str, Any]
    output: dict[str, Any]
    diagnostics: tuple[Diagnostic, ...]


def run_jobs(
    jobs: tuple[Job, ...],
    toolchain: Toolchain,
    *,
    project_root: Path | None = None,
    is_offline: bool = False,
    progress: Progress = silent,
) -> list[Output]:
    """Runs them beside each other. Raises ZeroError where a compiler is missing or fails; what it says about
    the sources is in the outputs."""
    done = 0

    def run(job: Job) -> Output:
        nonlocal done
        words = f"solc {job.version}: {len(job.files)} file{'s' if len(job.files) != 1 else ''}"
        with toolchain.solc(
            job.version, project_root=project_root, is_offline=is_offline, progress=progress
        ) as solc:
            progress(Step(words, done, len(jobs)))
            data = solc.compile(job.input)
            version = solc.version()
        document, output = orjson.loads(job.input), orjson.loads(data)
        settings = {key: value for key, value in document["settings"].items() if key != "outputSelection"}
        texts = {name: entry["content"] for name, entry in document["sources"].items()}
        diagnostics = read_solc_errors(output.get("errors", ()), texts)
        done += 1
        progress(Step(words, done, len(jobs)))
        return Output(job.id, CompilerId("solc", version, settings), document, output, diagnostics)

    if len(jobs) <= 1:
        return [run(job) for job in jobs]
    with ThreadPoolExecutor(min(len(jobs), MOST_AT_ONCE, os.cpu_count() or 1)) as pool:
        return list(pool.map(run, jobs))
