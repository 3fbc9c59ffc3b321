"""One wrong bit."""

from __future__ import annotations

from random import Random


def flip(data: bytes, random: Random) -> bytes:
    """The same with one bit changed; nothing stays nothing."""
    if not data:
        return data
    place = random.randrange(len(data))
    return data[:place] + bytes((data[place] ^ 1 << random.randrange(8),)) + data[place + 1 :]
