"""Where a Vyper of some version is: installed beside this package, or in an environment of its own.

compilers/vyper/0.3.10/        made by `python -m venv` and pip, once for all projects
compilers/vyper/0.3.10.lock    whoever makes it holds this; others wait
"""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
from pathlib import Path

from zero_sdk.compile.cache_folder import compilers_folder
from zero_sdk.compile.progress import Progress, Step, silent
from zero_sdk.compile.versions import Version
from zero_sdk.errors import Problem, ZeroError

# The Pythons that old versions run on, as PyPI says (`requires_python`); later ones run on ours.
_OLD_PYTHONS = (
    (Version(0, 3, 2), ((3, 9), (3, 8), (3, 7))),
    (Version(0, 3, 8), ((3, 10), (3, 9), (3, 8), (3, 7))),
)
INSTALL_SECONDS = 600
"""A compiler is some 3 MB with what it needs; beyond this the network is not usable."""


def installed_version() -> Version | None:
    """The version of the Vyper beside this package (`pip install vyper`)."""
    try:
        return Version.parse(importlib.metadata.version("vyper"))
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return None


def cached_versions() -> list[Version]:
    """Those that have an environment in the cache."""
    found = []
    for path in _folder().glob("*/complete"):
        try:
            found.append(Version.parse(path.parent.name))
        except ValueError:
            continue
    return found


def find_vyper(version: Version) -> Path | None:
    """A Python with that Vyper."""
    if installed_version() == version:
        return Path(sys.executable)
    environment = _folder() / str(version)
    return _python(environment) if (environment / "complete").is_file() else None


def obtain_vyper(version: Version, is_offline: bool, progress: Progress = silent) -> Path:
    """A Python with that Vyper; an environment is made where there is none. Raises ZeroError."""
    from filelock import FileLock

    if found := find_vyper(version):
        return found
    if is_offline:
        raise _absent(
            version, "it is not installed, and --offline forbids to get it", "leave out --offline once"
        )
    folder = _folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _absent(
            version, f"{folder}: {error.strerror or error}", "$ZERO_CACHE_DIR names another"
        ) from error
    with FileLock(folder / f"{version}.lock"):
        if found := find_vyper(version):  # somebody else made it meanwhile
            return found
        progress(Step(f"getting vyper {version}"))
        environment = folder / str(version)
        shutil.rmtree(environment, ignore_errors=True)
        try:
            _run(version, [_interpreter(version), "-m", "venv", str(environment)])
            python = _python(environment)
            _run(
                version,
                [str(python), "-m", "pip", "install", "--disable-pip-version-check", f"vyper=={version}"],
            )
        except BaseException:
            shutil.rmtree(environment, ignore_errors=True)
            raise
        (environment / "complete").touch()
        return python


def remove_vyper(version: Version) -> None:
    """Removes the environment of that version from the cache."""
    shutil.rmtree(_folder() / str(version), ignore_errors=True)


def _folder() -> Path:
    return compilers_folder() / "vyper"


def _python(environment: Path) -> Path:
    return environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def _interpreter(version: Version) -> str:
    """A Python that this version runs on."""
    for below, pythons in _OLD_PYTHONS:
        if version < below:
            for major, minor in pythons:
                if found := shutil.which(f"python{major}.{minor}"):
                    return found
            newest = ".".join(map(str, pythons[0]))
            raise _absent(
                version,
                f"it runs on Python {newest} and older, and there is none on PATH",
                f"install Python {newest}, or let the pragma allow 0.3.10",
            )
    return sys.executable


def _run(version: Version, command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _failed(version, str(error)) from error
    if done.returncode != 0:
        lines = [line.strip() for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith("ERROR")] or lines[-1:]
        raise _failed(version, errors[0] if errors else f"exit code {done.returncode}")


def _failed(version: Version, reason: str) -> ZeroError:
    return ZeroError(
        Problem.INSTALL_FAILED,
        f"vyper {version} could not be installed: {reason}",
        f"`pip install vyper=={version}` in this environment shows more, and would do too",
    )


def _absent(version: Version, reason: str, hint: str) -> ZeroError:
    return ZeroError(Problem.COMPILER_ABSENT, f"vyper {version} is needed: {reason}", hint)
