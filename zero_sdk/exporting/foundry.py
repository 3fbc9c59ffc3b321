"""Foundry's `out/X.sol/X.json`: what `cast interface`, `vm.getCode` and `forge bind` read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any

from zero_sdk.compile import ContractArtifact, LinkableCode


def foundry_files(artifacts: Iterable[ContractArtifact]) -> dict[str, str]:
    """A file for each contract, in a folder that is called like its source."""
    files: dict[str, str] = {}
    for artifact in artifacts:
        folder = PurePosixPath(artifact.source_name).name
        path = f"{folder}/{artifact.name}.json"
        if path in files:
            # As Foundry does it where two sources have the same name.
            path = f"{artifact.source_name}/{artifact.name}.json"
        files[path] = json.dumps(_document(artifact))
    return files


def _document(artifact: ContractArtifact) -> dict[str, Any]:
    ids = {name: number for number, name in artifact.compilation.source_ids.items()}
    return {
        "abi": list(artifact.abi),
        "bytecode": _code(artifact.creation),
        "deployedBytecode": {
            **_code(artifact.runtime),
            "immutableReferences": artifact.runtime.immutable_references,
        },
        "methodIdentifiers": artifact.method_identifiers,
        "storageLayout": artifact.storage_layout,
        "metadata": {
            "compiler": {"version": artifact.compiler.version},
            "language": "Vyper" if artifact.compiler.name == "vyper" else "Solidity",
            "output": {"abi": list(artifact.abi)},
            "settings": {"compilationTarget": {artifact.source_name: artifact.name}},
            "sources": {},
            "version": 1,
        },
        "id": ids.get(artifact.source_name, 0),
    }


def _code(code: LinkableCode) -> dict[str, Any]:
    return {
        "object": f"0x{code.object}",
        "sourceMap": code.source_map,
        "linkReferences": code.link_references,
    }
