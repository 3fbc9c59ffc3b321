"""The contracts of these tests, compiled by several compilers with several settings."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zero_sdk.compile.source_build import compile_source
from zero_sdk.debugging.sources import Sources
from zero_sdk.project.config import ProjectConfig, SolidityConfig

CONTRACTS = Path(__file__).resolve().parent / "contracts"

SETTINGS: dict[str, dict[str, Any]] = {
    "no optimizer": {},
    "optimizer, 200 runs": {"optimizer": {"enabled": True, "runs": 200}},
    "viaIR": {"viaIR": True},
    "viaIR and optimizer": {"viaIR": True, "optimizer": {"enabled": True, "runs": 200}},
}


@dataclass(frozen=True)
class Compiled:
    """One compilation."""

    file: str
    text: str
    output: Mapping[str, Any]
    sources: Sources

    def contract(self, name: str) -> dict[str, Any]:
        """The compiler's output for a contract of the file."""
        found: dict[str, Any] = self.output["contracts"][self.file][name]
        return found

    def selector(self, contract: str, signature: str) -> str:
        """0x and 8 digits."""
        return "0x" + str(self.contract(contract)["evm"]["methodIdentifiers"][signature])


@functools.cache
def compiled(file: str, settings: str = "no optimizer", version: str = "0.8.37") -> Compiled:
    """A file of `contracts`, compiled by that version of solc."""
    config = ProjectConfig(solidity=SolidityConfig(version=version, settings=SETTINGS[settings]))
    build = compile_source(CONTRACTS / file, config=config)
    (compilation,) = build.compilations
    return Compiled(file, compilation.source_texts[file], compilation.output, Sources.of(build))


_FUNCTION = re.compile(r"\s*(?:(?:function|modifier|def) (\w+)|(constructor|fallback|receive)\b)")


@dataclass(frozen=True)
class Mark:
    """A place that a comment in the source names."""

    line: int
    function: str
    """`Token.transfer`; `Token.` where the line is the contract's own."""

    def fits(self, line: int | None, label: str) -> bool:
        """Whether that is the line, in that function."""
        return line == self.line and self.is_in(label)

    def is_in(self, label: str) -> bool:
        """Whether that is the function."""
        return label.startswith(self.function) if self.function.endswith(".") else label == self.function


def marks(text: str) -> dict[tuple[str, int], list[Mark]]:
    """The marked places by (case, frame). Read from the text and nothing else: what is tested has no part in
    what is expected."""
    found: dict[tuple[str, int], list[Mark]] = {}
    contract = function = ""
    for number, line in enumerate(text.splitlines(), 1):
        if named := re.match(r"(?:abstract )?(?:contract|library|interface) (\w+)", line):
            contract, function = named[1] + ".", ""
        if re.match(r"function \w+", line):
            contract = ""
        if named := _FUNCTION.match(line):
            function = named[1] or named[2]
        for item in line.partition("//@" if "//@" in line else "#@")[2].split(","):
            words = item.split()
            if words and words[0] != "-":
                frame = int(words[1]) if len(words) > 1 else 0
                found.setdefault((words[0], frame), []).append(Mark(number, contract + function))
    return found


def expected_places(places: dict[tuple[str, int], list[Mark]], case: str) -> list[list[Mark]]:
    """The places of a case's frames, innermost first; each with those that are right."""
    count = 1 + max(frame for name, frame in places if name == case)
    return [places[case, frame] for frame in range(count)]
