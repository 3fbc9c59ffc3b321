"""Reads what Foundry, Hardhat or Ape has built, where the project cannot be compiled here.

    Foundry     out/X.sol/X.json
    Hardhat     artifacts/build-info/*.json (2: one file, 3: input and output apart)
    Ape         .build/X.json

It counts only while it is newer than every source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from zero_sdk.compile.artifact import CompilerId, ContractArtifact, artifact_document, read_artifact
from zero_sdk.compile.build import Build
from zero_sdk.compile.compilation import Compilation, build_info_document
from zero_sdk.project.project import Project

_SOURCES = (".sol", ".vy", ".vyi")
Readers = dict[str, Callable[[], ContractArtifact]]


def foreign_build(project: Project) -> Build | None:
    """What the other tool built; None where it built nothing, or the sources have changed since."""
    newest_source = max((path.stat().st_mtime for path in _sources(project)), default=0.0)
    for name in project.config.paths.foreign_build:
        folder = project.root / name
        build = _read(project.root, folder)
        if build is not None and _built_at(folder) >= newest_source:
            return build
    return None


def _sources(project: Project) -> Iterator[Path]:
    return (path for path in project.contracts.rglob("*") if path.suffix in _SOURCES and path.is_file())


def _built_at(folder: Path) -> float:
    # What has not changed is not written again, so the newest file tells when the tool last ran with success.
    return max(path.stat().st_mtime for path in folder.rglob("*.json"))


def _read(root: Path, folder: Path) -> Build | None:
    if not folder.is_dir():
        return None
    readers: Readers = {}
    compilations: list[Compilation] = []
    for path in sorted((folder / "build-info").glob("*.json")):
        if not path.name.endswith(".output.json"):
            _add_build_info(path, readers, compilations)
    if not readers:
        _add_foundry(root, folder, readers, compilations)
    if not readers:
        _add_ape(folder, readers, compilations)
    return Build(readers, tuple(compilations), taken_from=folder) if readers else None


# ---------------------------------------------------------------- Hardhat


def _add_build_info(path: Path, readers: Readers, compilations: list[Compilation]) -> None:
    document = _json(path)
    outputs = _json(path.with_name(f"{path.stem}.output.json"))
    source, output = document.get("input"), document.get("output") or outputs.get("output")
    if not isinstance(source, Mapping) or not isinstance(output, Mapping) or not output.get("contracts"):
        return
    version = str(document.get("solcLongVersion") or document.get("solcVersion") or "")
    # Hardhat 3 calls the project's files project/contracts/..., and those of packages npm/NAME@VERSION/...
    source, output = _own_names(source), _own_names(output)
    _add(path.stem, "solc", version, source, output, readers, compilations)


def _own_names(document: Mapping[str, Any]) -> dict[str, Any]:
    renamed = dict(document)
    for key in ("sources", "contracts"):
        renamed[key] = {_own_name(name): entry for name, entry in (document.get(key) or {}).items()}
    return renamed


def _own_name(name: str) -> str:
    if name.startswith("project/"):
        return name.removeprefix("project/")
    if name.startswith("npm/"):
        parts = name.removeprefix("npm/").split("/")
        at = 1 if parts[0].startswith("@") else 0
        parts[at] = parts[at].partition("@")[0]
        return "/".join(parts)
    return name


# ---------------------------------------------------------------- Foundry


def _add_foundry(root: Path, folder: Path, readers: Readers, compilations: list[Compilation]) -> None:
    """Its files hold a contract each; the compilation is put together from them."""
    runs: dict[tuple[str, str], dict[str, Any]] = {}
    for path in sorted(folder.glob("*/*.json")):
        document = _json(path)
        metadata = document.get("metadata")
        if not isinstance(metadata, Mapping) or "bytecode" not in document:
            continue
        settings = dict(metadata["settings"])
        [(source, name)] = settings.pop("compilationTarget").items()
        version = str(metadata["compiler"]["version"])
        key = (version, orjson.dumps(settings, option=orjson.OPT_SORT_KEYS).decode())
        run = runs.setdefault(key, {"settings": settings, "sources": {}, "ids": {}, "contracts": {}})
        run["ids"][source] = document.get("id")
        for file in metadata["sources"]:
            if file not in run["sources"] and (root / file).is_file():
                run["sources"][file] = {
                    "content": (root / file).read_text(encoding="utf-8", errors="replace")
                }
        evm = {
            "bytecode": document["bytecode"],
            "deployedBytecode": document.get("deployedBytecode", {}),
            "methodIdentifiers": document.get("methodIdentifiers", {}),
        }
        run["contracts"].setdefault(source, {})[name] = {
            "abi": document.get("abi", []),
            "evm": evm,
            "storageLayout": document.get("storageLayout", {}),
        }
    for number, ((version, _), run) in enumerate(runs.items()):
        source_ids = {name: {"id": id} for name, id in run["ids"].items() if isinstance(id, int)}
        source = {"language": "Solidity", "sources": run["sources"], "settings": run["settings"]}
        output = {"sources": source_ids, "contracts": run["contracts"]}
        _add(f"foundry-{number}", "solc", version, source, output, readers, compilations)


# ---------------------------------------------------------------- Ape


def _add_ape(folder: Path, readers: Readers, compilations: list[Compilation]) -> None:
    contracts: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*.json")):
        document = _json(path)
        types = document.get("contractTypes") if path.name.startswith("__") else {path.stem: document}
        for contract in (types or {}).values():
            if not isinstance(contract, Mapping) or "contractName" not in contract or "abi" not in contract:
                continue
            code = {
                key: {"object": (contract.get(name) or {}).get("bytecode", "").removeprefix("0x")}
                for key, name in (("bytecode", "deploymentBytecode"), ("deployedBytecode", "runtimeBytecode"))
            }
            found = {"abi": contract["abi"], "evm": code}
            contracts.setdefault(str(contract.get("sourceId") or path.stem), {})[contract["contractName"]] = (
                found
            )
    if contracts:
        source = {"language": "Solidity", "sources": {}, "settings": {}}
        _add("ape", "ape", "", source, {"sources": {}, "contracts": contracts}, readers, compilations)


# ---------------------------------------------------------------- all


def _add(
    id: str,
    compiler: str,
    version: str,
    source: Mapping[str, Any],
    output: Mapping[str, Any],
    readers: Readers,
    compilations: list[Compilation],
) -> None:
    settings = {key: value for key, value in source.get("settings", {}).items() if key != "outputSelection"}
    identity = CompilerId(compiler, version, settings)
    compilation = Compilation(id, compiler, version, None, build_info_document(id, version, source, output))
    compilations.append(compilation)
    for file, contracts in output["contracts"].items():
        for name, contract in contracts.items():
            document = artifact_document(name, file, contract, id, identity)
            readers[f"{file}:{name}"] = partial(read_artifact, document, compilation)


def _json(path: Path) -> Mapping[str, Any]:
    try:
        document = orjson.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, Mapping) else {}
