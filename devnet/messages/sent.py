"""What became of the transactions that the courier sent: those that fail are not sent again and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from devnet.chain.types import Hash32
from devnet.contracts.delivering import Carried
from devnet.zone.port import ZonePort

TRIES = 3
"""A transaction may fail because a revert took away what it relied on: after so many it is something else."""


@dataclass(frozen=True, slots=True)
class _Failed:
    zone: int
    transaction_hash: Hash32
    block_hash: Hash32


class SentJobs:
    """Those of one courier. A failed delivery is no failed transaction (the executor tells of it); one that
    fails is one that nobody foresaw. Forgotten when the process ends: then it is tried again."""

    def __init__(self) -> None:
        self._sent: dict[int, dict[Carried, Hash32]] = {}
        """By zone, those of which it is not known yet what became of them."""
        self._failed: dict[Carried, tuple[_Failed, ...]] = {}
        self._heads: dict[int, Hash32] = {}
        """The newest blocks when somebody looked."""
        self.looks = 0
        """How many were looked for, for those who count."""

    def add(self, carried: Carried, zone: int, transaction_hash: Hash32) -> None:
        """It was sent."""
        self._sent.setdefault(zone, {})[carried] = transaction_hash

    def look(self, ports: Sequence[ZonePort]) -> None:
        """Finds out what became of those that are not known, in zones with new blocks."""
        for zone, port in enumerate(ports):
            newest = port.block("latest")
            assert newest is not None, "a chain has a newest block"
            if self._heads.get(zone) == newest.hash:
                continue
            self._heads[zone] = newest.hash
            self._look_at_failed(zone, port)
            self._look_at_sent(zone, port)

    def _look_at_failed(self, zone: int, port: ZonePort) -> None:
        for carried, failed in list(self._failed.items()):
            on_chain = tuple(each for each in failed if each.zone != zone or _is_on_chain(port, each))
            if on_chain:
                self._failed[carried] = on_chain
            else:
                del self._failed[carried]

    def _look_at_sent(self, zone: int, port: ZonePort) -> None:
        sent = self._sent.get(zone, {})
        for carried, transaction_hash in list(sent.items()):
            self.looks += 1
            located = port.receipt(transaction_hash)
            if located is None and port.transaction(transaction_hash) is not None:
                continue
            del sent[carried]
            if located is not None and located.receipt.status:
                self._failed.pop(carried, None)
            elif located is not None:
                found = _Failed(zone, transaction_hash, located.block_hash)
                self._failed[carried] = (*self._failed.get(carried, ()), found)

    def given_up(self, carried: Carried) -> Hash32 | None:
        """The last transaction that did this and failed, where that is no use trying again; else None."""
        failed = self._failed.get(carried, ())
        return failed[-1].transaction_hash if len(failed) >= TRIES else None

    def forget(self, guid: Hash32) -> None:
        """Somebody wants a message to be tried again."""
        self._failed = {carried: each for carried, each in self._failed.items() if carried.subject != guid}


def _is_on_chain(port: ZonePort, failed: _Failed) -> bool:
    located = port.receipt(failed.transaction_hash)
    return located is not None and located.block_hash == failed.block_hash
