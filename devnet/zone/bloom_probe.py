"""Asking many bloom filters for the same few addresses and topics, and keeping filters small.

Most filters have few of their 2048 bits set: three for every address and topic. A packed filter is then the
text of the characters whose code points are the numbers of those bits, in which Python finds a character
faster than anything else finds a bit. Full filters stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from devnet.chain.block import Log
from devnet.chain.receipt_codec import EMPTY_BLOOM, bloom_of
from devnet.chain.types import Address, Hash32
from devnet.zone.messages import LogQuery

PackedBloom: TypeAlias = str | bytes

_SPARSE_LIMIT = 96
"""Set bits up to which the text is smaller than the filter."""

_PROBES = 64
"""A condition with more alternatives than this is not looked up in filters."""


def pack_bloom(bloom: bytes) -> PackedBloom | None:
    """The filter in less memory; None for an empty one."""
    if bloom == EMPTY_BLOOM:
        return None
    bits = int.from_bytes(bloom, "big")
    return bloom if bits.bit_count() > _SPARSE_LIMIT else _text(bits)


@dataclass(frozen=True, slots=True)
class BloomProbe:
    """What a filter must have for a log of a query to be behind it: of each condition one alternative, given
    as the mask of its bits and as their text."""

    conditions: tuple[tuple[tuple[int, str], ...], ...]

    @classmethod
    def of(cls, query: LogQuery) -> BloomProbe:
        """The query's addresses, and its topics at each position."""
        groups: list[frozenset[Address] | frozenset[Hash32]] = [query.addresses]
        groups.extend(topics for topics in query.topics if topics)
        return cls(
            tuple(tuple(map(_alternative, group)) for group in groups if group and len(group) <= _PROBES)
        )

    def may_hold(self, bloom: PackedBloom) -> bool:
        """False where no log behind the filter can match. The filter is packed or whole."""
        if isinstance(bloom, str):
            for alternatives in self.conditions:
                for _, characters in alternatives:
                    for character in characters:
                        if character not in bloom:
                            break
                    else:
                        break
                else:
                    return False
            return True
        bits = int.from_bytes(bloom, "big")
        return all(any(bits & mask == mask for mask, _ in alternatives) for alternatives in self.conditions)


def _alternative(item: bytes) -> tuple[int, str]:
    """The bits of one item: those of a filter that has nothing else."""
    bits = int.from_bytes(bloom_of([Log(Address(item), (), b"")]), "big")
    return bits, _text(bits)


def _text(bits: int) -> str:
    characters = []
    while bits:
        lowest = bits & -bits
        characters.append(chr(lowest.bit_length() - 1))
        bits ^= lowest
    return "".join(characters)
