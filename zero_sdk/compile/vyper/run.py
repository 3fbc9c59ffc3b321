"""Runs the jobs of Vyper."""

from __future__ import annotations

import functools
import os
import queue
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from zero_sdk.compile.artifact import CompilerId
from zero_sdk.compile.diagnostics import read_solc_errors
from zero_sdk.compile.progress import Progress, Step, silent
from zero_sdk.compile.solidity import Output
from zero_sdk.compile.vyper.environments import obtain_vyper
from zero_sdk.compile.vyper.plan import VyperJob
from zero_sdk.compile.vyper.process import VyperCompiler

MOST_AT_ONCE = 4


class Vypers:
    """The compilers that are running. Threads may share it; each compiler does one job at a time."""

    def __init__(self) -> None:
        self._idle: dict[Path, queue.SimpleQueue[VyperCompiler]] = {}
        self._lock = threading.Lock()
        self._process_id = os.getpid()

    @contextmanager
    def compiler(self, python: Path) -> Iterator[VyperCompiler]:
        """A compiler that nobody else uses meanwhile."""
        with self._lock:
            if os.getpid() != self._process_id:
                # After a fork the workers belong to the parent.
                self._idle.clear()
                self._process_id = os.getpid()
            idle = self._idle.setdefault(python, queue.SimpleQueue())
        try:
            compiler = idle.get_nowait()
        except queue.Empty:
            compiler = VyperCompiler(python)
        yield compiler
        idle.put(compiler)

    def close(self) -> None:
        """Ends every compiler that runs."""
        with self._lock:
            for idle in self._idle.values():
                while not idle.empty():
                    idle.get().close()


@functools.cache
def shared_vypers() -> Vypers:
    """Those of this process, so that a compiler is loaded once; they end by themselves when idle."""
    return Vypers()


def run_vyper_jobs(
    jobs: tuple[VyperJob, ...], *, is_offline: bool = False, progress: Progress = silent
) -> list[Output]:
    """Runs them beside each other. Raises ZeroError where a compiler is missing or fails; what it says about
    the sources is in the outputs."""
    # One after the other: two would wait for the same lock.
    pythons = {
        version: obtain_vyper(version, is_offline, progress) for version in {job.version for job in jobs}
    }
    vypers = shared_vypers()
    done = 0

    def run(job: VyperJob) -> Output:
        nonlocal done
        with vypers.compiler(pythons[job.version]) as vyper:
            output = orjson.loads(vyper.compile(job.input))
            version = vyper.version()
        done += 1
        progress(Step(f"vyper {job.version}: {job.file}", done, len(jobs)))
        return _output(job, version, output)

    if len(jobs) <= 1:
        return [run(job) for job in jobs]
    with ThreadPoolExecutor(min(len(jobs), MOST_AT_ONCE, os.cpu_count() or 1)) as pool:
        return list(pool.map(run, jobs))


def _output(job: VyperJob, version: str, output: dict[str, Any]) -> Output:
    document = orjson.loads(job.input)
    settings = {key: value for key, value in document["settings"].items() if key != "outputSelection"}
    texts = {
        name: entry["content"]
        for group in ("sources", "interfaces")
        for name, entry in document.get(group, {}).items()
        if "content" in entry
    }
    errors = output.get("errors", ())
    if job.is_module and not output.get("contracts"):
        # A module that is no contract by itself ("used but never initialized"); what is wrong with it for
        # everybody is said where it is imported.
        errors = ()
    diagnostics = read_solc_errors(errors, texts)
    return Output(job.id, CompilerId("vyper", version, settings), document, output, diagnostics)
