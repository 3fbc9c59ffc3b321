"""Who makes a zone's updates: several producers a zone, who take turns by slot (protocol section 7).

Their keys follow from the network's configuration, so that everybody knows them: they are a devnet's. An
update is the business of the one producer whose turn its slot is; where that one is stopped, the zone waits
for the slot of another, and nothing else stops.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from devnet.chain.keccak import keccak256
from devnet.chain.signature import CURVE_ORDER, SigningKey, recover
from devnet.chain.types import Address, Hash32
from devnet.settlement.block import ZoneUpdate

_TAG = b"zero producer 1"
SIGNATURE_BYTES = 65


@dataclass(frozen=True, slots=True)
class Turn:
    """Which of a zone's producers makes the update of a slot."""

    zone: int
    index: int


class Producers:
    """The producers of a network's zones."""

    def __init__(self, network: Hash32, count: int) -> None:
        """`network` is the network's configuration hash, `count` how many each zone has."""
        self._network = network
        self.count = count
        # Of each object its own: two networks share nothing.
        self._key = lru_cache(maxsize=1024)(self._derive)
        # Each validator of a process asks the same of the same updates.
        self._signer = lru_cache(maxsize=1024)(_signer)

    def turn(self, zone: int, slot: int) -> Turn:
        """Who makes the zone's updates of that slot: one after the other, each zone begins with another."""
        return Turn(zone, (slot + zone) % self.count)

    def address(self, turn: Turn) -> Address:
        """Of the producer whose turn it is."""
        return self._key(turn).address

    def sign(self, turn: Turn, digest: Hash32) -> bytes:
        """r ‖ s ‖ y parity, 65 bytes."""
        parity, r, s = self._key(turn).sign_digest(digest)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes((parity,))

    def is_signed(self, update: ZoneUpdate) -> bool:
        """Whether the producer whose turn the update's slot is signed it."""
        expected = self.address(self.turn(update.statement.zone, update.slot))
        signature = update.signature
        if update.producer != expected or len(signature) != SIGNATURE_BYTES:
            return False
        return self._signer(update.signed_hash, signature) == expected

    def _derive(self, turn: Turn) -> SigningKey:
        seed = _TAG + self._network + turn.zone.to_bytes(4, "big") + turn.index.to_bytes(4, "big")
        secret = int.from_bytes(keccak256(seed), "big") % (CURVE_ORDER - 1) + 1
        return SigningKey(secret.to_bytes(32, "big"))


def _signer(digest: Hash32, signature: bytes) -> Address | None:
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    return recover(digest, signature[64], r, s)
