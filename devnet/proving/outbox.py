"""What an update says of the messages that left its zone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from devnet.chain.types import ZERO_HASH, Hash32


@dataclass(frozen=True, slots=True)
class OutboxRoots:
    """The root of the zone's outbox before and after an update's blocks; zero while it is empty."""

    before: Hash32
    after: Hash32


NO_MESSAGES: Final = OutboxRoots(ZERO_HASH, ZERO_HASH)
"""Nothing ever left, or the program has no messages."""
