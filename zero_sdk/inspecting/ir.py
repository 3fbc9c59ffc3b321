"""The compiler's intermediate code of one contract. It is asked for when it is wanted: it is large."""

from __future__ import annotations

import json
from typing import Any

import orjson

from zero_sdk.compile.artifact import ContractArtifact
from zero_sdk.compile.versions import Version
from zero_sdk.errors import Problem, ZeroError
from zero_sdk.project.project import Project


def intermediate_code(project: Project, artifact: ContractArtifact, *, offline: bool = False) -> str:
    """Yul of solc, IR of Vyper (as JSON), from the same input as the contract's. Raises ZeroError."""
    document = dict(artifact.compilation.input)
    version = Version.parse(artifact.compiler.version)
    is_vyper = artifact.compiler.name == "vyper"
    kind = "ir" if is_vyper else _solc_kind(document)
    wanted: Any = [kind] if is_vyper else {artifact.name: [kind]}
    settings = {**document["settings"], "outputSelection": {artifact.source_name: wanted}}
    request = orjson.dumps({**document, "settings": settings})
    if is_vyper:
        answer = _vyper(version, request, offline)
    else:
        from zero_sdk.compile.solc.toolchain import shared_toolchain

        with shared_toolchain().solc(version, project_root=project.root, is_offline=offline) as solc:
            answer = solc.compile(request)
    contracts = orjson.loads(answer).get("contracts", {})
    found = contracts.get(artifact.source_name, {}).get(artifact.name, {}).get(kind)
    if not found:
        raise ZeroError(
            Problem.NO_INTERMEDIATE_CODE,
            f"{artifact.compiler.name} {version} gives no intermediate code of {artifact.name}",
            "interfaces and abstract contracts have none, nor do versions of solc before 0.8.13",
        )
    return found if isinstance(found, str) else json.dumps(found, indent=1)


def _solc_kind(document: dict[str, Any]) -> str:
    optimizer = document["settings"].get("optimizer", {})
    return "irOptimized" if optimizer.get("enabled") else "ir"


def _vyper(version: Version, request: bytes, offline: bool) -> bytes:
    from zero_sdk.compile.vyper.environments import obtain_vyper
    from zero_sdk.compile.vyper.run import shared_vypers

    with shared_vypers().compiler(obtain_vyper(version, offline)) as vyper:
        return vyper.compile(request)
