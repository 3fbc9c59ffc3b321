"""The plain data that goes into and comes out of a zone (`devnet.zone.port.ZonePort`)."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from devnet.chain.account import Account
from devnet.chain.block import Block, Header, Log, Receipt
from devnet.chain.rules import BLOCK_SIZE_LIMIT, CODE_SIZE_LIMIT, TRANSACTION_GAS_CAP, Fork
from devnet.chain.settlement_head import SettlementHead
from devnet.chain.transaction import AccessListEntry, Authorization, BlobSidecar, Transaction
from devnet.chain.types import Address, BlockRef, Hash32, Wei, ZoneName
from devnet.execution import Failure, Overrides, TransactionResult
from devnet.scheduling import Schedule

# ---------------------------------------------------------------- configuration


class Order(enum.Enum):
    """How a block orders what the mempool offers."""

    FEES = "fees"
    FIFO = "fifo"
    FAFO = "fafo"
    """The framer chooses, for the most parallelism (docs/scheduling.md)."""


@dataclass(frozen=True, slots=True)
class Mining:
    """When blocks are sealed. Automine and an interval together are Anvil's mixed mining; neither is
    manual."""

    automine: bool = True
    interval: float | None = None
    """Seconds between blocks."""
    order: Order = Order.FEES
    max_transactions: int | None = None
    """Per block."""


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """Bounds of the mempool, so that no client can fill the memory."""

    transactions: int = 200_000
    per_sender: int = 50_000
    transaction_bytes: int = 131_072
    """Bytes of an envelope without sidecar (geth's 128 KiB)."""
    nonce_gap: int = 1_000_000
    total_bytes: int = 512 * 1024 * 1024
    """Bytes of all envelopes and sidecars together."""
    price_bump_percent: int = 10
    """What a replacement must pay more, on both fees (100 % for blob transactions, as in geth)."""


@dataclass(frozen=True, slots=True)
class GenesisAccount:
    """An account that exists from genesis on."""

    balance: Wei = Wei(0)
    nonce: int = 0
    code: bytes = b""
    storage: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ZoneConfig:
    """Everything that fixes a zone's genesis and rules. Equal configurations give equal genesis hashes."""

    name: ZoneName
    index: int
    chain_id: int
    fork: Fork
    genesis_time: int
    genesis_number: int
    genesis_accounts: Mapping[Address, GenesisAccount]
    settlement: SettlementHead
    """The genesis settlement block."""
    gas_limit: int = 1_000_000_000
    base_fee: Wei = Wei(1_000_000_000)
    """Of the genesis block."""
    is_base_fee_fixed: bool = False
    """True keeps the base fee where it is set (`--base-fee 0`, Hardhat's way) instead of EIP-1559's rule."""
    coinbase: Address = Address(bytes(20))
    min_priority_fee: Wei = Wei(0)
    transaction_gas_cap: int | None = TRANSACTION_GAS_CAP
    code_size_limit: int | None = CODE_SIZE_LIMIT
    block_size_limit: int | None = BLOCK_SIZE_LIMIT
    is_timestamp_strict: bool = False
    """True forces every block's timestamp above its parent's."""
    mining: Mining = Mining()
    pool: PoolLimits = PoolLimits()
    call_gas_cap: int = 50_000_000
    call_time_limit: float | None = 5.0
    """Seconds for one call, estimate, simulation or trace."""
    max_log_results: int = 10_000
    filter_lifetime: float = 300.0
    """Seconds after which a filter that nobody asks is dropped."""
    auto_impersonate: bool = False
    unlocked: tuple[Address, ...] = ()
    """Accounts that eth_sendTransaction may use because the network holds their keys."""
    history: int | None = None
    """How many blocks below the newest keep state, body and receipts; None keeps all."""
    has_messages: bool = False
    """Whether genesis holds the contracts of messages, and blocks end with the outbox step."""


# ---------------------------------------------------------------- what is kept in files


@dataclass(frozen=True, slots=True)
class Positions:
    """What a commit must hold of one zone: what its state's and its own logs' `write` gave. Empty without
    files."""

    state: bytes = b""
    zone: bytes = b""


# ---------------------------------------------------------------- time


@dataclass(frozen=True, slots=True)
class ClockReading:
    """The network's clock as a zone is told it: the i-th block that a message seals is due at
    `now + i * per_block` (plus the zone's own offset). Wall time has `per_block` 0, logical time 1."""

    now: int
    """Seconds since the epoch."""
    per_block: int = 1


# ---------------------------------------------------------------- settlement


@dataclass(frozen=True, slots=True)
class Finality:
    """How far a zone's blocks are settled: numbers of blocks, the genesis block's before anything is."""

    safe: int
    """The newest block that is proven and whose data is available."""
    finalized: int
    """The newest block that two thirds of the stake voted for; never above `safe`."""


@dataclass(frozen=True, slots=True)
class Consumed:
    """What became of a transaction of the zone's inbox."""

    number: int
    """Of the block that consumed it."""
    block_hash: Hash32
    transaction_hash: Hash32 | None
    """Where it is in the block; None where it was consumed without effect."""


# ---------------------------------------------------------------- what is asked for


@dataclass(frozen=True, slots=True)
class CallRequest:
    """A transaction as a caller describes it: for calls, estimates, traces, and eth_sendTransaction. None
    means "not given"; which defaults apply depends on the method."""

    sender: Address | None = None
    to: Address | None = None
    gas: int | None = None
    gas_price: Wei | None = None
    max_fee_per_gas: Wei | None = None
    max_priority_fee_per_gas: Wei | None = None
    value: Wei | None = None
    data: bytes = b""
    nonce: int | None = None
    type: int | None = None
    chain_id: int | None = None
    access_list: tuple[AccessListEntry, ...] | None = None
    max_fee_per_blob_gas: Wei | None = None
    blob_hashes: tuple[Hash32, ...] | None = None
    sidecar: BlobSidecar | None = None
    authorizations: tuple[Authorization, ...] | None = None


@dataclass(frozen=True, slots=True)
class BlockOverrides:
    """What replaces fields of the block that a call sees (geth's names in JSON)."""

    number: int | None = None
    timestamp: int | None = None
    gas_limit: int | None = None
    coinbase: Address | None = None
    prev_randao: Hash32 | None = None
    base_fee: Wei | None = None
    blob_base_fee: Wei | None = None
    parent_beacon_block_root: Hash32 | None = None


@dataclass(frozen=True, slots=True)
class SimulatedBlock:
    """One element of eth_simulateV1's blockStateCalls."""

    calls: tuple[CallRequest, ...]
    state_overrides: Overrides
    block_overrides: BlockOverrides


@dataclass(frozen=True, slots=True)
class LogQuery:
    """What eth_getLogs and log filters select. `topics[i]` None matches anything, else any of the set."""

    addresses: frozenset[Address] = frozenset()
    topics: tuple[frozenset[Hash32] | None, ...] = ()
    from_block: BlockRef = "latest"
    to_block: BlockRef = "latest"
    block_hash: Hash32 | None = None


# ---------------------------------------------------------------- what comes back


@dataclass(frozen=True, slots=True)
class LocatedTransaction:
    """A transaction and where it is; the last three are None while it waits in the mempool."""

    transaction: Transaction
    header: Header | None
    block_hash: Hash32 | None
    index: int | None


@dataclass(frozen=True, slots=True)
class LocatedReceipt:
    """A receipt and what it belongs to."""

    receipt: Receipt
    transaction: Transaction
    header: Header
    block_hash: Hash32
    index: int


@dataclass(frozen=True, slots=True)
class LocatedLog:
    """A log and where it was emitted. `removed` is set when its block was reorganised away; the position is
    None for logs of the pending block."""

    log: Log
    block_number: int | None
    block_hash: Hash32 | None
    block_timestamp: int | None
    transaction_hash: Hash32
    transaction_index: int
    log_index: int
    removed: bool = False


@dataclass(frozen=True, slots=True)
class AccountState:
    """An account at a block, code included."""

    nonce: int
    balance: Wei
    code: bytes
    code_hash: Hash32


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """What eth_call and its kin found. A failure is an outcome, not an exception."""

    output: bytes
    gas_used: int
    failure: Failure | None
    logs: tuple[Log, ...]
    console: tuple[bytes, ...]
    trace: Any = None


@dataclass(frozen=True, slots=True)
class GasEstimate:
    """The least gas limit that lets the transaction succeed; with a failure, `gas` is meaningless."""

    gas: int
    failure: Failure | None
    output: bytes
    console: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class AccessListOutcome:
    """eth_createAccessList's result: the list, and the gas used with it."""

    access_list: tuple[AccessListEntry, ...]
    gas_used: int
    failure: Failure | None


@dataclass(frozen=True, slots=True)
class SimulatedOutcome:
    """One block of eth_simulateV1: a block as sealed, and what each call did."""

    block: Block
    results: tuple[TransactionResult, ...]


@dataclass(frozen=True, slots=True)
class TransactionTrace:
    """A traced transaction of a block. `trace` is JSON-ready."""

    transaction_hash: Hash32
    trace: Any


@dataclass(frozen=True, slots=True)
class Witness:
    """debug_executionWitness: what a block's execution read, in plain form."""

    state: tuple[bytes, ...]
    """Keys with their values as the state encodes them (protocol section 3)."""
    codes: tuple[bytes, ...]
    keys: tuple[bytes, ...]
    """Addresses and address ‖ slot."""
    headers: tuple[bytes, ...]
    """RLP of the ancestors that BLOCKHASH reached, and of the parent."""


@dataclass(frozen=True, slots=True)
class KeyProof:
    """What a state root says about one key, and the proof of it (its format is in docs/state.md)."""

    value: bytes | None
    """As stored; None where the key is not in the state."""
    proof: bytes


@dataclass(frozen=True, slots=True)
class StateProof:
    """What a block's state root says about an account and some of its slots."""

    header: Header
    block_hash: Hash32
    account: Account | None
    account_proof: KeyProof
    slots: tuple[KeyProof, ...]
    """In the order in which they were asked for."""


@dataclass(frozen=True, slots=True)
class MeasuredBlock:
    """How long the engine took for a block's transactions, in seconds of wall time."""

    threads: int
    serial: float
    """One after the other, on one thread."""
    parallel: float
    """As the engine runs blocks, on all its threads."""


@dataclass(frozen=True, slots=True)
class ScheduledBlock:
    """How the transactions of a sealed block can be run in parallel. Indexes are theirs in the block."""

    block: Block
    schedule: Schedule
    measured: MeasuredBlock | None
    """None where the engine has one thread."""


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """An item of one of a block's ordered tries: a transaction or a receipt."""

    header: Header
    block_hash: Hash32
    index: int
    item: bytes
    """As the trie holds it."""
    nodes: tuple[bytes, ...]
    """From the trie's root to the item."""


@dataclass(frozen=True, slots=True)
class FeeHistory:
    """eth_feeHistory, oldest block first. The base fees reach one block further than the ratios."""

    oldest: int
    base_fees: tuple[Wei, ...]
    gas_used_ratios: tuple[float, ...]
    blob_base_fees: tuple[Wei, ...]
    blob_gas_used_ratios: tuple[float, ...]
    rewards: tuple[tuple[Wei, ...], ...] | None


@dataclass(frozen=True, slots=True)
class PoolContent:
    """The mempool by sender and nonce: `pending` can go into the next block, `queued` waits for a nonce."""

    pending: Mapping[Address, Mapping[int, Transaction]]
    queued: Mapping[Address, Mapping[int, Transaction]]


@dataclass(frozen=True, slots=True)
class ZoneStatus:
    """A zone at a glance, for headers of pages, banners and nodeInfo."""

    name: ZoneName
    index: int
    chain_id: int
    fork: Fork
    number: int
    block_hash: Hash32
    timestamp: int
    gas_limit: int
    base_fee: Wei
    """Of the newest block."""
    next_base_fee: Wei
    mining: Mining
    pending: int
    queued: int
    coinbase: Address
    genesis_hash: Hash32
    time_offset: int


@dataclass(frozen=True, slots=True)
class HistoryStatus:
    """What a zone keeps of its past, and what that costs."""

    oldest: int
    """The lowest block number that is kept with state, body, receipts and traces (genesis' header and body
    are kept beside it)."""
    newest: int
    state_bytes: int
    """Memory that the past of the state takes, counted."""
    block_bytes: int
    """Memory that the blocks take, counted."""
    limit: int | None
    """How many blocks below the newest are kept; None keeps all."""
    pinned: int | None
    """The lowest block number that a snapshot needs, None where no snapshot needs one."""

    @property
    def total_bytes(self) -> int:
        """Both together."""
        return self.state_bytes + self.block_bytes


@dataclass(frozen=True, slots=True)
class ZoneSupply:
    """What a zone's accounts hold together after a block, and what changed that since counting began; wei."""

    number: int
    hash: Hash32
    since: int
    """The block after which counting began: the oldest that is kept, which is genesis where all are."""
    opening: Wei
    """What all balances added up to then."""
    balances: Wei
    """What they add up to now, read from the state."""
    credited: Wei
    """What development calls gave to accounts."""
    debited: Wei
    """What they took from accounts."""
    burnt_base_fees: Wei
    burnt_blob_fees: Wei
    destroyed: Wei
    """What ended with contracts that destroyed themselves."""

    @property
    def burnt(self) -> Wei:
        """Fees and what was destroyed."""
        return Wei(self.burnt_base_fees + self.burnt_blob_fees + self.destroyed)

    @property
    def difference(self) -> int:
        """Of what there must be and what there is: zero, or something is wrong."""
        return self.opening + self.credited - self.debited - self.burnt - self.balances


# ---------------------------------------------------------------- events


@dataclass(frozen=True, slots=True)
class BlockAdded:
    """A block became part of the chain. `console` and `failures` run beside its transactions."""

    block: Block
    console: tuple[tuple[bytes, ...], ...] = ()
    failures: tuple[Failure | None, ...] = ()
    outputs: tuple[bytes, ...] = ()
    """Return or revert data of each transaction, at most 64 KiB each."""


@dataclass(frozen=True, slots=True)
class BlockRemoved:
    """A block left the chain (rollback, revert, reorg); its logs come again with `removed`."""

    block: Block


@dataclass(frozen=True, slots=True)
class TransactionPending:
    """A transaction entered the mempool and can go into the next block."""

    transaction: Transaction


@dataclass(frozen=True, slots=True)
class FinalityChanged:
    """The zone's `safe` or `finalized` block is another one: higher, or lower after a revert."""

    finality: Finality


@dataclass(frozen=True, slots=True)
class SettlementChanged:
    """The newest settlement block that the zone was told of is another one: higher, or lower where the
    network went back."""

    head: SettlementHead


Event: TypeAlias = BlockAdded | BlockRemoved | TransactionPending | FinalityChanged | SettlementChanged


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events after a cursor, oldest first, and the cursor to ask with next time. `gap` tells that older
    events were dropped because nobody asked in time."""

    events: tuple[Event, ...]
    cursor: int
    gap: bool = False


FilterKind: TypeAlias = Literal["logs", "blocks", "transactions"]


@dataclass(frozen=True, slots=True)
class FilterChanges:
    """What a filter saw since it was last asked: logs for a log filter, hashes for the other two."""

    kind: FilterKind
    logs: tuple[LocatedLog, ...] = ()
    hashes: tuple[Hash32, ...] = ()


@dataclass(frozen=True, slots=True)
class WatchingFilter:
    """An installed filter."""

    identifier: int
    kind: FilterKind
    query: LogQuery
    cursor: int
    """Of the newest event that it has seen."""
    last_asked: float
    """When it was asked last, by its askers' clock."""


@dataclass(frozen=True, slots=True)
class Watchers:
    """Who watches a zone and what they may not have seen yet: for the zone that takes its place."""

    events: tuple[Event, ...]
    """The newest events, oldest first."""
    cursor: int
    """After the last of them."""
    filters: tuple[WatchingFilter, ...]
    last_filter: int
    """The highest id that was given to a filter."""
