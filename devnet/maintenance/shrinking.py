"""Makes a data folder smaller: forgets old blocks, leaves out what nothing needs.

Both open the network as a start does and commit what they did, so they may be killed at any moment: the
folder then is as before or as after.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from devnet.chain.types import ZoneName
from devnet.clock import WallClock
from devnet.folder import DataFolder, Fsync
from devnet.maintenance.looking import NothingThere
from devnet.maintenance.measuring import size_of
from devnet.network import Network, Parts
from devnet.persistence.home import Home
from devnet.state import State
from devnet.state.qmdb import Qmdb, QmdbConfig


@dataclass(frozen=True, slots=True)
class PrunedZone:
    """What a zone kept and keeps."""

    name: ZoneName
    oldest_before: int
    oldest: int
    newest: int
    pinned: int | None
    """The lowest block that a snapshot needs, where that is what kept more."""


@dataclass(frozen=True, slots=True)
class Shrunk:
    """What was done."""

    bytes_before: int
    bytes_after: int
    zones: tuple[PrunedZone, ...] = ()


def prune(path: Path, history: int) -> Shrunk:
    """Forgets, in every zone, what lies more than `history` blocks below the newest, but not what a snapshot
    needs. Raises as `looking`, and WriteFailed."""
    before = size_of(path)
    network, states = _opened(path)
    try:
        zones = tuple(_pruned(network, name, history) for name in network.zones)
        _compact(network, states)
    finally:
        network.close()
    return Shrunk(before, size_of(path), zones)


def compact(path: Path) -> Shrunk:
    """Writes files anew without what no kept block needs. Raises as `prune`."""
    before = size_of(path)
    network, states = _opened(path)
    try:
        _compact(network, states)
    finally:
        network.close()
    return Shrunk(before, size_of(path))


def _opened(path: Path) -> tuple[Network, list[Qmdb]]:
    config = DataFolder.stored_config(path)
    if config is None:
        raise NothingThere(f"{path} holds no network")
    states: list[Qmdb] = []

    def state(qmdb: QmdbConfig, home: Home | None) -> State:
        states.append(Qmdb(qmdb, home))
        return states[-1]

    folder = DataFolder.open(path, config, Fsync.SLOT)
    return Network(config, Parts(state=state), WallClock(), folder), states


def _pruned(network: Network, name: ZoneName, history: int) -> PrunedZone:
    zone = network.zones[name]
    before = zone.history()
    wanted = before.newest - history
    allowed = wanted if before.pinned is None else min(wanted, before.pinned)
    if allowed > before.oldest:
        zone.forget(allowed)
    after = zone.history()
    pinned = before.pinned if allowed < wanted else None
    return PrunedZone(name, before.oldest, after.oldest, after.newest, pinned)


def _compact(network: Network, states: list[Qmdb]) -> None:
    # What was forgotten is committed first: new files then need not hold it.
    network.commit()
    for state in states:
        state.compact_files()
    for zone in network.zones.values():
        compact_files = getattr(zone, "compact_files", None)
        if compact_files is not None:
            compact_files()
    network.commit()
