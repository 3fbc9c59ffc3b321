"""Which compilers a project needs, and getting one by name."""

from __future__ import annotations

import shutil
from pathlib import Path

from zero_sdk.compile.choice import VersionChoice
from zero_sdk.compile.plan import wanted_versions
from zero_sdk.compile.progress import Progress, Step, silent
from zero_sdk.compile.project_build import project_sources, source_tree
from zero_sdk.compile.solc.installed import native_folder, npm_folder
from zero_sdk.compile.solc.obtain import obtain_solc
from zero_sdk.compile.solc.releases import fetch_releases, known_releases
from zero_sdk.compile.solc.toolchain import find_installed
from zero_sdk.compile.versions import Version, VersionRange, newest
from zero_sdk.compile.vyper.choice import VyperChoice
from zero_sdk.compile.vyper.environments import obtain_vyper, remove_vyper
from zero_sdk.compile.vyper.project import vyper_jobs
from zero_sdk.errors import Problem, ZeroError
from zero_sdk.project.project import Project


def compilers_of(project: Project, *, is_offline: bool) -> list[tuple[str, str]]:
    """(name, version) of every compiler that the project's sources are compiled by. Raises ZeroError."""
    tree = source_tree(project)
    choose = VersionChoice(project.root, is_offline)
    config = project.config.solidity
    versions = {
        choose(wanted_versions(root, tree.closure(root), config)) for root in project_sources(project)
    }
    vyper = {job.version for job in vyper_jobs(project, None, is_offline)}
    return [
        *(("solc", str(version)) for version in sorted(versions)),
        *(("vyper", str(version)) for version in sorted(vyper)),
    ]


def install_compiler(
    name: str, version: str, *, is_forced: bool = False, is_offline: bool = False, progress: Progress = silent
) -> tuple[Version, Path]:
    """Gets a compiler into the user's cache, or finds it there: `version` is exact, a range, or "" for the
    newest. Raises ZeroError."""
    if name == "vyper":
        return _install_vyper(version, is_forced, is_offline, progress)
    exact = _resolve(version, is_offline)
    if is_forced and not is_offline:
        shutil.rmtree(npm_folder(exact), ignore_errors=True)
        (native_folder() / f"solc-v{exact}").unlink(missing_ok=True)
    progress(Step(f"getting {name} {exact}"))
    installed = None if is_forced else find_installed(exact, None)
    return exact, (installed or obtain_solc(exact, is_offline)).path


def _install_vyper(text: str, is_forced: bool, is_offline: bool, progress: Progress) -> tuple[Version, Path]:
    exact = VyperChoice(is_offline)([(_range("vyper", text), "the command line")])
    if is_forced and not is_offline:
        remove_vyper(exact)
    return exact, obtain_vyper(exact, is_offline, progress)


def _resolve(text: str, is_offline: bool) -> Version:
    wanted = _range("solc", text)
    if (exact := wanted.exact()) is not None:
        return exact
    found = newest(known_releases() if is_offline else fetch_releases(), [wanted])
    if found is None:
        newest_known = known_releases()[-1]
        raise ZeroError(
            Problem.NO_VERSION_FITS, f"there is no solc {text}", f"the newest known is {newest_known}"
        )
    return found


def _range(name: str, text: str) -> VersionRange:
    try:
        return VersionRange.parse(text or "*")
    except ValueError as error:
        example = {"solc": "0.8.28", "vyper": "0.4.3"}[name]
        hint = f"write {name}@{example} or {name}@^{example}"
        raise ZeroError(Problem.BAD_VALUE, f"{name}@{text}: {error}", hint) from error
