"""What a slot's producers hand out, for validators that fetch it: in pieces, by the hash of the update.

Validator i is served exactly what was delivered for validator i, so that a fault in delivering is the same
for one that lives elsewhere.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from devnet.chain.types import Hash32
from devnet.settlement.acceptance import Package
from devnet.settlement.judging import Delivery
from devnet.settlement.remote.package_codec import encode_columns, encode_package

PIECE_BYTES = 1 << 20
_MOST_PACKAGES = 64
"""That are kept encoded."""


class Part(StrEnum):
    """What can be fetched of an update."""

    PACKAGE = "package"
    """Header, combination and proof, with the batch."""
    COLUMNS = "columns"
    """One validator's."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of something."""

    size: int
    """Of the whole, bytes."""
    data: bytes
    """From the offset that was asked for, at most `PIECE_BYTES`."""


class Deliveries:
    """Of the height that is agreed upon, and of the one before for those who are late. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: Mapping[int, Delivery] = {}
        self._before: Mapping[int, Delivery] = {}
        self._height: object = None
        self._encoded: dict[int, tuple[Package, bytes]] = {}
        """By the identity of the package, which is kept beside so that no other gets it."""

    def offer(self, height: object, deliveries: Mapping[int, Delivery]) -> None:
        """What was delivered for every validator, by index. `height` names the height and the life of the
        chain; offered again for the same one it takes the place of what was offered."""
        with self._lock:
            if height != self._height:
                self._before, self._height = self._newest, height
            self._newest = deliveries

    def read(self, update: Hash32, part: Part, holder: int, offset: int) -> Piece | None:
        """A piece of what was delivered for that validator; None where there is nothing."""
        for deliveries in (self._newest, self._before):
            delivery = deliveries.get(holder)
            if delivery is None:
                continue
            whole = self._whole(delivery, update, part)
            if whole is not None and 0 <= offset <= len(whole):
                return Piece(len(whole), whole[offset : offset + PIECE_BYTES])
        return None

    def _whole(self, delivery: Delivery, update: Hash32, part: Part) -> bytes | None:
        if part is Part.COLUMNS:
            columns = delivery.columns.get(update)
            return None if columns is None else encode_columns(columns)
        package = delivery.packages.get(update)
        if package is None:
            return None
        with self._lock:
            known = self._encoded.get(id(package))
            if known is None:
                known = self._encoded[id(package)] = (package, encode_package(package))
                while len(self._encoded) > _MOST_PACKAGES:
                    del self._encoded[next(iter(self._encoded))]
            return known[1]
