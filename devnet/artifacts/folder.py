"""A folder of build output that a network follows: scanned again when asked, no threads, no callbacks."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devnet.artifacts.artifact import Artifact
from devnet.artifacts.errors import ArtifactError
from devnet.artifacts.readers import read_compilation, read_document
from devnet.artifacts.registry import ArtifactRegistry

MAX_FILE = 256 * 1024 * 1024
"""Bytes: build-info files of large projects reach tens of megabytes."""

_SKIPPED_FOLDERS = frozenset({"node_modules", ".git", "cache"})
_HARDHAT3_OUTPUT = ".output.json"


@dataclass(frozen=True, slots=True)
class Refresh:
    """What one scan found: how many contracts were taken in, and which files could not be read and why."""

    contracts: int
    problems: tuple[str, ...]


class ArtifactFolder:
    """Follows one folder in Foundry's (`out`), Hardhat's (`artifacts`) or this project's layout."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: dict[str, tuple[int, int]] = {}

    def refresh(self, registry: ArtifactRegistry) -> Refresh:
        """Reads every JSON file that is new or changed (by time and size) into the registry.

        A file that is half written or no JSON is a problem of this scan and is tried again when it changes.
        A folder that does not exist (yet) has nothing in it.
        """
        found: list[Artifact] = []
        problems: list[str] = []
        seen: dict[str, tuple[int, int]] = {}
        for path, stamp in _json_files(self.path):
            seen[path] = stamp
            if self._seen.get(path) == stamp:
                continue
            try:
                found += _read(Path(path), stamp[1])
            except (OSError, ValueError, RecursionError) as error:
                problems.append(f"{path}: {error}")
        self._seen = seen
        return Refresh(registry.add(found), tuple(problems))


def _json_files(folder: Path) -> Iterator[tuple[str, tuple[int, int]]]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED_FOLDERS)
        for name in sorted(names):
            if name.endswith(".json") and not name.endswith(".dbg.json"):
                path = os.path.join(parent, name)
                try:
                    status = os.stat(path)
                except OSError:
                    continue
                yield path, (status.st_mtime_ns, status.st_size)


def _read(path: Path, size: int) -> tuple[Artifact, ...]:
    if size > MAX_FILE:
        raise ArtifactError(f"larger than {MAX_FILE} bytes")
    document = _load(path)
    if path.name.endswith(_HARDHAT3_OUTPUT) and isinstance(document, dict):
        # Hardhat 3 splits build-info: the input lies beside the output.
        beside = path.with_name(path.name.removesuffix(_HARDHAT3_OUTPUT) + ".json")
        build: Any = _load(beside) if beside.exists() else {}
        return read_compilation(
            str(build.get("solcVersion") or ""), build.get("input"), document.get("output")
        )
    return read_document(document, path.stem)


def _load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
