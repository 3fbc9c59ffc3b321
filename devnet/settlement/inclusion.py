"""Forced inclusion as those see it who make blocks: what zones owe their inboxes, read from the settled
states of the system zone (docs/settlement.md, "Forced inclusion").

Nothing of it is kept but what was read lately: all follows from the settlement chain and the system zone.
"""

from __future__ import annotations

import logging
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from devnet.chain.forced import NOTHING_DUE, DueSection, ForcedTransaction
from devnet.chain.types import ZERO_HASH, Hash32
from devnet.contracts.addresses import FORCED_INBOX
from devnet.contracts.forced_inbox import (
    POSTED_TOPIC,
    InboxParameters,
    chain_before,
    chain_over,
    count_of,
    entry_at,
    least_index,
    posted_of,
)
from devnet.contracts.layout import Load
from devnet.settlement.block import ZoneUpdate
from devnet.settlement.chain import ChainView, SettlementChain
from devnet.settlement.due import MOST_LAG, NO_BLOCK, check_consumed, demand_of
from devnet.settlement.system_facts import SYSTEM_ZONE_INDEX, SystemReader
from devnet.state import StateGone
from devnet.zone.errors import UnknownBlock, ZoneError
from devnet.zone.messages import LogQuery
from devnet.zone.port import ZonePort

_LOG = logging.getLogger(__name__)

MOST_OWED = 1_024
"""Transactions that a zone is told of at once, beside those that its unsettled blocks consumed."""

MOST_BYTES = 16 << 20
"""Their bytes; and those of what is kept of one zone's queue until it is consumed."""


@dataclass(slots=True)
class _Kept:
    """The transactions of a zone's queue from some place on, as far as they were read."""

    incarnation: int
    """Of the settlement chain: what was settled in it stays."""
    first: int
    transactions: list[ForcedTransaction]


class Inclusion:
    """What the zones of a network owe their inboxes. For the thread that owns them."""

    def __init__(
        self, chain: SettlementChain, zones: Sequence[ZonePort], parameters: InboxParameters | None
    ) -> None:
        """`zones` by their indices. Without parameters nobody owes anything."""
        self._chain = chain
        self._zones = zones
        self.parameters = self._parameters = parameters
        self._kept: dict[int, _Kept] = {}
        self._troubles: dict[int, str] = {}

    # ------------------------------------------------------------ what a zone owes

    def owed(self, zone: int, height: int | None = None) -> DueSection:
        """What the zone's next blocks, which know the settlement block of that height (by default the
        newest), must consume: from what its settled blocks consumed on. Bounded: when it is consumed there
        may be more."""
        chain, parameters = self._chain, self._parameters
        height = chain.height if height is None else height
        if parameters is None or not height:
            return NOTHING_DUE
        try:
            return self._owed(zone, height, parameters)
        except (ZoneError, StateGone) as reason:
            name, text = self._zones[zone].config.name, str(reason)
            if self._troubles.get(zone) != text:
                self._troubles[zone] = text
                _LOG.warning("what zone %s owes its inbox cannot be read: %s", name, reason)
            return NOTHING_DUE

    def _owed(self, zone: int, height: int, parameters: InboxParameters) -> DueSection:
        found = self._chain.update_at(zone, height)
        start = 0 if found is None else found[1].statement.post_inbox_index
        load = self._queue()
        settled = self._count_by(load, zone, start, self._settled_by(height))
        if settled == start:
            return NOTHING_DUE
        due = self._count_by(load, zone, start, self._settled_by(height - parameters.due_heights))
        most_gas = max(0, height - self._held_before(zone, found)) * parameters.due_gas
        end = least_index(load, zone, start, due, most_gas)
        end = min(end, max(start, self._zones[zone].inbox_index()) + MOST_OWED)
        # What is not due yet is read as well: when it is, its block may be gone.
        kept = self._read(zone, start, end, settled, load)
        return DueSection(start, tuple(kept[: end - start]))

    def _held_before(self, zone: int, found: tuple[int, ZoneUpdate] | None) -> int:
        """The settlement height that the update, which is in the settlement block with that height, was held
        to."""
        if found is None:
            return 0
        settled_in, update = found
        least = max(0, settled_in - 1 - MOST_LAG)
        try:
            return max(least, self._height_known(self._zones[zone], update.statement.last_height))
        except ZoneError:
            # Its block is not kept: then more counts as due than is, which nobody minds.
            return least

    def _settled_by(self, height: int) -> int:
        """The system zone's newest block that was settled at that height."""
        found = self._chain.update_at(SYSTEM_ZONE_INDEX, height)
        return NO_BLOCK if found is None else found[1].statement.last_height

    def _queue(self) -> Load:
        """The inbox's storage after the system zone's newest block: what is settled is in it and stays."""
        system = self._zones[SYSTEM_ZONE_INDEX]
        number = system.number()
        return lambda slot: system.committed_storage(FORCED_INBOX, (slot,), number)[0]

    @staticmethod
    def _count_by(load: Load, zone: int, start: int, number: int) -> int:
        """How much of the queue, at least `start`, was posted in the system zone's blocks up to that one."""
        if number == NO_BLOCK:
            return start
        places = range(start, count_of(load, zone))
        return start + bisect_right(places, number, key=lambda place: entry_at(load, zone, place).posted_in)

    def _height_known(self, zone: ZonePort, number: int) -> int:
        """The height of the newest settlement block that the zone's block knows."""
        block = zone.block(number)
        if block is None:
            raise UnknownBlock(f"there is no block {number}")
        root = block.header.parent_beacon_block_root or ZERO_HASH
        return self._chain.height_of(Hash32(root)) or 0

    def _read(self, zone: int, start: int, end: int, settled: int, load: Load) -> list[ForcedTransaction]:
        """The transactions from `start` on: those up to `end` as far as a zone is told of them at once, and
        of those up to `settled` as many as are kept."""
        incarnation = self._chain.incarnation
        before = self._kept.get(zone)
        known: list[ForcedTransaction] = []
        if before is not None and before.incarnation == incarnation and before.first <= start:
            known = before.transactions[start - before.first :]
        consumed = self._zones[zone].inbox_index()
        reader = PostReader(self._zones[SYSTEM_ZONE_INDEX], zone, load)
        transactions: list[ForcedTransaction] = []
        size = 0
        for index in range(start, settled):
            place = index - start
            if place < len(known):
                found = known[place]
            else:
                try:
                    found = reader.read(index)
                except ZoneError:
                    if index < end:
                        raise
                    break
            transactions.append(found)
            size += len(found.encoded) if index >= consumed else 0
            if size >= MOST_BYTES:
                break
        self._kept[zone] = _Kept(incarnation, start, transactions)
        return transactions

    # ------------------------------------------------------------ blocks of its own accord

    def wants_block(self, zone: int) -> bool:
        """Whether the zone should make a block that nobody asked for: because something is due in it, or
        because its blocks lag too far behind. Where something waits to become due, a zone that makes blocks
        when transactions come makes one in every slot, so that heights rise."""
        chain, port = self._chain, self._zones[zone]
        if self._parameters is None or not chain.height:
            return False
        if self._is_lagging(zone, port):
            return True
        if not self.is_waiting(zone):
            return False
        mining = port.status().mining
        is_idle = mining.automine and mining.interval is None
        return is_idle or self.owed(zone).end > port.inbox_index()

    def is_waiting(self, zone: int) -> bool:
        """Whether the zone's inbox holds something settled that the zone did not consume."""
        try:
            consumed = self._zones[zone].inbox_index()
            settled = self._settled_by(self._chain.height)
            return self._count_by(self._queue(), zone, consumed, settled) > consumed
        except (ZoneError, StateGone):
            return False

    def _is_lagging(self, zone: int, port: ZonePort) -> bool:
        chain, number = self._chain, port.number()
        found = chain.update_of(zone)
        if found is not None and number <= found.statement.last_height:
            return False
        if found is None and number == port.config.genesis_number:
            return False
        try:
            return self._height_known(port, number) < chain.height - MOST_LAG
        except ZoneError:
            return False

    # ------------------------------------------------------------ what is to be settled

    def span(
        self, base: ChainView, reader: SystemReader, zone: int, first: int, last: int
    ) -> tuple[int, int]:
        """From where to where the zone's blocks `first` to `last`, which are to be settled next, consume its
        inbox. Raises NotDue and Overdue where validators would refuse that, and what reading raises."""
        parameters, port = self._parameters, self._zones[zone]
        if parameters is None:
            return 0, 0
        start, end = base.inbox_index(zone), port.inbox_index(last)
        part = reader.show(base, {zone: (start, end)}).facts.inboxes[zone]
        known = self._height_known(port, last)
        demand = demand_of(base, zone, self._height_known(port, first - 1), known, parameters)
        postings = [forced.posting for forced in port.consumed(first, last)]
        check_consumed(demand, zone, start, postings, part)
        return start, end


class PostReader:
    """What was posted for a zone, out of the system zone's blocks."""

    def __init__(self, system: ZonePort, zone: int, load: Load) -> None:
        """`load` reads the inbox's storage, in a state that has what is asked for."""
        self._system = system
        self._zone = zone
        self._load = load
        self._blocks: dict[int, dict[int, tuple[bytes, int]]] = {}

    def read(self, index: int) -> ForcedTransaction:
        """The transaction at that place of the queue. Raises UnknownBlock and HistoryGone where the block
        that it was posted in is not kept."""
        entry = entry_at(self._load, self._zone, index)
        posted = self._posted_in(entry.posted_in).get(index)
        if posted is not None:
            forced = ForcedTransaction(*posted)
            if chain_over(chain_before(self._load, self._zone, index), (forced.posting,)) == entry.chain:
                return forced
        raise UnknownBlock(f"block {entry.posted_in} of the system zone does not have what was posted in it")

    def _posted_in(self, number: int) -> dict[int, tuple[bytes, int]]:
        """By place, what was posted in that block, and its gas."""
        found = self._blocks.get(number)
        if found is None:
            topics = (frozenset({POSTED_TOPIC}), frozenset({Hash32(self._zone.to_bytes(32, "big"))}))
            query = LogQuery(frozenset({FORCED_INBOX}), topics, number, number)
            found = {}
            for located in self._system.logs(query):
                log = located.log
                found[int.from_bytes(log.topics[2], "big")] = posted_of(log.data)
            self._blocks = {number: found}
        return found
