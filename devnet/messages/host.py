"""What messages need of a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from devnet.chain.block import Block
from devnet.chain.types import ZoneName
from devnet.clock import Clock
from devnet.zone.port import ZonePort

if TYPE_CHECKING:
    from devnet.artifacts.registry import ArtifactRegistry
    from devnet.settlement.settlement import Settlement


class MessageHost(Protocol):
    """A network, as `devnet.network.Network` is one. What it gives may be another one at any time (a dump was
    loaded): nobody here holds on to it."""

    zones: Mapping[ZoneName, ZonePort]
    settlement: Settlement
    clock: Clock

    @property
    def eids(self) -> tuple[int, ...] | None:
        """Of the zones, by index; None where the network has no contracts for messages."""

    @property
    def slot_seconds(self) -> float:
        """How long a slot counts where slots are waited for."""

    @property
    def artifacts(self) -> ArtifactRegistry:
        """What reverts are read with."""

    def automine(self, zone: ZonePort) -> tuple[Block, ...]:
        """Seals what waits, where the zone does so by itself."""
