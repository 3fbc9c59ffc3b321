"""Notices when a project's sources change."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from zero_sdk.project.project import Project
from zero_sdk.project.zero_toml import FILE_NAME

INTERVAL = 0.4
"""Seconds between two looks."""

_ENDINGS = (".sol", ".vy", ".vyi")


def changes(project: Project, interval: float = INTERVAL) -> Iterator[None]:
    """Comes at once, then whenever a source, zero.toml or remappings.txt changes; never ends by itself."""
    seen: dict[Path, tuple[int, int]] | None = None
    while True:
        now = _stamps(project)
        if now != seen:
            seen = now
            yield
        time.sleep(interval)


def _stamps(project: Project) -> dict[Path, tuple[int, int]]:
    """Time and size of every file that matters. Packages are taken to stay as they are."""
    paths = [path for path in project.contracts.rglob("*") if path.suffix in _ENDINGS]
    found: dict[Path, tuple[int, int]] = {}
    for path in (*paths, project.root / FILE_NAME, project.root / "remappings.txt"):
        try:
            status = path.stat()
        except OSError:
            continue
        found[path] = (status.st_mtime_ns, status.st_size)
    return found
