"""What became of the transactions that the courier sent: those that failed are not sent again and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from devnet.chain.types import Hash32
from devnet.contracts.delivering import Carried
from devnet.zone.port import ZonePort


@dataclass(frozen=True, slots=True)
class _Job:
    zone: int
    transaction_hash: Hash32
    block_hash: Hash32 | None = None
    """Of the block that it failed in; None where it is not known yet what became of it."""


class SentJobs:
    """Those of one courier. A failed delivery is no failed transaction (the executor tells of it); one that
    fails is one that nobody foresaw, and would fail again. Forgotten when the process ends: then it is tried
    once more."""

    def __init__(self) -> None:
        self._jobs: dict[Carried, _Job] = {}

    def add(self, carried: Carried, zone: int, transaction_hash: Hash32) -> None:
        """It was sent."""
        self._jobs[carried] = _Job(zone, transaction_hash)

    def look(self, ports: Sequence[ZonePort]) -> None:
        """Finds out what became of those that are not known."""
        for carried, job in list(self._jobs.items()):
            located = ports[job.zone].receipt(job.transaction_hash)
            if job.block_hash is not None:
                if located is None or located.block_hash != job.block_hash:
                    # The block is gone.
                    del self._jobs[carried]
            elif located is not None and not located.receipt.status:
                self._jobs[carried] = _Job(job.zone, job.transaction_hash, located.block_hash)
            elif located is not None or ports[job.zone].transaction(job.transaction_hash) is None:
                del self._jobs[carried]

    def failed(self, carried: Carried) -> Hash32 | None:
        """The transaction that did this and failed; None where none did."""
        job = self._jobs.get(carried)
        return None if job is None or job.block_hash is None else job.transaction_hash

    def forget(self, guid: Hash32) -> None:
        """Somebody wants a message to be tried again."""
        self._jobs = {carried: job for carried, job in self._jobs.items() if carried.subject != guid}
