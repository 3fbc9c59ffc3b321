"""From an executed block to its header, hash and size."""

from __future__ import annotations

from devnet.chain.block import Block, Header
from devnet.chain.block_codec import encode_header, list_size
from devnet.chain.codec import BlockContent
from devnet.chain.keccak import keccak256
from devnet.chain.rules import Fork, Rules
from devnet.chain.trie import EMPTY_TRIE_ROOT
from devnet.chain.types import Hash32
from devnet.execution import BlockEnv

EMPTY_REQUESTS_HASH = Hash32(
    bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
)
"""EIP-7685: SHA-256 of nothing. Zones make no requests."""

HEADER_ALLOWANCE = 1_024
"""Bytes of a block that its transactions cannot use, at most: header, list prefixes, empty lists."""


def build_header(
    rules: Rules, env: BlockEnv, state_root: Hash32, content: BlockContent, extra_data: bytes
) -> Header:
    """The header of a block in that environment. Fields that the fork lacks are None."""
    has_blobs = rules.fork >= Fork.CANCUN
    return Header(
        parent_hash=env.parent_hash,
        coinbase=env.coinbase,
        state_root=state_root,
        transactions_root=content.transactions_root,
        receipts_root=content.receipts_root,
        bloom=content.bloom,
        number=env.number,
        gas_limit=env.gas_limit,
        gas_used=content.gas_used,
        timestamp=env.timestamp,
        extra_data=extra_data,
        prev_randao=env.prev_randao,
        base_fee_per_gas=env.base_fee,
        withdrawals_root=EMPTY_TRIE_ROOT if rules.fork >= Fork.SHANGHAI else None,
        blob_gas_used=content.blob_gas_used if has_blobs else None,
        excess_blob_gas=env.excess_blob_gas if has_blobs else None,
        parent_beacon_block_root=env.parent_beacon_block_root if has_blobs else None,
        requests_hash=EMPTY_REQUESTS_HASH if rules.fork >= Fork.PRAGUE else None,
    )


def build_block(header: Header, content: BlockContent) -> Block:
    """The block with its hash and size."""
    encoded = encode_header(header)
    # No ommers, and from Shanghai no withdrawals: an empty list is one byte.
    empty_lists = 1 if header.withdrawals_root is None else 2
    size = list_size(len(encoded) + list_size(content.size) + empty_lists)
    return Block(header, keccak256(encoded), content.transactions, content.receipts, size)
