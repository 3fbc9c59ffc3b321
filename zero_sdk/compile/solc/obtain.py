"""Gets a solc that is not on this machine: a program by py-solc-x, else npm's package."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from zero_sdk.compile.cache_folder import compilers_folder
from zero_sdk.compile.node import find_npm
from zero_sdk.compile.solc import fetch_native
from zero_sdk.compile.solc.installed import InstalledSolc, native_folder, npm_folder
from zero_sdk.compile.versions import Version
from zero_sdk.errors import Problem, ZeroError

ANSWER_SECONDS = 5.0
"""How long the server of the native builds may take to say what it has."""

DOWNLOAD_SECONDS = 120.0
"""How long the download itself may take, once the server has answered."""

FAILURE_SECONDS = 24 * 3600.0
"""How long a failure of that server is remembered."""


def obtain_solc(version: Version, is_offline: bool = False) -> InstalledSolc:
    """Gets the version into the user's cache; other processes that want it wait. Raises ZeroError that says
    what was tried and what to do."""
    if is_offline:
        raise ZeroError(
            Problem.COMPILER_ABSENT,
            f"solc {version} is not on this machine, and --offline forbids getting it",
            f"`zero install solc@{version}` gets it while there is a network",
        )
    from filelock import FileLock

    folder = compilers_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / f"solc-{version}.lock"):
        # Another process may have got it while this one waited.
        return _cached(version) or _native(version) or _from_npm(version)


def _cached(version: Version) -> InstalledSolc | None:
    program = native_folder() / f"solc-v{version}"
    if program.is_file():
        return InstalledSolc(version, program, True)
    package = npm_folder(version) / "node_modules" / "solc"
    return InstalledSolc(version, package, False) if package.is_dir() else None


# ---------------------------------------------------------------- py-solc-x


def _native(version: Version) -> InstalledSolc | None:
    """None where there is no build for this machine, or the server does not give it."""
    if not has_native_builds() or _has_failed():
        return None
    folder = native_folder()
    folder.mkdir(parents=True, exist_ok=True)
    # By its path, so that nothing of this package is loaded there; -P keeps its folder off the module path.
    command = [sys.executable, "-P", fetch_native.__file__]
    # py-solc-x writes into the home folder unless it is told where.
    environment = {**os.environ, "SOLCX_BINARY_PATH": str(folder)}
    try:
        asked = _run([*command, "--check", str(version)], environment, ANSWER_SECONDS)
        if asked.returncode == fetch_native.NOT_LISTED:
            return None
        asked.check_returncode()
        _run([*command, str(version)], environment, DOWNLOAD_SECONDS).check_returncode()
    except (OSError, subprocess.SubprocessError) as error:
        _remember_failure(error)
        (folder / f"solc-v{version}").unlink(missing_ok=True)
        return None
    return _cached(version)


def _run(
    command: list[str], environment: dict[str, str], seconds: float
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, env=environment, capture_output=True, timeout=seconds, check=False)


def has_native_builds() -> bool:
    """py-solc-x gets builds for x86-64; macOS runs those on its other CPU too."""
    if sys.platform == "darwin":
        return True
    return platform.machine().lower() in ("x86_64", "amd64")


def _failure_file() -> Path:
    return native_folder() / "unreachable.txt"


def _has_failed() -> bool:
    try:
        return time.time() - _failure_file().stat().st_mtime < FAILURE_SECONDS
    except OSError:
        return False


def _remember_failure(error: Exception) -> None:
    words = getattr(error, "stderr", None) or b""
    last = words.decode("utf-8", "replace").strip().splitlines()[-1:] if isinstance(words, bytes) else []
    _failure_file().write_text("\n".join([type(error).__name__, *last]) + "\n", encoding="utf-8")


# ---------------------------------------------------------------- npm


def _from_npm(version: Version) -> InstalledSolc:
    try:
        node = find_npm()
    except ZeroError as error:
        raise ZeroError(
            Problem.COMPILER_ABSENT,
            f"solc {version} is not on this machine; no native build could be got, and npm's needs Node: "
            f"{error.message}",
            error.hint,
        ) from error
    target = npm_folder(version)
    shutil.rmtree(target, ignore_errors=True)
    # Beside the target, so that the finished folder can be moved there in one step.
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="getting-") as temporary:
        folder = Path(temporary) / "package"
        folder.mkdir()
        options = ["--no-audit", "--no-fund", "--ignore-scripts", "--no-save", "--no-package-lock"]
        done = node.run_npm(
            ["install", "--prefix", str(folder), *options, "--loglevel", "error", f"solc@{version}"], folder
        )
        if done.returncode != 0:
            raise _npm_failed(version, done.stderr)
        folder.rename(target)
    return InstalledSolc(version, target / "node_modules" / "solc", False)


def _npm_failed(version: Version, words: str) -> ZeroError:
    lines = [line for line in words.splitlines() if "npm error" in line or "npm ERR!" in line]
    text = " ".join(line.split(" ", 2)[-1] for line in lines[:3]) or words.strip()[-300:]
    if "E404" in words or "ETARGET" in words:
        return ZeroError(
            Problem.NO_VERSION_FITS,
            f"npm has no solc {version}",
            "`npm view solc versions` lists those that there are",
        )
    return ZeroError(
        Problem.COMPILER_ABSENT,
        f"solc {version} could not be got from npm: {text}",
        f"look at the connection and at `npm ping`, then run `zero install solc@{version}`",
    )
