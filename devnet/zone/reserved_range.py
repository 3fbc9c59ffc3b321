"""Very many empty blocks at once, kept as one record and made into blocks when somebody asks.

`hardhat_mine(0x100000000)` must not freeze a network, and a chain of parent hashes cannot be known without
hashing every header. So the middle of a very long run of empty blocks is *reserved*: the hash of a reserved
block is 24 bytes that name the range ‖ its number as 8 bytes, instead of the keccak of its header. From that
follow, without computing any other block: the block by number, the block by hash, its parent hash, BLOCKHASH.
All other header fields are what mining the blocks one by one would give, with one more exception: system
calls are not run inside a range, so the state and its root stay those of the block before it. The first
block after the range is an ordinary one; it carries as overrides what EIP-2935's contract would hold by then.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from devnet.blocks.environment import block_randomness
from devnet.blocks.overrides import NO_OVERRIDES
from devnet.chain.block import Block, Header
from devnet.chain.keccak import keccak256
from devnet.chain.types import ZERO_HASH, Hash32
from devnet.zone.block_record import BlockRecord

_NAME_BYTES = 24


@dataclass(frozen=True, slots=True)
class ReservedRange:
    """The empty blocks `first` to `last`, after `parent`."""

    parent: BlockRecord
    last: int
    first_timestamp: int
    timestamp_step: int
    template: Header
    """The first block's header; the others differ in number, timestamp, parent hash and randomness."""
    size: int
    zone: int
    """The zone's index, which the blocks' randomness depends on."""
    name: bytes
    """What the hashes of its blocks begin with."""

    @classmethod
    def after(
        cls,
        parent: BlockRecord,
        count: int,
        template: Header,
        size: int,
        timestamp_step: int,
        zone: int,
    ) -> ReservedRange:
        """The `count` empty blocks after `parent`, the first of which has the header `template`."""
        return cls(
            parent=parent,
            last=parent.number + count,
            first_timestamp=template.timestamp,
            timestamp_step=timestamp_step,
            template=template,
            size=size,
            zone=zone,
            name=_name(parent, template.timestamp, timestamp_step),
        )

    @property
    def first(self) -> int:
        return self.parent.number + 1

    @property
    def count(self) -> int:
        return self.last - self.parent.number

    def hash_of(self, number: int) -> Hash32:
        """The hash of the range's block with that number."""
        return Hash32(self.name + number.to_bytes(8, "big"))

    def number_of(self, block_hash: Hash32) -> int | None:
        """The number of the range's block with that hash, None where it is none of the range."""
        if block_hash[:_NAME_BYTES] != self.name:
            return None
        number = int.from_bytes(block_hash[_NAME_BYTES:], "big")
        return number if self.first <= number <= self.last else None

    def timestamp_of(self, number: int) -> int:
        """The timestamp of the range's block with that number."""
        return self.first_timestamp + (number - self.first) * self.timestamp_step

    def record(self, number: int) -> BlockRecord:
        """The range's block with that number."""
        is_first = number == self.first
        settlement_root = self.template.parent_beacon_block_root or ZERO_HASH
        header = replace(
            self.template,
            number=number,
            parent_hash=self.parent.block.hash if is_first else self.hash_of(number - 1),
            timestamp=self.timestamp_of(number),
            prev_randao=block_randomness(settlement_root, self.zone, number),
        )
        return BlockRecord(
            block=Block(header, self.hash_of(number), (), (), self.size),
            state_height=self.parent.state_height,
            rules=self.parent.rules,
            overrides=NO_OVERRIDES,
            inbox_index=self.parent.inbox_index,
        )

    def shortened(self, last: int) -> ReservedRange:
        """The range's blocks up to `last`."""
        return replace(self, last=last)


def _name(parent: BlockRecord, first_timestamp: int, timestamp_step: int) -> bytes:
    """Two ranges after one block have one name only where their blocks are equal."""
    times = first_timestamp.to_bytes(8, "big") + timestamp_step.to_bytes(8, "big")
    return keccak256(b"reserved blocks after " + parent.block.hash + times)[:_NAME_BYTES]
