"""The Vyper part of a project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from zero_sdk.compile.vyper.choice import VyperChoice
from zero_sdk.compile.vyper.files import VyperTree
from zero_sdk.compile.vyper.plan import VyperJob, plan
from zero_sdk.errors import Problem, ZeroError
from zero_sdk.project.project import Project

ENDINGS = (".vy", ".vyi")


def is_vyper(file: str | Path) -> bool:
    """Whether the file's name says that it is a Vyper contract or interface."""
    return Path(file).suffix in ENDINGS


def vyper_jobs(
    project: Project,
    files: Sequence[str | Path] | None,
    offline: bool,
    texts: Mapping[str, str] | None = None,
) -> tuple[VyperJob, ...]:
    """What compiles the given files, or where `files` is None all of the project. Raises ZeroError."""
    config = project.config
    names = _sources(project) if files is None else [_name(project, file, texts or {}) for file in files]
    if not names:
        return ()
    tree = VyperTree(project.root, config.paths.contracts, config.paths.packages, texts or {})
    return plan(tree, names, config.vyper, VyperChoice(offline))


def _sources(project: Project) -> list[str]:
    skipped = {*project.config.paths.packages, project.config.paths.build}
    found = []
    for path in sorted(project.contracts.rglob("*.vy*")):
        parts = path.relative_to(project.root).parts
        if is_vyper(path) and path.is_file() and not skipped.intersection(parts):
            found.append("/".join(parts))
    return found


def _name(project: Project, file: str | Path, texts: Mapping[str, str]) -> str:
    """The name of a file: its path from the project's root."""
    if str(file) in texts:
        return str(file)
    path = Path(file)
    for candidate in (path, project.root / path, project.contracts / path):
        if candidate.is_file() and candidate.resolve().is_relative_to(project.root):
            return candidate.resolve().relative_to(project.root).as_posix()
    raise ZeroError(
        Problem.FILE_UNREADABLE, f"{file}: there is no such file in {project.root}", "give a path from there"
    )
