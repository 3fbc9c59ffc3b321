"""The numbers of settlement that a network's configuration fixes (protocol sections 1 and 7)."""

from __future__ import annotations

from dataclasses import dataclass

from devnet.chain.types import Wei

_WEI_PER_ZRO = 10**18
_MOST_VALIDATORS = 1_200
_MOST_PRODUCERS = 64
_MOST_BLOCKS = 4_096


@dataclass(frozen=True, slots=True)
class SettlementParameters:
    """How many there are of everything at genesis. Raises ValueError for what cannot be."""

    validators: int = 4
    """At genesis; the network runs them in its own process unless they are run elsewhere."""
    stake: Wei = Wei(32_000 * _WEI_PER_ZRO)
    """Of each of them."""
    producers: int = 2
    """Of each zone; they take turns by slot."""
    blocks: int = 64
    """Blocks of one update at most; what is more waits for the next update."""
    epoch: int | None = 32
    """Settlement heights to an epoch: how often the set of validators follows the stakes. None: the set of
    genesis is there for ever and Staking begins without validators, as in networks that were made before the
    set came from there."""

    def __post_init__(self) -> None:
        for name, value, most in (
            ("validators", self.validators, _MOST_VALIDATORS),
            ("producers of a zone", self.producers, _MOST_PRODUCERS),
            ("blocks of an update", self.blocks, _MOST_BLOCKS),
        ):
            if not 1 <= value <= most:
                raise ValueError(f"{value} {name}: from 1 to {most} are possible")
        if not 0 < self.stake < 1 << 96:
            raise ValueError(f"a stake of {self.stake} wei is none that can be")
        if self.epoch is not None and not 0 < self.epoch < 1 << 32:
            raise ValueError(f"{self.epoch} settlement heights are no epoch")


DEFAULT = SettlementParameters()
BEFORE_STAKING = SettlementParameters(epoch=None)
"""What networks had that say nothing of settlement."""


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """How much is kept of what was dispersed, by one process; the oldest settlement block goes first."""

    blocks: int = 1_024
    """Settlement blocks; 0 keeps nothing."""
    size: int = 64 * 1024 * 1024
    """Bytes of all of them. A single block that has more is not kept."""


DEFAULT_ARCHIVE = ArchiveLimits()
