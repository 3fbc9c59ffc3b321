"""zero: which settlement block shows a zone's state or block, and to whom."""

from __future__ import annotations

from typing import Any

from devnet.chain.settlement_head import NEWEST_HEIGHT_SLOT, SETTLEMENT_ROOTS, entry_slot
from devnet.chain.types import Hash32
from devnet.rpc.codec.settled_proofs import Knowledge, KnownBy, encode_settled_block, encode_settled_root
from devnet.rpc.context import Context
from devnet.rpc.errors import NOT_FOUND, RpcError, invalid_params
from devnet.settlement.settled_proofs import NotShown, prove_block_hash, prove_state_root
from devnet.zone.port import ZonePort

HEIGHTS_LIMIT = 64
"""So many settlement blocks, from the one that settled a block on, a zone is asked about."""
_HEIGHT = (1 << 64) - 1


def settled_state(context: Context, wanted: int | KnownBy) -> tuple[int, dict[str, Any]]:
    """The number of the zone's block whose state is shown, and how. Raises RpcError."""
    chain, zone = context.network.settlement.chain, context.zone.config.index
    height = wanted if isinstance(wanted, int) else _height_for_state(context, wanted)
    try:
        shown, update = prove_state_root(chain, zone, height)
    except NotShown as reason:
        raise _refusal(context, wanted, height, str(reason)) from reason
    return update.statement.last_height, encode_settled_root(shown, zone)


def settled_block(context: Context, wanted: int | KnownBy, number: int, block_hash: Hash32) -> dict[str, Any]:
    """How the zone's block with that number and hash is shown. Raises RpcError."""
    chain, zone = context.network.settlement.chain, context.zone
    found = chain.update_for(zone.config.index, number)
    if found is None:
        reason = f"block {number} is not settled yet (zero_settle settles what there is)"
        if chain.settled_number(zone.config.index) >= number:
            reason = f"the update that settled block {number} was let go"
        raise RpcError(NOT_FOUND, f"zone {context.zone_name}: {reason}")
    height = wanted if isinstance(wanted, int) else _height_for_block(context, wanted, found[0])
    try:
        shown = prove_block_hash(chain, zone.config.index, number, height, lambda each: _hash_of(zone, each))
        root = shown.settlement_root(zone.config.index, block_hash)
        if root != chain.root_at(height):
            raise NotShown(f"block {number} was replaced meanwhile; ask again")
    except NotShown as reason:
        raise _refusal(context, wanted, height, str(reason)) from reason
    return encode_settled_block(shown, zone.config.index, root)


def _hash_of(zone: ZonePort, number: int) -> Hash32 | None:
    block = zone.block(number)
    return None if block is None else block.hash


def _height_for_state(context: Context, wanted: KnownBy) -> int:
    reader = _reader(context, wanted)
    recorded = reader.storage(SETTLEMENT_ROOTS, NEWEST_HEIGHT_SLOT)
    if wanted.knowledge is Knowledge.RECORDED:
        return recorded
    coming = reader.settlement().height
    chain, zone = context.network.settlement.chain, context.zone.config.index
    # What is recorded stays known, whatever is settled before the proof is used.
    is_the_same = chain.update_settled_at(zone, recorded) == chain.update_settled_at(zone, coming)
    return recorded if is_the_same and chain.at(recorded) is not None else coming


def _height_for_block(context: Context, wanted: KnownBy, first: int) -> int:
    """The lowest settlement block from `first` on that the reader knows."""
    reader = _reader(context, wanted)
    recorded = reader.storage(SETTLEMENT_ROOTS, NEWEST_HEIGHT_SLOT)
    for height in range(first, min(recorded, first + HEIGHTS_LIMIT) + 1):
        if reader.storage(SETTLEMENT_ROOTS, entry_slot(height)) & _HEIGHT == height:
            return height
    return recorded if wanted.knowledge is Knowledge.RECORDED else reader.settlement().height


def _reader(context: Context, wanted: KnownBy) -> ZonePort:
    reader = context.network.zones.get(wanted.zone)
    if reader is None:
        known = ", ".join(context.network.zones)
        raise invalid_params(f"there is no zone {wanted.zone!r}; zones: {known}")
    return reader


def _refusal(context: Context, wanted: int | KnownBy, height: int, reason: str) -> RpcError:
    held = "" if isinstance(wanted, int) else f"; zone {wanted.zone} knows settlement block {height}"
    return RpcError(NOT_FOUND, f"zone {context.zone_name}: {reason}{held}")
