"""What stands at one place of a shard's log, and its way up: what witnesses of updates are made of
(`devnet.state.recorder`)."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Place:
    """One serial number of a shard, from the twig of its `start` on up to its `end`, the next one to be
    given."""

    entry: bytes | None
    """The entry where it is active."""
    left: tuple[bytes, ...]
    """11 peers in the left half of its twig, lowest first. May be empty for sentries in their first places,
    whose twigs are constants."""
    left_root: bytes
    """Of that half."""
    chunk: bytes
    """The 32 bytes of active bits that hold its own."""
    right: tuple[bytes, ...]
    """3 peers of the chunk in the right half."""
    upper: tuple[bytes, ...]
    """Peers above the twig, as in `Proof`."""


@dataclass(frozen=True, slots=True)
class ShardHead:
    """A shard after one block: its counters, and its leaf in the zone's tree."""

    start: int
    end: int
    active: int
    leaf: bytes


def shard_leaf(root: bytes, start: int, end: int, active: int) -> bytes:
    """What stands for a shard in the zone's tree: SHA-256(0x40 ‖ root ‖ counters, u64le each)."""
    counters = b"".join(number.to_bytes(8, "little") for number in (start, end, active))
    return sha256(b"\x40" + root + counters).digest()
