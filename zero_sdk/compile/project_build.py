"""Compiles a project; reads what is compiled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from zero_sdk.compile.build import Build
from zero_sdk.compile.choice import VersionChoice
from zero_sdk.compile.errors import CompileError
from zero_sdk.compile.folder import BuildFolder, Entry
from zero_sdk.compile.plan import Job, plan
from zero_sdk.compile.progress import Progress, silent
from zero_sdk.compile.solc.toolchain import Toolchain, shared_toolchain
from zero_sdk.compile.solidity import run_jobs
from zero_sdk.compile.sources import SourceTree
from zero_sdk.compile.vyper.plan import VyperJob
from zero_sdk.compile.vyper.project import is_vyper, vyper_jobs
from zero_sdk.compile.vyper.run import run_vyper_jobs
from zero_sdk.errors import Problem, ZeroError
from zero_sdk.project.project import Project


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
    everything done.
    """
    jobs = _plan(project, files, offline)
    folder = BuildFolder(project.build)
    with folder.lock():
        entries = folder.entries()
        known = {} if force else entries
        missing = tuple(job for job in jobs if job.id not in known)
        made = _compile(folder, missing, jobs, known, project, offline, progress, toolchain)
        current = [made.get(job.id) or known[job.id] for job in jobs]
        others = [entry for id, entry in entries.items() if files and id not in {job.id for job in jobs}]
        if missing or {entry.id for entry in (*current, *others)} != entries.keys():
            folder.write_index([*current, *others])
    return _build(project, current, len(missing))


def load_build(project: Project) -> Build:
    """What was compiled last, without looking whether the sources have changed since. Raises ZeroError where
    nothing is compiled."""
    folder = BuildFolder(project.build)
    entries = list(folder.entries().values())
    if not entries:
        raise ZeroError(Problem.NO_BUILD, f"{project.build}: there is no build", "`zero compile` makes it")
    return _build(project, entries, 0)


def source_tree(project: Project, texts: dict[str, str] | None = None) -> SourceTree:
    """The project's Solidity files with its remappings, and files that exist in memory alone."""
    config = project.config
    return SourceTree.of(project.root, config.paths.packages, config.solidity.remappings, texts or {})


def project_sources(project: Project) -> list[str]:
    """The names of all Solidity files in the project's folder of contracts."""
    skipped = {*project.config.paths.packages, project.config.paths.build}
    found: list[str] = []
    for path in sorted(project.contracts.rglob("*.sol")):
        parts = path.relative_to(project.root).parts
        if path.is_file() and not skipped.intersection(parts):
            found.append("/".join(parts))
    return found


def _plan(project: Project, files: Sequence[str | Path], offline: bool) -> tuple[Job | VyperJob, ...]:
    """What compiles the given files, or the whole project."""
    tree = source_tree(project)
    roots = [_root(tree, project, file) for file in files if not is_vyper(file)]
    vyper_files = [file for file in files if is_vyper(file)] if files else None
    return (
        *plan(
            tree,
            roots if files else project_sources(project),
            project.config.solidity,
            VersionChoice(project.root, offline),
        ),
        *vyper_jobs(project, vyper_files, offline),
    )


def _root(tree: SourceTree, project: Project, file: str | Path) -> str:
    path = Path(file)
    for candidate in (path, project.contracts / path):
        if candidate.is_file():
            return tree.name_of(candidate)
    name = path.as_posix()
    if tree.path_of(name) is None:
        raise ZeroError(
            Problem.FILE_UNREADABLE,
            f"{file}: there is no such file",
            "give a path, or a name as in an import",
        )
    return name


def _compile(
    folder: BuildFolder,
    missing: tuple[Job | VyperJob, ...],
    jobs: Iterable[Job | VyperJob],
    known: dict[str, Entry],
    project: Project,
    offline: bool,
    progress: Progress | None,
    toolchain: Toolchain | None,
) -> dict[str, Entry]:
    """Runs the missing jobs and writes what they gave; nothing is written where one of them has errors."""
    outputs = run_jobs(
        tuple(job for job in missing if isinstance(job, Job)),
        toolchain or shared_toolchain(),
        project_root=project.root,
        is_offline=offline,
        progress=progress or silent,
    )
    outputs += run_vyper_jobs(
        tuple(job for job in missing if isinstance(job, VyperJob)),
        is_offline=offline,
        progress=progress or silent,
    )
    said = [diagnostic for output in outputs for diagnostic in output.diagnostics]
    if any(diagnostic.severity == "error" for diagnostic in said):
        raise CompileError(said)
    by_id = {output.id: output for output in outputs}
    made: dict[str, Entry] = {}
    # In the order of the plan: of a contract that several jobs give, the first one's is kept.
    taken: set[tuple[str, str]] = set()
    for job in jobs:
        if output := by_id.get(job.id):
            made[job.id] = folder.write_compilation(
                output.id, output.compiler, output.input, output.output, output.diagnostics, taken
            )
        entry = made.get(job.id) or known[job.id]
        taken.update(entry.contracts)
    return made


def _build(project: Project, entries: Sequence[Entry], compiled: int) -> Build:
    folder = BuildFolder(project.build)
    warnings = tuple(warning for entry in entries for warning in entry.warnings)
    compilations = tuple(folder.compilation(entry) for entry in entries)
    own = project.config.paths.contracts
    return Build(folder.readers(entries), compilations, warnings, compiled, own)
