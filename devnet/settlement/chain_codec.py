"""What happens to a settlement chain, as bytes."""

from __future__ import annotations

from devnet.chain.rlp import Decoded, decode, decode_int, encode_bytes, encode_int, encode_list
from devnet.chain.rlp_items import hash32, members
from devnet.settlement.block import SettlementBlock
from devnet.settlement.certificate import certificate_of
from devnet.settlement.chain import ChainBase, ChainChange, Settled, WentBack
from devnet.settlement.payload import encode_set, read_set
from devnet.settlement.update_codec import encode_update, read_update

_SETTLED, _WENT_BACK, _BASE = 1, 2, 3


def encode_change(change: ChainChange) -> bytes:
    """RLP of [1, block, [update, …], certificate, [number, …], clock] or of [2, height, incarnation]. A block
    that names another set than signed it has the set as a seventh member: a list of [key, stake]. [3, height,
    root, slot, incarnation, [[height, update], …], set] is what a chain begins with whose oldest blocks were
    let go."""
    if isinstance(change, WentBack):
        numbers = (_WENT_BACK, change.height, change.incarnation)
        return encode_list([encode_int(number) for number in numbers])
    if isinstance(change, ChainBase):
        updates = [encode_list([encode_int(at), encode_update(update)]) for at, update in change.updates]
        return encode_list(
            [
                encode_int(_BASE),
                encode_int(change.height),
                encode_bytes(change.root),
                encode_int(change.slot),
                encode_int(change.incarnation),
                encode_list(updates),
                encode_set(change.validators),
            ]
        )
    return encode_list(
        [
            encode_int(_SETTLED),
            encode_settlement_block(change.block),
            encode_list([encode_update(update) for update in change.updates]),
            change.certificate.encode(),
            encode_list([encode_int(number) for number in change.numbers]),
            encode_int(change.clock),
            *([] if change.elected is None else [encode_set(change.elected)]),
        ]
    )


def decode_change(encoded: bytes) -> ChainChange:
    """The inverse of `encode_change`. Raises ValueError."""
    kind, *rest = members(decode(encoded))
    if decode_int(kind) == _WENT_BACK:
        height, incarnation = members(rest, 2)
        return WentBack(decode_int(height), decode_int(incarnation))
    if decode_int(kind) == _BASE:
        return _read_base(rest)
    if decode_int(kind) != _SETTLED:
        raise ValueError(f"no change of a settlement chain has kind {decode_int(kind)}")
    block, updates, certificate, numbers, clock, *elected = members(rest)
    if len(elected) > 1:
        raise ValueError(f"a settlement block of {len(rest)} parts")
    return Settled(
        read_settlement_block(block),
        tuple(read_update(update) for update in members(updates)),
        certificate_of(certificate),
        tuple(decode_int(number) for number in members(numbers)),
        decode_int(clock),
        read_set(elected[0]) if elected else None,
    )


def _read_base(item: Decoded) -> ChainBase:
    height, root, slot, incarnation, updates, validators = members(item, 6)
    pairs = [members(entry, 2) for entry in members(updates)]
    return ChainBase(
        decode_int(height),
        hash32(root),
        decode_int(slot),
        decode_int(incarnation),
        tuple((decode_int(at), read_update(update)) for at, update in pairs),
        read_set(validators),
    )


def encode_settlement_block(block: SettlementBlock) -> bytes:
    """RLP of [height, parent root, slot, incarnation, proposer, zones root, validators root]."""
    return encode_list(
        [
            encode_int(block.height),
            encode_bytes(block.parent_root),
            encode_int(block.slot),
            encode_int(block.incarnation),
            encode_int(block.proposer),
            encode_bytes(block.zones_root),
            encode_bytes(block.validators_root),
        ]
    )


def read_settlement_block(item: Decoded) -> SettlementBlock:
    """The inverse of `encode_settlement_block`, out of decoded RLP. Raises ValueError."""
    height, parent, slot, incarnation, proposer, zones, validators = members(item, 7)
    return SettlementBlock(
        decode_int(height),
        hash32(parent),
        decode_int(slot),
        decode_int(incarnation),
        decode_int(proposer),
        hash32(zones),
        hash32(validators),
    )
