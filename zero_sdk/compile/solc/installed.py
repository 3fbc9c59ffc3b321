"""The compilers that are on this machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from zero_sdk.compile.cache_folder import compilers_folder
from zero_sdk.compile.solc.running import native_version
from zero_sdk.compile.versions import Version

NATIVE = "native"
_PROGRAM = "solc.exe" if os.name == "nt" else "solc"


@dataclass(frozen=True, slots=True)
class InstalledSolc:
    """A compiler and where it lies: a program, or the folder of npm's package."""

    version: Version
    path: Path
    is_native: bool


def npm_folder(version: Version) -> Path:
    """Where npm's solc of that version is kept."""
    return compilers_folder() / f"solc-{version}"


def native_folder() -> Path:
    """Where py-solc-x keeps what it downloads for us."""
    return compilers_folder() / NATIVE


def installed_solcs(project_root: Path | None = None) -> list[InstalledSolc]:
    """Every compiler, in the order in which they are preferred: what is cached here and by other tools, what
    is on PATH, what the project itself has in node_modules. Of one version the first counts."""
    found: dict[Version, InstalledSolc] = {}
    for solc in (*_native(), *_on_path(), *_npm(project_root)):
        found.setdefault(solc.version, solc)
    return list(found.values())


def _native() -> Iterator[InstalledSolc]:
    """Programs, told by their paths: ours, py-solc-x's own, Foundry's."""
    home = Path.home()
    for folder in (native_folder(), Path(os.environ.get("SOLCX_BINARY_PATH") or home / ".solcx")):
        for path in _listing(folder, "solc-v*"):
            yield from _program(path.name.removeprefix("solc-v"), path)
    for folder in (home / ".svm", home / ".local" / "share" / "svm"):
        for path in _listing(folder, "*"):
            yield from _program(path.name, path / f"solc-{path.name}")


def _program(version: str, path: Path) -> Iterator[InstalledSolc]:
    program = path / _PROGRAM if path.is_dir() else path
    try:
        parsed = Version.parse(version)
    except ValueError:
        return
    if program.is_file() and os.access(program, os.X_OK):
        yield InstalledSolc(parsed, program, True)


def _on_path() -> Iterator[InstalledSolc]:
    program = shutil.which("solc")
    version = native_version(Path(program)) if program else None
    if program and version and "-" not in version:
        yield InstalledSolc(Version.parse(version), Path(program), True)


def _npm(project_root: Path | None) -> Iterator[InstalledSolc]:
    packages = [folder / "node_modules" / "solc" for folder in _listing(compilers_folder(), "solc-*")]
    if project_root is not None:
        packages.append(project_root / "node_modules" / "solc")
    for package in packages:
        if (version := _package_version(package)) is not None:
            yield InstalledSolc(version, package, False)


def _package_version(package: Path) -> Version | None:
    import json

    try:
        document = json.loads((package / "package.json").read_text(encoding="utf-8"))
        return Version.parse(document["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _listing(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.glob(pattern)) if folder.is_dir() else []
