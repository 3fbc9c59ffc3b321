"""Whether blocks that are read follow each other."""

from __future__ import annotations

from devnet.chain.types import Hash32
from devnet.zone.block_record import BlockRecord
from devnet.zone.reserved_range import ReservedRange


class Links:
    """A chain as far as it was read. Its first part may follow blocks that are no longer kept."""

    __slots__ = ("_hash", "_is_first", "_number")

    def __init__(self, genesis: BlockRecord) -> None:
        self._number = genesis.number
        self._hash = genesis.block.hash
        self._is_first = True

    def add(self, part: BlockRecord | ReservedRange) -> None:
        """The next part. Raises ValueError where it does not follow the one before."""
        if isinstance(part, ReservedRange):
            self.link(part.first, part.template.parent_hash, part.last, part.hash_of(part.last))
        else:
            block = part.block
            self.link(part.number, block.header.parent_hash, part.number, block.hash)

    def link(self, first: int, parent_hash: Hash32, last: int, last_hash: Hash32) -> None:
        """The blocks from `first` to `last` come next. Raises ValueError where they do not follow."""
        follows = first == self._number + 1 and parent_hash == self._hash
        if not follows and not (self._is_first and first > self._number + 1):
            raise ValueError(f"block {first} does not follow block {self._number}, 0x{self._hash.hex()}")
        self._number, self._hash, self._is_first = last, last_hash, False
