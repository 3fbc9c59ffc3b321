"""The parts of a zone that have something to keep."""

from __future__ import annotations

from dataclasses import dataclass

from devnet.zone.filters import FilterBank
from devnet.zone.impersonation import Impersonation
from devnet.zone.ledger import Ledger
from devnet.zone.mempool import Mempool
from devnet.zone.producer import Producer
from devnet.zone.sidecars import SidecarStore
from devnet.zone.snapshot_marks import SnapshotMarks
from devnet.zone.timestamps import ZoneTime


@dataclass(frozen=True, slots=True)
class ZoneParts:
    """What a journal looks at, and what is filled again when a zone is opened."""

    ledger: Ledger
    pool: Mempool
    sidecars: SidecarStore
    time: ZoneTime
    producer: Producer
    impersonation: Impersonation
    marks: SnapshotMarks
    filters: FilterBank
