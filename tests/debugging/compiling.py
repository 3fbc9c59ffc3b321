"""The contracts of these tests, compiled by several compilers with several settings."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.clients.solc import compile_standard_json
from zero_sdk.debugging.sources import Sources

CONTRACTS = Path(__file__).resolve().parent / "contracts"

SETTINGS: dict[str, dict[str, Any]] = {
    "no optimizer": {},
    "optimizer, 200 runs": {"optimizer": {"enabled": True, "runs": 200}},
    "viaIR": {"viaIR": True},
    "viaIR and optimizer": {"viaIR": True, "optimizer": {"enabled": True, "runs": 200}},
}
_OUTPUT = {"*": {"*": ["abi", "evm.bytecode", "evm.deployedBytecode", "evm.methodIdentifiers"], "": ["ast"]}}


@dataclass(frozen=True)
class Compiled:
    """One compilation."""

    file: str
    text: str
    output: dict[str, Any]
    sources: Sources

    def contract(self, name: str) -> dict[str, Any]:
        """The compiler's output for a contract of the file."""
        found: dict[str, Any] = self.output["contracts"][self.file][name]
        return found

    def selector(self, contract: str, signature: str) -> str:
        """0x and 8 digits."""
        return "0x" + str(self.contract(contract)["evm"]["methodIdentifiers"][signature])


@functools.cache
def compiled(file: str, settings: str = "no optimizer") -> Compiled:
    """A file of `contracts`, compiled by npm's solc."""
    text = (CONTRACTS / file).read_text(encoding="utf-8")
    request = {
        "language": "Solidity",
        "sources": {file: {"content": text}},
        "settings": {**SETTINGS[settings], "outputSelection": _OUTPUT},
    }
    output = compile_standard_json(request, are_warnings_errors=False)
    sources = Sources()
    sources.add(output["compiler"], request, output)
    return Compiled(file, text, output, sources)


_FUNCTION = re.compile(r"\s*(?:(?:function|modifier) (\w+)|(constructor|fallback|receive)\b)")


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
        for item in line.partition("//@")[2].split(","):
            words = item.split()
            if words and words[0] != "-":
                frame = int(words[1]) if len(words) > 1 else 0
                found.setdefault((words[0], frame), []).append(Mark(number, contract + function))
    return found


def expected_places(places: dict[tuple[str, int], list[Mark]], case: str) -> list[list[Mark]]:
    """The places of a case's frames, innermost first; each with those that are right."""
    count = 1 + max(frame for name, frame in places if name == case)
    return [places[case, frame] for frame in range(count)]
