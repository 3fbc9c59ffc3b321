"""Where each transaction is, in little memory.

A transaction is filed under 60 bits of its hash, which Python keeps in 32 bytes where the hash takes 65. Two
hashes may share those bits, and one transaction may be in two blocks (its sender's nonce was set back in
between), so a look-up gives places to check, newest first.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from struct import Struct

from devnet.chain.transaction import Transaction
from devnet.chain.types import Hash32

INDEX_BITS = 24
"""A place is the block's number in the bits above these, and the index in the block in these."""

_INDEX_MASK = (1 << INDEX_BITS) - 1
_KEY_SHIFT = 4
_START = Struct(">Q")


def short_keys(transactions: Iterable[Transaction]) -> bytes:
    """The keys of a block's transactions, eight bytes each."""
    starts = b"".join([transaction.hash[:8] for transaction in transactions])
    return array("Q", [key >> _KEY_SHIFT for (key,) in _START.iter_unpack(starts)]).tobytes()


def short_keys_of(transaction_hashes: bytes) -> bytes:
    """The same out of the whole hashes, one after the other."""
    keys = memoryview(transaction_hashes)
    return array("Q", [short_key(keys[at : at + 8]) for at in range(0, len(keys), 32)]).tobytes()


def short_key(transaction_hash: bytes | memoryview) -> int:
    """What the transaction is filed under."""
    return int.from_bytes(transaction_hash[:8], "big") >> _KEY_SHIFT


class TransactionIndex:
    """Places by short key. One thread changes it, any thread looks up."""

    __slots__ = ("_places",)

    def __init__(self) -> None:
        self._places: dict[int, int | tuple[int, ...]] = {}
        """One place, or several, oldest first."""

    def add(self, number: int, keys: bytes) -> None:
        """Files the transactions of block `number`."""
        places = self._places
        place = number << INDEX_BITS
        for key in array("Q", keys):
            known = places.get(key)
            if known is None:
                places[key] = place
            else:
                places[key] = (*known, place) if isinstance(known, tuple) else (known, place)
            place += 1

    def remove(self, number: int, keys: bytes) -> None:
        """The inverse of `add`."""
        places = self._places
        place = number << INDEX_BITS
        for key in array("Q", keys):
            known = places[key]
            if isinstance(known, tuple):
                left = tuple([other for other in known if other != place])
                places[key] = left[0] if len(left) == 1 else left
            else:
                del places[key]
            place += 1

    def find(self, transaction_hash: Hash32) -> list[tuple[int, int]]:
        """(block number, index) of each place where the transaction may be, newest first."""
        found = self._places.get(short_key(transaction_hash))
        if found is None:
            return []
        places = found if isinstance(found, tuple) else (found,)
        return [(place >> INDEX_BITS, place & _INDEX_MASK) for place in reversed(places)]
