"""Hardhat's `artifacts/<source>/<Name>.json`, which Hardhat 2 and 3 and their plugins read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from zero_sdk.compile import ContractArtifact


def hardhat_files(artifacts: Iterable[ContractArtifact]) -> dict[str, str]:
    """A file for each contract, below the name of its source."""
    return {
        f"{artifact.source_name}/{artifact.name}.json": json.dumps(_document(artifact), indent=2)
        for artifact in artifacts
    }


def _document(artifact: ContractArtifact) -> dict[str, Any]:
    # Hardhat 2's format, to which Hardhat 3 added what its own builds need.
    return {
        "_format": "hh-sol-artifact-1",
        "contractName": artifact.name,
        "sourceName": artifact.source_name,
        "abi": list(artifact.abi),
        "bytecode": f"0x{artifact.creation.object}",
        "deployedBytecode": f"0x{artifact.runtime.object}",
        "linkReferences": artifact.creation.link_references,
        "deployedLinkReferences": artifact.runtime.link_references,
        "immutableReferences": artifact.runtime.immutable_references,
    }
