"""What a validator has to know of a network before its first settlement block.

It takes these from the network that it connects to and keeps them; whoever knows their hash from elsewhere
asks for that one (`zero validator --genesis`). Everything after follows from certificates.
"""

from __future__ import annotations

from dataclasses import dataclass

from devnet.chain.keccak import keccak256
from devnet.chain.rlp import Decoded, decode, encode_bytes, encode_int, encode_list
from devnet.chain.rlp_items import flag, hash32, members, text
from devnet.chain.settlement_head import SettlementHead
from devnet.chain.types import Hash32
from devnet.chain.validator_set import ValidatorSet
from devnet.proving.program import Program
from devnet.settlement.payload import encode_set, read_set
from devnet.settlement.update_codec import MOST_ZONES
from devnet.settlement.votes import NUMBER_LIMIT, bounded

SIZE_LIMIT = 1 << 24
_MOST_PRODUCERS = 1 << 16


@dataclass(frozen=True, slots=True)
class ZoneFacts:
    """One zone at genesis."""

    program: Program
    """In force there; it names the network and the zone."""
    genesis_hash: Hash32
    """Of its genesis block."""
    genesis_root: Hash32
    """Of the state after that."""


@dataclass(frozen=True, slots=True)
class GenesisFacts:
    """A network at genesis, as far as a validator needs it."""

    network: Hash32
    """The configuration's hash, which is the root of settlement block 0."""
    genesis_number: int
    """Of every zone's first block."""
    producers: int
    """Of each zone."""
    blocks: int
    """Of one update at most."""
    is_elected: bool
    """Whether validators come from Staking; else those of genesis stay."""
    validators: ValidatorSet
    """That sign settlement block 1."""
    zones: tuple[ZoneFacts, ...]
    """By index, the system zone first."""

    @property
    def root(self) -> Hash32:
        """keccak of the encoding: names all of it."""
        return keccak256(self.encode())

    @property
    def genesis(self) -> SettlementHead:
        """Settlement block 0."""
        return SettlementHead(0, self.network, 0, len(self.zones))

    def encode(self) -> bytes:
        """RLP of [network, genesis number, producers, blocks, is elected, [[public key, stake], …],
        [[program, genesis hash, genesis root], …]]."""
        return encode_list(
            [
                encode_bytes(self.network),
                encode_int(self.genesis_number),
                encode_int(self.producers),
                encode_int(self.blocks),
                encode_int(self.is_elected),
                encode_set(self.validators),
                encode_list(
                    [
                        encode_list(
                            [
                                encode_bytes(zone.program.encode()),
                                encode_bytes(zone.genesis_hash),
                                encode_bytes(zone.genesis_root),
                            ]
                        )
                        for zone in self.zones
                    ]
                ),
            ]
        )

    @classmethod
    def decode(cls, encoded: bytes) -> GenesisFacts:
        """The inverse of `encode`. Raises ValueError, also where programs are of other zones or networks."""
        if len(encoded) > SIZE_LIMIT:
            raise ValueError(f"{len(encoded)} bytes of facts about genesis")
        network, number, producers, blocks, is_elected, validators, zones = members(decode(encoded), 7)
        facts = cls(
            hash32(network),
            bounded(number, NUMBER_LIMIT),
            bounded(producers, _MOST_PRODUCERS),
            bounded(blocks, NUMBER_LIMIT),
            flag(is_elected),
            read_set(validators),
            tuple(_zone(item) for item in _limited(members(zones), MOST_ZONES)),
        )
        for index, zone in enumerate(facts.zones):
            program = zone.program
            if (program.config_hash, program.zone) != (facts.network, index):
                raise ValueError(f"the program of zone {index} is of another zone or network")
            if program.genesis_number != facts.genesis_number:
                raise ValueError(f"the program of zone {index} begins at block {program.genesis_number}")
        if not facts.zones or not facts.producers:
            raise ValueError("a network has zones and producers")
        return facts


def _zone(item: Decoded) -> ZoneFacts:
    program, genesis_hash, genesis_root = members(item, 3)
    return ZoneFacts(Program.decode(text(program)), hash32(genesis_hash), hash32(genesis_root))


def _limited(items: list[Decoded], most: int) -> list[Decoded]:
    if len(items) > most:
        raise ValueError(f"{len(items)} where at most {most} can be")
    return items
