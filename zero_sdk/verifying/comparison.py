"""Compiled code beside the code on a chain, by Sourcify's words: an exact match has the same metadata too, a
partial match differs in nothing else.

What the compiler leaves open is not compared: immutables, addresses of libraries, and in a library its own
address. What stands there is told.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from zero_sdk.errors import ZeroError

if TYPE_CHECKING:
    from zero_sdk.compile.artifact import ContractArtifact
    from zero_sdk.compile.linkable import LinkableCode

_PUSH20 = 0x73


class Match(enum.Enum):
    """How far code agrees."""

    EXACT = "exact"
    """With the metadata, so also in every comment and name of the source."""
    PARTIAL = "partial"
    """Without the metadata."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result."""

    match: Match
    why: str | None = None
    """Where there is no match, in words."""
    immutables: Mapping[str, str] = field(default_factory=dict)
    """Their values on the chain, by the id of the declaration in the syntax tree."""
    libraries: Mapping[str, str] = field(default_factory=dict)
    """Their addresses, by qualified name."""


def compare(artifact: ContractArtifact, code: bytes) -> Comparison:
    """The runtime code of a compiled contract with the code at an address."""
    if not code:
        return Comparison(Match.NONE, "there is no code at the address")
    compiled = bytearray.fromhex(_without_placeholders(artifact.runtime))
    found = bytearray(code)
    if not compiled:
        return Comparison(Match.NONE, f"{artifact.name} has no code: it is an interface or abstract")
    if _metadata_start(compiled) != _metadata_start(found) and len(compiled) != len(found):
        return Comparison(Match.NONE, f"{len(compiled)} bytes were compiled, {len(found)} are on the chain")
    immutables, libraries = {}, {}
    for name, places in artifact.runtime.immutable_references.items():
        for start, length in _places(places):
            immutables[name] = f"0x{found[start : start + length].hex()}"
            compiled[start : start + length] = found[start : start + length] = bytes(length)
    for source, names in artifact.runtime.link_references.items():
        for name, places in names.items():
            for start, length in _places(places):
                libraries[f"{source}:{name}"] = f"0x{found[start : start + length].hex()}"
                compiled[start : start + length] = found[start : start + length] = bytes(length)
    if compiled[:21] == bytes([_PUSH20]) + bytes(20) and found[0] == _PUSH20:
        # A library has its own address there, by which it knows whether it was called directly.
        found[1:21] = bytes(20)
    if compiled == found:
        match = Match.EXACT if _has_metadata_hash(compiled) else Match.PARTIAL
        return Comparison(match, None, immutables, libraries)
    start = _metadata_start(compiled)
    if start < len(compiled) and compiled[:start] == found[: _metadata_start(found)]:
        return Comparison(Match.PARTIAL, None, immutables, libraries)
    differing = (i for i, (one, other) in enumerate(zip(compiled, found, strict=False)) if one != other)
    place = next(differing, min(len(compiled), len(found)))
    return Comparison(Match.NONE, f"the code differs from byte {place} on")


def compare_creation(artifact: ContractArtifact, code: bytes) -> Comparison:
    """The creation code of a compiled contract with what created one: the same code, and after it arguments
    that the constructor takes."""
    compiled = bytearray.fromhex(_without_placeholders(artifact.creation))
    found = bytearray(code[: len(compiled)])
    if not compiled or len(found) < len(compiled):
        return Comparison(Match.NONE, f"{len(compiled)} bytes were compiled, {len(code)} created it")
    libraries = {}
    for source, names in artifact.creation.link_references.items():
        for name, places in names.items():
            for start, length in _places(places):
                libraries[f"{source}:{name}"] = f"0x{found[start : start + length].hex()}"
                compiled[start : start + length] = found[start : start + length] = bytes(length)
    if not _are_arguments(artifact, code[len(compiled) :]):
        return Comparison(Match.NONE, "what follows the code is no arguments of the constructor")
    if compiled == found:
        match = Match.EXACT if _has_metadata_hash(compiled) else Match.PARTIAL
        return Comparison(match, None, {}, libraries)
    start = _metadata_start(compiled)
    if start < len(compiled) and compiled[:start] == found[:start]:
        return Comparison(Match.PARTIAL, None, {}, libraries)
    return Comparison(Match.NONE, "the creation code differs")


def _are_arguments(artifact: ContractArtifact, data: bytes) -> bool:
    from devnet.artifacts.abi import AbiError
    from zero_sdk.client.interface import Interface

    constructor = Interface(artifact.abi).constructor
    if constructor.count == 0:
        return not data
    try:
        return bool(constructor.encode(constructor.decode_arguments(data)) == data)
    except (ZeroError, AbiError):
        return False


def _without_placeholders(code: LinkableCode) -> str:
    digits = code.object
    for names in code.link_references.values():
        for places in names.values():
            for start, length in _places(places):
                digits = digits[: 2 * start] + "00" * length + digits[2 * (start + length) :]
    return digits


def _places(places: Sequence[Mapping[str, int]]) -> Iterator[tuple[int, int]]:
    for place in places:
        yield place["start"], place["length"]


def _metadata_start(code: bytes | bytearray) -> int:
    """Where the CBOR of solc begins, whose length stands in the last two bytes; the end where there is
    none."""
    if len(code) < 4:
        return len(code)
    start = len(code) - 2 - int.from_bytes(code[-2:])
    # A CBOR map of one to four entries: a1 ... a4.
    return start if 0 <= start < len(code) - 2 and 0xA1 <= code[start] <= 0xA4 else len(code)


def _has_metadata_hash(code: bytes | bytearray) -> bool:
    metadata = code[_metadata_start(code) :]
    return b"ipfs" in metadata or b"bzzr" in metadata
