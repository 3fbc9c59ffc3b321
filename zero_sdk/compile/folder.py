"""The build folder of a project.

    artifacts/<source>/<Name>.json      a contract each
    build-info/<id>.json                what a compiler was given and what it gave
    .cache/index.json                   which of them belong to the newest build

`docs/compile.md` describes them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from zero_sdk.compile.artifact import CompilerId, ContractArtifact, artifact_document, read_artifact
from zero_sdk.compile.compilation import Compilation, build_info_document
from zero_sdk.compile.diagnostics import Diagnostic
from zero_sdk.errors import Problem, ZeroError

INDEX_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """What the index says of one compilation."""

    id: str
    compiler: str
    version: str
    contracts: tuple[tuple[str, str], ...]
    """(source, name) of those that it gave."""
    owned: tuple[tuple[str, str], ...]
    """Those whose artifact files come from it: of a file that several compilations give, one has it."""
    warnings: tuple[Diagnostic, ...]


class BuildFolder:
    """Reads and writes the folder; `locked` keeps other processes out meanwhile."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fresh: dict[str, Mapping[str, Any]] = {}

    def lock(self) -> Any:
        """A lock between processes, for `with`."""
        from filelock import FileLock

        cache = self.path / ".cache"
        try:
            cache.mkdir(parents=True, exist_ok=True)
            # A folder that a repository should not have says so itself.
            ignore = self.path / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n", encoding="utf-8")
        except OSError as error:
            raise ZeroError(
                Problem.FILE_UNWRITABLE,
                f"{self.path}: {error.strerror or error}",
                "[paths] build names another",
            ) from error
        return FileLock(cache / "lock")

    def entries(self) -> dict[str, Entry]:
        """The compilations whose files are all there, by id."""
        try:
            index = orjson.loads(self._index.read_bytes())
            if index["format"] != INDEX_FORMAT:
                return {}
            found = [_read_entry(entry) for entry in index["compilations"]]
        except (OSError, ValueError, KeyError, TypeError):
            return {}
        return {entry.id: entry for entry in found if self._is_whole(entry)}

    def write_compilation(
        self,
        id: str,
        compiler: CompilerId,
        standard_input: Mapping[str, Any],
        output: Mapping[str, Any],
        warnings: Iterable[Diagnostic],
    ) -> Entry:
        """Writes one compilation, but no artifacts yet."""
        # Whoever is killed before the new index is written leaves none, and everything is compiled again.
        self._index.unlink(missing_ok=True)
        document = self._fresh[id] = build_info_document(id, compiler.version, standard_input, output)
        _write(self._build_info(id), document, is_indented=False)
        contracts = [
            (source, name) for source, named in output.get("contracts", {}).items() for name in named
        ]
        return Entry(id, compiler.name, compiler.version, tuple(contracts), (), tuple(warnings))

    def write_artifacts(self, entry: Entry, owned: tuple[tuple[str, str], ...]) -> Entry:
        """Writes the artifacts of those contracts from the compilation, which has them from now on."""
        self._index.unlink(missing_ok=True)
        document = self._fresh.pop(entry.id, None) or self.compilation(entry).document
        settings = document["input"]["settings"]
        compiler = CompilerId(
            entry.compiler,
            entry.version,
            {key: value for key, value in settings.items() if key != "outputSelection"},
        )
        contracts = document["output"].get("contracts", {})
        for source, name in owned:
            content = artifact_document(name, source, contracts[source][name], entry.id, compiler)
            _write(self._artifact(source, name), content)
        return replace(entry, owned=owned)

    def write_index(self, entries: Iterable[Entry]) -> None:
        """Says which compilations make up the build, and removes the files of others."""
        kept = list(entries)
        document = {
            "format": INDEX_FORMAT,
            "compilations": [
                {
                    "id": entry.id,
                    "compiler": entry.compiler,
                    "version": entry.version,
                    "contracts": entry.contracts,
                    "owned": entry.owned,
                    "warnings": [warning.as_json() for warning in entry.warnings],
                }
                for entry in kept
            ],
        }
        _write(self._index, document)
        self._sweep(kept)

    def readers(self, entries: Iterable[Entry]) -> dict[str, Callable[[], ContractArtifact]]:
        """For each contract, by qualified name, what reads it."""
        found: dict[str, Callable[[], ContractArtifact]] = {}
        for entry in entries:
            compilation = self.compilation(entry)
            for source, name in entry.owned:
                found.setdefault(f"{source}:{name}", partial(self._read, source, name, compilation))
        return found

    def compilation(self, entry: Entry) -> Compilation:
        return Compilation(entry.id, entry.compiler, entry.version, self._build_info(entry.id))

    # ---------------------------------------------------------------- inside

    @property
    def _index(self) -> Path:
        return self.path / ".cache" / "index.json"

    def _build_info(self, id: str) -> Path:
        return self.path / "build-info" / f"{id}.json"

    def _artifact(self, source: str, name: str) -> Path:
        return self.path / "artifacts" / source / f"{name}.json"

    def _is_whole(self, entry: Entry) -> bool:
        files = [self._build_info(entry.id), *(self._artifact(*contract) for contract in entry.owned)]
        return all(path.is_file() for path in files)

    def _read(self, source: str, name: str, compilation: Compilation) -> ContractArtifact:
        path = self._artifact(source, name)
        try:
            return read_artifact(orjson.loads(path.read_bytes()), compilation)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ZeroError(
                Problem.NO_BUILD, f"{path}: {error}", "`zero compile --force` writes it anew"
            ) from error

    def _sweep(self, kept: Iterable[Entry]) -> None:
        wanted = {self._index}
        for entry in kept:
            wanted.add(self._build_info(entry.id))
            wanted.update(self._artifact(*contract) for contract in entry.owned)
        for folder in ("artifacts", "build-info"):
            for parent, _, names in os.walk(self.path / folder, topdown=False):
                for name in names:
                    path = Path(parent, name)
                    if path.suffix == ".json" and path not in wanted:
                        path.unlink(missing_ok=True)
                if not os.listdir(parent):
                    os.rmdir(parent)


def _read_entry(entry: Mapping[str, Any]) -> Entry:
    return Entry(
        entry["id"],
        entry["compiler"],
        entry["version"],
        tuple((source, name) for source, name in entry["contracts"]),
        tuple((source, name) for source, name in entry["owned"]),
        tuple(Diagnostic(**warning) for warning in entry["warnings"]),
    )


def _write(path: Path, document: Any, is_indented: bool = True) -> None:
    """In one step, so that nobody reads half a file; not at all where the file holds just this."""
    data = orjson.dumps(document, option=orjson.OPT_INDENT_2 if is_indented else None)
    try:
        if path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        temporary.write_bytes(data)
        os.replace(temporary, path)
    except OSError as error:
        raise ZeroError(Problem.FILE_UNWRITABLE, f"{path}: {error.strerror or error}") from error
