"""One run of a compiler: what went in and what came out, as a build-info file in Hardhat 2's shape."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from zero_sdk.errors import Problem, ZeroError

FORMAT = "hh-sol-build-info-1"


class Compilation:
    """Read from its file when it is asked for something; files have megabytes."""

    def __init__(self, id: str, compiler: str, version: str, path: Path | None, document: Any = None) -> None:
        """`path` is the build-info file; where it is None, `document` is what would be in it."""
        self.id = id
        self.compiler = compiler
        """`solc` or `vyper`."""
        self.version = version
        """With the build: `0.8.28+commit.7893614a`."""
        self.path = path
        if document is not None:
            self.document = document

    def __repr__(self) -> str:
        return f"Compilation({self.id}, {self.compiler} {self.version})"

    @cached_property
    def document(self) -> Mapping[str, Any]:
        """The whole file. Raises ZeroError where it cannot be read."""
        import orjson

        assert self.path is not None
        try:
            document: Mapping[str, Any] = orjson.loads(self.path.read_bytes())
        except (OSError, ValueError) as error:
            raise ZeroError(
                Problem.NO_BUILD, f"{self.path}: {error}", "`zero compile --force` writes it anew"
            ) from error
        return document

    @property
    def input(self) -> Mapping[str, Any]:
        """The compiler's standard JSON input."""
        found: Mapping[str, Any] = self.document["input"]
        return found

    @property
    def output(self) -> Mapping[str, Any]:
        """The compiler's standard JSON output, with syntax trees under `sources`."""
        found: Mapping[str, Any] = self.document["output"]
        return found

    @cached_property
    def source_texts(self) -> dict[str, str]:
        """The text of every file that went in, by its name."""
        return {name: entry["content"] for name, entry in self.input["sources"].items() if "content" in entry}

    @cached_property
    def source_ids(self) -> dict[int, str]:
        """The names of files by the index that source maps use."""
        return {entry["id"]: name for name, entry in self.output.get("sources", {}).items() if "id" in entry}


def build_info_document(
    id: str, version: str, standard_input: Mapping[str, Any], output: Mapping[str, Any]
) -> dict[str, Any]:
    """What a build-info file holds."""
    return {
        "_format": FORMAT,
        "id": id,
        "solcVersion": version.partition("+")[0],
        "solcLongVersion": version,
        "input": standard_input,
        "output": output,
    }
