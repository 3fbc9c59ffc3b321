"""Readers of compiler and framework output: one JSON document in, artifacts out.

The layout is told by shape and not by folder, so that every tool's file can lie anywhere:

    Foundry's out/X.sol/X.json            bytecode and deployedBytecode are objects
    Hardhat's artifacts/…/X.json (2, 3)   they are strings; hh-sol-artifact-1, hh3-artifact-1
    this project's X.json                 contract, source, creation, runtime, storageLayout
    build-info (Hardhat 2, Foundry)       {solcVersion, input, output}
    build-info (Hardhat 3)                input and output in two files: `read_compilation` takes both
    hardhat_addCompilationResult          (solcVersion, input, output)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devnet.artifacts.artifact import (
    Artifact,
    Bytecode,
    parse_abi,
    parse_bytecode,
    with_library_start,
)
from devnet.artifacts.errors import ArtifactError


def read_document(document: object, name: str = "") -> tuple[Artifact, ...]:
    """The artifacts in a JSON document of any known layout, () where it is something else; `name` is the
    contract's where the document does not say (Foundry's files).

    Raises ArtifactError for a document that claims to be an artifact and is none.
    """
    if isinstance(document, list):
        return read_document({"abi": document}, name) if _is_abi(document) else ()
    if not isinstance(document, Mapping):
        return ()
    if isinstance(document.get("output"), Mapping) and isinstance(document.get("input"), Mapping):
        version = document.get("solcVersion") or document.get("solcLongVersion") or ""
        return read_compilation(str(version), document["input"], document["output"])
    if "abi" in document:
        return (read_contract(document, name),)
    return ()


def read_contract(document: Mapping[str, Any], name: str = "") -> Artifact:
    """One contract in Foundry's, Hardhat's or this project's layout. Raises ArtifactError."""
    abi, items = parse_abi(document["abi"])
    source, target = _compilation_target(document)
    creation = document.get("bytecode") or document.get("creation")
    runtime = document.get("deployedBytecode") or document.get("runtime")
    compiler = document.get("compiler")
    if isinstance(compiler, Mapping):
        compiler = compiler.get("version")
    return Artifact(
        name=str(document.get("contractName") or document.get("contract") or target or name),
        source_name=str(document.get("sourceName") or document.get("source") or source),
        abi=abi,
        items=items,
        creation=_bytecode(creation, document, "linkReferences", None, "sourceMap"),
        runtime=with_library_start(
            _bytecode(runtime, document, "deployedLinkReferences", "immutableReferences", "deployedSourceMap")
        ),
        storage_layout=_mapping(document.get("storageLayout")),
        sources={str(key): str(text) for key, text in _mapping(document.get("sources")).items()},
        source_ids={
            int(key): str(path)
            for key, path in _mapping(document.get("sourceIds")).items()
            if str(key).isdecimal()
        },
        compiler=compiler if isinstance(compiler, str) else "",
    )


def read_compilation(solc_version: str, source: object, output: object) -> tuple[Artifact, ...]:
    """Every contract of a compilation in solc's standard JSON (input and output). Raises ArtifactError."""
    if not isinstance(output, Mapping):
        raise ArtifactError("the compiler's output is not an object")
    texts = {
        str(name): str(entry["content"])
        for name, entry in _mapping(_mapping(source).get("sources")).items()
        if isinstance(entry, Mapping) and isinstance(entry.get("content"), str)
    }
    identifiers = {
        entry["id"]: str(name)
        for name, entry in _mapping(output.get("sources")).items()
        if isinstance(entry, Mapping) and isinstance(entry.get("id"), int)
    }
    artifacts = []
    for source_name, contracts in _mapping(output.get("contracts")).items():
        for name, contract in _mapping(contracts).items():
            contract = _mapping(contract)
            abi, items = parse_abi(contract.get("abi", []))
            evm = _mapping(contract.get("evm"))
            artifacts.append(
                Artifact(
                    name=str(name),
                    source_name=str(source_name),
                    abi=abi,
                    items=items,
                    creation=_compiled(evm.get("bytecode")),
                    runtime=with_library_start(_compiled(evm.get("deployedBytecode"))),
                    storage_layout=_mapping(contract.get("storageLayout")),
                    sources=texts,
                    source_ids=identifiers,
                    compiler=solc_version,
                )
            )
    return tuple(artifacts)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _is_abi(document: list[Any]) -> bool:
    return bool(document) and all(isinstance(entry, Mapping) and "type" in entry for entry in document)


def _compiled(code: object) -> Bytecode:
    code = _mapping(code)
    return parse_bytecode(
        code.get("object"), code.get("linkReferences"), code.get("immutableReferences"), code.get("sourceMap")
    )


def _bytecode(
    code: object, document: Mapping[str, Any], links: str, immutables: str | None, source_map: str
) -> Bytecode:
    if isinstance(code, Mapping):
        return _compiled(code)
    references = document.get(immutables) if immutables else None
    return parse_bytecode(code, document.get(links), references, document.get(source_map))


def _compilation_target(document: Mapping[str, Any]) -> tuple[str, str]:
    """(source, contract) out of solc's metadata, which Foundry's files carry parsed."""
    settings = _mapping(_mapping(document.get("metadata")).get("settings"))
    for source, name in _mapping(settings.get("compilationTarget")).items():
        return source, str(name)
    return "", ""
