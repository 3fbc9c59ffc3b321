"""What sending a message would come to, before it is sent."""

from __future__ import annotations

from dataclasses import dataclass

from devnet.chain.types import Address, Wei
from devnet.contracts.addresses import ENDPOINT
from devnet.contracts.endpoint_calls import quote_call
from devnet.contracts.layout import mapping_slot
from devnet.packets.packet import Path
from devnet.zone.messages import CallRequest
from devnet.zone.port import ZonePort

_OUTBOUND_NONCES_SLOT = 3
"""Of the endpoint."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What the endpoint of the source says."""

    nonce: int
    """That the message would have."""
    fee: Wei | None
    """In the zone's currency; None where it would not be sent."""
    revert: bytes
    """Then why not."""


def quote(source: ZonePort, path: Path, message: bytes, options: bytes) -> Quote:
    """Asks the endpoint of `source`, after its newest block."""
    sender = Address(path.sender[12:])
    nonces = mapping_slot(path.dst_eid, mapping_slot(sender, _OUTBOUND_NONCES_SLOT))
    nonce = source.storage(ENDPOINT, mapping_slot(path.receiver, nonces)) + 1
    data = quote_call(path.dst_eid, path.receiver, message, options, sender)
    outcome = source.call(CallRequest(to=ENDPOINT, data=data))
    if outcome.failure is not None or len(outcome.output) < 32:
        return Quote(nonce, None, outcome.output)
    return Quote(nonce, Wei(int.from_bytes(outcome.output[:32], "big")), b"")
