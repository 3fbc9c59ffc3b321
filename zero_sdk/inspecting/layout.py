"""A contract's storage: which variable lies where, and what shares a slot with what.

From solc's `storageLayout` (Solidity's documentation, "Layout of State Variables in Storage"). Offsets count
from a slot's lowest byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

WORD = 32


@dataclass(frozen=True, slots=True)
class Variable:
    """A state variable, or a member of a struct that is one."""

    name: str
    type: str
    slot: int
    """The first one."""
    offset: int
    """Bytes from the lowest byte of the slot."""
    size: int
    """Bytes in storage itself: 32 for mappings and dynamic arrays, whose elements lie elsewhere."""
    encoding: str
    """inplace, mapping, dynamic_array, bytes; hashmap for Vyper's."""
    depth: int = 0
    """Of members: how many structs they are in."""

    @property
    def slots(self) -> int:
        """How many slots it reaches into."""
        return -(-(self.offset + self.size) // WORD)

    @property
    def has_members(self) -> bool:
        """A struct, whose members follow."""
        return self.encoding == "struct"


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot that something is packed in: `bytes[0]` is the lowest. None is an unused byte."""

    number: int
    bytes: tuple[str | None, ...]

    @property
    def unused(self) -> int:
        return self.bytes.count(None)


def variables(layout: Mapping[str, Any]) -> list[Variable]:
    """The variables in the order of their places; a struct is followed by its members."""
    types = layout.get("types") or {}
    return [found for entry in layout.get("storage") or () for found in _variables(types, entry, 0, "", 0)]


def _variables(
    types: Mapping[str, Any], entry: Mapping[str, Any], base: int, prefix: str, depth: int
) -> Iterator[Variable]:
    kind = types[entry["type"]]
    name = prefix + entry["label"]
    slot = base + int(entry["slot"])
    members = kind.get("members", ())
    yield Variable(
        name=name,
        type=kind["label"],
        slot=slot,
        offset=int(entry["offset"]),
        size=int(kind["numberOfBytes"]),
        encoding="struct" if members else kind["encoding"],
        depth=depth,
    )
    for member in members:
        yield from _variables(types, member, slot, f"{name}.", depth + 1)


def slots(found: Iterable[Variable], most: int = 1_024) -> list[Slot]:
    """The picture of the slots that the variables take. Of a variable over several slots the first and the
    last are shown where there are more than two; never more than `most` in all."""
    taken: dict[int, list[str | None]] = {}
    for variable in found:
        if variable.has_members:
            continue
        for number, first, last in _pieces(variable):
            slot = taken.setdefault(number, [None] * WORD)
            slot[first:last] = [variable.name] * (last - first)
    return [Slot(number, tuple(names)) for number, names in sorted(taken.items())[:most]]


def _pieces(variable: Variable) -> Iterator[tuple[int, int, int]]:
    """(slot, first byte, byte after the last) in the slots to be shown."""
    end = variable.offset + variable.size
    for index in sorted({0, 1, variable.slots - 1} if variable.slots <= 2 else {0, variable.slots - 1}):
        if index < variable.slots:
            first = variable.offset if index == 0 else 0
            yield variable.slot + index, first, min(end - WORD * index, WORD)
