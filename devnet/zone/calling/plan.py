"""Which blocks a simulation has: numbers and timestamps filled in, gaps closed with empty blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from devnet.chain.block import Header
from devnet.zone.errors import BadRequest, SimulationRefused
from devnet.zone.messages import BlockOverrides, SimulatedBlock

MAX_BLOCKS = 256
"""How far above its base a simulation may reach: execution-apis' suggestion."""

SECONDS_PER_BLOCK = 12
"""Between two simulated blocks where nothing else is said."""

NUMBER_NOT_INCREASING = -38020
TIMESTAMP_NOT_INCREASING = -38021
LIMIT_EXCEEDED = -38026

_NOTHING = SimulatedBlock((), {}, BlockOverrides())


@dataclass(frozen=True, slots=True)
class PlannedBlock:
    """One block to simulate, with its place in the chain."""

    number: int
    timestamp: int
    content: SimulatedBlock


def plan_blocks(base: Header, blocks: Sequence[SimulatedBlock]) -> tuple[PlannedBlock, ...]:
    """The blocks on top of `base`, without gaps.

    Raises BadRequest where there are none, SimulationRefused where numbers or timestamps do not increase or
    there are too many.
    """
    if not blocks:
        raise BadRequest("empty input: blockStateCalls needs at least one block")
    if len(blocks) > MAX_BLOCKS:
        raise _too_many()
    planned: list[PlannedBlock] = []
    number, timestamp = base.number, base.timestamp
    for block in blocks:
        wanted = block.block_overrides.number
        target = number + 1 if wanted is None else wanted
        if target <= number:
            raise SimulationRefused(
                NUMBER_NOT_INCREASING, f"block numbers must be in order: {target} <= {number}"
            )
        if target - base.number > MAX_BLOCKS:
            raise _too_many()
        while number + 1 < target:
            number += 1
            timestamp += SECONDS_PER_BLOCK
            planned.append(PlannedBlock(number, timestamp, _NOTHING))
        number = target
        time = block.block_overrides.timestamp
        if time is not None and time <= timestamp:
            raise SimulationRefused(
                TIMESTAMP_NOT_INCREASING, f"block timestamps must be in order: {time} <= {timestamp}"
            )
        timestamp = timestamp + SECONDS_PER_BLOCK if time is None else time
        planned.append(PlannedBlock(number, timestamp, block))
    return tuple(planned)


def _too_many() -> SimulationRefused:
    return SimulationRefused(LIMIT_EXCEEDED, f"too many blocks: at most {MAX_BLOCKS} above the base")
