"""When the courier works by itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MOST_DELAY = 1 << 16
"""Slots."""


class ModeKind(StrEnum):
    """Names stay as they are once released."""

    AUTOMATIC = "automatic"
    """As soon as a message is settled."""
    DELAYED = "delayed"
    """So many slots later."""
    MANUAL = "manual"
    """When it is told to (`Courier.step`)."""


@dataclass(frozen=True, slots=True)
class Mode:
    """How the courier works."""

    kind: ModeKind = ModeKind.AUTOMATIC
    delay: int = 0
    """Of DELAYED: slots between a message's settlement and its way on."""

    def __post_init__(self) -> None:
        """Raises ValueError for a delay that makes no sense."""
        if not 0 <= self.delay <= MOST_DELAY:
            raise ValueError(f"a delay of {self.delay} slots: from 0 to {MOST_DELAY} are possible")
        if self.delay and self.kind is not ModeKind.DELAYED:
            raise ValueError(f"only the mode {ModeKind.DELAYED} has a delay")
