"""A reserved range as a record. The whole block before it is in the record before."""

from __future__ import annotations

from devnet.chain.block_codec import encode_header, header_of
from devnet.chain.rlp import decode, decode_int, encode_bytes, encode_int, encode_list
from devnet.chain.rlp_items import members, sized
from devnet.zone.block_record import BlockRecord
from devnet.zone.reserved_range import ReservedRange
from devnet.zone.storing.kinds import RecordKind


def encode_reserved(blocks: ReservedRange) -> bytes:
    """kind ‖ [last, first timestamp, step, header of the first block, size, zone, name]."""
    fields = (
        encode_int(blocks.last),
        encode_int(blocks.first_timestamp),
        encode_int(blocks.timestamp_step),
        encode_header(blocks.template),
        encode_int(blocks.size),
        encode_int(blocks.zone),
        encode_bytes(blocks.name),
    )
    return bytes((RecordKind.RESERVED,)) + encode_list(fields)


def decode_reserved(content: bytes, parent: BlockRecord) -> ReservedRange:
    """The inverse of `encode_reserved`; the range follows `parent`. Raises ValueError."""
    if content[:1] != bytes((RecordKind.RESERVED,)):
        raise ValueError("no reserved range")
    last, first_timestamp, step, template, size, zone, name = members(decode(content[1:]), 7)
    header = header_of(members(template))
    if header.number != parent.number + 1 or decode_int(last) < header.number:
        raise ValueError(f"reserved blocks from {header.number} on after block {parent.number}")
    return ReservedRange(
        parent=parent,
        last=decode_int(last),
        first_timestamp=decode_int(first_timestamp),
        timestamp_step=decode_int(step),
        template=header,
        size=decode_int(size),
        zone=decode_int(zone),
        name=sized(name, 24),
    )
