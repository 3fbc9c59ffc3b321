"""Where Solidity's compiler puts things in a contract's storage: what mirrors of contracts are made of.

The rules are the ABI's: a mapping's value is at keccak(key ‖ slot), a dynamic list's first element at
keccak(slot), small values share a word from its lowest bits on.
"""

from __future__ import annotations

from collections.abc import Callable

from devnet.chain.keccak import keccak256

Load = Callable[[int], int]
"""Gives the word that a contract has in a slot: of a zone, of a proof, of a dict."""

WORD = 1 << 256


def mapping_slot(key: int | bytes, slot: int) -> int:
    """The slot of a mapping's value. A key is a number or the word that it is as a number (an address), or 32
    bytes."""
    word = key if isinstance(key, bytes) and len(key) == 32 else _word(key)
    return _number(word + slot.to_bytes(32, "big"))


def list_slot(slot: int) -> int:
    """The slot of the first element of a dynamic list, whose length is in `slot`."""
    return _number(slot.to_bytes(32, "big"))


def packed(*parts: tuple[int, int]) -> int:
    """The word that holds these (value, bits), lowest first. Raises OverflowError for a value that does not
    fit."""
    word = position = 0
    for value, bits in parts:
        if not 0 <= value < 1 << bits:
            raise OverflowError(f"{value} does not fit into {bits} bits")
        word |= value << position
        position += bits
    return word


def unpacked(word: int, *bits: int) -> tuple[int, ...]:
    """The values of these numbers of bits, lowest first."""
    values = []
    for count in bits:
        values.append(word & ((1 << count) - 1))
        word >>= count
    return tuple(values)


def _word(key: int | bytes) -> bytes:
    return key.to_bytes(32, "big") if isinstance(key, int) else key.rjust(32, b"\0")


def _number(data: bytes) -> int:
    return int.from_bytes(keccak256(data), "big")
