"""One compiled contract, and how its code is recognised on chain.

Deployed code differs from what the compiler wrote in known places: immutables, library addresses, a library's
own address at its start, and the metadata at the end (which changes with a comment). Those bytes are masked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from devnet.artifacts.abi import AbiError
from devnet.artifacts.errors import ArtifactError
from devnet.artifacts.items import AbiItem, parse_item

_PLACEHOLDER = re.compile(r"__.{36}__|__.{38}", re.DOTALL)
_LIBRARY_START = b"\x73" + bytes(20)
"""PUSH20 of zeros: where the compiler leaves room for a library's own address (call protection)."""

MAX_CODE = 1 << 24
"""Bytes of one bytecode that are accepted; far above any limit of a chain."""


@dataclass(frozen=True, slots=True)
class Bytecode:
    """Code as compiled. `masked` are the (start, length) of bytes that differ on chain."""

    code: bytes = b""
    masked: tuple[tuple[int, int], ...] = ()
    source_map: str = ""

    def matches(self, other: bytes) -> bool:
        """True when `other`, as long as this code, is equal outside the masked bytes."""
        at = 0
        for start, length in self.masked:
            if self.code[at:start] != other[at:start]:
                return False
            at = start + length
        return self.code[at:] == other[at:]


@dataclass(frozen=True, slots=True)
class Artifact:
    """A contract as compiled. Parts that the compiler's output did not have are empty."""

    name: str
    source_name: str = ""
    abi: Sequence[Mapping[str, Any]] = ()
    items: tuple[AbiItem, ...] = ()
    creation: Bytecode = Bytecode()
    runtime: Bytecode = Bytecode()
    storage_layout: Mapping[str, Any] = field(default_factory=dict)
    """solc's `storageLayout`: {"storage": [...], "types": {...}}."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Source text by source name, of everything the source maps may point at."""
    source_ids: Mapping[int, str] = field(default_factory=dict)
    """Source names by the file index in source maps."""
    compiler: str = ""

    @property
    def qualified_name(self) -> str:
        """`contracts/Token.sol:Token`, or the bare name where the source is not known."""
        return f"{self.source_name}:{self.name}" if self.source_name else self.name

    def completed_by(self, other: Artifact) -> Artifact:
        """This artifact with what it lacks taken from `other`, another reading of the same contract."""
        return Artifact(
            **{part.name: getattr(self, part.name) or getattr(other, part.name) for part in fields(self)}
        )


def metadata_length(code: bytes) -> int:
    """Bytes of the CBOR metadata at the end of solc's (and vyper's) code, its two length bytes included; 0
    where there is none."""
    if len(code) < 4:
        return 0
    length = int.from_bytes(code[-2:])
    # Major type 5 (a map) of 1 to 4 entries is what solc writes.
    if 2 < length <= len(code) - 2 and 0xA1 <= code[-2 - length] <= 0xA4:
        return length + 2
    return 0


def parse_abi(abi: object) -> tuple[tuple[Mapping[str, Any], ...], tuple[AbiItem, ...]]:
    """The ABI's entries and those of them that have a signature. Raises ArtifactError."""
    if not isinstance(abi, list | tuple):
        raise ArtifactError("`abi` is not a list")
    try:
        items = [parse_item(entry) for entry in abi]
    except AbiError as error:
        raise ArtifactError(f"bad ABI: {error}") from None
    return tuple(abi), tuple(item for item in items if item is not None)


def parse_bytecode(
    text: object, links: object = None, immutables: object = None, source_map: object = None
) -> Bytecode:
    """Bytecode in hex, with the compiler's linkReferences and immutableReferences. Raises ArtifactError."""
    if text is None:
        text = ""
    if not isinstance(text, str):
        raise ArtifactError("bytecode is not a hex string")
    digits = text.removeprefix("0x")
    if len(digits) > 2 * MAX_CODE:
        raise ArtifactError("bytecode is too long")
    spans = [(match.start() // 2, 20) for match in _PLACEHOLDER.finditer(digits)]
    try:
        code = bytes.fromhex(_PLACEHOLDER.sub("0" * 40, digits))
    except ValueError:
        raise ArtifactError("bytecode is not hex") from None
    spans += [
        span for by_library in _values(links) for group in _values(by_library) for span in _spans(group)
    ]
    spans += [span for group in _values(immutables) for span in _spans(group)]
    return Bytecode(code, _merge(spans, len(code)), source_map if isinstance(source_map, str) else "")


def with_library_start(runtime: Bytecode) -> Bytecode:
    """The runtime code with the place of a library's own address masked as well."""
    if not runtime.code.startswith(_LIBRARY_START):
        return runtime
    spans = _merge([(1, 20), *runtime.masked], len(runtime.code))
    return Bytecode(runtime.code, spans, runtime.source_map)


def _values(value: object) -> list[Any]:
    return list(value.values()) if isinstance(value, Mapping) else []


def _spans(group: object) -> list[tuple[int, int]]:
    spans = []
    for entry in group if isinstance(group, list | tuple) else ():
        start, length = (
            (entry.get("start"), entry.get("length")) if isinstance(entry, Mapping) else (None, None)
        )
        if not isinstance(start, int) or not isinstance(length, int) or start < 0 or length < 0:
            raise ArtifactError("a reference into bytecode needs `start` and `length`")
        spans.append((start, length))
    return spans


def _merge(spans: list[tuple[int, int]], size: int) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for start, length in sorted(spans):
        end = min(start + length, size)
        if merged and start <= sum(merged[-1]):
            merged[-1] = (merged[-1][0], max(end, sum(merged[-1])) - merged[-1][0])
        elif start < size:
            merged.append((start, end - start))
    return tuple(merged)
