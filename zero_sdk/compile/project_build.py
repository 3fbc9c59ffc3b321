"""Compiles a project; reads what is compiled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from zero_sdk.compile.build import Build
from zero_sdk.compile.errors import CompileError
from zero_sdk.compile.folder import BuildFolder, Entry
from zero_sdk.compile.languages import Plan, named_sources, plan_sources, project_sources, run_plan
from zero_sdk.compile.progress import Progress, Step
from zero_sdk.compile.solc.toolchain import Toolchain
from zero_sdk.compile.solidity import Output
from zero_sdk.errors import Problem, ZeroError
from zero_sdk.project.project import Project

_NOT_TO_BE_HAD = (
    *(Problem.COMPILER_ABSENT, Problem.NO_NODE, Problem.INSTALL_FAILED),
    *(Problem.MISSING_IMPORT, Problem.NO_VERSION_FITS),
)
"""What keeps a project from being compiled that is not the sources' fault."""


def compile_project(
    project: Project,
    *,
    files: Sequence[str | Path] = (),
    offline: bool = False,
    force: bool = False,
    progress: Progress | None = None,
    toolchain: Toolchain | None = None,
) -> Build:
    """Compiles what has changed since the last time, and gives the whole build.

    `files` are the only ones that are compiled then (and what they import), by path or by name; artifacts of
    others stay on disk. With `force` nothing is taken from before. Raises ZeroError; CompileError where the
    compiler refuses the sources. Other processes that compile the same project meanwhile wait and then find
    everything done. Where a compiler or an import cannot be had, what another tool built counts while it is
    newer than the sources (`[paths] foreign-build`).
    """
    try:
        return _compile(project, files, offline, force, progress, toolchain)
    except ZeroError as error:
        found = _foreign(project) if error.problem in _NOT_TO_BE_HAD else None
        if found is None:
            raise
        if progress is not None:
            progress(Step(f"cannot compile here ({error.problem.code}): taking what another tool built"))
        return found


def _foreign(project: Project) -> Build | None:
    from zero_sdk.compile.foreign_build import foreign_build

    return foreign_build(project) if project.config.paths.foreign_build else None


def _compile(
    project: Project,
    files: Sequence[str | Path],
    offline: bool,
    force: bool,
    progress: Progress | None,
    toolchain: Toolchain | None,
) -> Build:
    roots = named_sources(project, files) if files else project_sources(project)
    plan = plan_sources(project, roots, is_offline=offline)
    folder = BuildFolder(project.build)
    with folder.lock():
        entries = folder.entries()
        known = {} if force else entries
        missing = plan.without(known)
        outputs = run_plan(missing, project, is_offline=offline, progress=progress, toolchain=toolchain)
        current = _write(folder, plan, accepted(outputs), known)
        others = _others(entries, current) if files else []
        if [*current, *others] != list(entries.values()):
            folder.write_index([*current, *others])
    return _build(project, current, len(missing.jobs))


def load_build(project: Project) -> Build:
    """What was compiled last, without looking whether the sources have changed since. Raises ZeroError where
    nothing is compiled."""
    entries = list(BuildFolder(project.build).entries().values())
    if not entries and (found := _foreign(project)) is not None:
        return found
    if not entries:
        raise ZeroError(Problem.NO_BUILD, f"{project.build}: there is no build", "`zero compile` makes it")
    return _build(project, entries, 0)


def accepted(outputs: list[Output]) -> list[Output]:
    """The outputs. Raises CompileError where a compiler refused one."""
    said = [diagnostic for output in outputs for diagnostic in output.diagnostics]
    if any(diagnostic.severity == "error" for diagnostic in said):
        raise CompileError(said)
    return outputs


def _write(folder: BuildFolder, plan: Plan, outputs: list[Output], known: Mapping[str, Entry]) -> list[Entry]:
    """Writes what is new, and gives the entries of all jobs in the order of the plan: of a contract that
    several jobs give, the first one's is kept."""
    new = {
        output.id: folder.write_compilation(
            output.id, output.compiler, output.input, output.output, output.diagnostics
        )
        for output in outputs
    }
    entries: list[Entry] = []
    taken: set[tuple[str, str]] = set()
    for job in plan.jobs:
        entry = new.get(job.id) or known[job.id]
        owned = tuple(contract for contract in entry.contracts if contract not in taken)
        if owned != entry.owned:
            entry = folder.write_artifacts(entry, owned)
        taken.update(owned)
        entries.append(entry)
    return entries


def _others(entries: Mapping[str, Entry], current: Sequence[Entry]) -> list[Entry]:
    """What stays of a build of which only some files were compiled."""
    ids = {entry.id for entry in current}
    taken = {contract for entry in current for contract in entry.owned}
    return [
        replace(entry, owned=tuple(contract for contract in entry.owned if contract not in taken))
        for id, entry in entries.items()
        if id not in ids
    ]


def _build(project: Project, entries: Sequence[Entry], compiled: int) -> Build:
    folder = BuildFolder(project.build)
    warnings = tuple(warning for entry in entries for warning in entry.warnings)
    compilations = tuple(folder.compilation(entry) for entry in entries)
    own = project.config.paths.contracts
    return Build(folder.readers(entries), compilations, warnings, compiled, own)
