"""The records of a state in memory: what its files and dumps are written from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from devnet.state.entries import SENTRIES_PER_SHARD
from devnet.state.past import PastShard
from devnet.state.records import (
    HeadRecord,
    ShardPart,
    encode_block,
    encode_code,
    encode_head,
    encode_piece,
)
from devnet.state.shard import Shard
from devnet.state.trees import LEAVES_PER_TWIG, TWIG_MASK, TWIG_SHIFT
from devnet.state.views import Block, Values


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


def state_records(
    shards: Sequence[Shard], values: Values, past: Sequence[PastShard], oldest: Block, kept: Sequence[Block]
) -> Iterator[bytes]:
    """Everything: the state after the oldest kept block, whose shards are `past`, code, the blocks above."""
    yield from base_records(past, oldest)
    yield from older_codes(values, oldest.height, kept)
    for block in kept:
        yield from codes_of(values, block)
    yield from block_records(shards, kept)


def base_records(past: Sequence[PastShard], block: Block) -> Iterator[bytes]:
    """HEADs and PIECEs of the state after a block; none before genesis."""
    if block.height >= 0:
        yield from heads(past, block.height, block.leaves)
        for shard in past:
            yield from pieces(shard, 0, shard.end)


def codes_of(values: Values, block: Block) -> list[bytes]:
    """CODE records of what a block brought."""
    return [encode_code(block.height, code_hash, values.codes[code_hash]) for code_hash in block.codes]


def older_codes(values: Values, oldest: int, kept: Sequence[Block]) -> Iterator[bytes]:
    """CODE records of what came up to the oldest kept height, as of that height."""
    brought = {code_hash for block in kept for code_hash in block.codes}
    for code_hash, code in values.codes.items():
        if code_hash not in brought:
            yield encode_code(oldest, code_hash, code)


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
