"""What compilers told about contracts: recognises code on chain, and finds the source of its instructions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from devnet.artifacts.artifact import Artifact
from devnet.artifacts.readers import read_compilation
from devnet.artifacts.registry import ArtifactRegistry
from zero_sdk.debugging.execution import Frame
from zero_sdk.debugging.source_files import SourceFile, Span
from zero_sdk.debugging.source_map import CodeTable, read_source_map
from zero_sdk.debugging.syntax import ContractNode, Declaration, Syntax


class Compilation(Protocol):
    """One run of a compiler: standard JSON in and out (`zero_sdk.compile.Compilation`)."""

    @property
    def version(self) -> str: ...

    @property
    def input(self) -> Mapping[str, Any]: ...

    @property
    def output(self) -> Mapping[str, Any]: ...


class Build(Protocol):
    """What was compiled (`zero_sdk.compile.Build`)."""

    @property
    def compilations(self) -> Iterable[Compilation]: ...


@dataclass(frozen=True, eq=False)
class CompiledSources:
    """The sources of one compilation. Files and trees are read when they are asked for."""

    version: str
    input: Mapping[str, Any] = field(repr=False)
    output: Mapping[str, Any] = field(repr=False)

    @cached_property
    def files(self) -> dict[int, SourceFile]:
        """The source files by the number that source maps call them."""
        sources = self.output.get("sources") or {}
        texts = {**(self.input.get("interfaces") or {}), **(self.input.get("sources") or {})}
        found = {}
        for name, entry in sources.items():
            text = (texts.get(name) or {}).get("content")
            if isinstance(text, str) and isinstance(entry.get("id"), int):
                found[entry["id"]] = SourceFile.of(name, text)
        return found

    @cached_property
    def syntax(self) -> dict[int, Syntax]:
        """The syntax trees by the number of their file; without those that the output does not have."""
        found = {}
        for name, entry in (self.output.get("sources") or {}).items():
            tree, number = entry.get("ast"), entry.get("id")
            if not isinstance(tree, Mapping) or number not in self.files:
                continue
            if self.language == "Vyper":
                from zero_sdk.debugging.vyper import syntax_tree

                tree = syntax_tree(name, number, tree, self.files[number])
            if tree.get("nodeType") == "SourceUnit":
                found[number] = Syntax(tree)
        return found

    @cached_property
    def by_identifier(self) -> dict[int, Declaration]:
        """The declarations by their node's identifier: what `referencedDeclaration` names."""
        return {
            declaration.node["id"]: declaration
            for syntax in self.syntax.values()
            for declaration in syntax.declarations
        }

    @cached_property
    def nodes(self) -> dict[int, tuple[int, Mapping[str, Any]]]:
        """(file, node) of contracts by their identifier: what `linearizedBaseContracts` names."""
        return {
            contract.node["id"]: (number, contract.node)
            for number, syntax in self.syntax.items()
            for contract in syntax.contracts
        }

    @property
    def is_optimized(self) -> bool:
        """Whether the optimizer may have moved or merged code."""
        settings = self.input.get("settings") or {}
        optimizer = settings.get("optimizer") or {}
        return bool(optimizer.get("enabled")) or bool(optimizer.get("details"))

    @property
    def is_via_ir(self) -> bool:
        """Whether the code went through Yul."""
        return bool((self.input.get("settings") or {}).get("viaIR"))

    @property
    def language(self) -> str:
        """Solidity, Vyper or Yul."""
        return str(self.input.get("language") or "Solidity")

    def user_span(self, span: Span | None) -> Span | None:
        """The span, None where it lies in no file that somebody wrote (solc's internal routines)."""
        return span if span is not None and span.file in self.files else None

    def declaration(self, span: Span) -> Declaration | None:
        """The function, modifier or getter that the piece of source lies in."""
        syntax = self.syntax.get(span.file)
        return syntax.enclosing(span) if syntax is not None else None

    def whole(self, span: Span | None) -> Declaration | None:
        """The declaration that this is the whole of."""
        syntax = self.syntax.get(span.file) if span is not None else None
        return syntax.whole(span) if syntax is not None and span is not None else None


@dataclass(frozen=True, eq=False)
class KnownCode:
    """Code of a known contract: deployed, or the init code that creates it."""

    artifact: Artifact
    sources: CompiledSources
    is_creation: bool
    contract: Mapping[str, Any] = field(repr=False)
    """The compiler's output for the contract."""
    reached: dict[Declaration | None, Any] = field(default_factory=dict, repr=False)
    """What `reach` found out, by entry."""

    @cached_property
    def table(self) -> CodeTable:
        """The source of each instruction."""
        bytecode = self.artifact.creation if self.is_creation else self.artifact.runtime
        return read_source_map(bytecode.code, bytecode.source_map)

    @cached_property
    def node(self) -> ContractNode | None:
        """The contract's place in the syntax."""
        for number, file in self.sources.files.items():
            if file.name == self.artifact.source_name and number in self.sources.syntax:
                for contract in self.sources.syntax[number].contracts:
                    if contract.name == self.artifact.name:
                        return contract
        return None

    @cached_property
    def bases(self) -> tuple[ContractNode, ...]:
        """The contract and those that it inherits from, most derived first."""
        node = self.node
        if node is None:
            return ()
        found = []
        for identifier in node.node.get("linearizedBaseContracts") or ():
            known = self.sources.nodes.get(identifier)
            if known is not None:
                number, base = known
                found += [
                    contract for contract in self.sources.syntax[number].contracts if contract.node is base
                ]
        return tuple(found)

    @cached_property
    def selectors(self) -> dict[bytes, str]:
        """Signatures of the external functions, those of libraries included, by selector."""
        identifiers = (self.contract.get("evm") or {}).get("methodIdentifiers") or {}
        return {bytes.fromhex(selector.removeprefix("0x")): name for name, selector in identifiers.items()}

    def entry(self, data: bytes) -> Declaration | None:
        """The declaration that call data reaches: a function, a getter, `receive` or `fallback`."""
        if self.is_creation:
            return self.declared("constructor", "constructor")
        signature = self.selectors.get(data[:4]) if len(data) >= 4 else None
        if signature is not None:
            return self._function(signature, data[:4])
        if not data:
            receive = self.declared("receive", "receive")
            if receive is not None:
                return receive
        return self.declared("fallback", "fallback")

    def declared(self, kind: str, name: str) -> Declaration | None:
        """The declaration of that kind and name, of the most derived contract that has one."""
        bases = self.bases[:1] if kind == "constructor" else self.bases
        for base in bases:
            for declaration in base.declarations:
                if declaration.kind == kind and declaration.name == name:
                    return declaration
        return None

    def _function(self, signature: str, selector: bytes) -> Declaration | None:
        name = signature.partition("(")[0]
        found = [
            declaration
            for base in self.bases
            for declaration in base.declarations
            if declaration.name == name and declaration.kind in ("function", "getter")
        ]
        # solc tells selectors from 0.5.? on; without them the name has to do.
        for declaration in found:
            if declaration.node.get("functionSelector") == selector.hex():
                return declaration
        return found[0] if found else None


class Sources:
    """The contracts that are known. Recognising is the registry's (immutables, libraries masked)."""

    def __init__(self) -> None:
        self.registry = ArtifactRegistry()
        self._compilations: list[CompiledSources] = []
        self._sources: dict[tuple[str, bytes, bytes], CompiledSources] = {}
        self._contracts: dict[tuple[str, bytes, bytes], Mapping[str, Any]] = {}
        self._known: dict[tuple[str, bytes, bytes, bool], KnownCode] = {}
        self._creations: dict[bytes, tuple[KnownCode, bytes] | None] = {}

    @property
    def compilations(self) -> tuple[CompiledSources, ...]:
        """Each once, the newest first."""
        return tuple(dict.fromkeys(reversed(self._compilations)))

    @classmethod
    def of(cls, *builds: Build) -> Sources:
        """The contracts of these builds."""
        sources = cls()
        for build in builds:
            for compilation in build.compilations:
                sources.add(compilation.version, compilation.input, compilation.output)
        return sources

    def add(self, version: str, source: Mapping[str, Any], output: Mapping[str, Any]) -> None:
        """Takes a compilation in: a compiler's standard JSON input and output."""
        compiled = CompiledSources(version, source, output)
        self._compilations.append(compiled)
        artifacts = read_compilation(version, source, output)
        self.registry.add(artifacts)
        contracts = output.get("contracts") or {}
        for artifact in artifacts:
            key = _key(artifact)
            self._sources[key] = compiled
            self._contracts[key] = contracts[artifact.source_name][artifact.name]
        self._creations.clear()

    def code(self, code: bytes) -> KnownCode | None:
        """The contract with this deployed code."""
        artifact = self.registry.for_code(code)
        return self._of(artifact, False) if artifact is not None else None

    def creation(self, data: bytes) -> tuple[KnownCode, bytes] | None:
        """The contract that this init code creates, and the constructor's encoded arguments."""
        if data not in self._creations:
            found = self.registry.for_creation(data)
            known = self._of(found[0], True) if found is not None else None
            self._creations[data] = (known, found[1]) if known is not None and found is not None else None
        return self._creations[data]

    def ran(self, frame: Frame) -> KnownCode | None:
        """What is known of the code that a frame ran."""
        if not frame.is_creation:
            return self.code(frame.code)
        found = self.creation(frame.code)
        return found[0] if found is not None else None

    def file(self, name: str) -> SourceFile | None:
        """The source file of that name, of the compilation that came last."""
        for compiled in self.compilations:
            for file in compiled.files.values():
                if file.name == name:
                    return file
        return None

    def _of(self, artifact: Artifact, is_creation: bool) -> KnownCode | None:
        key = (*_key(artifact), is_creation)
        known = self._known.get(key)
        if known is None and key[:3] in self._sources:
            known = KnownCode(artifact, self._sources[key[:3]], is_creation, self._contracts[key[:3]])
            self._known[key] = known
        return known


def _key(artifact: Artifact) -> tuple[str, bytes, bytes]:
    return artifact.qualified_name, artifact.runtime.code, artifact.creation.code
