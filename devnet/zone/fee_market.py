"""What gas did cost in the zone's blocks, and what to offer: from `calling.fee_history` over the chain."""

from __future__ import annotations

from collections.abc import Sequence

from devnet.chain.block import Block
from devnet.chain.types import BlockRef, Wei
from devnet.zone.calling.fee_history import RecentTips, fee_history, recent_tips, suggest_priority_fee
from devnet.zone.ledger import Ledger
from devnet.zone.messages import FeeHistory
from devnet.zone.pending import PendingBlock
from devnet.zone.producer import Producer


class FeeMarket:
    """Fees of past blocks."""

    def __init__(self, ledger: Ledger, producer: Producer, pending: PendingBlock) -> None:
        self._ledger = ledger
        self._producer = producer
        self._pending = pending
        self._suggested: tuple[RecentTips, Wei] | None = None
        """The newest suggestion and what it was made from."""

    def history(self, count: int, newest: BlockRef, percentiles: Sequence[float] | None) -> FeeHistory:
        """See `ZonePort.fee_history`."""
        block = self._pending.block(None) if newest == "pending" else self._ledger.get(newest).block
        return fee_history(
            block,
            self._block_at,
            count,
            percentiles,
            self._ledger.rules,
            self._producer.settings.is_base_fee_fixed,
        )

    def suggested_priority_fee(self) -> Wei:
        """A tip that recent blocks took, at least the least that the mempool takes."""
        ledger = self._ledger
        block = ledger.tip.record.block
        known = self._suggested
        if known is None or known[0].newest != block.hash:
            recent = recent_tips(
                block, self._block_at, ledger.chain.oldest, None if known is None else known[0]
            )
            self._suggested = known = (recent, suggest_priority_fee(recent, ledger.config.min_priority_fee))
        return known[1]

    def _block_at(self, number: int) -> Block | None:
        record = self._ledger.chain.by_number(number)
        return None if record is None else record.block
