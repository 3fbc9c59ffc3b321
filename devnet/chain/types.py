"""The words that would be mixed up if they were bare bytes, ints and strings."""

from __future__ import annotations

from typing import Literal, NewType, TypeAlias

Address = NewType("Address", bytes)
"""20 bytes."""

Hash32 = NewType("Hash32", bytes)
"""32 bytes."""

Wei = NewType("Wei", int)
"""The smallest unit of ZRO, 10^-18."""

ZoneName = NewType("ZoneName", str)
"""Matches `[a-z][a-z0-9-]{0,31}`."""

BlockTag: TypeAlias = Literal["earliest", "latest", "pending", "safe", "finalized"]

BlockRef: TypeAlias = "int | Hash32 | BlockTag"
"""How a caller names a block: by number, by hash or by tag."""

ZERO_ADDRESS = Address(bytes(20))
ZERO_HASH = Hash32(bytes(32))
EMPTY_CODE_HASH = Hash32(bytes.fromhex("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"))
"""keccak256 of nothing: the code hash of an account without code."""
