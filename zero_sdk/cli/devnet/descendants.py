"""The processes that a process started, and those that they started."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path


def descendants_of(process_id: int) -> list[int]:
    """Their ids, parents first. None are found where the system does not tell."""
    children: dict[int, list[int]] = {}
    for child, parent in _pairs():
        children.setdefault(parent, []).append(child)
    found: list[int] = []
    waiting = [process_id]
    while waiting:
        begun = children.get(waiting.pop(), [])
        found += begun
        waiting += begun
    return found


def _pairs() -> Iterator[tuple[int, int]]:
    """Every process with its parent: from the kernel's tables on Linux, else from `ps`."""
    if Path("/proc/self/stat").exists():
        for process in Path("/proc").iterdir():
            if process.name.isdigit():
                try:
                    stat = (process / "stat").read_bytes()
                except OSError:
                    continue  # gone
                # The name in front may hold anything, brackets included.
                yield int(process.name), int(stat.rpartition(b")")[2].split()[1])
        return
    try:
        done = subprocess.run(
            ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return
    for row in done.stdout.splitlines():
        child, parent = row.split()
        yield int(child), int(parent)
