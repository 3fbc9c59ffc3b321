"""What a proof of a zone update says (protocol section 6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from devnet.chain.block import Header
from devnet.chain.forced import Posting
from devnet.chain.hash_tree import Rooted, fields_root, list_root
from devnet.chain.keccak import keccak256
from devnet.chain.settlement_head import SettlementHead
from devnet.chain.types import ZERO_HASH, Hash32
from devnet.proving.batch import BatchBlock
from devnet.proving.outbox import NO_MESSAGES, OutboxRoots
from devnet.proving.program import Program


@dataclass(frozen=True, slots=True)
class Statement(Rooted):
    """The step of one zone from one settled block to a later one. Every hash of a list is `list_root`'s."""

    config_hash: Hash32
    program_id: Hash32
    """The exact program; the registry in the system zone says which one a zone runs."""
    zone: int
    first_height: int
    """Number of the first block of the step."""
    last_height: int
    parent_block_hash: Hash32
    """Of the block before the first one."""
    last_block_hash: Hash32
    block_hashes_root: Hash32
    """Over the hashes of all blocks of the step, in order."""
    pre_state_root: Hash32
    post_state_root: Hash32
    data_commitment: Hash32
    """What the batch of these blocks was dispersed under (`devnet.availability`)."""
    pre_outbox_root: Hash32
    """Of all messages that left the zone before the step; zero where there were none, or the program has no
    messages."""
    post_outbox_root: Hash32
    """The same after the step."""
    inbox_root: Hash32
    """Over the fields trees of (keccak, gas) of the forced transactions that the step consumed, in queue
    order."""
    pre_inbox_index: int
    post_inbox_index: int
    settlement_heights: Hash32
    """Over the fields trees of the (height, root, slot, zone count) of the settlement blocks that blocks of
    the step are the first to know, in their order."""
    overrides_root: Hash32
    """Over the hashes of the overrides of all blocks of the step; zero for a block without."""

    @property
    def hash(self) -> Hash32:
        """The keccak tree of the fields in their order."""
        return self._root()

    def _compute_root(self) -> Hash32:
        fields = (
            self.config_hash,
            self.program_id,
            self.zone,
            self.first_height,
            self.last_height,
            self.parent_block_hash,
            self.last_block_hash,
            self.block_hashes_root,
            self.pre_state_root,
            self.post_state_root,
            self.data_commitment,
            self.pre_outbox_root,
            self.post_outbox_root,
            self.inbox_root,
            self.pre_inbox_index,
            self.post_inbox_index,
            self.settlement_heights,
            self.overrides_root,
        )
        return fields_root(fields)


def build_statement(
    program: Program,
    parent: Header,
    blocks: Sequence[BatchBlock],
    data_commitment: Hash32,
    pre_inbox_index: int,
    outbox: OutboxRoots = NO_MESSAGES,
) -> Statement:
    """What there is to prove of these blocks, at least one, after `parent`. Whether they are right is another
    question."""
    hashes = [block.hash for block in blocks]
    forced = postings_of(blocks)
    return Statement(
        config_hash=program.config_hash,
        program_id=program.id,
        zone=program.zone,
        first_height=blocks[0].header.number,
        last_height=blocks[-1].header.number,
        parent_block_hash=blocks[0].header.parent_hash,
        last_block_hash=hashes[-1],
        block_hashes_root=list_root(hashes),
        pre_state_root=parent.state_root,
        post_state_root=blocks[-1].header.state_root,
        data_commitment=data_commitment,
        pre_outbox_root=outbox.before,
        post_outbox_root=outbox.after,
        inbox_root=list_root(posting_leaf(posting) for posting in forced),
        pre_inbox_index=pre_inbox_index,
        post_inbox_index=pre_inbox_index + len(forced),
        settlement_heights=list_root(head_leaf(head) for head in settlement_heads(blocks)),
        overrides_root=list_root(
            keccak256(block.overrides) if block.overrides else ZERO_HASH for block in blocks
        ),
    )


def settlement_heads(blocks: Iterable[BatchBlock]) -> tuple[SettlementHead, ...]:
    """The settlement blocks that one of the blocks is the first to know, in their order."""
    return tuple(block.settlement for block in blocks if block.settlement is not None)


def settlement_roots(parent: Header, blocks: Iterable[BatchBlock]) -> tuple[Hash32, ...]:
    """The root of the newest settlement block that the parent knows, then each of the blocks."""
    headers = (parent, *(block.header for block in blocks))
    return tuple(header.parent_beacon_block_root or ZERO_HASH for header in headers)


def postings_of(blocks: Iterable[BatchBlock]) -> tuple[Posting, ...]:
    """Of the forced transactions that the blocks consumed, in queue order."""
    return tuple(item.posting for block in blocks for item in block.forced)


def posting_leaf(posting: Posting) -> Hash32:
    """A forced transaction in the list under `inbox_root`."""
    return fields_root((posting.hash, posting.gas))


def head_leaf(head: SettlementHead) -> Hash32:
    """A settlement block in the list under `settlement_heights`."""
    return fields_root((head.height, head.root, head.slot, head.zone_count))
