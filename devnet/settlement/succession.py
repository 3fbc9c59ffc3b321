"""Where an update must begin: at what the zone's update before it left (protocol section 7). The one rule of
validators and of outsiders.
"""

from __future__ import annotations

from dataclasses import dataclass

from devnet.chain.types import ZERO_HASH, Hash32
from devnet.settlement.block import ZoneUpdate


@dataclass(frozen=True, slots=True)
class Step:
    """A point between two updates of a zone."""

    height: int
    """Of the first block after it."""
    block_hash: Hash32
    """Of the block before that."""
    state_root: Hash32
    outbox_root: Hash32
    inbox_index: int
    previous: Hash32
    """Hash of the update before."""


def first_step(genesis_number: int, block_hash: Hash32, state_root: Hash32) -> Step:
    """Where a zone's first update must begin, by its genesis block."""
    return Step(genesis_number + 1, block_hash, state_root, ZERO_HASH, 0, ZERO_HASH)


def step_before(update: ZoneUpdate) -> Step:
    """Where the update begins."""
    statement = update.statement
    return Step(
        statement.first_height,
        statement.parent_block_hash,
        statement.pre_state_root,
        statement.pre_outbox_root,
        statement.pre_inbox_index,
        update.previous,
    )


def step_after(update: ZoneUpdate) -> Step:
    """Where the next update must begin."""
    statement = update.statement
    return Step(
        statement.last_height + 1,
        statement.last_block_hash,
        statement.post_state_root,
        statement.post_outbox_root,
        statement.post_inbox_index,
        update.signed_hash,
    )
