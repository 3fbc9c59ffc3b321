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
    return [("solc", str(version)) for version in sorted(versions)]


def install_compiler(
    name: str, version: str, *, is_forced: bool = False, is_offline: bool = False, progress: Progress = silent
) -> tuple[Version, Path]:
    """Gets a compiler into the user's cache, or finds it there: `version` is exact, a range, or "" for the
    newest. Raises ZeroError."""
    exact = _resolve(version, is_offline)
    if is_forced and not is_offline:
        shutil.rmtree(npm_folder(exact), ignore_errors=True)
        (native_folder() / f"solc-v{exact}").unlink(missing_ok=True)
    progress(Step(f"getting {name} {exact}"))
    installed = None if is_forced else find_installed(exact, None)
    return exact, (installed or obtain_solc(exact, is_offline)).path


def _resolve(text: str, is_offline: bool) -> Version:
    try:
        wanted = VersionRange.parse(text or "*")
    except ValueError as error:
        raise ZeroError(
            Problem.BAD_VALUE, f"solc@{text}: {error}", "write solc@0.8.28 or solc@^0.8.20"
        ) from error
    if (exact := wanted.exact()) is not None:
        return exact
    found = newest(known_releases() if is_offline else fetch_releases(), [wanted])
    if found is None:
        newest_known = known_releases()[-1]
        raise ZeroError(
            Problem.NO_VERSION_FITS, f"there is no solc {text}", f"the newest known is {newest_known}"
        )
    return found
