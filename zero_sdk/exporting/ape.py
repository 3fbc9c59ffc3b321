"""Ape's contract types (EthPM 3, EIP-2678): Ape takes such files in a project's contracts folder."""

from __future__ import annotations

import json
from collections.abc import Iterable

from zero_sdk.compile import ContractArtifact


def ape_files(artifacts: Iterable[ContractArtifact]) -> dict[str, str]:
    """A file for each contract."""
    return {
        f"{artifact.name}.json": json.dumps(
            {
                "contractName": artifact.name,
                "abi": list(artifact.abi),
                "deploymentBytecode": {"bytecode": f"0x{artifact.creation.object}"},
                "runtimeBytecode": {"bytecode": f"0x{artifact.runtime.object}"},
                "methodIdentifiers": {
                    name: f"0x{selector}" for name, selector in artifact.method_identifiers.items()
                },
            },
            indent=2,
        )
        for artifact in artifacts
    }
