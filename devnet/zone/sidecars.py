"""Blob sidecars of sealed transactions, for a while: a block does not hold them."""

from __future__ import annotations

from devnet.chain.transaction import BlobSidecar
from devnet.chain.types import Hash32

SIDECAR_LIMIT = 256
"""How many are kept; each has up to 6 blobs of 128 KiB."""


class SidecarStore:
    """The newest sidecars by transaction hash."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: dict[Hash32, BlobSidecar] = {}

    def keep(self, transaction_hash: Hash32, sidecar: BlobSidecar) -> None:
        """Adds one and forgets the oldest where there are too many."""
        self._kept[transaction_hash] = sidecar
        while len(self._kept) > SIDECAR_LIMIT:
            self._kept.pop(next(iter(self._kept)))

    def get(self, transaction_hash: Hash32) -> BlobSidecar | None:
        """The sidecar of a sealed transaction, where it is still kept."""
        return self._kept.get(transaction_hash)
