"""One zone: wires its parts together and is their face to the outside (`devnet.zone.port.ZonePort`).

chain       `ledger` (chain, state, overlay), `chain_store`, `block_record`, `old_blocks`, `block_archive`,
            `transaction_index`, `reserved_range`, `reserved_history`
inbox       `inbox`, `consumed`
asking      `history`, `log_search`, `bloom_probe`, `replay`, `reading`, `proving`, `consistent`
blocks      `producer`, `draft`, `environment`, `miner`, `pending`, `timestamps`,
            `overlay`, `system_called_view`
mempool     `mempool`, `sender_queue`, `block_selection`, `sidecars`, `completing`, `impersonation`,
            `fee_market`
going back  `rewind`, `snapshot_marks`, `snapshot_losses`
watching    `events`, `event_packing`, `filters`
calls       `calling/`
files       `storing/`
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from devnet.chain.blobs import validate_sidecar
from devnet.chain.block import Block
from devnet.chain.codec import REFERENCE, Codec
from devnet.chain.errors import Invalid, InvalidTransaction
from devnet.chain.forced import DueSection, ForcedTransaction
from devnet.chain.settlement_head import SettlementHead
from devnet.chain.transaction import BLOB, BlobSidecar, Transaction
from devnet.chain.types import Address, BlockRef, Hash32, Wei
from devnet.execution import Engine, Overrides, TraceSpec, TransactionResult
from devnet.persistence.home import Home
from devnet.persistence.removal import Removal
from devnet.state import State, StateGone
from devnet.zone.calling.brief import BriefCaller
from devnet.zone.calling.call import call
from devnet.zone.calling.estimate import estimate_gas
from devnet.zone.completing import complete
from devnet.zone.consistent import asked_again
from devnet.zone.consumed import consumed_by, consumer_of
from devnet.zone.errors import BadRequest, NotUnlocked
from devnet.zone.events import EventLog
from devnet.zone.fee_market import FeeMarket
from devnet.zone.filters import FilterBank
from devnet.zone.history import History
from devnet.zone.impersonation import Impersonation
from devnet.zone.ledger import Ledger
from devnet.zone.mempool import Mempool
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
    FinalityChanged,
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
    SettlementChanged,
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
from devnet.zone.miner import Miner
from devnet.zone.pending import PendingBlock, system_contracts
from devnet.zone.producer import Producer
from devnet.zone.proving import Prover
from devnet.zone.reading import StateReader
from devnet.zone.replay import Replay
from devnet.zone.rewind import Rewind
from devnet.zone.sidecars import SidecarStore
from devnet.zone.storing.parts import ZoneParts
from devnet.zone.supply import SupplyCounter
from devnet.zone.timestamps import ZoneTime

if TYPE_CHECKING:
    from devnet.proving.program import Program
    from devnet.proving.witness import Witness as UpdateWitness
    from devnet.zone.storing.remembered import Remembered
    from devnet.zone.storing.store import ZoneStore
    from devnet.zone.updates import UpdateRecording

Number = TypeVar("Number", bound=int)

_UINT256_LIMIT = 1 << 256
_UINT64_LIMIT = 1 << 64
_EVERYTHING = LogQuery()
_NOWHERE = Positions()


class Zone:
    """A `ZonePort` in this process."""

    def __init__(
        self,
        config: ZoneConfig,
        engine: Engine,
        state: State,
        home: Home | None = None,
        records: Iterable[bytes] | None = None,
        codec: Codec = REFERENCE,
    ) -> None:
        """Commits the zone's genesis to `state`, which must be empty. Where the home names files, or there
        are records (what `export` gave), the zone is what they say, and `state` must be the one beside them.

        Raises FolderError, WriteFailed, and ValueError for records that make no sense."""
        self._state = state
        self._store = store = None if home is None else _open_store(home, codec)
        try:
            has_files = home is not None and home.position is not None
            self._build(config, engine, codec, state, has_files, records)
        except BaseException:
            if store is not None:
                store.close()
            raise

    def _build(
        self,
        config: ZoneConfig,
        engine: Engine,
        codec: Codec,
        state: State,
        has_files: bool,
        records: Iterable[bytes] | None,
    ) -> None:
        store = self._store
        remembered: Remembered | None = None
        if store is not None and has_files:
            from devnet.zone.storing.restoring import restored_from_files

            ledger, remembered = restored_from_files(config, state, store)
        elif records is not None:
            from devnet.zone.storing.restoring import restored_from_records

            ledger, remembered = restored_from_records(config, state, records, store, codec)
        else:
            ledger = Ledger(config, state, None if store is None else store.blocks, codec=codec)
        self._ledger = ledger
        self._events = EventLog()
        self._time = ZoneTime(config.is_timestamp_strict)
        self._sidecars = SidecarStore()
        self._recording: UpdateRecording | None = None
        """Begun, and not done yet."""
        self._engine = engine
        self._codec = codec
        self._impersonation = Impersonation(config)
        self._pool = pool = Mempool(config.pool, ledger.read_account, ledger.read_code)
        self._producer = producer = Producer(
            ledger, engine, codec, pool, self._sidecars, self._time, self._events
        )
        self._miner = Miner(ledger, producer, self._time)
        self._pending = PendingBlock(ledger, pool, producer, self._time, codec)
        self._reader = StateReader(ledger, engine, pool, self._pending)
        self._brief = BriefCaller(ledger, engine, system_contracts(config.index))
        self._fees = FeeMarket(ledger, producer, self._pending)
        self._history = History(ledger, pool, self._pending)
        self._replay = Replay(ledger, engine)
        self._supply = SupplyCounter(ledger, self._replay)
        self._prover = Prover(ledger)
        self._filters = FilterBank(self._events, config.filter_lifetime)
        self._rewind = Rewind(ledger, engine, pool, producer, self._time, self._impersonation, self._events)
        ledger.pinned = self._lowest_pinned
        self._config = config
        self._parts = parts = ZoneParts(
            ledger,
            pool,
            self._sidecars,
            self._time,
            producer,
            self._impersonation,
            self._rewind.marks,
            self._filters,
        )
        if remembered is not None:
            from devnet.zone.storing.restoring import fill

            fill(parts, remembered)
        if store is not None:
            store.keep(parts)

    # ------------------------------------------------------------ questions: the zone and its blocks

    @property
    def config(self) -> ZoneConfig:
        """The configuration, with the chain id as it is now."""
        chain_id = self._ledger.rules.chain_id
        if chain_id != self._config.chain_id:
            self._config = replace(self._config, chain_id=chain_id)
        return self._config

    def status(self) -> ZoneStatus:
        config = self.config
        block = self._ledger.tip.record.block
        header = block.header
        pending, queued = self._pool.counts()
        return ZoneStatus(
            name=config.name,
            index=config.index,
            chain_id=self._ledger.rules.chain_id,
            fork=config.fork,
            number=header.number,
            block_hash=block.hash,
            timestamp=header.timestamp,
            gas_limit=self._producer.settings.gas_limit,
            base_fee=header.base_fee_per_gas,
            next_base_fee=self._producer.next_base_fee(),
            mining=self._producer.mining,
            pending=pending,
            queued=queued,
            coinbase=self._producer.settings.coinbase,
            genesis_hash=self._ledger.chain.genesis.block.hash,
            time_offset=self._time.settings.offset,
        )

    def number(self) -> int:
        return self._ledger.tip.record.number

    def settlement(self) -> SettlementHead:
        return self._producer.settings.settlement

    def finality(self) -> Finality:
        return self._ledger.finality

    def inbox_index(self, ref: BlockRef = "latest") -> int:
        return self._ledger.get(ref).inbox_index

    def consumed(self, first: int, last: int) -> tuple[ForcedTransaction, ...]:
        return consumed_by(self._ledger, first, last)

    def consumer(self, index: int) -> Consumed | None:
        return consumer_of(self._ledger, index)

    def history(self) -> HistoryStatus:
        return self._ledger.history()

    @asked_again
    def block(self, ref: BlockRef, reading: ClockReading | None = None) -> Block | None:
        if ref == "pending":
            return self._pending.block(reading)
        record = self._ledger.find(ref)
        return None if record is None else record.block

    def transaction(self, transaction_hash: Hash32) -> LocatedTransaction | None:
        return self._history.transaction(transaction_hash)

    @asked_again
    def transaction_at(self, ref: BlockRef, index: int) -> LocatedTransaction | None:
        return self._history.transaction_at(ref, index)

    @asked_again
    def transaction_by_sender(self, sender: Address, nonce: int) -> LocatedTransaction | None:
        return self._history.transaction_by_sender(sender, nonce)

    def sidecar(self, transaction_hash: Hash32) -> BlobSidecar | None:
        waiting = self._pool.get(transaction_hash)
        return self._sidecars.get(transaction_hash) if waiting is None else waiting.sidecar

    def receipt(self, transaction_hash: Hash32) -> LocatedReceipt | None:
        return self._history.receipt(transaction_hash)

    @asked_again
    def receipts(self, ref: BlockRef) -> tuple[LocatedReceipt, ...] | None:
        return self._history.receipts(ref)

    @asked_again
    def logs(self, query: LogQuery) -> tuple[LocatedLog, ...]:
        return self._history.logs(query)

    # ------------------------------------------------------------ questions: state and calls

    @asked_again
    def account(self, address: Address, ref: BlockRef = "latest") -> AccountState:
        return self._reader.account(address, ref)

    @asked_again
    def accounts(self, ref: BlockRef = "latest") -> Mapping[Address, GenesisAccount]:
        return self._reader.accounts(ref)

    @asked_again
    def supply(self, ref: BlockRef = "latest") -> ZoneSupply:
        return self._supply.at(ref)

    @asked_again
    def nonce(self, address: Address, ref: BlockRef = "latest") -> int:
        return self._reader.nonce(address, ref)

    @asked_again
    def balance(self, address: Address, ref: BlockRef = "latest") -> Wei:
        return self._reader.balance(address, ref)

    @asked_again
    def storage(self, address: Address, slot: int, ref: BlockRef = "latest") -> int:
        return self._reader.storage(address, slot, ref)

    @asked_again
    def committed_storage(self, address: Address, slots: Sequence[int], number: int) -> tuple[int, ...]:
        return self._reader.committed_storage(address, slots, number)

    @asked_again
    def call(
        self,
        request: CallRequest,
        ref: BlockRef = "latest",
        overrides: Overrides | None = None,
        block: BlockOverrides | None = None,
        trace: TraceSpec | None = None,
        reading: ClockReading | None = None,
    ) -> CallOutcome:
        return call(self._reader.call_site(ref, reading), request, overrides, block, trace)

    def call_briefly(self, request: CallRequest) -> TransactionResult | None:
        return self._brief.call(request)

    @asked_again
    def estimate_gas(
        self,
        request: CallRequest,
        ref: BlockRef = "pending",
        overrides: Overrides | None = None,
        block: BlockOverrides | None = None,
        reading: ClockReading | None = None,
    ) -> GasEstimate:
        return estimate_gas(self._reader.call_site(ref, reading), request, overrides, block)

    @asked_again
    def create_access_list(
        self,
        request: CallRequest,
        ref: BlockRef = "pending",
        overrides: Overrides | None = None,
        reading: ClockReading | None = None,
    ) -> AccessListOutcome:
        from devnet.zone.calling.access_list import create_access_list

        return create_access_list(self._reader.call_site(ref, reading), request, overrides)

    @asked_again
    def simulate(
        self,
        blocks: Sequence[SimulatedBlock],
        ref: BlockRef = "latest",
        *,
        validation: bool = False,
        trace_transfers: bool = False,
    ) -> tuple[SimulatedOutcome, ...]:
        from devnet.zone.calling.simulate import simulate

        return simulate(
            self._reader.simulation_site(ref), blocks, validation=validation, trace_transfers=trace_transfers
        )

    @asked_again
    def trace_transaction(self, transaction_hash: Hash32, trace: TraceSpec) -> TransactionTrace:
        return self._replay.trace_transaction(transaction_hash, trace)

    @asked_again
    def trace_block(self, ref: BlockRef, trace: TraceSpec) -> tuple[TransactionTrace, ...]:
        return self._replay.trace_block(ref, trace)

    @asked_again
    def schedule(self, ref: BlockRef) -> ScheduledBlock:
        return self._replay.schedule(ref)

    @asked_again
    def execution_witness(self, ref: BlockRef) -> Witness:
        return self._replay.witness(ref)

    # ------------------------------------------------------------ questions: proofs

    @asked_again
    def prove(self, address: Address, slots: Sequence[int] = (), ref: BlockRef = "latest") -> StateProof:
        return self._prover.prove(address, slots, ref)

    def prove_transaction(self, transaction_hash: Hash32) -> InclusionProof | None:
        return self._prover.prove_transaction(transaction_hash)

    def prove_receipt(self, transaction_hash: Hash32) -> InclusionProof | None:
        return self._prover.prove_receipt(transaction_hash)

    # ------------------------------------------------------------ questions: fees, mempool, events

    @asked_again
    def fee_history(self, count: int, newest: BlockRef, percentiles: Sequence[float] | None) -> FeeHistory:
        return self._fees.history(count, newest, percentiles)

    def suggested_priority_fee(self) -> Wei:
        return self._fees.suggested_priority_fee()

    def next_base_fee(self) -> Wei:
        return self._producer.next_base_fee()

    def next_blob_base_fee(self) -> Wei:
        return self._producer.next_blob_base_fee()

    def pool(self, sender: Address | None = None) -> PoolContent:
        return self._pool.content(sender)

    def pool_version(self, sender: Address) -> int:
        return self._pool.version_of(sender)

    def pending_transactions(self) -> tuple[Transaction, ...]:
        return tuple(self._producer.candidates())

    def events(self, cursor: int | None = None) -> EventPage:
        return self._events.since(cursor)

    def watchers(self) -> Watchers:
        page = self._events.since(-1)
        return Watchers(page.events, page.cursor, self._filters.watching(), self._filters.last_id)

    def impersonated(self) -> frozenset[Address]:
        return self._impersonation.accounts

    def may_impersonate(self, sender: Address) -> bool:
        return self._impersonation.covers(sender)

    def next_due(self) -> float | None:
        return self._producer.mining.interval

    # ------------------------------------------------------------ questions: files

    @property
    def is_ahead(self) -> bool:
        return self._store is not None and self._store.is_behind

    def unwritten_gas(self) -> int:
        touched = self._pool.touched
        return sum(entry.transaction.gas_limit for entry in touched.values()) if touched else 0

    # ------------------------------------------------------------ orders: transactions and blocks

    def submit(self, transaction: Transaction, sidecar: BlobSidecar | None = None) -> Hash32:
        outcome = self.submit_many([(transaction, sidecar)])[0]
        if isinstance(outcome, InvalidTransaction):
            raise outcome
        return outcome

    def submit_many(
        self, transactions: Sequence[tuple[Transaction, BlobSidecar | None]]
    ) -> list[Hash32 | InvalidTransaction]:
        admission = self._producer.admission()
        add = self._pool.add
        pending: list[Transaction] = []
        outcomes: list[Hash32 | InvalidTransaction] = []
        try:
            for transaction, sidecar in transactions:
                try:
                    if transaction.type == BLOB:
                        self._check_sidecar(transaction, sidecar)
                    ready = add(transaction, sidecar, admission)
                except InvalidTransaction as reason:
                    outcomes.append(reason)
                    continue
                for entry in ready:
                    pending.append(entry.transaction)
                outcomes.append(transaction.hash)
        finally:
            self._events.append_pending(pending)
        return outcomes

    def _check_sidecar(self, transaction: Transaction, sidecar: BlobSidecar | None) -> None:
        if sidecar is None:
            raise InvalidTransaction(Invalid.BLOB_TRANSACTION, "missing sidecar in blob transaction")
        validate_sidecar(transaction, sidecar, self._ledger.rules)

    def complete(self, request: CallRequest, reading: ClockReading) -> CallRequest:
        sender = request.sender
        if sender is None:
            raise BadRequest("a transaction needs a sender (from)")
        if not self._impersonation.is_usable(sender):
            raise NotUnlocked(
                f"unknown account 0x{sender.hex()}: the network holds no key for it and does not impersonate "
                "it; sign the transaction yourself or call anvil_impersonateAccount first"
            )
        return complete(
            request,
            self._ledger.rules,
            next_nonce=self._reader.nonce(sender, "pending"),
            base_fee=self._producer.next_base_fee(),
            blob_base_fee=self._producer.next_blob_base_fee(),
            priority_fee=self.suggested_priority_fee(),
            estimate=lambda filled: estimate_gas(self._reader.wallet_site(reading), filled),
        )

    def automine(self, reading: ClockReading) -> tuple[Block, ...]:
        return self._miner.automine(reading)

    def mine(
        self, reading: ClockReading, count: int = 1, interval: int | None = None, timestamp: int | None = None
    ) -> tuple[Block, ...]:
        return self._miner.mine(reading, count, interval, timestamp)

    def drop_transaction(self, transaction_hash: Hash32) -> bool:
        return self._pool.drop(transaction_hash)

    def drop_all_transactions(self) -> None:
        self._pool.clear()

    def drop_transactions_of(self, sender: Address) -> None:
        self._pool.drop_sender(sender)

    def set_mining(self, mining: Mining) -> None:
        if mining.interval is not None and mining.interval <= 0:
            raise BadRequest(f"blocks cannot be {mining.interval} s apart")
        self._producer.mining = mining

    # ------------------------------------------------------------ orders: the next block and the clock

    def increase_time(self, seconds: int) -> int:
        return self._time.increase(seconds)

    def set_time(self, timestamp: int, reading: ClockReading) -> int:
        return self._time.set_now(timestamp, reading)

    def set_next_timestamp(self, timestamp: int) -> None:
        self._time.set_next(timestamp, self._ledger.tip.record.block.header.timestamp)

    def set_timestamp_interval(self, seconds: int | None) -> None:
        self._time.set_interval(seconds)

    def set_next_base_fee(self, base_fee: Wei) -> None:
        self._producer.settings = replace(
            self._producer.settings, next_base_fee=_checked(base_fee, _UINT256_LIMIT, "a base fee")
        )

    def set_min_gas_price(self, price: Wei) -> None:
        self._producer.settings = replace(
            self._producer.settings, min_gas_price=_checked(price, _UINT256_LIMIT, "a gas price")
        )

    def set_gas_limit(self, gas_limit: int) -> None:
        if gas_limit < 1:
            raise BadRequest("a block needs a gas limit above 0")
        limit = _checked(gas_limit, _UINT64_LIMIT, "a gas limit")
        self._producer.settings = replace(self._producer.settings, gas_limit=limit)
        self._pool.limit_gas(limit)

    def set_coinbase(self, coinbase: Address) -> None:
        self._producer.settings = replace(self._producer.settings, coinbase=coinbase)

    def set_next_prev_randao(self, value: Hash32) -> None:
        self._producer.settings = replace(self._producer.settings, next_prev_randao=value)

    def set_chain_id(self, chain_id: int) -> None:
        if chain_id < 1:
            raise BadRequest("a chain id is at least 1")
        self._ledger.set_chain_id(_checked(chain_id, _UINT64_LIMIT, "a chain id"))

    # ------------------------------------------------------------ orders: settlement

    def learn(self, head: SettlementHead) -> None:
        known = self._producer.settings.settlement
        if head == known:
            return
        if head.height <= known.height:
            raise BadRequest(
                f"settlement height {head.height} cannot follow {known.height}, which the zone knows"
            )
        self._know(head)

    @property
    def records_anywhere(self) -> bool:
        return self._ledger.state.records_anywhere

    def record_update(
        self, program: Program, first: int, last: int, limit: int | None = None
    ) -> UpdateWitness | None:
        from devnet.zone.updates import UpdateRecording, blobs_of

        ledger = self._ledger
        if limit is None:
            # Nothing of it is the owner's: see `records_anywhere`.
            whole = UpdateRecording(ledger, self._engine, self._codec, program, first, last)
            whole.work(None)
            return whole.witness(blobs_of(ledger, self._sidecars, first, last))
        recording, self._recording = self._recording, None
        is_done = None
        if recording is not None and recording.goes_on(program, first, last):
            # Where the blocks are the same ones made again, the state before them may be another object's.
            with suppress(StateGone):
                is_done = recording.work(limit)
        if recording is None or is_done is None:
            recording = UpdateRecording(ledger, self._engine, self._codec, program, first, last)
            is_done = recording.work(limit)
        if not is_done:
            self._recording = recording
            return None
        return recording.witness(blobs_of(ledger, self._sidecars, first, last))

    def owe(self, section: DueSection) -> None:
        self._producer.inbox.owe(section)

    def fulfil(self, reading: ClockReading) -> tuple[Block, ...]:
        return self._miner.fulfil(reading)

    def unlearn(self, head: SettlementHead) -> None:
        known = self._producer.settings.settlement
        if head.height > known.height:
            raise BadRequest(f"settlement height {head.height} is above {known.height}, which the zone knows")
        if head != known:
            self._know(head)

    def _know(self, head: SettlementHead) -> None:
        self._producer.settings = replace(self._producer.settings, settlement=head)
        self._events.append(SettlementChanged(head))

    def set_finality(self, finality: Finality) -> None:
        ledger = self._ledger
        first, newest = ledger.config.genesis_number, ledger.tip.record.number
        if not first <= finality.finalized <= finality.safe <= newest:
            raise BadRequest(
                f"safe block {finality.safe} and finalized block {finality.finalized} are not in this order "
                f"between blocks {first} and {newest}"
            )
        if finality != ledger.finality:
            ledger.finality = finality
            self._events.append(FinalityChanged(finality))

    # ------------------------------------------------------------ orders: the development overlay

    def set_account(
        self,
        address: Address,
        balance: Wei | None = None,
        nonce: int | None = None,
        code: bytes | None = None,
    ) -> None:
        if balance is not None:
            _checked(balance, _UINT256_LIMIT, "a balance")
        if nonce is not None:
            _checked(nonce, _UINT64_LIMIT, "a nonce")
        self._ledger.tip.overlay.set_account(address, balance, nonce, code)
        self._pool.refresh(address)

    def set_storage(self, address: Address, slot: int, value: int) -> None:
        _checked(slot, _UINT256_LIMIT, "a slot")
        self._ledger.tip.overlay.set_storage(address, slot, _checked(value, _UINT256_LIMIT, "a slot's value"))

    def impersonate(self, address: Address) -> None:
        self._impersonation.start(address)

    def stop_impersonating(self, address: Address) -> None:
        self._impersonation.stop(address)

    def set_auto_impersonate(self, enabled: bool) -> None:
        self._impersonation.is_automatic = enabled

    # ------------------------------------------------------------ orders: going back

    def snapshot(self, identifier: int) -> int:
        return self._rewind.snapshot(identifier)

    def has_snapshot(self, identifier: int) -> bool:
        return self._rewind.has_snapshot(identifier)

    def snapshot_loss(self, identifier: int) -> str | None:
        return self._rewind.snapshot_loss(identifier)

    def delete_snapshot(self, identifier: int) -> None:
        self._rewind.delete_snapshot(identifier)

    def revert(self, identifier: int) -> None:
        self._rewind.revert(identifier)

    def rollback(self, depth: int) -> None:
        self._rewind.rollback(depth)

    def reorg(
        self, depth: int, transactions: Sequence[tuple[Transaction, int]], reading: ClockReading
    ) -> tuple[Block, ...]:
        return self._rewind.reorg(depth, transactions, reading)

    def reset(self) -> None:
        self._rewind.reset()

    def forget(self, number: int, size: int = 0) -> None:
        self._ledger.forget(number, size)
        oldest = self._ledger.chain.oldest
        self._rewind.end_snapshots_below(
            oldest, f"what it needs below block {oldest} was let go to stay within --memory-limit"
        )

    def _lowest_pinned(self) -> int | None:
        return self._rewind.marks.lowest_number

    # ------------------------------------------------------------ orders: files

    def write(self) -> Positions:
        store = self._store
        if store is None:
            return _NOWHERE
        return Positions(self._state.write(), store.write())

    def removes(self) -> Removal:
        store = self._store
        return Removal.NOTHING if store is None else max(self._state.removes(), store.removes())

    def committed(self) -> None:
        if self._store is not None:
            self._state.committed()
            self._store.committed()

    def sync(self) -> None:
        if self._store is not None:
            self._state.sync()
            self._store.sync()

    def close(self) -> None:
        if self._store is not None:
            self._state.close()
            self._store.close()

    def export(self) -> Iterator[bytes]:
        from devnet.zone.storing.restoring import export_zone

        return export_zone(self._parts)

    def export_state(self) -> Iterator[bytes]:
        return self._state.export()

    # ------------------------------------------------------------ orders: filters

    def new_filter(self, kind: FilterKind, now: float, query: LogQuery | None = None) -> int:
        return self._filters.install(kind, query or _EVERYTHING, now)

    def filter_changes(self, filter_id: int, now: float) -> FilterChanges:
        return self._filters.changes(filter_id, now)

    def filter_logs(self, filter_id: int, now: float) -> tuple[LocatedLog, ...]:
        return self._history.logs(self._filters.query_of(filter_id, now))

    def uninstall_filter(self, filter_id: int) -> bool:
        return self._filters.uninstall(filter_id)

    def succeed(self, watchers: Watchers, events: Sequence[Event]) -> None:
        everything = (*watchers.events, *events)
        self._events.resume(everything, watchers.cursor + len(events))
        self._filters.take_over(watchers.filters, watchers.last_filter)


def _open_store(home: Home, codec: Codec) -> ZoneStore:
    # Imported here, as all that only files, exports and rare questions need: a start in memory is quicker.
    from devnet.zone.storing.store import ZoneStore

    return ZoneStore(home, codec)


def _checked(value: Number, limit: int, what: str) -> Number:
    """The value, where it fits. Raises BadRequest."""
    if not 0 <= value < limit:
        raise BadRequest(f"{what} of {value} does not fit into {limit.bit_length() - 1} bits")
    return value
