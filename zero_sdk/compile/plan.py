"""Which files are compiled together, by which version, with which settings.

A job is one run of a compiler, and what it gives depends on nothing but its input: the same files give the
same code, whatever was compiled before. Files of the project that import each other are in one job.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from zero_sdk.compile.settings import CONTRACT_OUTPUTS, settings_for, version_for
from zero_sdk.compile.sources import Source, SourceTree
from zero_sdk.compile.versions import Version, VersionRange
from zero_sdk.errors import Problem, ZeroError
from zero_sdk.project.config import SolidityConfig

CHUNK = 8
"""A job takes in further groups of files until it has so many of the project's own: a compiler reads shared
packages once for all of them, but what changed is compiled again as a whole."""

Wanted = Sequence[tuple[VersionRange, str]]
"""Ranges that a version has to lie in, and where each is asked for."""


@dataclass(frozen=True, slots=True)
class Job:
    """One run of solc."""

    id: str
    """A hash of the version and of everything that goes in."""
    version: Version
    input: bytes
    """Standard JSON."""
    files: tuple[str, ...]
    """The files whose contracts are asked for."""


def plan(
    tree: SourceTree,
    roots: Iterable[str],
    config: SolidityConfig,
    choose: Callable[[Wanted], Version],
) -> tuple[Job, ...]:
    """The jobs that compile `roots` and what they import. `choose` gives a version for the ranges of a file
    and of all that it imports. Raises ZeroError."""
    groups: dict[tuple[Version, bytes], list[str]] = {}
    closures: dict[str, dict[str, Source]] = {}
    for root in sorted(set(roots)):
        closures[root] = tree.closure(root)
        version = choose(wanted_versions(root, closures[root], config))
        settings = orjson.dumps(settings_for(config, root), option=orjson.OPT_SORT_KEYS)
        groups.setdefault((version, settings), []).append(root)
    jobs: list[Job] = []
    # The newest version first: a package's file that several versions compile is taken from that one.
    for (version, settings), names in sorted(groups.items(), reverse=True):
        taken: set[str] = set()
        for chunk in _chunks(tree, names, closures):
            sources: dict[str, Source] = {}
            for name in chunk:
                sources |= closures[name]
            files = sorted(sources.keys() - taken)
            taken.update(files)
            jobs.append(_job(version, orjson.loads(settings), sources, files))
    return tuple(jobs)


def wanted_versions(root: str, closure: Mapping[str, Source], config: SolidityConfig) -> Wanted:
    """What zero.toml and the pragmas of a file and of its imports ask for."""
    wanted: list[tuple[VersionRange, str]] = []
    if text := version_for(config, root):
        wanted.append((_range(text, "zero.toml"), "zero.toml"))
    for source in closure.values():
        for pragma in source.directives.pragmas:
            where = f"{source.name}:{pragma.line}"
            wanted.append((_range(pragma.text, where), where))
    return wanted


def _range(text: str, where: str) -> VersionRange:
    try:
        return VersionRange.parse(text)
    except ValueError as error:
        raise ZeroError(Problem.NO_VERSION_FITS, f"{where}: {error}", "write ^0.8.20, or 0.8.28") from error


def _chunks(
    tree: SourceTree, names: Sequence[str], closures: Mapping[str, Mapping[str, Source]]
) -> list[list[str]]:
    """The files of one version and settings, parted so that files which import each other stay together."""
    owner: dict[str, str] = {}

    def leader(name: str) -> str:
        while owner.setdefault(name, name) != name:
            name = owner[name]
        return name

    for root in names:
        for imported in closures[root]:
            if not tree.is_package(imported):
                one, other = sorted((leader(root), leader(imported)))
                owner[other] = one
    groups: dict[str, list[str]] = {}
    for root in names:
        groups.setdefault(leader(root), []).append(root)
    chunks: list[list[str]] = []
    for members in groups.values():
        if chunks and len(chunks[-1]) + len(members) <= CHUNK:
            chunks[-1] += members
        else:
            chunks.append(list(members))
    return chunks


def _job(
    version: Version, settings: dict[str, Any], sources: Mapping[str, Source], files: Sequence[str]
) -> Job:
    remappings = {str(remapping) for source in sources.values() for remapping in source.remappings}
    selection = {name: {"*": list(CONTRACT_OUTPUTS)} for name in files}
    document = {
        "language": "Solidity",
        "sources": {name: {"content": sources[name].text} for name in sorted(sources)},
        "settings": {
            **settings,
            "remappings": sorted(remappings),
            "outputSelection": {"*": {"": ["ast"]}, **selection},
        },
    }
    data = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    identifier = hashlib.sha256(f"solc {version}\n".encode() + data).hexdigest()[:32]
    return Job(identifier, version, data, tuple(files))
