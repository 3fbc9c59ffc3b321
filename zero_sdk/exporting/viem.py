"""ABIs as TypeScript constants: viem, wagmi and abitype take their types from `as const`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from zero_sdk.compile import ContractArtifact
from zero_sdk.errors import Problem, ZeroError

HEADER = "// Made by `zero export`; do not edit.\n"


def viem_files(artifacts: Iterable[ContractArtifact]) -> dict[str, str]:
    """A module for each contract, and index.ts that has them all."""
    found = list(artifacts)
    refuse_same_names(found)
    files = {f"{artifact.name}.ts": module(artifact) for artifact in found}
    files["index.ts"] = HEADER + "".join(f'export * from "./{artifact.name}.js";\n' for artifact in found)
    return files


def module(artifact: ContractArtifact) -> str:
    """The ABI, and the creation code where it needs no library's address."""
    name = constant(artifact.name)
    text = f"{HEADER}\nexport const {name}Abi = {json.dumps(list(artifact.abi), indent=2)} as const;\n"
    if artifact.is_deployable and not artifact.creation.libraries:
        text += f'\nexport const {name}Bytecode = "0x{artifact.creation.object}" as const;\n'
    return text


def constant(name: str) -> str:
    """`Token` begins its constants with `token`."""
    return name[0].lower() + name[1:]


def refuse_same_names(artifacts: Sequence[ContractArtifact]) -> None:
    """Modules and constants are called by the contract's bare name."""
    seen: dict[str, ContractArtifact] = {}
    for artifact in artifacts:
        # Some systems do not tell letters' case apart in names of files, nor do the constants' first letters.
        other = seen.setdefault(artifact.name.lower(), artifact)
        if other is not artifact:
            raise ZeroError(
                Problem.AMBIGUOUS_CONTRACT,
                f"{other.qualified_name} and {artifact.qualified_name} would be one file",
                "name those to be exported: zero export --format viem contracts/A.sol:Token ...",
            )
