"""The contract ZoneRegistry from outside: what genesis stores in it, and how to read it.

Written out by hand because it runs where no ABI library may be imported; the tests hold it against the
compiled artifact. docs/settlement-contracts.md explains the contract.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from devnet.chain.types import ZERO_ADDRESS, ZERO_HASH, Address, Hash32
from devnet.contracts.layout import Load, list_slot, mapping_slot, packed, unpacked

OWNER_SLOT = 0
COUNT_SLOT = 1
"""Pending owner (160 bits), zones (32), notice (64)."""
ZONES_SLOT = 2
NAMES_SLOT = 3
CHAIN_IDS_SLOT = 4

_PROGRAMS = 3
"""Place of a zone's list of programs among its slots."""


@dataclass(frozen=True, slots=True)
class RegisteredZone:
    """A zone of genesis."""

    name: str
    chain_id: int
    program: Hash32
    """The id of what it runs: `devnet.proving.program.Program.id`."""
    genesis_root: Hash32 = ZERO_HASH
    """The state root that its first update starts from; zero says: the network's own genesis."""


@dataclass(frozen=True, slots=True)
class RegistryParameters:
    """What genesis fixes of the registry."""

    owner: Address = ZERO_ADDRESS
    """Who may change zones, programs and what else governance will decide. Nobody where it is zero."""
    notice: int = 16
    """Settlement heights between scheduling a program and its beginning."""


def storage_of(parameters: RegistryParameters, zones: Sequence[RegisteredZone]) -> dict[int, int]:
    """The contract's storage at genesis: these zones by their index, each with a program from height 0 on."""
    storage = {
        OWNER_SLOT: int.from_bytes(parameters.owner, "big"),
        COUNT_SLOT: packed((0, 160), (len(zones), 32), (parameters.notice, 64)),
    }
    for index, zone in enumerate(zones):
        base, name = zone_slot(index), zone.name.encode("ascii").ljust(32, b"\0")
        programs = list_slot(base + _PROGRAMS)
        storage |= {
            base: int.from_bytes(name, "big"),
            base + 1: zone.chain_id,
            base + 2: int.from_bytes(zone.genesis_root, "big"),
            base + _PROGRAMS: 1,
            programs: int.from_bytes(zone.program, "big"),
            programs + 1: 0,
            mapping_slot(name, NAMES_SLOT): 1,
            mapping_slot(zone.chain_id, CHAIN_IDS_SLOT): 1,
        }
    return {slot: value for slot, value in storage.items() if value}


def zone_slot(index: int) -> int:
    """The first of a zone's slots: name, chain id, genesis root, number of programs."""
    return mapping_slot(index, ZONES_SLOT)


def owner(load: Load) -> Address:
    """Who may change the registry."""
    return Address(load(OWNER_SLOT).to_bytes(20, "big"))


def zone_count(load: Load) -> int:
    """How many zones there are."""
    return unpacked(load(COUNT_SLOT), 160, 32)[1]


@dataclass(frozen=True, slots=True)
class ScheduledProgram:
    """A program of a zone, and from which settlement height on it is in force."""

    id: Hash32
    height: int


def programs_of(load: Load, zone: int) -> tuple[ScheduledProgram, ...]:
    """All programs that a zone has, had, or will have as far as is known; oldest first."""
    programs = zone_slot(zone) + _PROGRAMS
    slots = [list_slot(programs) + 2 * place for place in range(load(programs))]
    return tuple(ScheduledProgram(Hash32(load(slot).to_bytes(32, "big")), load(slot + 1)) for slot in slots)


def program_at(load: Load, zone: int, height: int) -> Hash32 | None:
    """The program of blocks of this zone that carry this settlement height; None where there is none."""
    programs = zone_slot(zone) + _PROGRAMS
    for place in reversed(range(load(programs))):
        slot = list_slot(programs) + 2 * place
        if load(slot + 1) <= height:
            return Hash32(load(slot).to_bytes(32, "big"))
    return None
