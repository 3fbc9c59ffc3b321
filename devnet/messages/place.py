"""Where in a zone's chain something happened."""

from __future__ import annotations

from dataclasses import dataclass

from devnet.chain.types import Hash32


@dataclass(frozen=True, slots=True)
class Place:
    """Where a log is."""

    zone: int
    """Index of the zone."""
    block_number: int
    block_hash: Hash32
    block_timestamp: int
    transaction_hash: Hash32
    transaction_index: int
    log_index: int
    """In the block."""
