"""Makes a data folder smaller: forgets old blocks, leaves out what nothing needs.

Both open the network as a start does, and put what it still holds into a new content of the folder, which
then takes the old one's place at one moment. So they may be killed at any time: the folder is as before or as
after.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from devnet.chain.types import ZoneName
from devnet.clock import WallClock
from devnet.folder import DataFolder, Fsync
from devnet.maintenance.looking import NothingThere
from devnet.maintenance.measuring import size_of
from devnet.network import Network
from devnet.network_journal import KeptNetwork


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
    with closing(_opened(path)) as network:
        zones = tuple(_pruned(network, name, history) for name in network.zones)
        network.replace(_Own(network))
    return Shrunk(before, size_of(path), zones)


def compact(path: Path) -> Shrunk:
    """Writes files anew without what no kept block needs. Raises as `prune`."""
    before = size_of(path)
    with closing(_opened(path)) as network:
        network.replace(_Own(network))
    return Shrunk(before, size_of(path))


def _opened(path: Path) -> Network:
    config = DataFolder.stored_config(path)
    if config is None:
        raise NothingThere(f"{path} holds no network")
    return Network(config, clock=WallClock(), folder=DataFolder.open(path, config, Fsync.SLOT))


class _Own:
    """What a network consists of, as it would be in a dump: see `devnet.network.NetworkContent`."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def network(self) -> Iterator[bytes]:
        network = self._network
        chain = network.settlement.chain
        return KeptNetwork(network.clock.kept(), network.snapshots.book, chain.history()).records()

    def state(self, zone: ZoneName) -> Iterator[bytes]:
        return self._network.zones[zone].export_state()

    def zone(self, zone: ZoneName) -> Iterator[bytes]:
        return self._network.zones[zone].export()


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
