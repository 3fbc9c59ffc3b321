"""Keys of the state as the scheduler sees them, and sets of them (docs/scheduling.md)."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, TypeAlias

from devnet.chain.types import Address

Key: TypeAlias = bytes
"""The first ten bytes of a SHA-256: 2^40 keys may be in use before two of them are likely to meet, and then
two transactions are taken for conflicting, no more."""

KEY_BYTES: Final = 10


def account_key(address: Address) -> Key:
    """Of an account: nonce, balance and code together."""
    return sha256(address).digest()[:KEY_BYTES]


def slot_key(address: Address, slot: int) -> Key:
    """Of one slot of an account's storage."""
    return sha256(address + slot.to_bytes(32, "little")).digest()[:KEY_BYTES]


@dataclass(frozen=True, slots=True)
class AccessSet:
    """What a transaction reads and what it writes; a key that it does both to is in `writes` alone."""

    reads: frozenset[Key] = frozenset()
    writes: frozenset[Key] = frozenset()

    @classmethod
    def of(cls, reads: Iterable[Key], writes: Iterable[Key]) -> AccessSet:
        """The set with the reads that are no writes."""
        written = frozenset(writes)
        return cls(frozenset(reads) - written, written)

    def __or__(self, other: AccessSet) -> AccessSet:
        return AccessSet.of(self.reads | other.reads, self.writes | other.writes)

    def conflicts_with(self, other: AccessSet) -> bool:
        """Whether one of the two writes what the other one reads or writes."""
        return not (
            self.writes.isdisjoint(other.writes)
            and self.writes.isdisjoint(other.reads)
            and self.reads.isdisjoint(other.writes)
        )

    def touches(self, keys: Set[Key]) -> bool:
        """Whether it reads or writes one of the keys."""
        return not (self.writes.isdisjoint(keys) and self.reads.isdisjoint(keys))

    def covers(self, accessed: AccessSet) -> bool:
        """Whether a transaction with this prediction may have done what `accessed` says."""
        return accessed.writes <= self.writes and accessed.reads <= self.reads | self.writes
