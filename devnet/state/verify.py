"""Checks a QMDB proof against a zone's root. It needs SHA-256 and nothing else of this package.

It is written from the format (docs/state.md), not from the code that makes proofs, so that the two check each
other.
"""

from __future__ import annotations

import enum
from hashlib import sha256

_SHARDS = 16
_ENTRY_FIXED = 53
_PATH_FIXED = 8 + 32 * 17
"""Bytes of a path without its upper peers: serial number, leaf, 11 left peers, chunk, 3 right peers, root."""


class Flaw(enum.Enum):
    """What is wrong with a proof."""

    FORMAT = "the proof is cut short, too long or contradicts itself"
    COUNTERS = "the entry lies outside the serial numbers of its shard"
    LEAF = "the path is not the entry's"
    PATH = "the path does not lead to the shard's root"
    INACTIVE = "the entry is no longer active"
    ROOT = "the shard is not in the zone under this root"
    OTHER_KEY = "the entry says nothing about this key"


class InvalidProof(ValueError):
    """The proof does not prove anything about the key under the root."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.value)
        self.flaw = flaw


def verify(root: bytes, key: bytes, proof: bytes) -> bytes | None:
    """The value under `key` in the state with that root, or None: the key is not in it.

    `key` is 20 bytes (an account) or 52 (a slot); the value is as stored (`docs/state.md`). Raises
    `InvalidProof`.
    """
    entry, counters, zone, path = _split(proof)
    start, end, _ = counters
    serial_number = int.from_bytes(path[:8], "little")
    entry_key, value, next_key_hash, entry_serial_number = _parse_entry(entry)
    if not start <= serial_number < end:
        raise InvalidProof(Flaw.COUNTERS)
    if entry_serial_number != serial_number or sha256(entry).digest() != path[8:40]:
        raise InvalidProof(Flaw.LEAF)

    shard_root = _climb_shard(serial_number, end, path)
    key_hash = sha256(key).digest()
    shard = key_hash[0] >> 4
    node = sha256(b"\x40" + shard_root + b"".join(n.to_bytes(8, "little") for n in counters)).digest()
    if _climb(node, [zone[i : i + 32] for i in range(0, 128, 32)], shard, 64) != root:
        raise InvalidProof(Flaw.ROOT)

    if value and entry_key == key:
        return value
    entry_key_hash = sha256(entry_key).digest() if value else entry_key[:2] + bytes(30)
    if not entry_key_hash < key_hash < next_key_hash:
        raise InvalidProof(Flaw.OTHER_KEY)
    return None


def _split(proof: bytes) -> tuple[bytes, tuple[int, int, int], bytes, bytes]:
    """The entry, the shard's counters (start, end, active count), the zone peers and the path."""
    entry_end = 4 + int.from_bytes(proof[:4], "little")
    path_start = entry_end + 24 + 128
    if len(proof) < path_start + _PATH_FIXED or (len(proof) - path_start - _PATH_FIXED) % 32:
        raise InvalidProof(Flaw.FORMAT)
    start, end, active = (
        int.from_bytes(proof[i : i + 8], "little") for i in range(entry_end, entry_end + 24, 8)
    )
    return proof[4:entry_end], (start, end, active), proof[entry_end + 24 : path_start], proof[path_start:]


def _parse_entry(entry: bytes) -> tuple[bytes, bytes, bytes, int]:
    """Key, value, next key hash and serial number of an entry."""
    if len(entry) < _ENTRY_FIXED:
        raise InvalidProof(Flaw.FORMAT)
    key_end = 5 + entry[0]
    value_end = key_end + int.from_bytes(entry[1:4], "little")
    if len(entry) != value_end + 48 + 8 * entry[4]:
        raise InvalidProof(Flaw.FORMAT)
    serial_number = int.from_bytes(entry[value_end + 40 : value_end + 48], "little")
    return entry[5:key_end], entry[key_end:value_end], entry[value_end : value_end + 32], serial_number


def _climb_shard(serial_number: int, end: int, path: bytes) -> bytes:
    """The shard's root, which the path names and which its hashes must give; the entry must be active."""
    nodes = [path[i : i + 32] for i in range(8, len(path), 32)]
    leaf, left, chunk, right, upper, root = (
        nodes[0],
        nodes[1:12],
        nodes[12],
        nodes[13:16],
        nodes[16:-1],
        nodes[-1],
    )
    twig = serial_number >> 11
    if len(upper) != (end >> 11).bit_length():
        raise InvalidProof(Flaw.FORMAT)
    position = serial_number & 2047
    if not chunk[(position & 255) >> 3] >> (position & 7) & 1:
        raise InvalidProof(Flaw.INACTIVE)
    left_root = _climb(leaf, left, position, 0)
    active_root = _climb(chunk, right, position >> 8, 8)
    twig_root = sha256(b"\x0b" + left_root + active_root).digest()
    if _climb(twig_root, upper, twig, 12) != root:
        raise InvalidProof(Flaw.PATH)
    return root


def _climb(node: bytes, peers: list[bytes], position: int, level: int) -> bytes:
    """The root over a node of `level`, given its peers; a set bit of `position` puts the peer on the left."""
    for peer in peers:
        pair = peer + node if position & 1 else node + peer
        node = sha256(bytes((level,)) + pair).digest()
        position >>= 1
        level += 1
    return node
