"""What the accounts of a zone hold together, and by which ways that changed: fees that are burnt, development
calls, contracts that destroy themselves.

    opening + credited - debited - burnt base fees - burnt blob fees - destroyed = balances

Nothing is counted while blocks are made. Who asks has the blocks looked at that came since somebody asked
before; what the balances add up to is read from the state (`devnet.state.State.balances`), and the other
terms from the blocks, so that the equation says something.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from dataclasses import dataclass, replace

from devnet.chain.account import EMPTY_ACCOUNT
from devnet.chain.fees import blob_base_fee
from devnet.chain.types import Address, BlockRef, Hash32, Wei
from devnet.execution import TraceSpec
from devnet.state import StateView
from devnet.zone.block_record import BlockRecord
from devnet.zone.consistent import ChainMoved
from devnet.zone.destroyed import destroyed_by
from devnet.zone.ledger import Ledger
from devnet.zone.messages import ZoneSupply
from devnet.zone.overlay import DevelopmentOverlay
from devnet.zone.replay import Replay

_STEP = 1024
"""Blocks that are looked at between two marks: what is held of their balances is bounded, and going back to
an older block counts no more than these again."""


@dataclass(frozen=True, slots=True)
class _Terms:
    """What came and went since counting began."""

    credited: int = 0
    debited: int = 0
    base_fees: int = 0
    blob_fees: int = 0
    destroyed: int = 0

    def changed_by(self, amount: int) -> _Terms:
        """With what a development call gave to an account, or took."""
        if amount < 0:
            return replace(self, debited=self.debited - amount)
        return replace(self, credited=self.credited + amount)

    def since(self, earlier: _Terms) -> _Terms:
        """What came and went after that."""
        return _Terms(
            self.credited - earlier.credited,
            self.debited - earlier.debited,
            self.base_fees - earlier.base_fees,
            self.blob_fees - earlier.blob_fees,
            self.destroyed - earlier.destroyed,
        )

    @property
    def total(self) -> int:
        return self.credited - self.debited - self.base_fees - self.blob_fees - self.destroyed


@dataclass(frozen=True, slots=True)
class _Mark:
    """The terms up to a block."""

    number: int
    hash: Hash32
    state_height: int
    balances: Wei
    terms: _Terms = _Terms()


class SupplyCounter:
    """Counts the currency of one zone. Any thread may ask; one counts at a time."""

    def __init__(self, ledger: Ledger, replay: Replay) -> None:
        self._ledger = ledger
        self._replay = replay
        self._lock = threading.Lock()
        self._marks: list[_Mark] = []
        """Ascending. Only the difference of two marks' terms means something."""

    def at(self, ref: BlockRef) -> ZoneSupply:
        """The supply after a block, with what development calls wrote after it, as balances are read. Raises
        `UnknownBlock` and `HistoryGone`."""
        ledger = self._ledger
        summary = ledger.summary(ref)
        with self._lock:
            opening, mark = self._counted(summary.number)
        if mark.hash != summary.hash:
            raise ChainMoved
        balances, terms = mark.balances, mark.terms.since(opening.terms)
        for amount in _written(ledger.overlay_after(summary.number), ledger.committed_at(summary.number)):
            balances = Wei(balances + amount)
            terms = terms.changed_by(amount)
        return ZoneSupply(
            number=mark.number,
            hash=mark.hash,
            since=opening.number,
            opening=opening.balances,
            balances=balances,
            credited=Wei(terms.credited),
            debited=Wei(terms.debited),
            burnt_base_fees=Wei(terms.base_fees),
            burnt_blob_fees=Wei(terms.blob_fees),
            destroyed=Wei(terms.destroyed),
        )

    def _counted(self, number: int) -> tuple[_Mark, _Mark]:
        """The mark of the oldest block that is kept, and that of another, counted from the last mark before
        it."""
        ledger, chain, marks = self._ledger, self._ledger.chain, self._marks
        retreats, oldest = ledger.retreats, chain.oldest
        if number < oldest:
            raise ledger.gone(number)
        while marks and marks[-1].number >= oldest and chain.hash_of(marks[-1].number) != marks[-1].hash:
            marks.pop()
        while marks and marks[0].number < oldest:
            marks.pop(0)
        if not marks or marks[0].number > oldest:
            opening = self._opening(oldest)
            self._check_unmoved(retreats, oldest)
            marks.insert(0, opening)
        mark = marks[bisect_right(marks, number, key=_number_of) - 1]
        while mark.number < number:
            mark = self._next(mark, self._step(mark.number, number))
            self._check_unmoved(retreats, oldest)
            if mark.number > marks[-1].number:
                marks.append(mark)
                self._thin_out()
        return marks[0], mark

    def _check_unmoved(self, retreats: int, oldest: int) -> None:
        """Raises ChainMoved where blocks went since, of which some may have been counted and some not."""
        if self._ledger.retreats != retreats or self._ledger.chain.oldest > oldest:
            raise ChainMoved

    def _step(self, before: int, number: int) -> int:
        """The block of the next mark; a reserved range, of any length, is one step."""
        return min(number, max(before + _STEP, self._ledger.chain.following(before + 1) - 1))

    def _opening(self, number: int) -> _Mark:
        """The mark of the oldest block, which is before all others."""
        summary = self._ledger.summary(number)
        (balances,) = self._ledger.state.balances(summary.state_height, summary.state_height)
        opening = mark = _Mark(number, summary.hash, summary.state_height, balances)
        if not self._marks:
            return opening
        following = self._marks[0]
        while mark.number < following.number:
            mark = self._next(mark, self._step(mark.number, following.number))
        return replace(opening, terms=following.terms.since(mark.terms))

    def _thin_out(self) -> None:
        """Who asks after every block leaves a mark at each: of those near each other the first and the newest
        stay."""
        marks = self._marks
        while len(marks) > 2 and marks[-1].number - marks[-3].number <= _STEP:
            del marks[-2]

    def _next(self, mark: _Mark, number: int) -> _Mark:
        """The mark of a later block."""
        ledger = self._ledger
        summary = ledger.summary(number)
        sums = ledger.state.balances(mark.state_height, summary.state_height)
        terms = mark.terms
        for record in ledger.chain.filled_blocks(mark.number + 1, number):
            place = record.state_height - mark.state_height
            terms = self._with_block(terms, record, sums[place] - sums[place - 1])
        return _Mark(number, summary.hash, summary.state_height, sums[-1], terms)

    def _with_block(self, terms: _Terms, record: BlockRecord, change: int) -> _Terms:
        """The terms with a block that changed what all balances add up to by so much."""
        header = record.block.header
        before = terms
        if record.overrides.accounts:
            overlay = DevelopmentOverlay(record.overrides.accounts)
            for amount in _written(overlay, self._ledger.state_before(record)):
                terms = terms.changed_by(amount)
        blob_price = blob_base_fee(record.rules, header.excess_blob_gas or 0)
        terms = replace(
            terms,
            base_fees=terms.base_fees + header.base_fee_per_gas * header.gas_used,
            blob_fees=terms.blob_fees + blob_price * (header.blob_gas_used or 0),
        )
        if terms.total - before.total == change:
            return terms
        # Only then is something destroyed, and running the block again says how much that must be.
        return replace(terms, destroyed=terms.destroyed + self._destroyed(record))

    def _destroyed(self, record: BlockRecord) -> int:
        traces = self._replay.trace_block(record.number, TraceSpec("callTracer"))
        return sum(destroyed_by(trace.trace, record.rules.fork) for trace in traces)


def _written(overlay: DevelopmentOverlay, view: StateView) -> list[int]:
    """By how much the writes change each account's balance."""
    written = overlay.view(view)
    return [_balance(written, address) - _balance(view, address) for address in overlay.addresses()]


def _balance(view: StateView, address: Address) -> int:
    return (view.account(address) or EMPTY_ACCOUNT).balance


def _number_of(mark: _Mark) -> int:
    return mark.number
