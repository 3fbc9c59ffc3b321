"""Where the blocks are that are no longer among the newest: packed in memory, or in the zone's block log.

`ChainStore` tells its archive of every change of the chain, so that one on disk can write its log from that
alone. It keeps the newest blocks as objects, gives each one to `put` when it becomes old, and holds the
handle.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

from devnet.zone.block_record import BlockRecord
from devnet.zone.reserved_range import ReservedRange

Handle: TypeAlias = bytes | int
"""The packed block itself, or its offset in a log. It is counted as so much memory."""

HASH_REACH = 257
"""So many blocks below the oldest kept one still give their hashes: what BLOCKHASH reaches in the oldest
block and in what comes after a revert to it."""


class BlockArchive(Protocol):
    """One zone's old blocks. The zone's owner calls everything but `get`, which any thread may call."""

    def added(self, record: BlockRecord) -> None:
        """The block is the newest one now."""

    def reserved(self, blocks: ReservedRange) -> None:
        """The range is the newest part of the chain now."""

    def truncated(self, number: int) -> None:
        """Every block above `number` is gone; a reserved range that reaches beyond it ends there."""

    def forgotten(self, oldest: int) -> None:
        """Blocks below `oldest` are not asked for any more, but for genesis. To open the zone again the
        hashes of the `HASH_REACH` blocks below it are needed."""

    def put(self, record: BlockRecord) -> Handle:
        """How the block, which was added before, is found from now on."""

    def get(self, handle: Handle) -> BlockRecord:
        """The block again, equal to what was put. Raises LookupError where it was truncated or forgotten
        meanwhile."""


class MemoryArchive:
    """Packs old blocks into bytes, which are their handles."""

    __slots__ = ("_decode", "_encode")

    def __init__(
        self, encode: Callable[[BlockRecord], bytes], decode: Callable[[bytes], BlockRecord]
    ) -> None:
        self._encode = encode
        self._decode = decode

    def added(self, record: BlockRecord) -> None:
        """Nothing: the chain store has it."""

    def reserved(self, blocks: ReservedRange) -> None:
        """Nothing: the chain store has it."""

    def truncated(self, number: int) -> None:
        """Nothing: the handles are gone with their blocks."""

    def forgotten(self, oldest: int) -> None:
        """Nothing: the handles are gone with their blocks."""

    def put(self, record: BlockRecord) -> Handle:
        """The packed block."""
        return self._encode(record)

    def get(self, handle: Handle) -> BlockRecord:
        """Unpacks it."""
        if isinstance(handle, int):
            raise LookupError(f"there is no block log that {handle} could be a place of")
        return self._decode(handle)
