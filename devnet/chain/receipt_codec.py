"""Receipts as bytes, and the bloom filter over their logs (Yellow Paper 4.3.1)."""

from __future__ import annotations

from collections.abc import Iterable

from devnet.chain.block import Log, Receipt
from devnet.chain.keccak import keccak256
from devnet.chain.rlp import encode_bytes, encode_int, encode_list
from devnet.chain.transaction import LEGACY

BLOOM_SIZE = 256
"""Bytes of a bloom filter."""

EMPTY_BLOOM = bytes(BLOOM_SIZE)


def encode_receipt(receipt: Receipt) -> bytes:
    """The receipt as the receipts trie holds it: its type byte (none for legacy) and its RLP."""
    encoded = encode_list(
        (
            encode_int(receipt.status),
            encode_int(receipt.cumulative_gas_used),
            encode_bytes(receipt.bloom),
            encode_list([_encode_log(log) for log in receipt.logs]),
        )
    )
    if receipt.transaction_type == LEGACY:
        return encoded
    return bytes((receipt.transaction_type,)) + encoded


def bloom_of(logs: Iterable[Log]) -> bytes:
    """The 256-byte filter of the logs' addresses and topics."""
    bits = 0
    items: set[bytes] = set()
    for log in logs:
        items.add(log.address)
        items.update(log.topics)
    for item in items:
        bits |= _bits(item)
    return bits.to_bytes(BLOOM_SIZE, "big") if bits else EMPTY_BLOOM


def join_blooms(blooms: Iterable[bytes]) -> bytes:
    """The filter that has every item of all of them: a block's from its receipts'."""
    bits = 0
    for bloom in blooms:
        if bloom is not EMPTY_BLOOM:
            bits |= int.from_bytes(bloom, "big")
    return bits.to_bytes(BLOOM_SIZE, "big") if bits else EMPTY_BLOOM


def bloom_has(bloom: bytes, item: bytes) -> bool:
    """False: no log behind the filter has this address or topic. True: one may."""
    bits = _bits(item)
    return int.from_bytes(bloom, "big") & bits == bits


def _bits(item: bytes) -> int:
    """Three bits, each the low 11 bits of one of the hash's first three byte pairs."""
    digest = keccak256(item)
    return (
        1 << (int.from_bytes(digest[0:2], "big") & 2047)
        | 1 << (int.from_bytes(digest[2:4], "big") & 2047)
        | 1 << (int.from_bytes(digest[4:6], "big") & 2047)
    )


def _encode_log(log: Log) -> bytes:
    return encode_list(
        (
            encode_bytes(log.address),
            encode_list([encode_bytes(topic) for topic in log.topics]),
            encode_bytes(log.data),
        )
    )
