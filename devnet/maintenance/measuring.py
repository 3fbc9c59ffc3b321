"""What is in a data folder, and how large it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devnet.chain.types import Hash32
from devnet.config import NetworkConfig
from devnet.folder import ARCHIVE_NAME, COMMIT_NAME, STATE_NAME
from devnet.keeper import content_of
from devnet.maintenance.looking import Look, looking, network_of
from devnet.manifest import FORMAT, MANIFEST_NAME
from devnet.snapshots import SnapshotInfo


@dataclass(frozen=True, slots=True)
class DescribedZone:
    """One zone as it is kept."""

    name: str
    chain_id: int
    number: int
    """Of the newest block."""
    hash: Hash32
    oldest: int
    """The lowest block that is kept whole."""
    durable: int | None
    """The newest block that survives a power cut for certain; None: none does."""
    pending: int
    queued: int
    """Transactions in the mempool: those that could go into a block now, those that wait for another."""


@dataclass(frozen=True, slots=True)
class Described:
    """A folder."""

    path: Path
    format: int
    config: NetworkConfig
    config_hash: Hash32
    zones: tuple[DescribedZone, ...]
    snapshots: tuple[SnapshotInfo, ...]
    sizes: Mapping[str, int]
    """Bytes on the disk by kind."""
    left_by: str
    """The process that was killed in it last; "" where it was closed."""


def describe(path: Path) -> Described:
    """Opens everything and writes nothing. Raises as `looking`."""
    with looking(path) as look:
        return _described(look)


def _described(look: Look) -> Described:
    network = network_of(look)
    durable = (
        [None] * len(network.zones) if look.durable is None else content_of(look.durable, look.folder).heads
    )
    zones = []
    for zone, head in zip(network.zones.values(), durable, strict=True):
        status = zone.status()
        zones.append(
            DescribedZone(
                status.name,
                status.chain_id,
                status.number,
                status.block_hash,
                zone.history().oldest,
                None if head is None else head.number,
                status.pending,
                status.queued,
            )
        )
    return Described(
        look.folder.path,
        FORMAT,
        look.manifest.config,
        look.manifest.config.hash,
        tuple(zones),
        network.snapshots.listing(),
        sizes(look.folder.path),
        look.left_by,
    )


def size_of(folder: Path) -> int:
    """Bytes of all files of a network. Side files of repairs do not count."""
    return sum(sizes(folder).values())


def sizes(folder: Path) -> dict[str, int]:
    """Bytes by kind: states, blocks, journals, what was dispersed, and the rest."""
    found = {"states": 0, "blocks": 0, "journals": 0, "dispersed data": 0, "manifest and commits": 0}
    for path in folder.rglob("*"):
        inside = path.relative_to(folder).parts
        if inside[-1] in (MANIFEST_NAME, COMMIT_NAME):
            found["manifest and commits"] += path.stat().st_size
        elif ARCHIVE_NAME in inside[:-1]:
            found["dispersed data"] += path.stat().st_size
        elif path.suffix == ".log":
            kind = "states" if STATE_NAME in inside[:-1] else "blocks" if "blocks" in inside else "journals"
            found[kind] += path.stat().st_size
    return found
