"""From an executed block to its header, receipts and hash."""

from __future__ import annotations

from collections.abc import Sequence

from devnet.chain.block import Block, Header, Receipt
from devnet.chain.block_codec import encode_header, list_size, transaction_size_in_block
from devnet.chain.fees import GAS_PER_BLOB
from devnet.chain.keccak import keccak256
from devnet.chain.receipt_codec import EMPTY_BLOOM, bloom_of, encode_receipt, join_blooms
from devnet.chain.rules import Fork, Rules
from devnet.chain.transaction import Transaction
from devnet.chain.trie import EMPTY_TRIE_ROOT, ordered_root
from devnet.chain.types import Hash32
from devnet.execution import BlockEnv, TransactionResult

EMPTY_REQUESTS_HASH = Hash32(
    bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
)
"""EIP-7685: SHA-256 of nothing. Zones make no requests."""

HEADER_ALLOWANCE = 1_024
"""Bytes of a block that its transactions cannot use, at most: header, list prefixes, empty lists."""


def build_receipts(
    transactions: Sequence[Transaction], results: Sequence[TransactionResult]
) -> tuple[Receipt, ...]:
    """The receipts of a block's transactions, in order."""
    receipts = []
    cumulative = 0
    first_log_index = 0
    for transaction, result in zip(transactions, results, strict=True):
        cumulative += result.gas_used
        logs = result.logs
        receipts.append(
            Receipt(
                transaction_type=transaction.type,
                status=result.failure is None,
                cumulative_gas_used=cumulative,
                bloom=bloom_of(logs) if logs else EMPTY_BLOOM,
                logs=logs,
                gas_used=result.gas_used,
                effective_gas_price=result.effective_gas_price,
                contract_address=result.contract_address,
                blob_gas_used=GAS_PER_BLOB * len(transaction.blob_hashes),
                first_log_index=first_log_index,
            )
        )
        first_log_index += len(logs)
    return tuple(receipts)


def build_header(
    rules: Rules,
    env: BlockEnv,
    state_root: Hash32,
    transactions: Sequence[Transaction],
    receipts: Sequence[Receipt],
    extra_data: bytes,
) -> Header:
    """The header of a block in that environment. Fields that the fork lacks are None."""
    has_blobs = rules.fork >= Fork.CANCUN
    return Header(
        parent_hash=env.parent_hash,
        coinbase=env.coinbase,
        state_root=state_root,
        transactions_root=ordered_root([transaction.encoded for transaction in transactions]),
        receipts_root=ordered_root([encode_receipt(receipt) for receipt in receipts]),
        bloom=join_blooms([receipt.bloom for receipt in receipts]),
        number=env.number,
        gas_limit=env.gas_limit,
        gas_used=receipts[-1].cumulative_gas_used if receipts else 0,
        timestamp=env.timestamp,
        extra_data=extra_data,
        prev_randao=env.prev_randao,
        base_fee_per_gas=env.base_fee,
        withdrawals_root=EMPTY_TRIE_ROOT if rules.fork >= Fork.SHANGHAI else None,
        blob_gas_used=sum(receipt.blob_gas_used for receipt in receipts) if has_blobs else None,
        excess_blob_gas=env.excess_blob_gas if has_blobs else None,
        parent_beacon_block_root=env.parent_beacon_block_root if has_blobs else None,
        requests_hash=EMPTY_REQUESTS_HASH if rules.fork >= Fork.PRAGUE else None,
    )


def build_block(
    header: Header, transactions: tuple[Transaction, ...], receipts: tuple[Receipt, ...]
) -> Block:
    """The block with its hash and size."""
    encoded = encode_header(header)
    body = list_size(sum([transaction_size_in_block(item) for item in transactions]))
    # No ommers, and from Shanghai no withdrawals: an empty list is one byte.
    empty_lists = 1 if header.withdrawals_root is None else 2
    size = list_size(len(encoded) + body + empty_lists)
    return Block(header, keccak256(encoded), transactions, receipts, size)
