"""Makes blocks: chooses transactions, has them executed, commits the change set, seals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from devnet.blocks.environment import base_fee_after, excess_blob_gas_after, is_recorded, settlement_calls
from devnet.blocks.forced import space_of
from devnet.blocks.overrides import block_mode
from devnet.blocks.sealing import build_block, build_header
from devnet.chain.block import Block
from devnet.chain.codec import Codec
from devnet.chain.errors import Invalid
from devnet.chain.fees import blob_base_fee
from devnet.chain.transaction import Transaction
from devnet.chain.types import Wei
from devnet.execution import BlockEnv, Engine, EngineFault, Mode, SystemCall
from devnet.scheduling import BlockOrder
from devnet.scheduling.fairness import fair_share
from devnet.scheduling.owners import owners
from devnet.state import StateView
from devnet.zone.block_record import BlockRecord
from devnet.zone.block_selection import BlockSpace, select
from devnet.zone.draft import Draft, build_draft
from devnet.zone.environment import BlockSettings, next_environment
from devnet.zone.events import EventLog
from devnet.zone.inbox import NO_CONSUMPTION, Consumption, Inbox
from devnet.zone.ledger import Ledger
from devnet.zone.mempool import Admission, Mempool
from devnet.zone.messages import BlockAdded, ClockReading, Mining, Order, ZoneConfig
from devnet.zone.sidecars import SidecarStore
from devnet.zone.timestamps import ZoneTime

OUTPUT_LIMIT = 64 * 1024
"""Bytes of return data that a `BlockAdded` event carries for one transaction."""

_STAYS = frozenset(
    {Invalid.BLOCK_FULL, Invalid.NONCE_TOO_HIGH, Invalid.FEE_CAP_TOO_LOW, Invalid.BLOB_FEE_CAP_TOO_LOW}
)
"""A block refuses these for now; the mempool keeps them."""


class Producer:
    """Drafts and seals the zone's blocks."""

    def __init__(
        self,
        ledger: Ledger,
        engine: Engine,
        codec: Codec,
        pool: Mempool,
        sidecars: SidecarStore,
        time: ZoneTime,
        events: EventLog,
    ) -> None:
        self._ledger = ledger
        self._engine = engine
        self._codec = codec
        self._pool = pool
        self._sidecars = sidecars
        self._time = time
        self._events = events
        self.mining: Mining = ledger.config.mining
        self.settings = initial_settings(ledger.config)
        self.inbox = Inbox(codec)
        """What is due in the zone; the network tells it again to a zone that was opened or went back."""

    # ------------------------------------------------------------ prices

    def next_base_fee(self) -> Wei:
        """The base fee of the next block."""
        settings = self.settings
        if settings.next_base_fee is not None:
            return settings.next_base_fee
        return base_fee_after(self._ledger.tip.record.block.header, settings.is_base_fee_fixed)

    def next_blob_base_fee(self) -> Wei:
        """The blob base fee of the next block."""
        header = self._ledger.tip.record.block.header
        rules = self._ledger.rules
        return blob_base_fee(rules, excess_blob_gas_after(header, rules))

    def admission(self) -> Admission:
        """What a transaction must meet to be accepted now. Under automine alone one that cannot pay the base
        fee is refused: its sender waits for a block that would never come."""
        config = self._ledger.config
        settings = self.settings
        must_pay_now = self.mining.automine and self.mining.interval is None
        return Admission(
            rules=self._ledger.rules,
            gas_limit=settings.gas_limit,
            min_gas_price=settings.min_gas_price,
            min_priority_fee=config.min_priority_fee,
            base_fee=self.next_base_fee() if must_pay_now else None,
            blob_base_fee=self.next_blob_base_fee,
        )

    # ------------------------------------------------------------ drafts

    def candidates(self) -> list[Transaction]:
        """What the next block would try, in its order."""
        if not len(self._pool):
            return []
        rules = self._ledger.rules
        size = space_of(rules)
        due = self._consumption()
        space = BlockSpace(
            gas_limit=self.settings.gas_limit - due.gas,
            base_fee=self.next_base_fee(),
            blob_base_fee=self.next_blob_base_fee(),
            blobs=rules.blob_schedule.maximum if rules.blob_schedule is not None else 0,
            size=None if size is None else size - due.size,
            transactions=self.mining.max_transactions,
            order=self.mining.order,
        )
        return select(self._pool.queues(), space)

    def draft(
        self,
        reading: ClockReading,
        candidates: Sequence[Transaction],
        index: int = 0,
        timestamp: int | None = None,
        order: BlockOrder | None = None,
        *,
        is_consuming: bool = True,
    ) -> Draft:
        """Executes the next block, which is the `index`-th that this message seals, by default in the zone's
        order; what is due of the inbox comes first, unless it is not `is_consuming`. Changes nothing."""
        tip = self._ledger.tip
        view = self._ledger.state_after(tip.record)
        head = self.settings.settlement
        news = None if is_recorded(head, view) else head
        calls = settlement_calls(news, self._ledger.config.index, view)
        env = self._environment(tip.record.block, reading, index, timestamp, calls)
        overrides = self.settings.overrides()
        if tip.overlay:
            overrides = replace(overrides, accounts=tip.overlay.freeze())
        rules = self._ledger.rules
        if order is None:
            order = BlockOrder.FRAMED if self.mining.order is Order.FAFO else BlockOrder.GIVEN
        mode = block_mode(overrides, self._ledger.config.has_messages)
        if order is BlockOrder.FRAMED:
            candidates = self._fair(env, view, candidates, mode)
        due = self._consumption() if is_consuming else NO_CONSUMPTION
        if due.transactions:
            # They have their places, so the framer has none to give.
            order = BlockOrder.GIVEN
            forced = {transaction.hash for transaction in due.transactions}
            candidates = [each for each in candidates if each.hash not in forced]
        return build_draft(self._engine, rules, env, view, candidates, overrides, mode, order, news, due)

    def _consumption(self) -> Consumption:
        """What the next block consumes of the inbox."""
        ledger = self._ledger
        return self.inbox.next(ledger.tip.record.inbox_index, ledger.rules, self.settings.gas_limit)

    @property
    def has_due(self) -> bool:
        """Whether the next block has something to consume."""
        return bool(self.inbox.section.after(self._ledger.tip.record.inbox_index))

    def _fair(
        self, env: BlockEnv, view: StateView, candidates: Sequence[Transaction], mode: Mode
    ) -> Sequence[Transaction]:
        """The candidates less those that would crowd others out of the block by one hot key."""
        gas = [transaction.gas_limit for transaction in candidates]
        if sum(gas) <= env.gas_limit:
            return candidates
        schedule = self._engine.schedule_block(
            self._ledger.rules, env, candidates, view, mode, BlockOrder.FRAMED
        )
        owned = [owners(transaction) for transaction in candidates]
        return [candidates[index] for index in fair_share(schedule.predicted, gas, owned, env.gas_limit)]

    def environment(self, reading: ClockReading) -> BlockEnv:
        """Of the next block."""
        return self._environment(self._ledger.tip.record.block, reading, 0, None)

    def _environment(
        self,
        parent: Block,
        reading: ClockReading,
        index: int,
        timestamp: int | None,
        system_calls: tuple[SystemCall, ...] = (),
    ) -> BlockEnv:
        """Of the block after `parent`, which is the `index`-th that this message seals."""
        ledger = self._ledger
        if timestamp is None:
            timestamp = self._time.next(reading, index, parent.header.timestamp)
        return next_environment(
            parent.header,
            parent.hash,
            ledger.chain.recent_hashes(parent.header.number + 1),
            timestamp,
            self.settings,
            ledger.rules,
            ledger.config.index,
            system_calls,
        )

    @property
    def has_news(self) -> bool:
        """Whether the next block is the first to know a settlement block."""
        ledger = self._ledger
        return not is_recorded(self.settings.settlement, ledger.state_after(ledger.tip.record))

    # ------------------------------------------------------------ sealing

    def seal_next(self, reading: ClockReading, index: int = 0, timestamp: int | None = None) -> Block:
        """Seals one block with what waits, empty where nothing does."""
        draft = self._draft_waiting(self.candidates(), reading, index, timestamp)
        return self.seal(draft, reading, index, timestamp is not None)

    def seal_waiting(self, reading: ClockReading, index: int) -> Block | None:
        """Seals one block with what waits, none where nothing that waits can be in a block."""
        while candidates := self.candidates():
            draft = self._draft_waiting(candidates, reading, index, None)
            if draft.transactions:
                return self.seal(draft, reading, index, False)
            if not self._drop_refused(draft):
                break
        return None

    def _draft_waiting(
        self, candidates: list[Transaction], reading: ClockReading, index: int, timestamp: int | None
    ) -> Draft:
        while True:
            try:
                return self.draft(reading, candidates, index, timestamp)
            except EngineFault:
                # The mempool must not offer for ever what the engine cannot run: find it by trying one alone.
                if not candidates:
                    raise
                if len(candidates) == 1:
                    self._pool.drop(candidates[0].hash)
                    raise
                del candidates[1:]

    def seal_due(self, reading: ClockReading, index: int) -> Block:
        """Seals one block with what is due of the inbox and nothing else."""
        return self.seal(self.draft(reading, (), index), reading, index, False)

    def seal_with(self, transactions: Sequence[Transaction], reading: ClockReading, index: int) -> Block:
        """Seals one block with exactly these transactions. Raises InvalidTransaction where one cannot be
        in."""
        draft = self.draft(reading, transactions, index, order=BlockOrder.GIVEN)
        for _, reason in draft.refused:
            raise reason
        return self.seal(draft, reading, index, False)

    def seal(self, draft: Draft, reading: ClockReading, index: int, is_time_chosen: bool) -> Block:
        """Commits a draft made from the present tip: state, chain, mempool, events."""
        ledger = self._ledger
        content = self._codec.seal_content(draft.transactions, draft.results)
        root = ledger.commit(draft.changes)
        extra_data = draft.overrides.commitment(draft.transactions)
        header = build_header(draft.rules, draft.env, root, content, extra_data)
        block = build_block(header, content)
        parent = ledger.tip.record
        ledger.append(
            BlockRecord(
                block,
                parent.state_height + 1,
                draft.rules,
                draft.overrides,
                draft.settlement,
                draft.forced,
                parent.inbox_index + len(draft.forced),
            )
        )
        settings = self.settings
        if settings.next_base_fee is not None or settings.next_prev_randao is not None:
            self.settings = replace(settings, next_base_fee=None, next_prev_randao=None)
        self._time.sealed(header.timestamp, reading, index, is_time_chosen)
        self._settle_pool(draft)
        self._events.append(
            BlockAdded(
                block,
                tuple([result.console for result in draft.results]),
                tuple([result.failure for result in draft.results]),
                tuple([result.output[:OUTPUT_LIMIT] for result in draft.results]),
            )
        )
        return block

    def _settle_pool(self, draft: Draft) -> None:
        for transaction in draft.transactions:
            if transaction.blob_hashes:
                entry = self._pool.get(transaction.hash)
                if entry is not None and entry.sidecar is not None:
                    self._sidecars.keep(entry)
        self._pool.sealed(draft.transactions, draft.changes.accounts)
        self._drop_refused(draft)

    def _drop_refused(self, draft: Draft) -> bool:
        """Forgets what no later block can take either. Whether there was any."""
        hopeless = [transaction for transaction, reason in draft.refused if reason.kind not in _STAYS]
        for transaction in hopeless:
            self._pool.drop(transaction.hash)
        return bool(hopeless)


def initial_settings(config: ZoneConfig) -> BlockSettings:
    """What a zone's blocks look like until development calls change it."""
    return BlockSettings(
        coinbase=config.coinbase,
        gas_limit=config.gas_limit,
        settlement=config.settlement,
        is_base_fee_fixed=config.is_base_fee_fixed,
    )
