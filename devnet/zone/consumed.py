"""What blocks of the chain consumed of the zone's inbox."""

from __future__ import annotations

from devnet.chain.forced import ForcedTransaction
from devnet.zone.ledger import Ledger
from devnet.zone.messages import Consumed


def consumed_by(ledger: Ledger, first: int, last: int) -> tuple[ForcedTransaction, ...]:
    """What the blocks `first` to `last` consumed. Quick where they consumed nothing. Raises UnknownBlock and
    HistoryGone."""
    if ledger.get(first).inbox_index - len(ledger.get(first).forced) == ledger.get(last).inbox_index:
        return ()
    return tuple(forced for number in range(first, last + 1) for forced in ledger.get(number).forced)


def consumer_of(ledger: Ledger, index: int) -> Consumed | None:
    """Which block consumed what is at that place of the inbox, None where none did that is kept. Looks at a
    few blocks, however many there are."""
    high = ledger.tip.record
    if high.inbox_index <= index:
        return None
    lowest, highest = max(ledger.chain.oldest, ledger.config.genesis_number), high.number
    while lowest < highest:
        middle = (lowest + highest) // 2
        found = ledger.find(middle)
        if found is None or found.inbox_index <= index:
            lowest = middle + 1
        else:
            highest = middle
    record = ledger.find(lowest)
    if record is None or not record.inbox_index - len(record.forced) <= index < record.inbox_index:
        return None
    place = 0
    transactions = record.block.transactions
    for at, forced in enumerate(record.forced, record.inbox_index - len(record.forced)):
        has_effect = place < len(transactions) and transactions[place].encoded == forced.encoded
        if at == index:
            taken = transactions[place].hash if has_effect else None
            return Consumed(record.number, record.block.hash, taken)
        place += has_effect
    return None
