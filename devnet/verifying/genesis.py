"""What a network begins with, as its configuration has it: made again here, not taken from the network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devnet.chain.types import Hash32
from devnet.chain.validator_set import ValidatorSet
from devnet.config import BadConfig, NetworkConfig
from devnet.parts import Parts
from devnet.proving.program import Program


@dataclass(frozen=True, slots=True)
class Genesis:
    """What follows from a configuration."""

    config: NetworkConfig
    config_hash: Hash32
    programs: tuple[Program, ...]
    """Of the zones, by their index."""
    blocks: tuple[tuple[Hash32, Hash32], ...]
    """Of each zone the genesis block's hash and its state root; empty where they could not be made again."""
    validators: ValidatorSet | None
    """The set that signs settlement block 1; None where it could not be made again."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of the zones, by their index."""
        return tuple(self.config.zone_names)

    @property
    def is_rebuilt(self) -> bool:
        """Whether genesis was made again."""
        return self.validators is not None


def read_configuration(document: Mapping[str, Any]) -> tuple[NetworkConfig, bool]:
    """The configuration that a network tells, and whether all of it is told: a mnemonic of one's own is not.
    Raises ValueError."""
    is_whole = document.get("mnemonic") is not None
    known = dict(document)
    if not is_whole:
        known["mnemonic"] = NetworkConfig().mnemonic
    try:
        return NetworkConfig.from_document(known), is_whole
    except (BadConfig, TypeError, KeyError) as error:
        raise ValueError(str(error)) from None


def genesis_of(config: NetworkConfig, parts: Parts) -> Genesis:
    """Makes the genesis of every zone again."""
    from devnet.network import Network

    network = Network(config, parts)
    blocks = []
    for zone in network.zones.values():
        first = zone.block("earliest")
        assert first is not None
        blocks.append((first.hash, first.header.state_root))
    programs = tuple(config.program(index) for index in range(len(config.zone_names)))
    return Genesis(config, config.hash, programs, tuple(blocks), network.settlement.validators)


def told_genesis(config: NetworkConfig, config_hash: Hash32) -> Genesis:
    """The same of a configuration that is not told in full: its hash is the network's word."""
    from dataclasses import replace

    count = len(config.zone_names)
    programs = tuple(replace(config.program(index), config_hash=config_hash) for index in range(count))
    return Genesis(config, config_hash, programs, (), None)
