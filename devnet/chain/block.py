"""Headers, logs, receipts and blocks as data. Encoding and hashing live in their own modules."""

from __future__ import annotations

from dataclasses import dataclass

from devnet.chain.transaction import Transaction
from devnet.chain.types import Address, Hash32, Wei


@dataclass(frozen=True, slots=True)
class Header:
    """Ethereum's post-merge header. Fields that a fork does not have are None and are not encoded."""

    parent_hash: Hash32
    coinbase: Address
    state_root: Hash32
    """QMDB root of the zone (protocol section 3), not a Merkle-Patricia root."""
    transactions_root: Hash32
    receipts_root: Hash32
    bloom: bytes
    """256 bytes."""
    number: int
    gas_limit: int
    gas_used: int
    timestamp: int
    """Seconds since the epoch."""
    extra_data: bytes
    """Empty, or the hash of the block's overrides (protocol section 2)."""
    prev_randao: Hash32
    base_fee_per_gas: Wei
    withdrawals_root: Hash32 | None = None
    blob_gas_used: int | None = None
    excess_blob_gas: int | None = None
    parent_beacon_block_root: Hash32 | None = None
    """Root of the newest settlement block that this block knows."""
    requests_hash: Hash32 | None = None


@dataclass(frozen=True, slots=True)
class Log:
    """What a LOG opcode emitted."""

    address: Address
    topics: tuple[Hash32, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class Receipt:
    """The outcome of one transaction in one block, with what clients ask for beside the encoded fields."""

    transaction_type: int
    status: bool
    cumulative_gas_used: int
    """Gas of this and all earlier transactions of the block."""
    bloom: bytes
    logs: tuple[Log, ...]
    gas_used: int
    effective_gas_price: Wei
    contract_address: Address | None
    blob_gas_used: int
    first_log_index: int
    """Index of the first log of this receipt within the block."""


@dataclass(frozen=True, slots=True)
class Block:
    """A sealed block: header, its hash, and what it holds. `receipts[i]` belongs to `transactions[i]`."""

    header: Header
    hash: Hash32
    transactions: tuple[Transaction, ...]
    receipts: tuple[Receipt, ...]
    size: int
    """Bytes of the block's RLP."""
