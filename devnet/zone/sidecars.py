"""Blob sidecars of sealed transactions, for a while: a block does not hold them."""

from __future__ import annotations

from collections.abc import Iterable

from devnet.chain.transaction import BlobSidecar
from devnet.chain.types import Hash32
from devnet.zone.sender_queue import Waiting

SIDECAR_LIMIT = 256
"""How many are kept; each has up to 6 blobs of 128 KiB."""


class SidecarStore:
    """The newest sidecars by transaction hash."""

    __slots__ = ("_kept", "touched")

    def __init__(self) -> None:
        self._kept: dict[Hash32, Waiting] = {}
        self.touched: list[Waiting] | None = None
        """What was added since somebody who keeps sidecars in files looked; None: nobody does."""

    @property
    def entries(self) -> tuple[Waiting, ...]:
        """The mempool entries that the kept sidecars came with, oldest first."""
        return tuple(self._kept.values())

    def keep(self, entry: Waiting) -> None:
        """Adds the sidecar of a mempool entry and forgets the oldest where there are too many."""
        self._kept[entry.transaction.hash] = entry
        if self.touched is not None:
            self.touched.append(entry)
        while len(self._kept) > SIDECAR_LIMIT:
            self._kept.pop(next(iter(self._kept)))

    def get(self, transaction_hash: Hash32) -> BlobSidecar | None:
        """The sidecar of a sealed transaction, where it is still kept."""
        entry = self._kept.get(transaction_hash)
        return None if entry is None else entry.sidecar

    def restore(self, entries: Iterable[Waiting]) -> None:
        """Holds what keeping these in order leaves."""
        self._kept.clear()
        for entry in entries:
            self.keep(entry)
