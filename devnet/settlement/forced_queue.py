"""A zone's inbox as a list, with what became of everything in it: for whoever asks, on any thread."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from devnet.contracts.addresses import FORCED_INBOX
from devnet.contracts.forced_inbox import InboxParameters, QueueEntry, count_of, entry_at
from devnet.settlement.chain import SettlementChain
from devnet.settlement.inclusion import PostReader
from devnet.settlement.system_facts import SYSTEM_ZONE_INDEX
from devnet.zone.errors import ZoneError
from devnet.zone.messages import Consumed
from devnet.zone.port import ZonePort

MOST_BYTES = 4 << 20
"""Of transactions in one answer."""


class ForcedStatus(enum.Enum):
    """How far something that was posted is."""

    POSTED = "posted"
    """In a block of the system zone that is not settled yet."""
    SETTLED = "settled"
    """It has to wait for the height by which it is due."""
    DUE = "due"
    """The zone's next block takes it, as far as there is room and gas."""
    CONSUMED = "consumed"


@dataclass(frozen=True, slots=True)
class QueueItem:
    """One that was posted."""

    index: int
    """Its place in the queue."""
    entry: QueueEntry
    encoded: bytes | None
    """What was posted; None where the block that it was posted in is not kept."""
    status: ForcedStatus
    due_height: int | None
    """The first settlement height by which it can be due; None before it is settled, and where that is too
    long ago."""
    consumed: Consumed | None
    """By which block, where that is kept."""


def queue_length(zones: Sequence[ZonePort], zone: int) -> int:
    """How much was ever posted for the zone, as of the system zone's newest block."""
    system = zones[SYSTEM_ZONE_INDEX]
    return count_of(lambda slot: system.committed_storage(FORCED_INBOX, (slot,), system.number())[0], zone)


def read_queue(
    chain: SettlementChain, zones: Sequence[ZonePort], zone: int, first: int, count: int
) -> tuple[QueueItem, ...]:
    """What is from place `first` on, at most `count` and some `MOST_BYTES`. Raises what reading the system
    zone's newest state raises."""
    system, port = zones[SYSTEM_ZONE_INDEX], zones[zone]
    newest = system.number()

    def load(slot: int) -> int:
        return system.committed_storage(FORCED_INBOX, (slot,), newest)[0]

    reader = PostReader(system, zone, load)
    due_heights = InboxParameters().due_heights
    consumed = port.inbox_index()
    items: list[QueueItem] = []
    size = 0
    for index in range(first, min(first + count, count_of(load, zone))):
        entry = entry_at(load, zone, index)
        encoded: bytes | None = None
        # Where history ends, what became of it can still be said.
        with suppress(ZoneError):
            encoded = reader.read(index).encoded
        found = chain.update_for(SYSTEM_ZONE_INDEX, entry.posted_in)
        due = None if found is None else found[0] + due_heights
        if index < consumed:
            status = ForcedStatus.CONSUMED
        elif due is not None:
            status = ForcedStatus.DUE if due <= chain.height else ForcedStatus.SETTLED
        else:
            # What settled it may be too long ago to be kept.
            is_settled = entry.posted_in <= chain.settled_number(SYSTEM_ZONE_INDEX)
            status = ForcedStatus.DUE if is_settled else ForcedStatus.POSTED
        items.append(QueueItem(index, entry, encoded, status, due, port.consumer(index)))
        size += 0 if encoded is None else len(encoded)
        if size >= MOST_BYTES:
            break
    return tuple(items)
