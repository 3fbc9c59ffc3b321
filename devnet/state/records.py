"""The records that a state's files and dumps consist of, as bytes (`docs/formats.md`, "State").

    BLOCK   what one block appended, and the counters, leaves and root after it
    HEAD    one shard at the height where history begins: counters, roots of dead twigs, active bits
    PIECE   consecutive entries of one twig at that height; of those that are not needed only the hash
    CODE    the code of contracts

A HEAD with its shard's PIECEs is the shard after one block; the BLOCKs above it are the history. Nothing in
here knows what an entry means.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from struct import Struct
from struct import error as StructError

from devnet.state.entries import MAX_DEACTIVATED
from devnet.state.trees import ACTIVE_BYTES, TWIG_SHIFT

BLOCK, HEAD, PIECE, CODE = 1, 2, 3, 4
"""The first byte of a record."""

HASH_LENGTH = 32
BARE = b"\0"
"""Stands in a PIECE where an entry would begin (no entry's key is empty); the entry's hash follows."""

_BLOCK = Struct("<BQ32sB")
_SHARD = Struct("<BQQQQ32sI")
_HEAD = Struct("<BQBQQQ32s")
_PIECE = Struct("<BBQI")
_CODE = Struct("<BQ32s")
_LENGTHS = Struct("<IB")
_FIXED = 53


@dataclass(frozen=True, slots=True)
class ShardPart:
    """What a block did to one shard. `first` is the serial number of the first entry, `end` the one after the
    last; `start` and `active` are as after the block."""

    number: int
    first: int
    start: int
    end: int
    active: int
    leaf: bytes
    content: bytes
    """The entries one after the other."""


@dataclass(frozen=True, slots=True)
class BlockRecord:
    """One block."""

    height: int
    root: bytes
    parts: list[ShardPart]


@dataclass(frozen=True, slots=True)
class HeadRecord:
    """One shard after block `height`."""

    height: int
    number: int
    start: int
    end: int
    active: int
    leaf: bytes
    dead_roots: list[bytes]
    """Roots of the twigs wholly below `start`."""
    bits: list[bytes]
    """The active bits of the other twigs, 256 bytes each."""


@dataclass(frozen=True, slots=True)
class PieceRecord:
    """Entries of one shard from serial number `first` on: each its payload, or only its hash (32 bytes)."""

    number: int
    first: int
    items: list[bytes]


def encode_block(height: int, root: bytes, parts: Sequence[ShardPart]) -> bytes:
    """A BLOCK record."""
    encoded = [_BLOCK.pack(BLOCK, height, root, len(parts))]
    for part in parts:
        encoded.append(
            _SHARD.pack(
                part.number, part.first, part.start, part.end, part.active, part.leaf, len(part.content)
            )
        )
        encoded.append(part.content)
    return b"".join(encoded)


def decode_block(record: bytes) -> BlockRecord:
    """Takes a BLOCK record apart. Raises ValueError."""
    try:
        _, height, root, count = _BLOCK.unpack_from(record)
        at = _BLOCK.size
        parts = []
        for _ in range(count):
            number, first, start, end, active, leaf, length = _SHARD.unpack_from(record, at)
            at += _SHARD.size
            parts.append(ShardPart(number, first, start, end, active, leaf, record[at : at + length]))
            at += length
    except StructError:
        raise ValueError("a block's record is cut short") from None
    if at > len(record):
        raise ValueError("a block's record is cut short")
    if at != len(record):
        raise ValueError("the lengths in a block's record do not add up to its length")
    return BlockRecord(height, root, parts)


def encode_head(head: HeadRecord) -> bytes:
    """A HEAD record."""
    fixed = _HEAD.pack(HEAD, head.height, head.number, head.start, head.end, head.active, head.leaf)
    return b"".join((fixed, *head.dead_roots, *head.bits))


def decode_head(record: bytes) -> HeadRecord:
    """Takes a HEAD record apart. Raises ValueError."""
    try:
        _, height, number, start, end, active, leaf = _HEAD.unpack_from(record)
    except StructError:
        raise ValueError("a shard's head is cut short") from None
    dead = start >> TWIG_SHIFT
    live = (end >> TWIG_SHIFT) + 1 - dead
    bits_at = _HEAD.size + HASH_LENGTH * dead
    if start > end or len(record) != bits_at + ACTIVE_BYTES * live:
        raise ValueError("a shard's head does not have the length that its counters say")
    return HeadRecord(
        height,
        number,
        start,
        end,
        active,
        leaf,
        [record[at : at + HASH_LENGTH] for at in range(_HEAD.size, bits_at, HASH_LENGTH)],
        [record[at : at + ACTIVE_BYTES] for at in range(bits_at, len(record), ACTIVE_BYTES)],
    )


def encode_piece(number: int, first: int, items: Sequence[bytes]) -> bytes:
    """A PIECE record."""
    encoded = [_PIECE.pack(PIECE, number, first, len(items))]
    encoded += [BARE + item if len(item) == HASH_LENGTH else item for item in items]
    return b"".join(encoded)


def decode_piece(record: bytes) -> PieceRecord:
    """Takes a PIECE record apart. Raises ValueError."""
    try:
        _, number, first, count = _PIECE.unpack_from(record)
    except StructError:
        raise ValueError("a piece is cut short") from None
    items = list(_items(record, _PIECE.size))
    if len(items) != count:
        raise ValueError(f"a piece holds {len(items)} entries and says {count}")
    return PieceRecord(number, first, items)


def piece_range(record: bytes) -> tuple[int, int, int]:
    """Shard, first serial number and number of entries of a PIECE record."""
    _, number, first, count = _PIECE.unpack_from(record)
    return number, first, count


def head_end(record: bytes) -> tuple[int, int]:
    """Shard and serial number of the next entry of a HEAD record."""
    _, _, number, _, end, _, _ = _HEAD.unpack_from(record)
    return number, end


def record_height(record: bytes) -> int:
    """The height in a BLOCK or a CODE record."""
    return int.from_bytes(record[1:9], "little")


def encode_code(height: int, code_hash: bytes, code: bytes) -> bytes:
    """A CODE record."""
    return _CODE.pack(CODE, height, code_hash) + code


def decode_code(record: bytes) -> tuple[int, bytes, bytes]:
    """Height, hash and code of a CODE record. Raises ValueError."""
    try:
        _, height, code_hash = _CODE.unpack_from(record)
    except StructError:
        raise ValueError("a code's record is cut short") from None
    return height, code_hash, record[_CODE.size :]


def split_entries(content: bytes) -> list[bytes]:
    """Entries that stand one after the other. Raises ValueError where the lengths in them do not add up."""
    entries = []
    at = 0
    size = len(content)
    while at < size:
        end = _entry_end(content, at, size, "entries are cut short")
        entries.append(content[at:end])
        at = end
    return entries


def _entry_end(record: bytes, at: int, size: int, words: str) -> int:
    """Where the entry at this place ends. Raises ValueError, with these words where that is beyond `size`."""
    if at + _FIXED > size:
        raise ValueError(words)
    lengths, count = _LENGTHS.unpack_from(record, at)
    if count > MAX_DEACTIVATED:
        raise ValueError(f"an entry deactivates at most {MAX_DEACTIVATED} others, not {count}")
    end: int = at + _FIXED + (lengths & 0xFF) + (lengths >> 8) + 8 * count
    if end > size:
        raise ValueError(words)
    return end


def _items(record: bytes, at: int) -> Iterator[bytes]:
    size = len(record)
    words = "a piece ends inside an entry"
    while at < size:
        if record[at]:
            end = _entry_end(record, at, size, words)
        else:
            at += 1
            end = at + HASH_LENGTH
            if end > size:
                raise ValueError(words)
        yield record[at:end]
        at = end
