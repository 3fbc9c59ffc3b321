"""hardhat.config.*: a program, so Hardhat itself is asked what it says; without Hardhat its defaults hold."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from zero_sdk.errors import Problem, ZeroError
from zero_sdk.project.foreign.found import Foreign

FindNode = Callable[[], Path]
PATIENCE = 120
"""Seconds that a configuration may take to load; those in TypeScript are compiled first."""

_MARK = "ZERO-CONFIGURATION:"
# Nothing about networks and accounts: keys and URLs with keys are in there.
_ASK = f"""
const config = hre.config;
const paths = config.paths;
console.log("{_MARK}" + JSON.stringify({{
  sources: paths.sources.solidity ?? [paths.sources],
  artifacts: paths.artifacts,
  solidity: config.solidity.profiles?.default ?? config.solidity,
}}));
"""
_ASK_3 = f'const {{ default: hre }} = await import("hardhat");{_ASK}process.exit(0);'
_ASK_2 = f'const hre = require("hardhat");{_ASK}'


def read_hardhat(path: Path, find_node: FindNode) -> Foreign:
    """Hardhat 2 or 3; `find_node` gives the program to run it."""
    root = path.parent
    notes: list[str] = []
    said: Mapping[str, Any] | None = None
    major = _installed_major(root)
    if major is None:
        notes.append("Hardhat is not installed in node_modules: its defaults are taken")
    else:
        try:
            said = _ask(path, major, str(find_node()))
        except ZeroError as error:
            notes.append(f"Hardhat could not be asked: {error.message}; its defaults are taken")
    if said is None:
        said = _defaults(path)
    paths = {
        "contracts": _folder(root, said["sources"][0]),
        "packages": ["node_modules"],
        "foreign-build": [_folder(root, said["artifacts"])],
    }
    if len(said["sources"]) > 1:
        notes.append(f"{len(said['sources'])} folders of sources; only the first one is taken")
    solidity, overrides, more = _solidity(root, said["solidity"])
    return Foreign("Hardhat", path, {"paths": paths, "solidity": solidity}, tuple(overrides), (*notes, *more))


def _installed_major(root: Path) -> int | None:
    for folder in (root, *root.parents):
        try:
            package = json.loads((folder / "node_modules/hardhat/package.json").read_text(encoding="utf-8"))
            return int(str(package["version"]).partition(".")[0])
        except (OSError, ValueError, KeyError):
            continue
    return None


def _ask(path: Path, major: int, node: str) -> Mapping[str, Any]:
    if major >= 3:
        command = [node, "--input-type=module", "-e", _ASK_3]
    else:
        command = [node, "-r", "hardhat/register", "-e", _ASK_2]
    try:
        done = subprocess.run(
            command,
            cwd=path.parent,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ZeroError(Problem.FOREIGN_UNREADABLE, str(error)) from error
    for line in done.stdout.splitlines():
        if line.startswith(_MARK):
            answer: Mapping[str, Any] = json.loads(line.removeprefix(_MARK))
            return answer
    lines = [line.strip() for line in done.stderr.splitlines() if "rror" in line]
    raise ZeroError(Problem.FOREIGN_UNREADABLE, lines[0] if lines else f"exit code {done.returncode}")


def _defaults(path: Path) -> Mapping[str, Any]:
    """Without Hardhat: its default folders, and the first version that the file names."""
    text = path.read_text(encoding="utf-8", errors="replace")
    found = re.search(r"solidity\s*:\s*[\"']([^\"']+)[\"']|version\s*:\s*[\"']([^\"']+)[\"']", text)
    version = (found[1] or found[2]) if found else None
    compilers: list[dict[str, Any]] = [{"version": version, "settings": {}}] if version else []
    return {"sources": ["contracts"], "artifacts": "artifacts", "solidity": {"compilers": compilers}}


def _solidity(root: Path, said: Mapping[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]], list[str]]:
    """[solidity], its overrides, and what could not be taken over."""
    compilers = said.get("compilers", [])
    if not compilers:
        return {}, [], []
    solidity = _compiler(compilers[0])
    notes = []
    if len(compilers) > 1:
        # Hardhat takes the newest one whose version fits a file's pragma; so does this project without one.
        solidity.pop("version", None)
        notes.append(
            "several compilers: the pragmas decide the version, with the first one's settings for all"
        )
    overrides = [
        # An override stands alone in Hardhat: nothing is taken from the other settings.
        {"path": _folder(root, name), "via-ir": False, **_compiler(compiler)}
        for name, compiler in (said.get("overrides") or {}).items()
    ]
    return solidity, overrides, notes


def _compiler(compiler: Mapping[str, Any]) -> dict[str, Any]:
    settings = dict(compiler.get("settings") or {})
    found: dict[str, Any] = {"version": compiler["version"]}
    optimizer = dict(settings.pop("optimizer", {}) or {})
    found["optimizer"] = bool(optimizer.pop("enabled", False))
    if (runs := optimizer.pop("runs", None)) is not None:
        found["optimizer-runs"] = runs
    if optimizer:
        settings["optimizer"] = optimizer
    if "viaIR" in settings:
        found["via-ir"] = settings.pop("viaIR")
    if "evmVersion" in settings:
        found["evm-version"] = settings.pop("evmVersion")
    if remappings := settings.pop("remappings", None):
        found["remappings"] = remappings
    settings.pop("outputSelection", None)
    if settings:
        found["settings"] = settings
    return found


def _folder(root: Path, name: str) -> str:
    path = Path(name)
    return path.relative_to(root).as_posix() if path.is_absolute() and path.is_relative_to(root) else name
