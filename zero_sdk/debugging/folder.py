"""The contracts in a folder of build output, of whichever tool."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from devnet.artifacts.errors import ArtifactError
from zero_sdk.debugging.sources import Sources
from zero_sdk.errors import Problem, ZeroError

_SKIPPED = frozenset({"node_modules", ".git", "cache", ".cache"})
_HARDHAT3_OUTPUT = ".output.json"


def read_folder(path: Path, sources: Sources) -> int:
    """Takes in what lies in the folder; gives the number of compilations with sources.

    build-info files have sources and syntax trees; single artifacts only names. Raises ZeroError for a folder
    that cannot be read, not for files in it that are something else.
    """
    if not path.is_dir():
        raise ZeroError(Problem.FILE_UNREADABLE, f"{path} is no folder", "name a folder of build output")
    count = 0
    for file in _json_files(path):
        try:
            document = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            continue
        try:
            count += _take(file, document, sources)
        except ArtifactError:
            continue
    return count


def _json_files(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        for name in sorted(names):
            if name.endswith(".json") and not name.endswith(".dbg.json"):
                yield Path(parent, name)


def _take(file: Path, document: Any, sources: Sources) -> int:
    if not isinstance(document, Mapping):
        return 0
    if file.name.endswith(_HARDHAT3_OUTPUT) and isinstance(document.get("output"), Mapping):
        beside = file.with_name(file.name.removesuffix(_HARDHAT3_OUTPUT) + ".json")
        build = json.loads(beside.read_text(encoding="utf-8")) if beside.exists() else {}
        sources.add(str(build.get("solcVersion") or ""), build.get("input") or {}, document["output"])
        return 1
    source, output = document.get("input"), document.get("output")
    if isinstance(source, Mapping) and isinstance(output, Mapping):
        version = document.get("solcVersion") or document.get("solcLongVersion") or ""
        sources.add(str(version), source, output)
        return 1
    sources.registry.add_document(document, file.stem)
    return 0
