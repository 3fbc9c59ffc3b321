"""One compiled contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from zero_sdk.compile.linkable import LinkableCode

if TYPE_CHECKING:
    from devnet.artifacts.artifact import Artifact
    from zero_sdk.compile.compilation import Compilation

FORMAT = "hh-sol-artifact-1"
"""Hardhat 2's: what is added here, other tools pass over."""


@dataclass(frozen=True, slots=True)
class CompilerId:
    """What compiled something, and how."""

    name: str
    """`solc` or `vyper`."""
    version: str
    """With the build: `0.8.28+commit.7893614a`."""
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class ContractArtifact:
    """A contract as compiled."""

    name: str
    source_name: str
    abi: tuple[Mapping[str, Any], ...] = field(repr=False)
    creation: LinkableCode = field(repr=False)
    """Empty for interfaces and abstract contracts."""
    runtime: LinkableCode = field(repr=False)
    storage_layout: Mapping[str, Any] = field(repr=False)
    """solc's `storageLayout`: {"storage": [...], "types": {...}}; empty before solc 0.5.13."""
    method_identifiers: Mapping[str, str] = field(repr=False)
    """Selectors without 0x by signature: {"transfer(address,uint256)": "a9059cbb"}."""
    compiler: CompilerId
    compilation: Compilation = field(repr=False, compare=False)
    """The compilation that it came from; read from disk when it is asked for something."""

    @property
    def build_id(self) -> str:
        return self.compilation.id

    @property
    def qualified_name(self) -> str:
        """`contracts/Token.sol:Token`."""
        return f"{self.source_name}:{self.name}"

    @property
    def is_deployable(self) -> bool:
        """False for interfaces and abstract contracts."""
        return bool(self.creation.object)

    def devnet_artifact(self, with_sources: bool = True) -> Artifact:
        """As the devnet knows it. Sources are read from the compilation, a file of megabytes; names,
        errors and events need none."""
        from devnet.artifacts.readers import read_contract

        document: dict[str, Any] = {
            "contractName": self.name,
            "sourceName": self.source_name,
            "abi": list(self.abi),
            "bytecode": _code_document(self.creation),
            "deployedBytecode": _code_document(self.runtime),
            "storageLayout": self.storage_layout,
            "compiler": {"version": self.compiler.version},
        }
        if with_sources:
            document["sources"] = self.compilation.source_texts
            document["sourceIds"] = {str(key): name for key, name in self.compilation.source_ids.items()}
        return read_contract(document, self.name)


def artifact_document(
    name: str, source_name: str, contract: Mapping[str, Any], build_id: str, compiler: CompilerId
) -> dict[str, Any]:
    """The file of a contract, from what solc's standard JSON output says of it."""
    evm = contract.get("evm", {})
    creation, runtime = evm.get("bytecode") or {}, evm.get("deployedBytecode") or {}
    return {
        "_format": FORMAT,
        "contractName": name,
        "sourceName": source_name,
        "abi": contract.get("abi", []),
        "bytecode": _with_0x(creation.get("object", "")),
        "deployedBytecode": _with_0x(runtime.get("object", "")),
        "linkReferences": creation.get("linkReferences", {}),
        "deployedLinkReferences": runtime.get("linkReferences", {}),
        "immutableReferences": runtime.get("immutableReferences", {}),
        "sourceMap": _text(creation.get("sourceMap")),
        "deployedSourceMap": _text(runtime.get("sourceMap")),
        "generatedSources": _without_trees(creation),
        "deployedGeneratedSources": _without_trees(runtime),
        "methodIdentifiers": evm.get("methodIdentifiers", {}),
        "storageLayout": contract.get("storageLayout", {}),
        "compiler": {"name": compiler.name, "version": compiler.version, "settings": compiler.settings},
        "buildId": build_id,
    }


def read_artifact(document: Mapping[str, Any], compilation: Compilation) -> ContractArtifact:
    """The contract that a file holds."""
    compiler = document["compiler"]
    return ContractArtifact(
        name=document["contractName"],
        source_name=document["sourceName"],
        abi=tuple(document["abi"]),
        creation=LinkableCode(
            document["bytecode"].removeprefix("0x"),
            document["linkReferences"],
            {},
            document["sourceMap"],
            document["generatedSources"],
        ),
        runtime=LinkableCode(
            document["deployedBytecode"].removeprefix("0x"),
            document["deployedLinkReferences"],
            document["immutableReferences"],
            document["deployedSourceMap"],
            document["deployedGeneratedSources"],
        ),
        storage_layout=document["storageLayout"],
        method_identifiers=document["methodIdentifiers"],
        compiler=CompilerId(compiler["name"], compiler["version"], compiler["settings"]),
        compilation=compilation,
    )


def _code_document(code: LinkableCode) -> dict[str, Any]:
    return {
        "object": code.object,
        "linkReferences": code.link_references,
        "immutableReferences": code.immutable_references,
        "sourceMap": code.source_map,
    }


def _without_trees(code: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The generated sources without their syntax trees, which the compilation has."""
    return [
        {key: value for key, value in source.items() if key != "ast"}
        for source in code.get("generatedSources", [])
    ]


def _with_0x(digits: str) -> str:
    return "0x" + digits.removeprefix("0x")


def _text(source_map: object) -> str:
    """Vyper's source map is an object, whose part in solc's form is kept here."""
    if isinstance(source_map, Mapping):
        source_map = source_map.get("pc_pos_map_compressed", "")
    return source_map if isinstance(source_map, str) else ""
