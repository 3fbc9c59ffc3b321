"""A zone as the others see it: each method is a message of plain data, so that a proxy can carry it.

Methods under "questions" change nothing, work on immutable views and may be called from several threads;
those under "orders" change the zone and are called by its one owner. Besides what each says, all raise
`devnet.zone.errors.ZoneError`s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from devnet.chain.block import Block
from devnet.chain.errors import InvalidTransaction
from devnet.chain.forced import DueSection, ForcedTransaction
from devnet.chain.settlement_head import SettlementHead
from devnet.chain.transaction import BlobSidecar, Transaction
from devnet.chain.types import Address, BlockRef, Hash32, Wei
from devnet.execution import Overrides, TraceSpec, TransactionResult
from devnet.persistence.removal import Removal
from devnet.zone.messages import (
    AccessListOutcome,
    AccountState,
    BlockOverrides,
    CallOutcome,
    CallRequest,
    ClockReading,
    Consumed,
    Event,
    EventPage,
    FeeHistory,
    FilterChanges,
    FilterKind,
    Finality,
    GasEstimate,
    GenesisAccount,
    HistoryStatus,
    InclusionProof,
    LocatedLog,
    LocatedReceipt,
    LocatedTransaction,
    LogQuery,
    Mining,
    PoolContent,
    Positions,
    ScheduledBlock,
    SimulatedBlock,
    SimulatedOutcome,
    StateProof,
    TransactionTrace,
    Watchers,
    Witness,
    ZoneConfig,
    ZoneStatus,
    ZoneSupply,
)

if TYPE_CHECKING:
    from devnet.proving.program import Program
    from devnet.proving.witness import Witness as UpdateWitness


class ZonePort(Protocol):
    """One zone. `reading` is the network's clock at the time of the message."""

    # ------------------------------------------------------------ questions

    @property
    def config(self) -> ZoneConfig: ...

    def status(self) -> ZoneStatus: ...

    def number(self) -> int:
        """Of the newest block."""

    def settlement(self) -> SettlementHead:
        """The newest settlement block that the next block will know."""

    def finality(self) -> Finality:
        """Which blocks "safe" and "finalized" are."""

    def inbox_index(self, ref: BlockRef = "latest") -> int:
        """How much of the zone's inbox was consumed up to and with that block. Raises UnknownBlock."""

    def consumed(self, first: int, last: int) -> tuple[ForcedTransaction, ...]:
        """What the blocks `first` to `last` consumed of the inbox. Raises UnknownBlock and HistoryGone."""

    def consumer(self, index: int) -> Consumed | None:
        """Which block consumed what is at that place of the inbox, None where none did that is kept."""

    def history(self) -> HistoryStatus:
        """What is kept of the zone's past, and what that takes. Constant time."""

    def block(self, ref: BlockRef, reading: ClockReading | None = None) -> Block | None:
        """The block, None where there is none. "pending" is what would be sealed now."""

    def transaction(self, transaction_hash: Hash32) -> LocatedTransaction | None: ...

    def transaction_at(self, ref: BlockRef, index: int) -> LocatedTransaction | None: ...

    def transaction_by_sender(self, sender: Address, nonce: int) -> LocatedTransaction | None: ...

    def sidecar(self, transaction_hash: Hash32) -> BlobSidecar | None: ...

    def receipt(self, transaction_hash: Hash32) -> LocatedReceipt | None: ...

    def receipts(self, ref: BlockRef) -> tuple[LocatedReceipt, ...] | None: ...

    def logs(self, query: LogQuery) -> tuple[LocatedLog, ...]: ...

    def account(self, address: Address, ref: BlockRef = "latest") -> AccountState:
        """Zeros where there is no account. At "pending" the nonce counts the sender's pending
        transactions."""

    def accounts(self, ref: BlockRef = "latest") -> Mapping[Address, GenesisAccount]:
        """Every account there is, with its code and storage: a full scan, for dumps."""

    def supply(self, ref: BlockRef = "latest") -> ZoneSupply:
        """What all accounts hold together, and by which ways it came and went. The first time all blocks are
        looked at that hold something, later those since. Raises UnknownBlock and HistoryGone."""

    def nonce(self, address: Address, ref: BlockRef = "latest") -> int: ...

    def balance(self, address: Address, ref: BlockRef = "latest") -> Wei: ...

    def storage(self, address: Address, slot: int, ref: BlockRef = "latest") -> int: ...

    def committed_storage(self, address: Address, slots: Sequence[int], number: int) -> tuple[int, ...]:
        """The values of these slots after the block with that number, as its state root has them: without the
        overlay. Raises UnknownBlock, HistoryGone and StateGone."""

    def call(
        self,
        request: CallRequest,
        ref: BlockRef = "latest",
        overrides: Overrides | None = None,
        block: BlockOverrides | None = None,
        trace: TraceSpec | None = None,
        reading: ClockReading | None = None,
    ) -> CallOutcome: ...

    def call_briefly(self, request: CallRequest) -> TransactionResult | None:
        """What `call` finds at "latest", if that is found soon: the caller may be an event loop. None where
        `call` has to be asked. Only one thread asks."""

    def estimate_gas(
        self,
        request: CallRequest,
        ref: BlockRef = "pending",
        overrides: Overrides | None = None,
        block: BlockOverrides | None = None,
        reading: ClockReading | None = None,
    ) -> GasEstimate: ...

    def create_access_list(
        self,
        request: CallRequest,
        ref: BlockRef = "pending",
        overrides: Overrides | None = None,
        reading: ClockReading | None = None,
    ) -> AccessListOutcome: ...

    def simulate(
        self,
        blocks: Sequence[SimulatedBlock],
        ref: BlockRef = "latest",
        *,
        validation: bool = False,
        trace_transfers: bool = False,
    ) -> tuple[SimulatedOutcome, ...]:
        """eth_simulateV1. Raises InvalidTransaction where validation refuses a call."""

    def trace_transaction(self, transaction_hash: Hash32, trace: TraceSpec) -> TransactionTrace:
        """Runs the transaction again in its block. Raises UnknownBlock where it is not in one."""

    def trace_block(self, ref: BlockRef, trace: TraceSpec) -> tuple[TransactionTrace, ...]: ...

    def schedule(self, ref: BlockRef) -> ScheduledBlock:
        """How the block's transactions can be run in parallel. Runs them again."""

    def execution_witness(self, ref: BlockRef) -> Witness: ...

    def prove(self, address: Address, slots: Sequence[int] = (), ref: BlockRef = "latest") -> StateProof:
        """What the block's state root says about the account and each of the slots. Without the overlay,
        which no root holds. Called by the zone's owner like an order, because only the thread that commits
        the state may prove it. Raises UnknownBlock, and BadRequest at "pending"."""

    def prove_transaction(self, transaction_hash: Hash32) -> InclusionProof | None:
        """That the transaction is in its block; None where it is in none."""

    def prove_receipt(self, transaction_hash: Hash32) -> InclusionProof | None:
        """That the transaction's receipt is in its block; None where it is in none."""

    def fee_history(
        self, count: int, newest: BlockRef, percentiles: Sequence[float] | None
    ) -> FeeHistory: ...

    def suggested_priority_fee(self) -> Wei: ...

    def next_base_fee(self) -> Wei: ...

    def next_blob_base_fee(self) -> Wei: ...

    def pool(self, sender: Address | None = None) -> PoolContent: ...

    def pool_version(self, sender: Address) -> int:
        """Grows with every change of what the mempool holds of the sender, by one with a transaction that
        comes; 0 where it holds nothing. Constant time."""

    def pending_transactions(self) -> tuple[Transaction, ...]:
        """What the next block would take, in its order."""

    def events(self, cursor: int | None = None) -> EventPage:
        """What happened after `cursor`; None gives no events, only the newest cursor."""

    def watchers(self) -> Watchers:
        """For `succeed`, of the zone that takes this one's place."""

    def impersonated(self) -> frozenset[Address]: ...

    def may_impersonate(self, sender: Address) -> bool: ...

    def next_due(self) -> float | None:
        """Seconds between blocks when the zone mines by interval, else None."""

    @property
    def is_ahead(self) -> bool:
        """Whether something that other questions show changed since `write`; never without files."""

    def unwritten_gas(self) -> int:
        """Sum of the gas limits of transactions that came or went in the mempool since `write`; 0 without
        files."""

    # ------------------------------------------------------------ orders: transactions and blocks

    def submit(self, transaction: Transaction, sidecar: BlobSidecar | None = None) -> Hash32:
        """Validates the transaction and keeps it in the mempool. Seals nothing. Raises InvalidTransaction."""

    def submit_many(
        self, transactions: Sequence[tuple[Transaction, BlobSidecar | None]]
    ) -> Sequence[Hash32 | InvalidTransaction]:
        """As `submit` of each in order, with what it would raise in its place."""

    def complete(self, request: CallRequest, reading: ClockReading) -> CallRequest:
        """`request` with everything filled in that a wallet would: type, nonce, fees, gas, chain id."""

    def automine(self, reading: ClockReading) -> tuple[Block, ...]:
        """Called once after a run of submissions: seals until nothing that can go in waits, if automining."""

    def mine(
        self, reading: ClockReading, count: int = 1, interval: int | None = None, timestamp: int | None = None
    ) -> tuple[Block, ...]:
        """Seals `count` blocks, `interval` seconds apart; `timestamp` is the first one's. A large count of
        empty blocks costs little: the returned tuple then holds the first and the last few only."""

    def drop_transaction(self, transaction_hash: Hash32) -> bool: ...

    def drop_all_transactions(self) -> None: ...

    def drop_transactions_of(self, sender: Address) -> None: ...

    def set_mining(self, mining: Mining) -> None: ...

    # ------------------------------------------------------------ orders: the next block and the clock

    def increase_time(self, seconds: int) -> int:
        """Moves the zone's offset; gives the whole offset."""

    def set_time(self, timestamp: int, reading: ClockReading) -> int:
        """Makes the zone's time `timestamp` from now on; gives the whole offset."""

    def set_next_timestamp(self, timestamp: int) -> None:
        """The next block has exactly this timestamp. Raises BadRequest below the newest block's."""

    def set_timestamp_interval(self, seconds: int | None) -> None: ...

    def set_next_base_fee(self, base_fee: Wei) -> None: ...

    def set_min_gas_price(self, price: Wei) -> None: ...

    def set_gas_limit(self, gas_limit: int) -> None: ...

    def set_coinbase(self, coinbase: Address) -> None: ...

    def set_next_prev_randao(self, value: Hash32) -> None: ...

    def set_chain_id(self, chain_id: int) -> None: ...

    # ------------------------------------------------------------ orders: settlement

    def learn(self, head: SettlementHead) -> None:
        """Makes a settlement block known: the next block carries its root and records it (protocol section
        2), and calls at "latest" see that already. Raises BadRequest where a higher one, or another of this
        height, is known."""

    @property
    def records_anywhere(self) -> bool:
        """Whether `record_update` without a limit is a question that any thread may ask, while the zone's
        owner goes on: then blocks that go meanwhile raise what it raises for blocks that there are not."""

    def record_update(
        self, program: Program, first: int, last: int, limit: int | None = None
    ) -> UpdateWitness | None:
        """What proves the blocks `first` to `last`, which must be kept whole. With a limit, in gas, no more
        blocks than that are run at once, but at least one; then None says that there are more, and asking
        the same again goes on. Changes nothing that anybody sees; but for `records_anywhere` called by the
        zone's owner like an order, because only the thread that commits the state may record. Raises
        UnknownBlock, HistoryGone, StateGone, BadRequest, and `devnet.proving.flaws.Refused` for blocks that
        cannot be proven."""

    def owe(self, section: DueSection) -> None:
        """What the next blocks have to consume of the zone's inbox, in place of what was said before. It may
        begin with what the zone has consumed: that is passed over."""

    def fulfil(self, reading: ClockReading) -> tuple[Block, ...]:
        """Seals what is owed, without any transaction of the mempool; where nothing is, one empty block if no
        block knows the newest settlement block yet."""

    def unlearn(self, head: SettlementHead) -> None:
        """The network went back: `head`, at or below what is known, is the newest settlement block again.
        Blocks that know a higher one must go as well."""

    def set_finality(self, finality: Finality) -> None:
        """Makes these blocks "safe" and "finalized". Raises BadRequest for blocks that there are not."""

    # ------------------------------------------------------------ orders: the development overlay

    def set_account(
        self,
        address: Address,
        balance: Wei | None = None,
        nonce: int | None = None,
        code: bytes | None = None,
    ) -> None:
        """Reads at "latest" see it at once; the next block carries it as an override (protocol section 2)."""

    def set_storage(self, address: Address, slot: int, value: int) -> None: ...

    def impersonate(self, address: Address) -> None: ...

    def stop_impersonating(self, address: Address) -> None: ...

    def set_auto_impersonate(self, enabled: bool) -> None: ...

    # ------------------------------------------------------------ orders: going back

    def snapshot(self, identifier: int) -> int:
        """Remembers the whole zone (head, mempool, overlay, time) as its part of the network's snapshot with
        that id, which is higher than all before; gives the newest block's number. Costs nothing that grows
        with the state."""

    def has_snapshot(self, identifier: int) -> bool:
        """Whether `revert` would go back to it."""

    def snapshot_loss(self, identifier: int) -> str | None:
        """Why `revert` would refuse it, None where it would not."""

    def delete_snapshot(self, identifier: int) -> None:
        """Forgets a snapshot, where it is there."""

    def revert(self, identifier: int) -> None:
        """Back to a snapshot, which stays usable; newer ones do not. Raises UnknownSnapshot."""

    def rollback(self, depth: int) -> None:
        """Removes the newest `depth` blocks; their transactions are gone."""

    def reorg(
        self, depth: int, transactions: Sequence[tuple[Transaction, int]], reading: ClockReading
    ) -> tuple[Block, ...]:
        """Replaces the newest `depth` blocks by as many new ones; each (transaction, i) goes into the
        i-th."""

    def reset(self) -> None:
        """Back to genesis, with an empty mempool and overlay."""

    # ------------------------------------------------------------ orders: files (`devnet.persistence.home`)

    def write(self) -> Positions:
        """Gives everything that changed to the operating system; what the network's commit must hold for it.
        Raises WriteFailed; then the next call tries again. Cheap where nothing changed."""

    def removes(self) -> Removal:
        """What `committed` will take out of the files."""

    def committed(self) -> None:
        """A commit with what `write` gave was written. Raises WriteFailed."""

    def sync(self) -> None:
        """Makes everything that was written survive a power cut. May be called from another thread. Raises
        WriteFailed."""

    def close(self) -> None:
        """Lets the files go; writes nothing."""

    def export(self) -> Iterator[bytes]:
        """Records from which a zone over a state that was exported at the same moment is made the same again:
        everything but the state, events and filters. The zone must not change while they are taken."""

    def export_state(self) -> Iterator[bytes]:
        """As `export`, of the state."""

    def forget(self, number: int, size: int = 0) -> None:
        """Ends the history below block `number`, or earlier where what is left takes no more than `size`
        bytes. Snapshots that need what goes are ended. The newest block stays."""

    # ------------------------------------------------------------ orders: filters

    def new_filter(self, kind: FilterKind, now: float, query: LogQuery | None = None) -> int: ...

    def filter_changes(self, filter_id: int, now: float) -> FilterChanges: ...

    def filter_logs(self, filter_id: int, now: float) -> tuple[LocatedLog, ...]: ...

    def uninstall_filter(self, filter_id: int) -> bool: ...

    def succeed(self, watchers: Watchers, events: Sequence[Event]) -> None:
        """Takes over who watched the zone that was here before; `events` are what changed by that. Called
        before anything else happens in this zone."""
