"""A proof of what a zone's root says about one key, and its encoding. `devnet.state.verify` checks it."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Proof:
    """An active entry with its way up to the zone's root. The entry is the key's own, or, for a key that is
    not there, the one whose key hash and next key hash enclose the key's."""

    value: bytes | None
    """What is proven: the key's value, None for its absence. Not part of the encoding."""
    entry: bytes
    """The payload, without padding."""
    serial_number: int
    left: tuple[bytes, ...]
    """11 peers of the entry in the left half of its twig, lowest first."""
    chunk: bytes
    """The 32 bytes of active bits that hold the entry's."""
    right: tuple[bytes, ...]
    """3 peers of the chunk in the right half."""
    upper: tuple[bytes, ...]
    """Peers above the twig; as many as the number of the shard's youngest twig has bits."""
    shard_root: bytes
    start: int
    end: int
    active: int
    """The shard's counters: first serial number that may be active, next serial number, active entries."""
    zone: tuple[bytes, ...]
    """4 peers of the shard's leaf in the zone's tree."""

    def encode_path(self) -> bytes:
        """The way from the entry to the shard's root in upstream's format (`merkletree/proof.rs`): u64le
        serial number, entry hash, left peers, chunk, right peers, upper peers, shard root."""
        return b"".join(
            (
                self.serial_number.to_bytes(8, "little"),
                sha256(self.entry).digest(),
                *self.left,
                self.chunk,
                *self.right,
                *self.upper,
                self.shard_root,
            )
        )

    def encode(self) -> bytes:
        """The whole proof: u32le entry length, entry, u64le start, end and active count, zone peers, path."""
        return b"".join(
            (
                len(self.entry).to_bytes(4, "little"),
                self.entry,
                self.start.to_bytes(8, "little"),
                self.end.to_bytes(8, "little"),
                self.active.to_bytes(8, "little"),
                *self.zone,
                self.encode_path(),
            )
        )
