"""Contract packages from npm, in the project's node_modules; package.json says which."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zero_sdk.compile.node import find_npm
from zero_sdk.errors import Problem, ZeroError

MANIFEST = "package.json"

_SPECIFIER = re.compile(r"(?P<name>(?:@[a-z0-9~][\w.~-]*/)?[a-z0-9~][\w.~-]*)(?:@(?P<version>\S+))?")

_OTHERS = {
    "pnpm-lock.yaml": "pnpm add",
    "yarn.lock": "yarn add",
    "bun.lock": "bun add",
    "bun.lockb": "bun add",
}
"""Lock files of other tools that keep node_modules, and how they are asked for a package."""


@dataclass(frozen=True, slots=True)
class Package:
    """An installed package."""

    name: str
    version: str
    path: Path


def parse_specifier(text: str) -> tuple[str, str]:
    """`@openzeppelin/contracts@5.0.2` -> (name, version); "" where no version is named. Raises ZeroError."""
    found = _SPECIFIER.fullmatch(text)
    if found is None:
        raise ZeroError(
            Problem.BAD_VALUE,
            f"{text!r} is no package",
            "write solady, @openzeppelin/contracts@5.0.2, or solc@0.8.28",
        )
    return found["name"], found["version"] or ""


def install_packages(
    root: Path, name: str, specifiers: Sequence[str] = (), *, is_offline: bool = False
) -> list[Package]:
    """Installs packages and notes them in package.json, which is made where there is none; without
    `specifiers`, what package.json asks for. Gives those that were named. Raises ZeroError."""
    names = [parse_specifier(specifier)[0] for specifier in specifiers]
    _refuse_others(root, specifiers)
    manifest = root / MANIFEST
    if not manifest.exists():
        # Without one npm would install into the nearest folder above that has one.
        document = {"name": _manifest_name(name), "private": True}
        manifest.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    options = ["--prefix", str(root), "--no-audit", "--no-fund", "--loglevel", "error"]
    if specifiers:
        # Sources of contracts need no scripts run.
        options.append("--ignore-scripts")
    if is_offline:
        options.append("--offline")
    done = find_npm().run_npm(["install", *options, *specifiers], root)
    if done.returncode != 0:
        raise _failed(done.stderr, specifiers)
    return [
        Package(name, _version(root / "node_modules" / name), root / "node_modules" / name) for name in names
    ]


def asked_for(root: Path) -> dict[str, str]:
    """The packages that package.json lists, with their ranges; empty where there is no such file."""
    try:
        document = json.loads((root / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ZeroError(Problem.FILE_UNREADABLE, f"{root / MANIFEST}: {error}") from error
    found: dict[str, str] = {}
    for key in ("dependencies", "devDependencies"):
        part: Any = document.get(key) if isinstance(document, dict) else None
        if isinstance(part, dict):
            found |= {str(name): str(wanted) for name, wanted in part.items()}
    return found


def _refuse_others(root: Path, specifiers: Sequence[str]) -> None:
    for lock, command in _OTHERS.items():
        if (root / lock).exists():
            words = f"`{command} {' '.join(specifiers)}`" if specifiers else f"`{command.split()[0]} install`"
            raise ZeroError(
                Problem.INSTALL_FAILED,
                f"{root / lock}: the packages of this project are kept by {command.split()[0]}",
                f"run {words} instead",
            )


def _manifest_name(name: str) -> str:
    """What npm accepts as a name."""
    return re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._") or "contracts"


def _version(folder: Path) -> str:
    try:
        return str(json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _failed(words: str, specifiers: Sequence[str]) -> ZeroError:
    lines = [
        re.sub(r"^npm (error|ERR!)\s*(code \w+)?", "", line).strip()
        for line in words.splitlines()
        if line.startswith(("npm error", "npm ERR!")) and "complete log" not in line
    ]
    text = " ".join([line for line in lines if line][:3]) or words.strip()[-300:]
    what = " and ".join(specifiers) or "the packages of package.json"
    if "E404" in words:
        hint = "look at the spelling; scoped names begin with @"
    elif "ETARGET" in words:
        hint = f"there is no such version; `npm view {parse_specifier(specifiers[0])[0]} versions` lists them"
        hint = hint if specifiers else "package.json names a version that does not exist"
    elif "ENOTCACHED" in words:
        hint = "leave out --offline once"
    else:
        hint = "look at the connection and at `npm ping`, then run it again"
    return ZeroError(Problem.INSTALL_FAILED, f"{what} could not be installed: {text}", hint)
