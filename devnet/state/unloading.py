"""The records of a state in memory: what its files and dumps are written from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

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


class Unloading:
    """See `devnet.state.content.Content`."""

    def __init__(
        self,
        shards: Sequence[Shard],
        values: Values,
        blocks: Mapping[int, Block],
        oldest: Block,
        newest: Block,
        past: Callable[[], Sequence[PastShard]],
    ) -> None:
        """`past` gives the shards as they were after the oldest kept block."""
        self.oldest = oldest.height
        self.height = newest.height
        self.root = newest.root
        self._shards = shards
        self._values = values
        self._blocks = blocks
        self._leaves = oldest.leaves
        self._past = past

    def block_records(self, first: int) -> Iterator[bytes]:
        return _block_records(self._shards, [self._blocks[at] for at in range(first, self.height + 1)])

    def codes_of(self, height: int) -> list[bytes]:
        codes = self._values.codes
        return [encode_code(height, code_hash, codes[code_hash]) for code_hash in self._blocks[height].codes]

    def older_codes(self) -> Iterator[bytes]:
        kept = range(self.oldest + 1, self.height + 1)
        brought = {code_hash for height in kept for code_hash in self._blocks[height].codes}
        for code_hash, code in self._values.codes.items():
            if code_hash not in brought:
                yield encode_code(self.oldest, code_hash, code)

    def heads(self) -> Iterator[bytes]:
        for shard, leaf in zip(self._past(), self._leaves, strict=True):
            dead = shard.start >> TWIG_SHIFT
            yield encode_head(
                HeadRecord(
                    self.oldest,
                    shard.number,
                    shard.start,
                    shard.end,
                    shard.active,
                    leaf,
                    [shard.twig_root(twig_id) for twig_id in range(dead)],
                    [bytes(shard.bits(twig_id)) for twig_id in range(dead, shard.youngest + 1)],
                )
            )

    def pieces(self, number: int, first: int, end: int) -> Iterator[bytes]:
        shard = self._past()[number]
        first = max(first, SENTRIES_PER_SHARD, shard.start & ~TWIG_MASK)
        while first < end:
            until = min((first & ~TWIG_MASK) + LEAVES_PER_TWIG, end)
            yield encode_piece(number, first, [shard.item(at) for at in range(first, until)])
            first = until

    def ends(self) -> list[int]:
        return [shard.end for shard in self._past()]


def _block_records(shards: Sequence[Shard], blocks: Sequence[Block]) -> Iterator[bytes]:
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
