"""Going back: snapshots, rollbacks, reorganisations, and the way back to genesis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from devnet.blocks.environment import environment_of, settlement_calls
from devnet.blocks.overrides import block_mode
from devnet.chain.block import Block
from devnet.chain.keccak import keccak256
from devnet.chain.transaction import Transaction
from devnet.execution import Engine
from devnet.state import StateGone
from devnet.zone.block_record import BlockRecord
from devnet.zone.errors import BadRequest, UnknownSnapshot
from devnet.zone.events import EventLog
from devnet.zone.impersonation import Impersonation
from devnet.zone.ledger import Ledger, Tip, initial_rules
from devnet.zone.mempool import Mempool
from devnet.zone.messages import BlockAdded, BlockRemoved, ClockReading, Finality, FinalityChanged
from devnet.zone.overlay import DevelopmentOverlay
from devnet.zone.producer import Producer, initial_settings
from devnet.zone.reserved_history import overlay_after
from devnet.zone.snapshot_losses import utc
from devnet.zone.snapshot_marks import Mark, SnapshotMarks
from devnet.zone.timestamps import TimeSettings, ZoneTime

REORG_LIMIT = 2_048
"""Blocks that one reorganisation may replace."""


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
        self.marks = SnapshotMarks()

    # ------------------------------------------------------------ snapshots

    def snapshot(self, identifier: int) -> int:
        """Remembers the zone as it is now under an id that is higher than all before; gives the number of the
        newest block. Costs nothing that grows with the state, the snapshots, or an unchanged mempool."""
        tip = self._ledger.tip
        overlay = tip.overlay.freeze()
        pool = self._pool.snapshot()
        number = tip.record.number
        newest = self.marks.newest
        if not (
            newest is not None
            and newest.number == number
            and newest.overlay is overlay
            and newest.time is self._time.settings
            and newest.settings is self._producer.settings
            and newest.rules is self._ledger.rules
            and newest.pool is pool
        ):
            newest = Mark(
                number, overlay, self._time.settings, self._producer.settings, self._ledger.rules, pool
            )
        self.marks.put(identifier, newest)
        return number

    def has_snapshot(self, identifier: int) -> bool:
        """Whether `revert` would go back to it."""
        mark = self.marks.get(identifier)
        return mark is not None and self._is_kept(mark)

    def snapshot_loss(self, identifier: int) -> str | None:
        """Why `revert` would refuse that snapshot, None where it would not."""
        mark = self.marks.get(identifier)
        if mark is None:
            return self.marks.why_gone(identifier)
        if not self._is_kept(mark):
            return f"the history that it needs, from block {mark.number} on, is not kept any more"
        return None

    def _is_kept(self, mark: Mark) -> bool:
        ledger = self._ledger
        block = ledger.chain.summary(mark.number)
        if block is None or mark.number < ledger.chain.oldest:
            return False
        try:
            ledger.state.view(block.state_height)
        except StateGone:
            return False
        return True

    def revert(self, identifier: int) -> None:
        """Back to a snapshot; it and the older ones stay usable, newer ones do not. Raises UnknownSnapshot.

        Costs what happened since the snapshot, and nothing that grows with the state."""
        mark = self.marks.get(identifier)
        if mark is None or not self._is_kept(mark):
            raise UnknownSnapshot(
                f"zone {self._ledger.config.name} cannot go back to snapshot {identifier:#x}: "
                f"{self.snapshot_loss(identifier)}"
            )
        reason = None
        if self.marks.newest_id > identifier:
            target = f"snapshot {identifier:#x} (block {mark.number})"
            reason = f"the zone went back to {target} {self._moment()}"
        tip = self._ledger.tip
        is_unwritten = tip.record.number == mark.number and tip.overlay.freeze() is mark.overlay
        self._cut(mark.number, tip.overlay if is_unwritten else DevelopmentOverlay(mark.overlay))
        self._time.settings = mark.time
        self._producer.settings = mark.settings
        self._ledger.rules = mark.rules
        self._pool.restore(mark.pool)
        if reason is not None:
            self.marks.end_after(identifier, reason)

    def delete_snapshot(self, identifier: int) -> None:
        """Forgets a snapshot, where it is there."""
        self.marks.delete(identifier)

    def end_snapshots_below(self, number: int, reason: str) -> None:
        """Ends the snapshots taken below block `number`, whose history is about to go. `reason` is what using
        one says from then on."""
        self.marks.end_below(number, reason)

    def _moment(self) -> str:
        """The present as a reason names it."""
        header = self._ledger.tip.record.block.header
        return f"when block {header.number} of {utc(header.timestamp)} was its newest"

    # ------------------------------------------------------------ rollback, reorganisation, reset

    def rollback(self, depth: int) -> None:
        """Removes the newest `depth` blocks and what development calls wrote since the newest one."""
        target = self._target(depth)
        reason = f"a rollback to block {target} removed the block that it was taken at, {self._moment()}"
        self._cut(target, overlay_after(self._ledger, target))
        self.marks.end_above(target, reason)
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
        before = self._time.settings, self._producer.settings, ledger.tip.overlay
        reason = f"a reorganisation above block {target} removed its block, {self._moment()}"
        waiting = self._pool.snapshot()
        removed = self._cut(target, overlay_after(ledger, target))
        if removed:
            # Else the first new block could be the very block that it replaces.
            randomness = keccak256(b"reorganised" + removed[-1].block.hash)
            self._producer.settings = replace(self._producer.settings, next_prev_randao=randomness)
        blocks: list[Block] = []
        with ledger.hold_history():
            try:
                for index in range(depth):
                    chosen = [transaction for transaction, wanted in transactions if wanted == index]
                    blocks.append(self._producer.seal_with(chosen, reading, index))
            except Exception:
                self._cut(target, DevelopmentOverlay())
                for record in reversed(removed):
                    self._seal_again(record)
                self._time.settings, self._producer.settings, overlay = before
                self._cut(target + depth, overlay)
                self._pool.restore(waiting)
                raise
        # Only now: a reorganisation that cannot be leaves the blocks, and so the snapshots.
        self.marks.end_above(target, reason)
        self._pool.refresh_all()
        return tuple(blocks)

    def reset(self) -> None:
        """Back to genesis: empty mempool and overlay, and all that development calls set is as configured."""
        config = self._ledger.config
        reason = f"a reset took the zone back to genesis {self._moment()}"
        self._cut(config.genesis_number, DevelopmentOverlay())
        self.marks.end_all(reason)
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

    def _cut(self, number: int, overlay: DevelopmentOverlay) -> Sequence[BlockRecord]:
        """Removes every block above `number`."""
        ledger = self._ledger
        if number == ledger.tip.record.number:
            ledger.tip = Tip(ledger.tip.record, overlay)
            return ()
        finality = ledger.finality
        # Before the blocks go: whoever asks for "safe" now must find one.
        ledger.finality = Finality(min(finality.safe, number), min(finality.finalized, number))
        try:
            removed = ledger.truncate(number, overlay)
        except BaseException:
            ledger.finality = finality
            raise
        for record in removed:
            self._events.append(BlockRemoved(record.block))
        if ledger.finality != finality:
            self._events.append(FinalityChanged(ledger.finality))
        return removed

    def _seal_again(self, record: BlockRecord) -> None:
        """Puts a removed block back by running it again: the same inputs give the same state."""
        ledger = self._ledger
        header = record.block.header
        before = ledger.state_after(ledger.tip.record)
        calls = settlement_calls(record.settlement, ledger.config.index, before)
        execution = self._engine.execute(
            record.rules,
            environment_of(header, ledger.chain.recent_hashes(header.number), calls),
            record.block.transactions,
            before,
            block_mode(record.overrides, ledger.config.has_messages),
        )
        root = ledger.commit(execution.changes)
        assert root == header.state_root, "running a block again must give its state root"
        ledger.append(record)
        self._events.append(BlockAdded(record.block))
