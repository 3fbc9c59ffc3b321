"""Which program a zone's blocks ran under: the registry in the system zone says from which settlement height
on one is in force, and a block says which settlement block is the newest that it knows."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping

from devnet.chain.types import ZERO_HASH, Hash32
from devnet.proving.program import Program
from devnet.settlement.chain import ChainView
from devnet.settlement.system_facts import SystemFacts
from devnet.zone.errors import UnknownBlock
from devnet.zone.port import ZonePort


class ProgramAbsent(Exception):
    """A program is in force that this software does not have."""


class Programs:
    """The programs that this software has for the zones of a network."""

    def __init__(self, first: Mapping[int, Program], others: Mapping[int, tuple[Program, ...]]) -> None:
        """`first` are those that zones begin with, `others` what they can become, by the zone's index."""
        self._first = first
        self._known = {
            program.id: program
            for zone, program in first.items()
            for program in (program, *others.get(zone, ()))
        }

    def first_of(self, zone: int) -> Program:
        """What the zone begins with."""
        return self._first[zone]

    def run_of(
        self, index: int, zone: ZonePort, chain: ChainView, facts: SystemFacts, newest: int
    ) -> tuple[Program, int]:
        """The program of the zone's first block that is not settled, and the last block up to `newest` that
        ran under it. Raises ProgramAbsent, UnknownBlock and HistoryGone."""
        settled = chain.settled_number(index)
        known = _height_known(zone, chain, settled)
        changes = [
            program.height for program in facts.programs[index] if known < program.height <= chain.head.height
        ]
        last = newest
        height = known
        if changes:
            height = _height_known(zone, chain, settled + 1)
            later = [change for change in changes if change > height]
            if later:
                last = settled + bisect_left(
                    range(settled + 1, newest + 1),
                    later[0],
                    key=lambda number: _height_known(zone, chain, number),
                )
        named = facts.program_at(index, height)
        program = self._first[index] if named is None else self._known.get(named)
        if program is None:
            assert named is not None
            raise ProgramAbsent(
                f"from block {settled + 1} on it runs program 0x{named.hex()}, which the registry put in "
                "force and this version does not have"
            )
        return program, last


def _height_known(zone: ZonePort, chain: ChainView, number: int) -> int:
    """The height of the newest settlement block that a block knows."""
    block = zone.block(number)
    if block is None:
        raise UnknownBlock(f"there is no block {number}")
    root = block.header.parent_beacon_block_root or ZERO_HASH
    height = 0 if root == ZERO_HASH else chain.height_of(Hash32(root))
    if height is None:
        raise UnknownBlock(f"block {number} knows a settlement block that is not on the chain")
    return height
