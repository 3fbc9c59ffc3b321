"""When a settled message's time has come: at once, or some slots after it was settled."""

from __future__ import annotations

from devnet.messages.host import MessageHost
from devnet.messages.message import Message


def seconds_until(host: MessageHost, message: Message, slots: int) -> float:
    """How many seconds of the network's clock until so many slots have passed since the message was settled;
    0 where they have. A slot of the settlement chain counts, and so does its time on the clock: a network in
    which nothing happens makes no settlement blocks."""
    chain = host.settlement.chain
    found = chain.update_for(message.source, message.sent.block_number)
    settled = None if found is None else chain.at(found[0])
    if settled is None or slots <= 0:
        # Settled so long ago that the settlement block was let go.
        return 0.0
    if chain.head.slot >= settled.block.slot + slots:
        return 0.0
    return max(settled.clock + slots * host.slot_seconds - host.clock.mark(), 0.0)
