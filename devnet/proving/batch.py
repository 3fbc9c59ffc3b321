"""The blocks of an update as they are dispersed and executed (protocol section 5): every byte that decides
what they give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from devnet.blocks.overrides import DevelopmentOverrides
from devnet.chain.block import Block, Header
from devnet.chain.block_codec import decode_header, encode_header
from devnet.chain.forced import ForcedTransaction
from devnet.chain.hash_tree import Rooted
from devnet.chain.keccak import keccak256
from devnet.chain.rlp import (
    Decoded,
    decode,
    decode_bytes,
    decode_int,
    encode_bytes,
    encode_int,
    encode_list,
    split_list,
)
from devnet.chain.rlp_items import hash32, members
from devnet.chain.settlement_head import SettlementHead
from devnet.chain.types import Hash32

MOST_BLOCKS = 1 << 16
"""Of one update."""

_NOTHING = b"\xc0"


@dataclass(frozen=True, slots=True)
class BatchBlock(Rooted):
    """One block, with what it was made by beside its transactions."""

    header: Header
    transactions: tuple[bytes, ...]
    """EIP-2718 envelopes, without sidecars."""
    settlement: SettlementHead | None = None
    """The settlement block that it is the first to know; None where it knows what its parent knew."""
    overrides: bytes = b""
    """`DevelopmentOverrides.encoding`; empty for a block without."""
    forced: tuple[ForcedTransaction, ...] = ()
    """Those that it consumed, in queue order: what could be executed are its first transactions, the others
    had no effect."""

    @classmethod
    def of(
        cls,
        block: Block,
        overrides: DevelopmentOverrides,
        settlement: SettlementHead | None = None,
        forced: Sequence[ForcedTransaction] = (),
    ) -> BatchBlock:
        """A sealed block."""
        encoded = tuple([transaction.encoded for transaction in block.transactions])
        return cls(block.header, encoded, settlement, overrides.encoding(block.transactions), tuple(forced))

    @property
    def hash(self) -> Hash32:
        """The block's."""
        return self._root()

    def _compute_root(self) -> Hash32:
        return keccak256(encode_header(self.header))


def encode_batch(blocks: Sequence[BatchBlock], blobs: Sequence[bytes] = ()) -> bytes:
    """RLP of [blocks, blobs]. A block is [header, transactions, settlement, overrides,
    forced]: the header's fields as Ethereum has them, transactions as in a block's body, the settlement block
    [height, root, slot, zone count] (empty without), overrides as their
    encoding's list (empty without), forced transactions each as [what was posted, gas]. Blobs are those of
    the blob transactions in their order."""
    return encode_list(
        (
            encode_list([_encode_block(block) for block in blocks]),
            encode_list([encode_bytes(blob) for blob in blobs]),
        )
    )


def decode_batch(encoded: bytes) -> tuple[tuple[BatchBlock, ...], tuple[bytes, ...]]:
    """Blocks and blobs. Raises ValueError."""
    blocks, blobs = _parts(encoded, 2)
    items = split_list(blocks)
    if not 0 < len(items) <= MOST_BLOCKS:
        raise ValueError(f"a batch has 1 to {MOST_BLOCKS} blocks, not {len(items)}")
    return tuple([_decode_block(item) for item in items]), tuple([_bytes(blob) for blob in split_list(blobs)])


def _encode_block(block: BatchBlock) -> bytes:
    head = block.settlement
    settlement = _NOTHING
    if head is not None:
        root = encode_bytes(head.root)
        settlement = encode_list(
            (encode_int(head.height), root, encode_int(head.slot), encode_int(head.zone_count))
        )
    return encode_list(
        (
            encode_header(block.header),
            encode_list([item if item[0] >= 0xC0 else encode_bytes(item) for item in block.transactions]),
            settlement,
            block.overrides or _NOTHING,
            encode_list(
                [encode_list((encode_bytes(item.encoded), encode_int(item.gas))) for item in block.forced]
            ),
        )
    )


def _decode_block(encoded: bytes) -> BatchBlock:
    header, transactions, settlement, overrides, forced = _parts(encoded, 5)
    if overrides == _NOTHING:
        overrides = b""
    decoded = decode_header(header)
    if encode_header(decoded) != header:
        raise ValueError("a header is not in its only form")
    return BatchBlock(
        decoded,
        tuple([item if item[0] >= 0xC0 else _envelope(item) for item in split_list(transactions)]),
        _read_head(decode(settlement)),
        overrides,
        tuple([_read_forced(item) for item in split_list(forced)]),
    )


def _read_forced(item: bytes) -> ForcedTransaction:
    encoded, gas = _parts(item, 2)
    number = decode_int(decode(gas))
    if number >> 64:
        raise ValueError("a forced transaction has too much gas")
    return ForcedTransaction(_bytes(encoded), number)


def _read_head(item: Decoded) -> SettlementHead | None:
    if item == []:
        return None
    height, root, slot, zone_count = members(item, 4)
    numbers = [decode_int(number) for number in (height, slot, zone_count)]
    if max(numbers[:2]) >> 64 or numbers[2] >> 32:
        raise ValueError("a number of a settlement block is too large")
    return SettlementHead(numbers[0], hash32(root), numbers[1], numbers[2])


def _parts(encoded: bytes, count: int) -> list[bytes]:
    parts = split_list(encoded)
    if len(parts) != count:
        raise ValueError(f"a list of {len(parts)} where one of {count} belongs")
    return parts


def _envelope(item: bytes) -> bytes:
    if item[0] == 0xB8 and item[2] < 0xC0:
        # Of 56 to 255 bytes, as `split_list` found: most transactions.
        return item[2:]
    envelope = _bytes(item)
    if not envelope or envelope[0] >= 0xC0:
        raise ValueError("a typed transaction begins with its type")
    return envelope


def _bytes(item: bytes) -> bytes:
    return decode_bytes(item)
