"""What a zone knows of the newest settlement block (protocol section 2)."""

from __future__ import annotations

from dataclasses import dataclass

from devnet.chain.types import Hash32


@dataclass(frozen=True, slots=True)
class SettlementHead:
    """What a zone knows of the newest settlement block."""

    height: int
    root: Hash32
    slot: int
    zone_count: int
