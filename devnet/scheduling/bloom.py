"""ParaBloom: which of 64 frames may contain a key, asked of all frames at once."""

from __future__ import annotations

from typing import Final

from devnet.scheduling.access import AccessSet, Key

FRAMES: Final = 64
"""Bits of a word: one for each frame."""

WORDS: Final = 2_048
HASHES: Final = 5
BITS_PER_HASH: Final = 11


class ParaBloom:
    """Two Bloom filters for each of 64 frames, one over what its transactions read and one over what they
    write, stored across: word w holds bit w of every frame's filter. It answers "may contain": never wrongly
    no, now and then wrongly yes, which only separates two transactions that could have run together."""

    __slots__ = ("_reads", "_writes")

    def __init__(self) -> None:
        self._reads = [0] * WORDS
        self._writes = [0] * WORDS

    def add(self, frame: int, access: AccessSet) -> None:
        """Adds a transaction's keys to the frame's filters."""
        bit = 1 << frame
        for keys, words in ((access.reads, self._reads), (access.writes, self._writes)):
            for key in keys:
                for word in _words(key):
                    words[word] |= bit

    def clear(self, frame: int) -> None:
        """Empties the frame's filters."""
        rest = ~(1 << frame)
        self._reads = [word & rest for word in self._reads]
        self._writes = [word & rest for word in self._writes]

    def conflicts(self, access: AccessSet) -> int:
        """Bit f is set where frame f may hold a transaction in conflict with this one."""
        mask = 0
        for key in access.reads:
            mask |= _containing(key, self._writes)
        for key in access.writes:
            mask |= _containing(key, self._writes) | _containing(key, self._reads)
        return mask


def _words(key: Key) -> tuple[int, ...]:
    number = int.from_bytes(key[:8], "big")
    return tuple((number >> BITS_PER_HASH * index) % WORDS for index in range(HASHES))


def _containing(key: Key, words: list[int]) -> int:
    mask = -1
    for word in _words(key):
        mask &= words[word]
    return mask
