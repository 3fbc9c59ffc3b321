"""zero: messages between zones: what became of them, their proofs, deliveries tried and tried again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from devnet.chain.types import Address, BlockRef, Hash32, ZoneName
from devnet.rpc.codec.encode_messages import (
    MessageEncoder,
    encode_proof,
    encode_reason,
    encode_simulation,
    leg_of,
)
from devnet.rpc.codec.encode_transactions import hex_data
from devnet.rpc.codec.message_shapes import MESSAGE, MESSAGE_PAGE, SIMULATION
from devnet.rpc.codec.read_messages import (
    BESIDE,
    PAGE,
    SIMULATION_TERMS,
    SUBJECT,
    WANTED,
    Beside,
    DeliveryTerms,
    Page,
    Unsent,
    Wanted,
    write_cursor,
    zone_index,
)
from devnet.rpc.codec.shapes import HASH, nullable
from devnet.rpc.codec.trace_text import describe_trace
from devnet.rpc.context import Context
from devnet.rpc.errors import invalid_params
from devnet.rpc.methods import Kind, Method, Param

if TYPE_CHECKING:
    from devnet.messages.life import Life, Step
    from devnet.messages.message import Message, MessageFilter
    from devnet.messages.messages import Found
    from devnet.packets.options import Options
    from devnet.packets.packet import Packet
    from devnet.zone.port import ZonePort

PAGE_BYTES = 4 * 1024 * 1024
"""Of the messages of one page; it ends there, and its cursor goes on."""
MOST_TRACES = 16
"""Of one answer: the sending transaction, then the newest ones."""


def get_message(context: Context, guid: Hash32, beside: Beside) -> dict[str, Any] | None:
    found = context.network.messages.found(guid)
    if found is None:
        return None
    message, life = found.message, found.life
    encoded = MessageEncoder(context.network.zones).whole(message, life)
    if beside.proof:
        encoded["proof"] = _proof_if_any(context, message)
    if beside.traces:
        encoded["traces"] = _traces(context, life)
    return encoded


def get_messages(context: Context, wanted: Wanted, page: Page) -> dict[str, Any]:
    messages = context.network.messages
    selected = _filter(context, wanted)
    encoder = MessageEncoder(context.network.zones)
    found = messages.find(selected, page.limit + 1, page.before)
    shown: list[Found] = []
    size = 0
    for each in found[: page.limit]:
        shown.append(each)
        size += _size_of(each)
        if size > PAGE_BYTES:
            break
    from devnet.messages.message import MessageCursor

    has_more = len(shown) < len(found)
    return {
        "messages": [encoder.summary(each.message, each.life) for each in shown],
        "cursor": write_cursor(MessageCursor.of(shown[-1].message)) if has_more else None,
    }


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


# ---------------------------------------------------------------- lists


def _filter(context: Context, wanted: Wanted) -> MessageFilter:
    zones = context.network.zones
    try:
        selected = wanted.resolve(tuple(zones))
    except ValueError as error:
        raise invalid_params(f"invalid argument 0 (filter): {error}") from None
    if wanted.source is None:
        return selected
    source = zones[ZoneName(wanted.source)]
    return replace(
        selected,
        first_block=_number(source, wanted.from_block),
        last_block=_number(source, wanted.to_block),
    )


def _number(zone: ZonePort, ref: BlockRef | None) -> int | None:
    match ref:
        case None | int():
            return ref
        case "earliest":
            return zone.config.genesis_number
        case "safe":
            return zone.finality().safe
        case "finalized":
            return zone.finality().finalized
        case "pending":
            return zone.number() + 1
    return zone.number()


def _size_of(found: Found) -> int:
    """Bytes of the answer, roughly."""
    message, life = found.message, found.life
    composed = sum(len(each.message) for each in life.composes)
    reverts = sum(len(each.failed.revert) for each in life.attempts if each.failed is not None)
    return 2 * (len(message.packet.message) + 2 * len(message.options) + composed + reverts + 1_000)


# ---------------------------------------------------------------- proof and traces


def _proof_if_any(context: Context, message: Message) -> dict[str, Any] | None:
    from devnet.messages.errors import NotProvable

    try:
        return encode_proof(message, context.network.messages.proof(message.guid))
    except NotProvable:
        return None


def _traces(context: Context, life: Life) -> list[dict[str, Any]]:
    """Of the transactions in which something happened to the message, each once."""
    by_transaction: dict[tuple[int, Hash32], list[Step]] = {}
    for step in life.steps:
        by_transaction.setdefault((step.place.zone, step.place.transaction_hash), []).append(step)
    entries = list(by_transaction.items())
    return [
        _trace(context, zone, transaction_hash, steps)
        for (zone, transaction_hash), steps in (*entries[:1], *entries[1:][-(MOST_TRACES - 1) :])
    ]


def _trace(context: Context, zone: int, transaction_hash: Hash32, steps: list[Step]) -> dict[str, Any]:
    from devnet.execution import TraceSpec

    name, port = list(context.network.zones.items())[zone]
    spec = TraceSpec("callTracer", {"withLog": True})
    trace = port.trace_transaction(transaction_hash, spec).trace
    if isinstance(trace, bytes):
        import orjson

        trace = orjson.loads(trace)

    def code_of(address: Address) -> bytes:
        return port.account(address).code

    return {
        "leg": leg_of(steps[0]),
        "kinds": [step.kind.value for step in steps],
        "zone": name,
        "transactionHash": hex_data(transaction_hash),
        "trace": trace,
        "text": describe_trace(trace, context.network.artifacts, code_of),
    }


# ---------------------------------------------------------------- deliveries to be tried


def _undelivered(context: Context, guid: Hash32) -> tuple[Packet, Options, ZonePort]:
    """A message that is there and may still be delivered, and where it goes."""
    from devnet.messages.errors import NotDeliverable, UnknownMessage
    from devnet.packets.options import Options

    found = context.network.messages.found(guid)
    if found is None:
        raise UnknownMessage(guid)
    message, status = found.message, found.life.status
    if message.destination is None:
        raise NotDeliverable(f"the network has no zone with eid {message.path.dst_eid}, where it goes")
    if status.is_final:
        raise NotDeliverable(f"the message is {status.value}: it is not delivered (again)")
    zone = list(context.network.zones.values())[message.destination]
    return message.packet, message.decoded_options or Options(), zone


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


_GUID = Param("guid", HASH)

METHODS = (
    Method(
        "zero_getMessage",
        get_message,
        (_GUID, Param("options", BESIDE, Beside())),
        # What a message waits for is found out by calls.
        Kind.CALL,
        nullable(MESSAGE),
        "A message and what became of it, with {proof, traces} where asked for; null where there is none.",
    ),
    Method(
        "zero_getMessages",
        get_messages,
        (Param("filter", WANTED, Wanted()), Param("page", PAGE, Page())),
        Kind.CALL,
        MESSAGE_PAGE,
        "Messages of the network, newest first: of a filter, from a {cursor} on, as many as {limit}.",
    ),
    Method(
        "zero_simulateDelivery",
        simulate_delivery,
        (Param("message", SUBJECT), Param("options", SIMULATION_TERMS, DeliveryTerms())),
        Kind.CALL,
        SIMULATION,
        "Whether a message, by GUID or one not sent yet, would be delivered now, why not, and how much gas "
        "that needs; its composed calls too. Takes it for verified; nothing is changed.",
    ),
)
