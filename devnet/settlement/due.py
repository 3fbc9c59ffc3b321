"""What a zone's updates must have consumed of its inbox (docs/settlement.md, "Forced inclusion").

How late a zone may be is part of it. Its updates in a settlement block are held to the settlement height that
their last block knows, but to none more than `MOST_LAG` below the chain's: who lags further must have
consumed what was due there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from devnet.chain.forced import Posting
from devnet.contracts.forced_inbox import InboxParameters, QueueEntry, QueuePart
from devnet.settlement.chain import ChainView

MOST_LAG = 8
"""Settlement heights that a zone may lag behind the chain (protocol section 2)."""

NO_BLOCK = -1
"""Before every block of the system zone."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What the updates of one zone in one settlement block are held to."""

    height: int
    """The settlement height that they are held to."""
    is_late: bool
    """Whether that is above what their last block knows."""
    most_gas: int
    """What was paid for and is due by that height; more rolls on."""
    settled: int
    """The system zone's last block that was settled early enough for what it holds to be due."""

    def is_posted(self, entry: QueueEntry) -> bool:
        """Whether the transaction was posted early enough to be due, or to be consumed at all."""
        return entry.posted_in <= self.settled

    def is_due(self, part: QueuePart) -> bool:
        """Whether the one after the part is due, too."""
        following = part.next
        return following is not None and self.is_posted(following) and part.gas_with_next <= self.most_gas


class NotDue(Exception):
    """The updates consume what they must not, or other than what the inbox holds."""


class Overdue(Exception):
    """The updates lack something that is due."""


def demand_of(chain: ChainView, zone: int, before: int, known: int, parameters: InboxParameters) -> Demand:
    """What the zone's updates in the settlement block after `chain` are held to. `before` is the height of
    the newest settlement block that the block before their first one knows, `known` of what their last one
    does."""
    settled_in = chain.settled_in(zone)
    start = before if settled_in is None else max(before, settled_in - 1 - MOST_LAG)
    height = max(known, chain.head.height - MOST_LAG)
    system = chain.system_at(height - parameters.due_heights)
    return Demand(
        height,
        height > known,
        max(0, height - start) * parameters.due_gas,
        NO_BLOCK if system is None else system.statement.last_height,
    )


def check_consumed(
    demand: Demand, zone: int, start: int, postings: Sequence[Posting], part: QueuePart
) -> None:
    """Raises NotDue or Overdue unless this is what the zone's updates have to consume. `part` is what the
    inbox holds from `start`, which their predecessors consumed, up to as many as they consume."""
    end = start + len(postings)
    if postings:
        if part.last is None or end > part.count or not demand.is_posted(part.last):
            raise NotDue(f"place {end - 1} of zone {zone}'s inbox was not settled {_by(demand)}")
        if not part.holds(postings):
            raise NotDue(f"this is not what the inbox of zone {zone} holds from place {start} to {end - 1}")
    if demand.is_due(part):
        raise Overdue(f"place {end} of zone {zone}'s inbox is due by settlement height {demand.height}")


def _by(demand: Demand) -> str:
    return f"in time to be consumed by settlement height {demand.height}"
