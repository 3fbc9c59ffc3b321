"""What a network knows about contracts: by name, by code, by selector and topic; and labels of addresses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from devnet.artifacts.artifact import Artifact, Bytecode, metadata_length
from devnet.artifacts.items import AbiItem
from devnet.artifacts.readers import read_compilation, read_document
from devnet.artifacts.standard import standard_items
from devnet.chain.types import Address

KEPT_VERSIONS = 8
"""Of one contract: code deployed before a recompilation stays known, but a watched folder must not grow."""

_CACHED_CODES = 4096


class ArtifactRegistry:
    """The artifacts and labels of one network. One thread writes; any thread may read meanwhile."""

    def __init__(self) -> None:
        self._versions: dict[str, list[Artifact]] = {}
        self._by_length: dict[int, list[Artifact]] = {}
        self._by_code: dict[bytes, Artifact | None] = {}
        self._functions: dict[bytes, list[AbiItem]] = {}
        self._events: dict[bytes, list[AbiItem]] = {}
        self._errors: dict[bytes, list[AbiItem]] = {}
        self._labels: dict[Address, str] = {}

    # ---------------------------------------------------------------- filling

    def add(self, artifacts: Iterable[Artifact]) -> int:
        """Takes artifacts in; a second reading of the same code completes the first. Gives how many."""
        count = 0
        for artifact in artifacts:
            versions = self._versions.setdefault(artifact.qualified_name, [])
            same = next((known for known in versions if _is_same(known, artifact)), None)
            if same is not None:
                versions.remove(same)
                artifact = artifact.completed_by(same)
            versions.append(artifact)
            del versions[:-KEPT_VERSIONS]
            count += 1
        if count:
            self._index()
        return count

    def add_document(self, document: object, name: str = "") -> int:
        """Takes one JSON document of any known layout (see `readers`). Raises ArtifactError."""
        return self.add(read_document(document, name))

    def add_compilation(self, solc_version: str, source: object, output: object) -> int:
        """hardhat_addCompilationResult: solc's standard JSON input and output. Raises ArtifactError."""
        return self.add(read_compilation(solc_version, source, output))

    def set_label(self, address: Address, label: str) -> None:
        """Names an address in what people read; "" takes the name away."""
        if label:
            self._labels[address] = label
        else:
            self._labels.pop(address, None)

    # ---------------------------------------------------------------- asking

    def __iter__(self) -> Iterator[Artifact]:
        """The newest version of every contract, in the order of their arrival."""
        return iter([versions[-1] for versions in tuple(self._versions.values())])

    def __len__(self) -> int:
        return len(self._versions)

    def named(self, name: str) -> Artifact | None:
        """By qualified name (`src/Token.sol:Token`), or by bare name where only one contract has it."""
        versions = self._versions.get(name)
        if versions:
            return versions[-1]
        found = [versions[-1] for versions in tuple(self._versions.values()) if versions[-1].name == name]
        return found[0] if len(found) == 1 else None

    def label(self, address: bytes) -> str | None:
        """The address's label, None where it has none."""
        return self._labels.get(Address(address))

    def for_code(self, code: bytes) -> Artifact | None:
        """The contract whose deployed code this is. Equal metadata wins; then the newest whose code is equal
        outside metadata, immutables and library addresses."""
        if not code:
            return None
        try:
            return self._by_code[code]
        except KeyError:
            pass
        if len(self._by_code) >= _CACHED_CODES:
            self._by_code.clear()
        found = self._by_code[code] = self._match(code)
        return found

    def for_creation(self, data: bytes) -> tuple[Artifact, bytes] | None:
        """The contract that this init code creates, and the constructor's encoded arguments after it."""
        best: Artifact | None = None
        for versions in tuple(self._versions.values()):
            for artifact in versions:
                code = artifact.creation.code
                is_longer = best is None or len(code) > len(best.creation.code)
                if code and is_longer and len(code) <= len(data) and _creates(artifact, data):
                    best = artifact
        return None if best is None else (best, data[len(best.creation.code) :])

    def function(self, selector: bytes, code: bytes = b"") -> AbiItem | None:
        """The function; of the contract with `code` where that is known, else any with this selector."""
        own = self._own(code, "function", selector)
        return own or _first(self._functions, selector) or self._standard("function", selector)

    def error(self, selector: bytes, code: bytes = b"") -> AbiItem | None:
        """The custom error; errors pass through contracts, so any known one will do."""
        own = self._own(code, "error", selector)
        return own or _first(self._errors, selector) or self._standard("error", selector)

    def event(self, topic: bytes, indexed: int, code: bytes = b"") -> AbiItem | None:
        """The event with this first topic and number of indexed arguments (ERC-20's Transfer has two,
        ERC-721's three), of the contract with `code` first."""
        artifact = self.for_code(code)
        own: tuple[AbiItem, ...] = artifact.items if artifact is not None else ()
        for item in chain(own, self._events.get(topic, ()), standard_items()):
            if item.kind == "event" and item.digest == topic and item.indexed_count == indexed:
                return item
        return None

    # ---------------------------------------------------------------- inside

    def _index(self) -> None:
        by_length: dict[int, list[Artifact]] = {}
        tables: dict[str, dict[bytes, list[AbiItem]]] = {"function": {}, "event": {}, "error": {}}
        for versions in tuple(self._versions.values()):
            for artifact in versions:
                code = artifact.runtime.code
                if code:
                    by_length.setdefault(len(code) - metadata_length(code), []).append(artifact)
                for item in artifact.items:
                    if item.kind != "constructor":
                        key = item.digest if item.kind == "event" else item.selector
                        tables[item.kind].setdefault(key, []).append(item)
        self._by_length = by_length
        self._functions, self._events, self._errors = tables["function"], tables["event"], tables["error"]
        self._by_code = {}

    def _match(self, code: bytes) -> Artifact | None:
        body = code[: len(code) - metadata_length(code)]
        candidates = [
            artifact
            for artifact in reversed(self._by_length.get(len(body), ()))
            if _without_metadata(artifact.runtime).matches(body)
        ]
        exact = [
            artifact
            for artifact in candidates
            if len(artifact.runtime.code) == len(code) and artifact.runtime.matches(code)
        ]
        return next(iter(exact or candidates), None)

    def _own(self, code: bytes, kind: str, selector: bytes) -> AbiItem | None:
        artifact = self.for_code(code)
        if artifact is None:
            return None
        matching = (item for item in artifact.items if item.kind == kind and item.selector == selector)
        return next(matching, None)

    def _standard(self, kind: str, selector: bytes) -> AbiItem | None:
        matching = (item for item in standard_items() if item.kind == kind and item.selector == selector)
        return next(matching, None)


def _first(table: dict[bytes, list[AbiItem]], key: bytes) -> AbiItem | None:
    items = table.get(key)
    return items[-1] if items else None


def _is_same(one: Artifact, other: Artifact) -> bool:
    return one.runtime.code == other.runtime.code and one.creation.code == other.creation.code


def _without_metadata(runtime: Bytecode) -> Bytecode:
    size = len(runtime.code) - metadata_length(runtime.code)
    spans = tuple((start, length) for start, length in runtime.masked if start < size)
    return Bytecode(runtime.code[:size], spans)


def _creates(artifact: Artifact, data: bytes) -> bool:
    creation = artifact.creation
    prefix = data[: len(creation.code)]
    if creation.matches(prefix):
        return True
    # Only the metadata may differ: it sits where the compiled code has the runtime's.
    runtime = artifact.runtime.code
    size = metadata_length(runtime)
    at = creation.code.find(runtime[-size:]) if size else -1
    if at < 0:
        return False
    spans = tuple(sorted([*creation.masked, (at, size)]))
    return Bytecode(creation.code, spans).matches(prefix)
