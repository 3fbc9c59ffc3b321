"""The block that would be sealed now, and the state after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from devnet.blocks.sealing import build_block, build_header
from devnet.chain.account import ChangeSet
from devnet.chain.block import Block
from devnet.chain.codec import Codec
from devnet.chain.epochs import STAKING, SYSTEM_ZONE_INDEX
from devnet.chain.settlement_head import SETTLEMENT_ROOTS
from devnet.chain.types import ZERO_HASH, Address
from devnet.execution import BlockEnv
from devnet.state import StateView
from devnet.zone.calling.overlay import OverlayView
from devnet.zone.draft import Draft
from devnet.zone.ledger import Ledger
from devnet.zone.mempool import Mempool
from devnet.zone.messages import ClockReading
from devnet.zone.producer import Producer
from devnet.zone.system_called_view import SystemCalledView
from devnet.zone.timestamps import ZoneTime

STANDING_CLOCK = ClockReading(0, 0)
"""Where a caller gave no reading: the pending block then has its parent's time, or what was set."""

SYSTEM_CONTRACTS = frozenset(
    Address(bytes.fromhex(address))
    for address in (
        "000f3df6d732807ef1319fb7b8bb8522d0beac02",  # EIP-4788
        "0000f90827f1c53a10cb7a02335b175320002935",  # EIP-2935
        SETTLEMENT_ROOTS.hex(),
    )
)
"""Contracts whose storage a block's system calls write, in every zone."""


def system_contracts(zone: int) -> frozenset[Address]:
    """The same of the zone with that index: in the system zone blocks seal epochs."""
    return SYSTEM_CONTRACTS | {STAKING} if zone == SYSTEM_ZONE_INDEX else SYSTEM_CONTRACTS


@dataclass(frozen=True, slots=True)
class _Kept:
    """A draft and what it was made from; it holds as long as all of that is the same."""

    key: tuple[object, ...]
    draft: Draft


class PendingBlock:
    """Drafts of the next block, kept until something changes. Any thread may ask."""

    def __init__(
        self, ledger: Ledger, pool: Mempool, producer: Producer, time: ZoneTime, codec: Codec
    ) -> None:
        self._ledger = ledger
        self._pool = pool
        self._producer = producer
        self._time = time
        self._codec = codec
        self._full: _Kept | None = None
        self._empty: _Kept | None = None

    def draft(self, reading: ClockReading | None) -> Draft:
        """The next block with everything that would go in."""
        key = self._key(reading)
        kept = self._full
        if kept is None or kept.key != key:
            draft = self._producer.draft(reading or STANDING_CLOCK, self._producer.candidates())
            self._full = kept = _Kept(key, draft)
        return kept.draft

    def block(self, reading: ClockReading | None) -> Block:
        """The next block as it would be sealed now; its state root is not known yet and zero."""
        draft = self.draft(reading)
        content = self._codec.seal_content(draft.transactions, draft.results)
        extra_data = draft.overrides.commitment(draft.transactions)
        header = build_header(draft.rules, draft.env, ZERO_HASH, content, extra_data)
        return build_block(header, content)

    def view(self, reading: ClockReading | None = None) -> StateView:
        """The state after the next block. The system calls of an otherwise empty one run when needed."""
        if not len(self._pool) and not self._producer.has_due:
            return self.view_after_system_calls(reading)
        draft = self.draft(reading)
        return OverlayView(draft.base, draft.changes)

    def view_after_system_calls(self, reading: ClockReading | None) -> StateView:
        """The newest state, overlay included, after the next block's system calls (protocol section 2)."""
        ledger = self._ledger
        return SystemCalledView(
            ledger.newest(), system_contracts(ledger.config.index), self._system_calls(reading)
        )

    def environment(self, reading: ClockReading | None) -> BlockEnv:
        """Of the next block."""
        return self._producer.environment(reading or STANDING_CLOCK)

    def _system_calls(self, reading: ClockReading | None) -> Callable[[], ChangeSet]:
        def run() -> ChangeSet:
            key = self._key(reading)
            kept = self._empty
            if kept is None or kept.key != key:
                draft = self._producer.draft(reading or STANDING_CLOCK, (), is_consuming=False)
                self._empty = kept = _Kept(key, draft)
            return kept.draft.changes

        return run

    def _key(self, reading: ClockReading | None) -> tuple[object, ...]:
        tip = self._ledger.tip
        timestamp = self._time.next(reading or STANDING_CLOCK, 0, tip.record.block.header.timestamp)
        return (
            tip.record.block.hash,
            self._ledger.retreats,
            _Same(tip.overlay.freeze()),
            self._pool.version,
            self._producer.settings,
            self._producer.mining,
            _Same(self._producer.inbox.section),
            self._ledger.rules,
            timestamp,
        )


class _Same:
    """Equal only to itself around the very same object: for what is large and replaced, never changed."""

    __slots__ = ("_held",)

    def __init__(self, held: object) -> None:
        self._held = held

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other._held is self._held

    def __hash__(self) -> int:
        return id(self._held)
