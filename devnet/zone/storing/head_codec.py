"""What a zone knows of a settlement block, as bytes."""

from __future__ import annotations

from devnet.chain.rlp import Decoded, decode_int, encode_bytes, encode_int, encode_list
from devnet.chain.rlp_items import hash32, members
from devnet.chain.settlement_head import SettlementHead


def encode_head(head: SettlementHead) -> bytes:
    """[height, root, slot, zones]."""
    return encode_list(
        (
            encode_int(head.height),
            encode_bytes(head.root),
            encode_int(head.slot),
            encode_int(head.zone_count),
        )
    )


def read_head(item: Decoded) -> SettlementHead:
    """The inverse of `encode_head`, out of decoded RLP. Raises ValueError."""
    height, root, slot, zone_count = members(item, 4)
    return SettlementHead(decode_int(height), hash32(root), decode_int(slot), decode_int(zone_count))
