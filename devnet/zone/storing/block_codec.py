"""A sealed block as one record: everything that cannot be derived, sender and hash of each transaction
included, so that reading it back recovers no signature and computes no trie.

    u8 kind ‖ u64 number ‖ u64 state height ‖ 32 hash ‖ u8 flags ‖ u16 filter size ‖ u32 count
    ‖ filter ‖ count × 32 transaction hashes ‖ RLP body

What comes before the body is the outline: what an index of blocks, transactions and logs needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from struct import Struct

from devnet.blocks.overrides import NO_OVERRIDES, DevelopmentOverrides
from devnet.chain.block import Block
from devnet.chain.block_codec import encode_header, header_of
from devnet.chain.codec import REFERENCE, Codec
from devnet.chain.content_packing import encode_authorities
from devnet.chain.forced import ForcedTransaction
from devnet.chain.receipt_codec import BLOOM_SIZE
from devnet.chain.rlp import (
    Decoded,
    decode,
    decode_int,
    encode_bytes,
    encode_int,
    encode_list,
    split_list,
    wrap_list,
)
from devnet.chain.rlp_items import (
    NOTHING,
    address,
    encode_optional_bytes,
    encode_optional_int,
    hash32,
    members,
    optional,
    optional_address,
    text,
)
from devnet.chain.rules import BlobSchedule, Fork, Rules
from devnet.chain.transaction import Transaction
from devnet.chain.trusted_transaction import decode_trusted
from devnet.chain.types import Hash32, Wei
from devnet.zone.block_record import BlockRecord
from devnet.zone.bloom_probe import PackedBloom, pack_bloom
from devnet.zone.storing.head_codec import encode_head, read_head
from devnet.zone.storing.kinds import RecordKind
from devnet.zone.storing.override_codec import encode_overrides, read_overrides

_PREFIX = Struct("<BQQ32sBHI")
_WRITES_ACCOUNTS, _WHOLE_FILTER = 1, 2
_BLOOM_FIELD = 6
_BLOOM_START = 189
"""Bytes of a header's RLP before the bloom filter: the list's prefix of 3, five hashes, an address."""
_BLOOM_END = _BLOOM_START + 3 + BLOOM_SIZE


@dataclass(frozen=True, slots=True)
class BlockOutline:
    """What the index of a chain needs of a block."""

    number: int
    state_height: int
    hash: Hash32
    parent_hash: Hash32
    has_account_overrides: bool
    bloom: PackedBloom | None
    """The filter of its logs."""
    transaction_hashes: bytes
    """32 bytes for each."""
    end: int
    """Where the body begins."""


# ---------------------------------------------------------------- encoding


def encode_block(record: BlockRecord, codec: Codec = REFERENCE) -> bytes:
    """The block's record."""
    return encode_block_as(RecordKind.BLOCK, record, codec)


def encode_block_as(kind: RecordKind, record: BlockRecord, codec: Codec = REFERENCE) -> bytes:
    """The block as a record of another kind with the same layout."""
    block = record.block
    transactions = block.transactions
    header = encode_header(block.header)
    body = (
        # The filter follows from the logs; most of the time it is 256 zeros.
        wrap_list(header[3:_BLOOM_START] + header[_BLOOM_END:]),
        encode_int(block.size),
        encode_rules(record.rules),
        codec.pack_content(transactions, block.receipts),
        NOTHING if record.overrides is NO_OVERRIDES else _encode_overrides(record.overrides),
        *_encode_later_parts(record),
    )
    overrides = record.overrides
    flags = _WRITES_ACCOUNTS if overrides.accounts else 0
    packed = pack_bloom(block.header.bloom)
    if packed is None:
        bloom = b""
    elif isinstance(packed, str):
        bloom = packed.encode("utf-16-le")
    else:
        bloom = packed
        flags |= _WHOLE_FILTER
    prefix = _PREFIX.pack(
        kind,
        block.header.number,
        record.state_height,
        block.hash,
        flags,
        len(bloom),
        len(transactions),
    )
    return b"".join((prefix, bloom, *[item.hash for item in transactions], encode_list(body)))


def _encode_later_parts(record: BlockRecord) -> tuple[bytes, ...]:
    """What blocks had from the beginning is before; a block has the parts that it needs."""
    head, index = record.settlement, record.inbox_index
    if not index:
        return () if head is None else (encode_head(head),)
    return (
        NOTHING if head is None else encode_head(head),
        encode_list(
            (
                encode_int(index),
                encode_list(
                    [
                        encode_list((encode_bytes(item.encoded), encode_int(item.gas)))
                        for item in record.forced
                    ]
                ),
            )
        ),
    )


@lru_cache(maxsize=64)
def encode_rules(rules: Rules) -> bytes:
    """[fork, chain id, [gas cap]?, [code limit]?, [block limit]?, [target, maximum, update fraction]?]."""
    schedule = rules.blob_schedule
    return encode_list(
        (
            encode_int(rules.fork),
            encode_int(rules.chain_id),
            encode_optional_int(rules.transaction_gas_cap),
            encode_optional_int(rules.code_size_limit),
            encode_optional_int(rules.block_size_limit),
            NOTHING
            if schedule is None
            else encode_list(
                (
                    encode_int(schedule.target),
                    encode_int(schedule.maximum),
                    encode_int(schedule.update_fraction),
                )
            ),
        )
    )


def encode_transaction(transaction: Transaction) -> bytes:
    """A transaction with what its signature gives: [encoded, sender, hash, authorities]."""
    return encode_list(
        (
            encode_bytes(transaction.encoded),
            encode_bytes(transaction.sender),
            encode_bytes(transaction.hash),
            encode_authorities(transaction),
        )
    )


def _encode_overrides(overrides: DevelopmentOverrides) -> bytes:
    return encode_list(
        (
            encode_overrides(overrides.accounts),
            encode_optional_bytes(overrides.prev_randao),
            encode_optional_int(overrides.base_fee),
        )
    )


# ---------------------------------------------------------------- decoding


def read_outline(content: bytes) -> BlockOutline:
    """The outline in a block's record; costs little. Raises ValueError."""
    if len(content) < _PREFIX.size:
        raise ValueError("the record of a block ends inside its outline")
    _, number, state_height, block_hash, flags, bloom_size, count = _PREFIX.unpack_from(content)
    bloom_end = _PREFIX.size + bloom_size
    end = bloom_end + 32 * count
    # The body is a list, its first member the header, that one's first member the parent's hash.
    at = _list_start(content, _list_start(content, end)) + 1
    if at + 32 > len(content):
        raise ValueError("the record of a block ends inside its header")
    bloom: PackedBloom | None = None
    if flags & _WHOLE_FILTER:
        bloom = content[_PREFIX.size : bloom_end]
    elif bloom_size:
        bloom = content[_PREFIX.size : bloom_end].decode("utf-16-le")
    return BlockOutline(
        number,
        state_height,
        Hash32(block_hash),
        Hash32(content[at : at + 32]),
        flags & _WRITES_ACCOUNTS != 0,
        bloom,
        content[bloom_end:end],
        end,
    )


def _list_start(content: bytes, at: int) -> int:
    """Where the first member of the list at `at` begins."""
    first = content[at] if at < len(content) else 0
    return at + 1 if first < 0xF8 else at + first - 0xF6


def decode_block(content: bytes, codec: Codec = REFERENCE) -> BlockRecord:
    """The inverse of `encode_block`. Raises ValueError."""
    return decode_block_as(RecordKind.BLOCK, content, codec)


def decode_block_as(kind: RecordKind, content: bytes, codec: Codec = REFERENCE) -> BlockRecord:
    """The inverse of `encode_block_as`. Raises ValueError."""
    if content[:1] != bytes((kind,)):
        raise ValueError(f"a record of kind {content[:1].hex() or 'none'} where a block belongs")
    outline = read_outline(content)
    body = split_list(content[outline.end :])
    if not 6 <= len(body) <= 8:
        raise ValueError(f"a block of {len(body)} parts")
    transactions, receipts, bloom = codec.unpack_content(body[3], body[4], outline.transaction_hashes)
    fields = members(decode(body[0]))
    header = header_of((*fields[:_BLOOM_FIELD], bloom, *fields[_BLOOM_FIELD:]))
    overrides = _read_overrides(members(decode(body[5])))
    inbox_index, forced = _read_forced(decode(body[7])) if len(body) == 8 else (0, ())
    if (
        header.number != outline.number
        or header.parent_hash != outline.parent_hash
        or pack_bloom(header.bloom) != outline.bloom
        or bool(overrides.accounts) != outline.has_account_overrides
    ):
        raise ValueError(f"the outline of block {outline.number} is not that of its body")
    return BlockRecord(
        Block(header, outline.hash, transactions, receipts, decode_int(decode(body[1]))),
        outline.state_height,
        read_rules(decode(body[2])),
        overrides,
        read_head(decode(body[6])) if len(body) > 6 and body[6] != NOTHING else None,
        forced,
        inbox_index,
    )


def _read_forced(item: Decoded) -> tuple[int, tuple[ForcedTransaction, ...]]:
    index, consumed = members(item, 2)
    forced = []
    for entry in members(consumed):
        encoded, gas = members(entry, 2)
        forced.append(ForcedTransaction(text(encoded), decode_int(gas)))
    if len(forced) > decode_int(index):
        raise ValueError("a block consumed more of the inbox than all blocks")
    return decode_int(index), tuple(forced)


def read_transaction(item: Decoded) -> Transaction:
    """The inverse of `encode_transaction`, out of decoded RLP. Raises ValueError."""
    encoded, sender, transaction_hash, authorities = members(item, 4)
    return decode_trusted(
        text(encoded),
        address(sender),
        hash32(transaction_hash),
        [optional_address(authority) for authority in members(authorities)],
    )


def read_rules(item: Decoded) -> Rules:
    """The inverse of `encode_rules`, out of decoded RLP. Raises ValueError."""
    fork, chain_id, gas_cap, code_size, block_size, schedule = members(item, 6)
    return _rules(
        decode_int(fork),
        decode_int(chain_id),
        optional(gas_cap, decode_int),
        optional(code_size, decode_int),
        optional(block_size, decode_int),
        tuple(map(decode_int, members(schedule))),
    )


@lru_cache(maxsize=64)
def _rules(
    fork: int,
    chain_id: int,
    gas_cap: int | None,
    code_size: int | None,
    block_size: int | None,
    schedule: tuple[int, ...],
) -> Rules:
    """Blocks share their rules: there are few different ones."""
    if len(schedule) not in (0, 3):
        raise ValueError(f"a blob schedule of {len(schedule)} numbers")
    blobs = BlobSchedule(*schedule) if schedule else None
    return Rules(Fork(fork), chain_id, gas_cap, code_size, block_size, blobs)


def _read_overrides(fields: list[Decoded]) -> DevelopmentOverrides:
    if not fields:
        return NO_OVERRIDES
    accounts, prev_randao, base_fee = members(fields, 3)
    price = optional(base_fee, decode_int)
    return DevelopmentOverrides(
        read_overrides(accounts),
        optional(prev_randao, hash32),
        None if price is None else Wei(price),
    )
