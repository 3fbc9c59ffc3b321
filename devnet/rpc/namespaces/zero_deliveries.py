"""zero: deliveries of messages, tried beforehand and tried again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from devnet.chain.types import Hash32
from devnet.rpc.codec.encode_messages import encode_reason, encode_simulation
from devnet.rpc.codec.encode_transactions import hex_data
from devnet.rpc.codec.message_shapes import RETRIED, SIMULATION
from devnet.rpc.codec.read_messages import (
    RETRY_TERMS,
    SIMULATION_TERMS,
    SUBJECT,
    DeliveryTerms,
    Unsent,
    zone_index,
)
from devnet.rpc.codec.shapes import HASH
from devnet.rpc.context import Context
from devnet.rpc.errors import invalid_params
from devnet.rpc.methods import Kind, Method, Param

if TYPE_CHECKING:
    from devnet.messages.message import Message
    from devnet.packets.options import Options
    from devnet.packets.packet import Packet
    from devnet.zone.port import ZonePort


def simulate_delivery(context: Context, subject: Hash32 | Unsent, terms: DeliveryTerms) -> dict[str, Any]:
    from devnet.messages.simulation import Terms
    from devnet.messages.simulation import simulate_delivery as simulate

    network = context.network
    sending = None
    if isinstance(subject, Unsent):
        packet, options, zone, sending = _unsent(context, subject)
    else:
        packet, options, zone = _undelivered(context, subject)
    simulation = simulate(zone, packet, options, Terms(terms.gas, terms.value))
    context.console("zero_simulateDelivery", simulation.console)
    encoded = encode_simulation(simulation, network.messages.explain)
    return {
        "guid": hex_data(packet.header.guid),
        "zone": zone.config.name,
        "sending": sending,
        **encoded,
    }


def retry_message(context: Context, guid: Hash32, terms: DeliveryTerms) -> dict[str, Any]:
    network = context.network
    if terms.sender is None:
        transaction_hash = network.courier.retry(
            guid, compose=terms.compose, gas=terms.gas, value=terms.value
        )
    else:
        zone, requests = network.courier.retry_requests(
            guid, compose=terms.compose, gas=terms.gas, value=terms.value
        )
        port = list(network.zones.values())[zone]
        for request in requests:
            transaction_hash = network.send(port, replace(request, sender=terms.sender))
    return _retried(context, guid, terms.compose, transaction_hash)


# ---------------------------------------------------------------- deliveries to be tried


def _undelivered(context: Context, guid: Hash32) -> tuple[Packet, Options, ZonePort]:
    """A message that is there and may still be delivered, and where it goes."""
    from devnet.messages.errors import NotDeliverable, UnknownMessage
    from devnet.packets.options import Options

    found = context.network.messages.found(guid)
    if found is None:
        raise UnknownMessage(guid)
    message, status = found.message, found.life.status
    if status.is_final:
        raise NotDeliverable(f"the message is {status.value}: it is not delivered (again)")
    return message.packet, message.decoded_options or Options(), _destination(context, message)


def _unsent(context: Context, unsent: Unsent) -> tuple[Packet, Options, ZonePort, dict[str, Any]]:
    """The message as it would be sent next, and what sending it would cost."""
    from devnet.messages.errors import NoMessaging
    from devnet.messages.quoting import quote
    from devnet.packets.options import MalformedOptions, Options, decode_options
    from devnet.packets.packet import Packet, PacketHeader, Path

    network = context.network
    eids = network.config.zone_eids
    if eids is None:
        raise NoMessaging
    names = tuple(network.zones)
    try:
        places = [zone_index(name, names) for name in (unsent.source, unsent.destination)]
        options = decode_options(unsent.options) if unsent.options else Options()
    except (ValueError, MalformedOptions) as error:
        raise invalid_params(f"invalid argument 0 (message): {error}") from None
    source, destination = (network.zones[names[place]] for place in places)
    path = Path(eids[places[0]], unsent.sender, eids[places[1]], unsent.receiver)
    quoted = quote(source, path, unsent.message, unsent.options)
    nonce = quoted.nonce if unsent.nonce is None else unsent.nonce
    sending = {
        "nonce": hex(nonce),
        "fee": None if quoted.fee is None else hex(quoted.fee),
        "reason": None if quoted.fee is not None else encode_reason(network.messages.explain(quoted.revert)),
    }
    return Packet(PacketHeader(nonce, path), unsent.message), options, destination, sending


def _destination(context: Context, message: Message) -> ZonePort:
    from devnet.messages.errors import NotDeliverable

    if message.destination is None:
        raise NotDeliverable(f"the network has no zone with eid {message.path.dst_eid}, where it goes")
    return list(context.network.zones.values())[message.destination]


def _retried(context: Context, guid: Hash32, compose: int | None, transaction_hash: Hash32) -> dict[str, Any]:
    """What came of it, as far as there is a block."""
    found = context.network.messages.found(guid)
    assert found is not None
    assert found.message.destination is not None
    name, port = list(context.network.zones.items())[found.message.destination]
    located = port.receipt(transaction_hash)
    attempts = found.life.attempts
    if compose is not None:
        attempts = tuple(
            attempt
            for composed in found.life.composes
            if composed.key.index == compose
            for attempt in composed.attempts
        )
    attempt = next((each for each in attempts if each.place.transaction_hash == transaction_hash), None)
    if located is None:
        outcome = "pending"
    else:
        # Without a word of the endpoint the transaction itself failed.
        outcome = "delivered" if attempt is not None and attempt.failed is None else "failed"
    return {
        "guid": hex_data(guid),
        "what": "receive" if compose is None else "compose",
        "index": compose,
        "zone": name,
        "transactionHash": hex_data(transaction_hash),
        "blockNumber": None if located is None else hex(located.header.number),
        "outcome": outcome,
        "reason": None if attempt is None else encode_reason(attempt.reason),
    }


METHODS = (
    Method(
        "zero_simulateDelivery",
        simulate_delivery,
        (Param("message", SUBJECT), Param("options", SIMULATION_TERMS, DeliveryTerms())),
        Kind.CALL,
        SIMULATION,
        "Whether a message, by GUID or one not sent yet, would be delivered now, why not, and how much gas "
        "that needs; its composed calls too. Takes it for verified; nothing is changed.",
    ),
    Method(
        "zero_retryMessage",
        retry_message,
        (Param("guid", HASH), Param("options", RETRY_TERMS, DeliveryTerms())),
        Kind.WRITE,
        RETRIED,
        "Delivers a message now, one that failed for example, or with {compose} makes its composed call of "
        "that index; gas and value are those of its options unless they are given.",
    ),
)
