"""Which versions of solc there are."""

from __future__ import annotations

import json
import time
from pathlib import Path

from zero_sdk.compile.cache_folder import compilers_folder
from zero_sdk.compile.versions import Version

KNOWN = {(0, 4): (13, 26), (0, 5): (0, 17), (0, 6): (0, 12), (0, 7): (0, 6), (0, 8): (0, 37)}
"""First and last patch of each series when this was written; no number in between is missing. Before 0.4.13
standard JSON is incomplete."""

FRESH_SECONDS = 24 * 3600.0


def known_releases() -> list[Version]:
    """Those of the list above, and those that npm has told of before."""
    listed = {
        Version(major, minor, patch)
        for (major, minor), (first, last) in KNOWN.items()
        for patch in range(first, last + 1)
    }
    return sorted(listed | set(_told()[0]))


def fetch_releases() -> list[Version]:
    """Asks npm, at most once a day, and remembers the answer. Without an answer, what is known."""
    told, age = _told()
    if not told or age > FRESH_SECONDS:
        versions = _ask_npm()
        if versions:
            path = _file()
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(versions), encoding="utf-8")
    return known_releases()


def _ask_npm() -> list[str]:
    import subprocess

    from zero_sdk.compile.node import find_npm
    from zero_sdk.errors import ZeroError

    try:
        folder = compilers_folder()
        folder.mkdir(parents=True, exist_ok=True)
        done = find_npm().run_npm(["view", "solc", "versions", "--json"], folder, timeout=20)
        versions = json.loads(done.stdout)
    except (ZeroError, OSError, ValueError, subprocess.TimeoutExpired):
        return []
    return [version for version in versions if isinstance(version, str) and "-" not in version]


def _told() -> tuple[list[Version], float]:
    """What npm said, and how many seconds ago."""
    path = _file()
    try:
        versions = [Version.parse(text) for text in json.loads(path.read_text(encoding="utf-8"))]
        age = time.time() - path.stat().st_mtime
    except (OSError, ValueError, TypeError):
        return [], 0.0
    oldest = Version(*min(KNOWN), KNOWN[min(KNOWN)][0])
    return [version for version in versions if version >= oldest], age


def _file() -> Path:
    return compilers_folder() / "solc-releases.json"
