"""Which Vyper files are compiled, by which version, with which settings.

A job is one contract and what it imports. Vyper's standard JSON allows no two files of the same name, and it
stops at the first error: more than one contract in a job would gain nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from zero_sdk.compile.versions import Version, VersionRange
from zero_sdk.compile.vyper.files import VyperSource, VyperTree
from zero_sdk.errors import Problem, ZeroError
from zero_sdk.project.config import VyperConfig

Wanted = Sequence[tuple[VersionRange, str]]
"""Ranges that a version has to lie in, and where each is asked for."""

MODULES_SINCE = Version(0, 4, 0)
"""Before, files could import interfaces only, which the standard JSON has apart from the sources."""

_OUTPUTS = ("abi", "ast", "layout", "interface", "devdoc", "userdoc", "evm.methodIdentifiers")
_CODE = ("evm.bytecode.object", "evm.deployedBytecode.object")
_OUTPUTS_OF_CODE = (*_CODE, "evm.bytecode.sourceMap", "evm.deployedBytecode.sourceMap")
_OUTPUTS_OF_CODE_BEFORE_MODULES = (*_CODE, "evm.deployedBytecode.sourceMapFull")


@dataclass(frozen=True, slots=True)
class VyperJob:
    """One run of Vyper."""

    id: str
    """A hash of the version and of everything that goes in."""
    version: Version
    input: bytes
    """Standard JSON."""
    file: str
    """The file whose contract is asked for."""
    is_module: bool
    """Other files import it, so it need not be a contract by itself."""


def plan(
    tree: VyperTree, roots: Iterable[str], config: VyperConfig, choose: Callable[[Wanted], Version]
) -> tuple[VyperJob, ...]:
    """The jobs that compile `roots`. `choose` gives a version for the ranges of a file and of its imports.
    Raises ZeroError."""
    closures = {root: tree.closure(root) for root in sorted(set(roots))}
    imported = {
        name for root, closure in closures.items() for source in closure.values() for name in source.imports
    }
    jobs = []
    for root, closure in closures.items():
        version = choose(wanted_versions(root, closure, config))
        document = orjson.dumps(
            _standard_json(tree, root, closure, version, config), option=orjson.OPT_SORT_KEYS
        )
        digest = hashlib.sha256(f"vyper {version}\n".encode() + document).hexdigest()
        jobs.append(VyperJob(digest[:32], version, document, root, root in imported))
    return tuple(jobs)


def wanted_versions(root: str, closure: Mapping[str, VyperSource], config: VyperConfig) -> Wanted:
    """What zero.toml and the pragmas of a file and of its imports ask for."""
    wanted: list[tuple[VersionRange, str]] = []
    if config.version:
        wanted.append((_range(config.version, "zero.toml"), "zero.toml"))
    for source in closure.values():
        if source.said.version:
            where = f"{source.name}:{source.said.version_line}"
            wanted.append((_range(source.said.version, where), where))
    return wanted


def _range(text: str, where: str) -> VersionRange:
    # Vyper takes Python's way of writing too: ==0.4.3, ~=0.4.0, >=0.3.10,<0.5.
    npm = text.replace("==", "=").replace("~=", "~").replace(",", " ")
    try:
        return VersionRange.parse(npm)
    except ValueError as error:
        raise ZeroError(Problem.NO_VERSION_FITS, f"{where}: {error}", "write ^0.4.0, or 0.4.3") from error


def _standard_json(
    tree: VyperTree, root: str, closure: Mapping[str, VyperSource], version: Version, config: VyperConfig
) -> dict[str, Any]:
    has_modules = version >= MODULES_SINCE
    settings: dict[str, Any] = {"outputSelection": {root: _outputs(root, has_modules)}}
    if config.evm_version:
        settings["evmVersion"] = config.evm_version
    if config.optimize:
        settings["optimize"] = config.optimize
    if config.experimental_codegen:
        settings["experimentalCodegen"] = True
    files = {name: _content(source) for name, source in closure.items()}
    if has_modules:
        settings["search_paths"] = tree.search_paths
        return {"language": "Vyper", "sources": files, "settings": settings}
    sources = {root: files.pop(root)}
    return {"language": "Vyper", "sources": sources, "interfaces": files, "settings": settings}


def _content(source: VyperSource) -> dict[str, Any]:
    if not source.name.endswith(".json"):
        return {"content": source.text}
    try:
        found = orjson.loads(source.text)
    except orjson.JSONDecodeError as error:
        raise ZeroError(Problem.FILE_UNREADABLE, f"{source.path}: {error}") from error
    # The ABI alone, or an artifact of any tool with the ABI inside.
    return {"abi": found["abi"] if isinstance(found, dict) and "abi" in found else found}


def _outputs(root: str, has_modules: bool) -> list[str]:
    if root.endswith(".vyi"):
        return ["abi", "interface"]
    return [*_OUTPUTS, *(_OUTPUTS_OF_CODE if has_modules else _OUTPUTS_OF_CODE_BEFORE_MODULES)]
