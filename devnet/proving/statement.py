"""What a proof of a zone update says (protocol section 6)."""

from __future__ import annotations

from dataclasses import astuple, dataclass

from devnet.chain.hash_tree import fields_root
from devnet.chain.types import Hash32


@dataclass(frozen=True, slots=True)
class Statement:
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
    post_outbox_root: Hash32
    inbox_root: Hash32
    """Over the forced transactions that the step consumed, in queue order."""
    pre_inbox_index: int
    post_inbox_index: int
    settlement_heights: Hash32
    """Over the (height, root) of the settlement blocks that the blocks of the step know, each once."""
    overrides_root: Hash32
    """Over the hashes of the overrides of all blocks of the step; zero for a block without."""

    @property
    def hash(self) -> Hash32:
        """The keccak tree of the fields in their order."""
        return fields_root(astuple(self))
