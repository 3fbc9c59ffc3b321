"""Solidity's ABI: types, and a decoder that hostile data can neither crash nor slow down.

The rules are those of Solidity's "Contract ABI Specification". Decoding is bounded: arrays may point into
each other so that a few bytes describe billions of values, hence every value is paid for out of a budget
that grows with the data's length.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

WORD = 32
MAX_NESTING = 32
"""Levels of arrays and tuples inside each other; Solidity itself gets nowhere near."""

_ARRAY = re.compile(r"\[([0-9]*)\]$")
_SIZED = re.compile(r"(uint|int|bytes)([1-9][0-9]*)$")
_FIXED_POINT = re.compile(r"(ufixed|fixed)([1-9][0-9]*)x([0-9]+)$")
_ALIASES = {
    "uint": "uint256",
    "int": "int256",
    "fixed": "fixed128x18",
    "ufixed": "ufixed128x18",
    "byte": "bytes1",
}


class AbiError(ValueError):
    """A type that is none, or data that does not decode to the type."""


@dataclass(frozen=True, slots=True)
class AbiType:
    """A type in canonical form. `kind` is uint, int, ufixed, fixed, bytesN, address, bool, function, bytes,
    string, array or tuple."""

    kind: str
    size: int = 0
    """Bits of numbers, bytes of bytesN, length of a fixed array (-1: dynamic)."""
    decimals: int = 0
    """Of fixed-point numbers."""
    element: AbiType | None = None
    """Of arrays."""
    members: tuple[AbiParameter, ...] = ()
    """Of tuples."""
    is_dynamic: bool = False
    head_size: int = WORD
    """Bytes that the value takes in its parent's head: 32 for a dynamic type, else its whole size."""

    def __str__(self) -> str:
        match self.kind:
            case "uint" | "int":
                return f"{self.kind}{self.size}"
            case "bytesN":
                return f"bytes{self.size}"
            case "ufixed" | "fixed":
                return f"{self.kind}{self.size}x{self.decimals}"
            case "array":
                return f"{self.element}[{'' if self.size < 0 else self.size}]"
            case "tuple":
                return f"({','.join(str(member.type) for member in self.members)})"
        return self.kind


@dataclass(frozen=True, slots=True)
class AbiParameter:
    """A named value of a function, event, error or struct; the name may be empty."""

    name: str
    type: AbiType
    is_indexed: bool = False


def tuple_of(members: Sequence[AbiParameter]) -> AbiType:
    """The tuple type with these members."""
    is_dynamic = any(member.type.is_dynamic for member in members)
    head = WORD if is_dynamic else sum(member.type.head_size for member in members)
    return AbiType("tuple", members=tuple(members), is_dynamic=is_dynamic, head_size=head)


def array_of(element: AbiType, length: int = -1) -> AbiType:
    """The array type; length -1 is `T[]`."""
    is_dynamic = length < 0 or element.is_dynamic
    head = WORD if is_dynamic else length * element.head_size
    return AbiType("array", size=length, element=element, is_dynamic=is_dynamic, head_size=head)


def parse_type(text: str, components: Sequence[Mapping[str, Any]] = (), depth: int = 0) -> AbiType:
    """The type written as in an ABI ("tuple" with its components) or a signature ("(uint256,string)[]").

    Raises AbiError for anything else.
    """
    if depth > MAX_NESTING:
        raise AbiError("ABI type nested too deeply")
    array = _ARRAY.search(text)
    if array is not None:
        element = parse_type(text[: array.start()], components, depth + 1)
        return array_of(element, int(array[1]) if array[1] else -1)
    if text == "tuple":
        return tuple_of([parse_parameter(component, depth + 1) for component in components])
    if text.startswith("(") and text.endswith(")"):
        parts = split_parameters(text[1:-1])
        return tuple_of([parse_declaration(part, depth + 1) for part in parts])
    return _parse_elementary(text)


@lru_cache(maxsize=512)
def _parse_elementary(text: str) -> AbiType:
    text = _ALIASES.get(text, text)
    if text in ("address", "bool", "function"):
        return AbiType(text)
    if text in ("bytes", "string"):
        return AbiType(text, is_dynamic=True)
    if sized := _SIZED.match(text):
        kind, size = sized[1], int(sized[2])
        if kind == "bytes" and size <= 32:
            return AbiType("bytesN", size)
        if kind != "bytes" and size <= 256 and size % 8 == 0:
            return AbiType(kind, size)
    elif point := _FIXED_POINT.match(text):
        kind, size, decimals = point[1], int(point[2]), int(point[3])
        if size <= 256 and size % 8 == 0 and decimals <= 80:
            return AbiType(kind, size, decimals)
    raise AbiError(f"unknown ABI type {text[:80]!r}")


def parse_parameter(entry: Mapping[str, Any], depth: int = 0) -> AbiParameter:
    """One element of an ABI's `inputs`, `outputs` or `components`. Raises AbiError."""
    if not isinstance(entry, Mapping) or not isinstance(entry.get("type"), str):
        raise AbiError("an ABI parameter is an object with a string `type`")
    components = entry.get("components") or ()
    if not isinstance(components, Sequence) or isinstance(components, str):
        raise AbiError("an ABI parameter's `components` is a list")
    parsed = parse_type(entry["type"], components, depth)
    return AbiParameter(str(entry.get("name") or ""), parsed, bool(entry.get("indexed")))


def parse_declaration(text: str, depth: int = 0) -> AbiParameter:
    """A parameter as a signature declares it: type, perhaps `indexed` and a data location, perhaps a name; so
    are the members of a tuple. Raises AbiError."""
    end = text.rfind(")")
    words = text[end + 1 :].split()
    if end >= 0:
        # What touches the closing parenthesis is an array suffix, not a name.
        suffix = words.pop(0) if words and words[0].startswith("[") else ""
        kind = text[: end + 1] + suffix
    else:
        if not words:
            raise AbiError("an empty parameter in a signature")
        kind = words.pop(0)
    is_indexed = "indexed" in words
    names = [word for word in words if word not in ("indexed", "memory", "calldata", "storage", "payable")]
    return AbiParameter(names[-1] if names else "", parse_type(kind, (), depth), is_indexed)


def split_parameters(text: str) -> list[str]:
    """The comma-separated parts of a parameter list, nested tuples kept whole. Raises AbiError."""
    if not text.strip():
        return []
    parts, depth, start = [], 0, 0
    for position, character in enumerate(text):
        if character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
            if depth < 0:
                raise AbiError(f"unbalanced parentheses in {text[:80]!r}")
        elif character == "," and depth == 0:
            parts.append(text[start:position].strip())
            start = position + 1
    if depth:
        raise AbiError(f"unbalanced parentheses in {text[:80]!r}")
    parts.append(text[start:].strip())
    return parts


class _Decoder:
    __slots__ = ("budget", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.budget = 1024 + 2 * (len(data) // WORD)

    def word(self, at: int) -> bytes:
        word = self.data[at : at + WORD]
        if len(word) < WORD:
            raise AbiError("ABI data ends early")
        return word

    def length(self, at: int) -> int:
        value = int.from_bytes(self.word(at))
        if value > len(self.data):
            # Also true for arrays: each element takes a word, or is empty and then not worth printing.
            raise AbiError("ABI offset or length beyond the data")
        return value

    def value(self, kind: AbiType, at: int) -> Any:
        self.budget -= 1
        if self.budget < 0:
            raise AbiError("ABI data describes more values than it can hold")
        match kind.kind:
            case "uint" | "ufixed":
                return self.number(kind, int.from_bytes(self.word(at)), 0, 1 << kind.size)
            case "int" | "fixed":
                half = 1 << (kind.size - 1)
                return self.number(kind, int.from_bytes(self.word(at), signed=True), -half, half)
            case "address":
                word = self.word(at)
                if any(word[:12]):
                    raise AbiError("an address has more than 20 bytes")
                return word[12:]
            case "bool":
                return bool(self.number(kind, int.from_bytes(self.word(at)), 0, 2))
            case "bytesN":
                return self.word(at)[: kind.size]
            case "function":
                return self.word(at)[:24]
            case "bytes":
                return self.octets(at)
            case "string":
                return self.octets(at).decode("utf-8", errors="replace")
            case "tuple":
                return self.members([member.type for member in kind.members], at)
        return self.array(kind, at)

    def number(self, kind: AbiType, value: int, low: int, high: int) -> int:
        if not low <= value < high:
            raise AbiError(f"value out of range for {kind}")
        return value

    def octets(self, at: int) -> bytes:
        length = self.length(at)
        octets = self.data[at + WORD : at + WORD + length]
        if len(octets) < length:
            raise AbiError("ABI data ends early")
        return octets

    def members(self, kinds: Sequence[AbiType], start: int) -> tuple[Any, ...]:
        values, at = [], start
        for kind in kinds:
            values.append(self.value(kind, start + self.length(at) if kind.is_dynamic else at))
            at += kind.head_size
        return tuple(values)

    def array(self, kind: AbiType, at: int) -> list[Any]:
        assert kind.element is not None
        length, start = kind.size, at
        if length < 0:
            length, start = self.length(at), at + WORD
        if length > self.budget:
            raise AbiError("ABI data describes more values than it can hold")
        return list(self.members([kind.element] * length, start))


def decode(types: Sequence[AbiType], data: bytes) -> tuple[Any, ...]:
    """The values in `data`: int, bool, str, bytes (addresses: 20 of them), list for arrays, tuple for tuples;
    a fixed-point number is its unscaled int, malformed UTF-8 is replaced. Bytes after the end are ignored.

    Raises AbiError, and nothing else, when `data` does not hold these types.
    """
    return _Decoder(data).members(types, 0)
