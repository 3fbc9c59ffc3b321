"""Whether the system zone should make a block of its own accord, so that an epoch that is over is sealed.

A block of the system zone seals an epoch by rule; where none comes, stakes that changed would not become the
set of validators. So who owns the zone lets it seal an empty one, if that makes another set: a network whose
stakes do not change has no blocks that nobody asked for.
"""

from __future__ import annotations

from devnet.chain.epochs import STAKING, is_epoch_over
from devnet.contracts.staking import seated_set, set_root
from devnet.zone.port import ZonePort


def is_block_due(system: ZonePort) -> bool:
    """Whether the zone's next block makes another set of validators, and nobody else decides when it comes:
    it seals blocks when transactions come, and not by the clock or by hand."""
    mining = system.status().mining
    if not mining.automine or mining.interval is not None:
        return False
    number = system.number()

    def load(slot: int) -> int:
        return system.committed_storage(STAKING, (slot,), number)[0]

    return is_epoch_over(load, system.settlement().height) and seated_set(load).root != set_root(load)
