"""Code as compiled, in which addresses of libraries may be missing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zero_sdk.errors import Problem, ZeroError

LinkReferences = Mapping[str, Mapping[str, Sequence[Mapping[str, int]]]]
"""solc's `linkReferences`: source name, library's name, and where in the code its address belongs."""


@dataclass(frozen=True, slots=True)
class LinkableCode:
    """Creation or runtime code of a contract."""

    object: str = ""
    """Hex without 0x; forty characters that are no hex stand where the address of a library belongs."""
    link_references: LinkReferences = field(default_factory=dict)
    immutable_references: Mapping[str, Sequence[Mapping[str, int]]] = field(default_factory=dict)
    """Where immutables are written at deployment, by the id of their declaration in the syntax tree."""
    source_map: str = ""
    generated_sources: Sequence[Mapping[str, Any]] = ()
    """Yul that the compiler added, which the source map may point at."""

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.object) // 2

    @property
    def libraries(self) -> tuple[str, ...]:
        """Qualified names of the libraries whose addresses are missing: `contracts/Math.sol:Math`."""
        return tuple(f"{source}:{name}" for source, names in self.link_references.items() for name in names)

    def link(self, libraries: Mapping[str, Any] | None = None) -> bytes:
        """The code with the addresses written in. `libraries` has them by qualified or by bare name, as hex
        or as anything with an `address`. Raises ZeroError that names those that are missing or unknown."""
        given = {name: _digits(name, value) for name, value in (libraries or {}).items()}
        code = self.object
        used: set[str] = set()
        missing: list[str] = []
        for source, names in self.link_references.items():
            for name, places in names.items():
                key = next((key for key in (f"{source}:{name}", name) if key in given), None)
                if key is None:
                    missing.append(f"{source}:{name}")
                    continue
                used.add(key)
                for place in places:
                    at = 2 * place["start"]
                    code = code[:at] + given[key] + code[at + 40 :]
        if missing:
            raise ZeroError(
                Problem.UNLINKED_LIBRARY,
                f"the code needs the address of {', '.join(missing)}",
                f'deploy it first and give libraries={{"{missing[0].rpartition(":")[2]}": ADDRESS}}',
            )
        if unknown := sorted(given.keys() - used):
            known = ", ".join(self.libraries) or "none"
            raise ZeroError(
                Problem.UNLINKED_LIBRARY, f"the code does not use {', '.join(unknown)}", f"it uses: {known}"
            )
        return bytes.fromhex(code)


def _digits(name: str, value: Any) -> str:
    address = getattr(value, "address", value)
    if isinstance(address, bytes) and len(address) == 20:
        return address.hex()
    digits = str(address).removeprefix("0x")
    if not re.fullmatch(r"[0-9a-fA-F]{40}", digits):
        raise ZeroError(
            Problem.BAD_VALUE, f"library {name}: {address!r} is no address", "an address has 40 hex digits"
        )
    return digits.lower()
