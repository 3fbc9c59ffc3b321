"""Which compilers a project needs, and getting one by name."""

from __future__ import annotations

import shutil
from pathlib import Path

from zero_sdk.compile.languages import plan_sources, project_sources
from zero_sdk.compile.progress import Progress, Step, silent
from zero_sdk.compile.solc.installed import native_folder, npm_folder
from zero_sdk.compile.solc.obtain import obtain_solc
from zero_sdk.compile.solc.releases import fetch_releases, known_releases
from zero_sdk.compile.solc.toolchain import find_installed
from zero_sdk.compile.versions import Version, VersionRange, newest
from zero_sdk.compile.vyper.choice import VyperChoice
from zero_sdk.compile.vyper.environments import obtain_vyper, remove_vyper
from zero_sdk.errors import Problem, ZeroError
from zero_sdk.project.project import Project


def compilers_of(project: Project, *, is_offline: bool) -> list[tuple[str, str]]:
    """(name, version) of every compiler that the project's sources are compiled by. Raises ZeroError."""
    return plan_sources(project, project_sources(project), is_offline=is_offline).compilers


def install_compiler(
    name: str, version: str, *, is_forced: bool = False, is_offline: bool = False, progress: Progress = silent
) -> tuple[Version, Path]:
    """Gets a compiler into the user's cache, or finds it there: `version` is exact, a range, or "" for the
    newest. Raises ZeroError."""
    wanted = _range(name, version)
    if name == "vyper":
        return _install_vyper(wanted, is_forced, is_offline, progress)
    exact = wanted.exact() or _newest_solc(wanted, is_offline)
    if is_forced and not is_offline:
        shutil.rmtree(npm_folder(exact), ignore_errors=True)
        (native_folder() / f"solc-v{exact}").unlink(missing_ok=True)
    progress(Step(f"getting solc {exact}"))
    installed = None if is_forced else find_installed(exact, None)
    return exact, (installed or obtain_solc(exact, is_offline)).path


def _install_vyper(
    wanted: VersionRange, is_forced: bool, is_offline: bool, progress: Progress
) -> tuple[Version, Path]:
    exact = VyperChoice(is_offline)([(wanted, "the command line")])
    if is_forced and not is_offline:
        remove_vyper(exact)
    return exact, obtain_vyper(exact, is_offline, progress)


def _range(name: str, text: str) -> VersionRange:
    try:
        return VersionRange.parse(text or "*")
    except ValueError as error:
        example = {"solc": "0.8.28", "vyper": "0.4.3"}[name]
        hint = f"write {name}@{example} or {name}@^{example}"
        raise ZeroError(Problem.BAD_VALUE, f"{name}@{text}: {error}", hint) from error


def _newest_solc(wanted: VersionRange, is_offline: bool) -> Version:
    found = newest(known_releases() if is_offline else fetch_releases(), [wanted])
    if found is None:
        raise ZeroError(
            Problem.NO_VERSION_FITS,
            f"there is no solc {wanted}",
            f"the newest known is {known_releases()[-1]}",
        )
    return found
