"""What a receiver would do with a message, and how much gas its delivery needs: tried, with nothing kept."""

from __future__ import annotations

from typing import NamedTuple

from zero_sdk.client.errors import Refused, Reverted
from zero_sdk.client.facts import NodeKind
from zero_sdk.client.flows import messaging, reading
from zero_sdk.client.flows.tours import Tour, at
from zero_sdk.client.message import simulation_given
from zero_sdk.client.message_state import simulation_of
from zero_sdk.messages import interfaces
from zero_sdk.messages.mesh import Member
from zero_sdk.messages.words import padded

ENDPOINT_GAS = 40_000
"""What the endpoint itself takes of the options' gas at most, for a path's first message: it forgets the
payload's hash and writes the nonce."""

_TRANSACTION_GAS, _ZERO_GAS, _BYTE_GAS = 21_000, 4, 16
"""Of a transaction and its data (EIP-2028), which the options' gas does not pay."""


class Trial(NamedTuple):
    """What came of trying a message."""

    gas: int | None
    """That the options have to name, about; None where it reverts."""
    reason: str
    """Why it reverts."""


def try_message(source: Member, destination: Member, message: bytes) -> Tour[Trial | None]:
    """What a receiver does with a message as the next of its path; None where the node cannot tell."""
    if source.zone.facts.network.kind is NodeKind.ZERO:
        return _simulated(source, destination, message)
    return _estimated(source, destination, message)


def _simulated(source: Member, destination: Member, message: bytes) -> Tour[Trial | None]:
    given = simulation_given(
        {
            "source": source.zone,
            "destination": destination.zone,
            "sender": source,
            "receiver": destination,
            "message": message,
        }
    )
    zone = source.zone.network.default_zone
    try:
        answer = yield from at(zone, messaging.simulated(zone.facts, given))
    except Refused:
        return None
    received = simulation_of(answer, zone.facts.network).receive
    return Trial(received.gas_needed, "" if received.reason is None else received.reason.text)


def _estimated(source: Member, destination: Member, message: bytes) -> Tour[Trial | None]:
    """Of any node: the receiver's `lzReceive`, called as its endpoint would."""
    sender = padded(source.address)
    nonce = (yield from destination.try_to_ask("nextNonce", source.eid, sender)) or 1
    function = interfaces.oapp().functions["lzReceive"][0]
    origin = (source.eid, sender, nonce)
    data = function.encode((origin, bytes(32), message, destination.endpoint.address, b""))
    zone = destination.zone
    request = reading.call_request(zone.facts, destination.address, data, sender=destination.endpoint.address)
    known = zone.interface_at(destination.address)
    try:
        estimated = yield from at(zone, reading.estimate(zone.facts, request, None, function.label, known))
    except Reverted as error:
        return Trial(None, error.halt or error.why or "without a reason")
    except Refused:
        return None
    return Trial(max(estimated - _intrinsic(data), 0) + ENDPOINT_GAS, "")


def _intrinsic(data: bytes) -> int:
    zeros = data.count(0)
    return _TRANSACTION_GAS + _ZERO_GAS * zeros + _BYTE_GAS * (len(data) - zeros)
