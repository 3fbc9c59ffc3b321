"""Going back: snapshots, rollbacks, reorganisations, and the way back to genesis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from devnet.chain.block import Block
from devnet.chain.keccak import keccak256
from devnet.chain.rules import Rules
from devnet.chain.transaction import Transaction
from devnet.chain.types import Hash32
from devnet.execution import Engine, Overrides
from devnet.zone.block_record import BlockRecord
from devnet.zone.draft import block_mode
from devnet.zone.environment import BlockSettings, environment_of
from devnet.zone.errors import BadRequest, UnknownSnapshot
from devnet.zone.events import EventLog
from devnet.zone.impersonation import Impersonation
from devnet.zone.ledger import Ledger, initial_rules
from devnet.zone.mempool import Mempool
from devnet.zone.messages import BlockAdded, BlockRemoved, ClockReading
from devnet.zone.overlay import DevelopmentOverlay
from devnet.zone.producer import Producer, initial_settings
from devnet.zone.reserved_history import overlay_after
from devnet.zone.sender_queue import Waiting
from devnet.zone.timestamps import TimeSettings, ZoneTime

SNAPSHOT_LIMIT = 65_536
"""How many are kept; the oldest go first."""

REORG_LIMIT = 2_048
"""Blocks that one reorganisation may replace."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that a revert restores."""

    number: int
    block_hash: Hash32
    overlay: Overrides
    time: TimeSettings
    settings: BlockSettings
    rules: Rules
    pool: tuple[Waiting, ...]


class Rewind:
    """Takes the zone back to earlier moments. Removed blocks are told as events, newest first."""

    def __init__(
        self,
        ledger: Ledger,
        engine: Engine,
        pool: Mempool,
        producer: Producer,
        time: ZoneTime,
        impersonation: Impersonation,
        events: EventLog,
    ) -> None:
        self._ledger = ledger
        self._engine = engine
        self._pool = pool
        self._producer = producer
        self._time = time
        self._impersonation = impersonation
        self._events = events
        self._snapshots: dict[int, Snapshot] = {}
        self._last_id = 0

    # ------------------------------------------------------------ snapshots

    def snapshot(self) -> int:
        """Remembers the zone as it is now; gives the snapshot's id, which is never used again."""
        tip = self._ledger.tip
        self._last_id += 1
        self._snapshots[self._last_id] = Snapshot(
            number=tip.record.number,
            block_hash=tip.record.block.hash,
            overlay=tip.overlay.freeze(),
            time=self._time.settings,
            settings=self._producer.settings,
            rules=self._ledger.rules,
            pool=self._pool.snapshot(),
        )
        if len(self._snapshots) > SNAPSHOT_LIMIT:
            del self._snapshots[next(iter(self._snapshots))]
        return self._last_id

    def has_snapshot(self, snapshot_id: int) -> bool:
        """Whether `revert` would find it."""
        return snapshot_id in self._snapshots

    def revert(self, snapshot_id: int) -> None:
        """Back to a snapshot; it and the older ones stay usable, newer ones do not."""
        snapshot = self._snapshots.get(snapshot_id)
        if snapshot is None:
            raise UnknownSnapshot(
                f"snapshot {snapshot_id:#x} does not exist: never taken, or taken after a state that was "
                "reverted since"
            )
        self._cut(snapshot.number, DevelopmentOverlay(snapshot.overlay))
        for newer in [other for other in self._snapshots if other > snapshot_id]:
            del self._snapshots[newer]
        self._time.settings = snapshot.time
        self._producer.settings = snapshot.settings
        self._ledger.rules = snapshot.rules
        self._pool.restore(snapshot.pool)

    # ------------------------------------------------------------ rollback, reorganisation, reset

    def rollback(self, depth: int) -> None:
        """Removes the newest `depth` blocks and what development calls wrote since the newest one."""
        target = self._target(depth)
        self._cut(target, overlay_after(self._ledger, target))
        self._pool.refresh_all()

    def reorg(
        self, depth: int, transactions: Sequence[tuple[Transaction, int]], reading: ClockReading
    ) -> tuple[Block, ...]:
        """Replaces the newest `depth` blocks. Where a transaction cannot be in its block, InvalidTransaction
        is raised and everything is as it was."""
        target = self._target(depth)
        if depth > REORG_LIMIT:
            raise BadRequest(f"a reorganisation replaces at most {REORG_LIMIT} blocks, not {depth}")
        for _, index in transactions:
            if not 0 <= index < depth:
                raise BadRequest(f"there is no block {index} among the {depth} new ones")
        chain = self._ledger.chain
        if any(True for _ in chain.reserved(target + 1)):
            raise BadRequest("reserved blocks cannot be replaced; roll back instead")
        ledger = self._ledger
        before = self._time.settings, self._producer.settings, ledger.tip.overlay, dict(self._snapshots)
        waiting = self._pool.snapshot()
        removed = self._cut(target, overlay_after(ledger, target))
        if removed:
            # Else the first new block could be the very block that it replaces.
            randomness = keccak256(b"reorganised" + removed[-1].block.hash)
            self._producer.settings = replace(self._producer.settings, next_prev_randao=randomness)
        blocks: list[Block] = []
        try:
            for index in range(depth):
                chosen = [transaction for transaction, wanted in transactions if wanted == index]
                blocks.append(self._producer.seal_with(chosen, reading, index))
        except Exception:
            self._cut(target, DevelopmentOverlay())
            for record in reversed(removed):
                self._seal_again(record)
            self._time.settings, self._producer.settings, overlay, self._snapshots = before
            self._cut(target + depth, overlay)
            self._pool.restore(waiting)
            raise
        self._pool.refresh_all()
        return tuple(blocks)

    def reset(self) -> None:
        """Back to genesis: empty mempool and overlay, and all that development calls set is as configured."""
        config = self._ledger.config
        self._cut(config.genesis_number, DevelopmentOverlay())
        self._snapshots.clear()
        self._pool.clear()
        self._ledger.rules = initial_rules(config)
        self._time.settings = TimeSettings()
        self._producer.settings = initial_settings(config)
        self._producer.mining = config.mining
        self._impersonation.reset()

    # ------------------------------------------------------------ steps

    def _target(self, depth: int) -> int:
        head = self._ledger.tip.record.number
        genesis = self._ledger.config.genesis_number
        if not 0 <= depth <= head - genesis:
            raise BadRequest(f"cannot go back {depth} blocks: there are {head - genesis} above genesis")
        return head - depth

    def _cut(self, number: int, overlay: DevelopmentOverlay) -> list[BlockRecord]:
        """Removes every block above `number`, and the snapshots of the removed ones."""
        removed = self._ledger.truncate(number, overlay)
        for record in removed:
            self._events.append(BlockRemoved(record.block))
        head_hash = self._ledger.tip.record.block.hash
        for identifier, snapshot in list(self._snapshots.items()):
            is_removed = snapshot.number > number
            if is_removed or (snapshot.number == number and snapshot.block_hash != head_hash):
                del self._snapshots[identifier]
        return removed

    def _seal_again(self, record: BlockRecord) -> None:
        """Puts a removed block back by running it again: the same inputs give the same state."""
        ledger = self._ledger
        header = record.block.header
        execution = self._engine.execute(
            record.rules,
            environment_of(header, ledger.chain.recent_hashes(header.number)),
            record.block.transactions,
            ledger.state_after(ledger.tip.record),
            block_mode(record.overrides),
        )
        root = ledger.commit(execution.changes)
        assert root == header.state_root, "running a block again must give its state root"
        ledger.append(record)
        self._events.append(BlockAdded(record.block))
