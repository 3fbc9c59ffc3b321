"""How calls of contracts are written down, for the mirrors of contracts: the ABI's heads and tails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

WORD = 32


@dataclass(frozen=True, slots=True)
class Tail:
    """What stands behind the others, who hold its place: a list, bytes, a tuple with one of these."""

    content: bytes


Part: TypeAlias = "int | bytes | Tail"
"""A number; words as they are; or something of another length."""


def joined(*parts: Part) -> bytes:
    """These values, one after the other, as the arguments of a call or the members of a tuple."""
    size = sum(len(part) if isinstance(part, bytes) else WORD for part in parts)
    head, tail = bytearray(), bytearray()
    for part in parts:
        match part:
            case Tail(content):
                head += (size + len(tail)).to_bytes(WORD, "big")
                tail += content
            case int():
                head += part.to_bytes(WORD, "big")
            case _:
                head += part
    return bytes(head + tail)


def octets(data: bytes) -> Tail:
    """A value of type `bytes`."""
    return Tail(len(data).to_bytes(WORD, "big") + data + bytes(-len(data) % WORD))


def words(*values: Part) -> Tail:
    """A list of values of one static type."""
    return Tail(len(values).to_bytes(WORD, "big") + joined(*values))


def members(*parts: Part) -> Tail:
    """A tuple with something of another length in it."""
    return Tail(joined(*parts))
