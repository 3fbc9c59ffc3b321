"""A template becomes a project."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from zero_sdk.errors import Problem, ZeroError
from zero_sdk.project.zero_toml import reason_of
from zero_sdk.scaffolding.templates import ABOUT, Template

NAME = "{{name}}"
"""Stands for the project's name in a template's texts."""

_HIDDEN = "dot-"
_NEUTRAL = ".template"
"""`dot-gitignore` becomes `.gitignore`, `pyproject.toml.template` becomes `pyproject.toml`: under their own
names these files would count for the repository that they lie in."""

_GOOD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}\Z")
_LEFT_OUT = frozenset({"__pycache__", "node_modules", "build", "dist", "deployments"})
"""What compilers, tests and installers leave in a template's folder."""


@dataclass(frozen=True, slots=True)
class _File:
    source: Path
    target: PurePosixPath


def check_name(name: str) -> None:
    """Raises ZeroError where a project cannot have that name: it becomes one of npm's and Python's too."""
    if not _GOOD_NAME.match(name):
        raise ZeroError(
            Problem.BAD_PROJECT_NAME,
            f"{name!r} is no name for a project",
            "letters, digits, dash and underscore, a letter first, up to 64",
        )


def generate(template: Template, root: Path, name: str, *, is_forced: bool = False) -> tuple[Path, ...]:
    """Writes the project into `root`, which may exist, and gives its files. Raises ZeroError, before anything
    is written, where a file would be overwritten and that is not asked for."""
    check_name(name)
    files = tuple(_files(template))
    if not is_forced:
        _refuse_to_overwrite(root, files)
    written = []
    for file in files:
        path = root / file.target
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(file.source, path, name)
        except OSError as error:
            raise ZeroError(Problem.FILE_UNWRITABLE, f"{path}: {reason_of(error)}") from error
        written.append(path)
    return tuple(written)


def _files(template: Template) -> Iterator[_File]:
    for source in sorted(template.folder.rglob("*")):
        parts = source.relative_to(template.folder).parts
        if source.is_file() and parts != (ABOUT,) and not _LEFT_OUT.intersection(parts):
            yield _File(source, PurePosixPath(*map(_own_name, parts)))


def _own_name(part: str) -> str:
    if part.startswith(_HIDDEN):
        part = "." + part.removeprefix(_HIDDEN)
    return part.removesuffix(_NEUTRAL)


def _refuse_to_overwrite(root: Path, files: tuple[_File, ...]) -> None:
    there = [str(file.target) for file in files if os.path.lexists(root / file.target)]
    if there:
        more = f" and {len(there) - 3} more" if len(there) > 3 else ""
        raise ZeroError(
            Problem.WOULD_OVERWRITE,
            f"{root} has {', '.join(there[:3])}{more} already",
            "--force overwrites them, and leaves other files alone",
        )


def _write(source: Path, target: Path, name: str) -> None:
    try:
        text = source.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        shutil.copyfile(source, target)
        return
    target.write_bytes(text.replace(NAME, name).encode("utf-8"))
