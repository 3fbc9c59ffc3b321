"""How an entry is written, and the entries that are there from the start: sentries and the null entry.

Layout and constants are upstream's (QMDB v0.2.0, `entryfile/entry.rs` and `def.rs`). An entry here is its
payload as bytes, without the zero padding to a multiple of 8 that only files have; the hash leaves the
padding out as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from struct import Struct

SHARD_COUNT = 16
SENTRIES_PER_SHARD = 4096
VERSION_SHIFT = 24
"""An entry's version is the height of its block shifted by this; the bits below count change sets in the
block, and a block here makes one."""

FIXED_LENGTH = 53
"""Bytes of an entry apart from key, value and deactivated serial numbers."""

MAX_DEACTIVATED = 2
MAX_KEY_LENGTH = 255
MAX_VALUE_LENGTH = (1 << 24) - 1
NULL_VERSION = -2
NULL_SERIAL_NUMBER = (1 << 64) - 1
NO_HASH = bytes(32)
LAST_KEY_HASH = b"\xff" * 32
"""What the last entry of the last shard names as its next key hash."""

_LENGTHS = Struct("<IB")
_TAIL = Struct("<qQ")
_TAILS = (_TAIL, Struct("<qQQ"), Struct("<qQQQ"))


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry taken apart. `deactivated` are the serial numbers that it makes inactive."""

    key: bytes
    value: bytes
    next_key_hash: bytes
    version: int
    serial_number: int
    deactivated: tuple[int, ...]

    @property
    def key_hash(self) -> bytes:
        """SHA-256 of the key; of a sentry (empty value) its first two bytes and zeros."""
        return key_hash_of(self.key, self.value)


def key_hash_of(key: bytes, value: bytes) -> bytes:
    """Where an entry stands in the order of its shard. An empty value marks a sentry."""
    return sha256(key).digest() if value else key[:2] + bytes(30)


def encode_entry(
    key: bytes,
    value: bytes,
    next_key_hash: bytes,
    version: int,
    serial_number: int,
    deactivated: tuple[int, ...] = (),
) -> bytes:
    """The payload: u32le(value length * 256 + key length), u8 count, key, value, next key hash, i64le
    version, u64le serial number, then `count` deactivated serial numbers (0, 1 or 2 of them), u64le."""
    count = len(deactivated)
    return (
        _LENGTHS.pack(len(value) << 8 | len(key), count)
        + key
        + value
        + next_key_hash
        + _TAILS[count].pack(version, serial_number, *deactivated)
    )


def next_key_hash_of(payload: bytes) -> bytes:
    """The next key hash of an entry, without taking the rest apart."""
    end = len(payload) - 16 - 8 * payload[4]
    return payload[end - 32 : end]


def with_next_key_hash(
    payload: bytes, next_key_hash: bytes, version: int, serial_number: int, deactivated: tuple[int, ...]
) -> bytes:
    """The entry written anew with the same key and value but another successor."""
    count = len(deactivated)
    end = len(payload) - 48 - 8 * payload[4]
    tail = _TAILS[count].pack(version, serial_number, *deactivated)
    return payload[:4] + bytes((count,)) + payload[5:end] + next_key_hash + tail


def moved(payload: bytes, serial_number: int, deactivated: int) -> bytes:
    """The entry written anew by compaction: everything stays, its version too, but the serial number."""
    end = len(payload) - 8 - 8 * payload[4]
    return (
        payload[:4]
        + b"\x01"
        + payload[5:end]
        + serial_number.to_bytes(8, "little")
        + deactivated.to_bytes(8, "little")
    )


def is_sentry(payload: bytes) -> bool:
    """Whether an encoded entry has no value."""
    return payload[1:4] == b"\0\0\0"


def key_hash_in(payload: bytes) -> bytes:
    """The key hash of an encoded entry."""
    key = payload[5 : 5 + payload[0]]
    return key[:2] + bytes(30) if is_sentry(payload) else sha256(key).digest()


def decode_entry(payload: bytes) -> Entry:
    """Takes an entry apart. Raises ValueError when the lengths in it do not add up to its length."""
    if len(payload) < FIXED_LENGTH:
        raise ValueError(f"an entry has at least {FIXED_LENGTH} bytes, this one {len(payload)}")
    lengths, count = _LENGTHS.unpack_from(payload)
    key_end = 5 + (lengths & 0xFF)
    value_end = key_end + (lengths >> 8)
    if len(payload) != value_end + 48 + 8 * count:
        raise ValueError("the lengths inside the entry do not add up to its length")
    version, serial_number = _TAIL.unpack_from(payload, value_end + 32)
    tail = payload[value_end + 48 :]
    return Entry(
        key=payload[5:key_end],
        value=payload[key_end:value_end],
        next_key_hash=payload[value_end : value_end + 32],
        version=version,
        serial_number=serial_number,
        deactivated=tuple(int.from_bytes(tail[i : i + 8], "little") for i in range(0, len(tail), 8)),
    )


def padded(payload: bytes) -> bytes:
    """The entry as files hold it: zeros up to a multiple of 8."""
    return payload + bytes(-len(payload) % 8)


def null_entry() -> bytes:
    """What stands for a leaf that no entry has taken yet."""
    return encode_entry(b"", b"", NO_HASH, NULL_VERSION, NULL_SERIAL_NUMBER)


def sentry(shard: int, number: int) -> bytes:
    """Sentry `number` of a shard: the entry that owns the first key hash with its two leading bytes, so that
    every key has a predecessor. Its serial number is `number`, its value empty, its version 0."""
    first = shard * SENTRIES_PER_SHARD + number
    following = first.to_bytes(2, "big") + bytes(30)
    next_key_hash = LAST_KEY_HASH if first == 0xFFFF else (first + 1).to_bytes(2, "big") + bytes(30)
    return encode_entry(following, b"", next_key_hash, 0, number)
