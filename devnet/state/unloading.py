"""The records of a state in memory: what its files and dumps are written from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from devnet.state.entries import SENTRIES_PER_SHARD
from devnet.state.past import PastShard
from devnet.state.records import (
    HeadRecord,
    ShardPart,
    encode_block,
    encode_head,
    encode_piece,
)
from devnet.state.shard import Shard
from devnet.state.trees import LEAVES_PER_TWIG, TWIG_MASK, TWIG_SHIFT
from devnet.state.views import Block


def block_records(shards: Sequence[Shard], blocks: Sequence[Block]) -> Iterator[bytes]:
    """BLOCK records of the newest blocks, in ascending order up to the newest one of all."""
    after: dict[int, tuple[int, int]] = {}
    displaced: dict[int, dict[int, bytes]] = {}
    counters: list[list[tuple[int, int]]] = []
    for block in reversed(blocks):
        of_block = []
        for number, undo in block.shards:
            shard = shards[number]
            of_block.append(after.get(number) or (shard.log.end, shard.active))
            after[number] = undo.end, undo.active
            of_shard = displaced.setdefault(number, {})
            for _, serial_number, entry in undo.displaced:
                if entry is not None:
                    of_shard[serial_number] = entry
        counters.append(of_block)
    for block, of_block in zip(blocks, reversed(counters), strict=True):
        parts = []
        for (number, undo), (end, active) in zip(block.shards, of_block, strict=True):
            of_shard = displaced[number]
            payload = shards[number].log.payload
            content = b"".join([payload(at) or of_shard[at] for at in range(undo.end, end)])
            parts.append(
                ShardPart(number, undo.end, block.start[number], end, active, block.leaves[number], content)
            )
        yield encode_block(block.height, block.root, parts)


def heads(shards: Sequence[PastShard], height: int, leaves: Sequence[bytes]) -> Iterator[bytes]:
    """HEAD records of all shards after block `height`, with their leaves in the zone's tree."""
    for shard, leaf in zip(shards, leaves, strict=True):
        dead = shard.start >> TWIG_SHIFT
        yield encode_head(
            HeadRecord(
                height,
                shard.number,
                shard.start,
                shard.end,
                shard.active,
                leaf,
                [shard.twig_root(twig_id) for twig_id in range(dead)],
                [bytes(shard.bits(twig_id)) for twig_id in range(dead, shard.youngest + 1)],
            )
        )


def pieces(shard: PastShard, first: int, end: int) -> Iterator[bytes]:
    """PIECE records of the serial numbers from `first` on and before `end`, without dead twigs and without
    sentries in their first places."""
    first = max(first, SENTRIES_PER_SHARD, shard.start & ~TWIG_MASK)
    while first < end:
        until = min((first & ~TWIG_MASK) + LEAVES_PER_TWIG, end)
        yield encode_piece(shard.number, first, [shard.item(at) for at in range(first, until)])
        first = until
