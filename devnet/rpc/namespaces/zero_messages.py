"""zero: messages between zones: what became of them, on both legs, and their proofs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from devnet.chain.types import Address, BlockRef, Hash32, ZoneName
from devnet.rpc.codec.encode_messages import (
    MessageEncoder,
    encode_proof,
    leg_of,
)
from devnet.rpc.codec.encode_transactions import hex_data
from devnet.rpc.codec.message_shapes import MESSAGE, MESSAGE_PAGE, PROOF
from devnet.rpc.codec.read_messages import (
    BESIDE,
    PAGE,
    WANTED,
    Beside,
    Page,
    Wanted,
    write_cursor,
)
from devnet.rpc.codec.shapes import HASH, NUMBER_64, nullable
from devnet.rpc.codec.trace_text import describe_trace
from devnet.rpc.context import Context
from devnet.rpc.errors import invalid_params
from devnet.rpc.methods import Kind, Method, Param

if TYPE_CHECKING:
    from devnet.messages.life import Life, Step
    from devnet.messages.message import Message, MessageFilter
    from devnet.messages.messages import Found
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
    given = messages.page(selected, page.limit, page.before, context.network.config.call_time_limit)
    shown: list[Found] = []
    size = 0
    for each in given.found:
        shown.append(each)
        size += _size_of(each)
        if size > PAGE_BYTES:
            break
    from devnet.messages.message import MessageCursor

    is_whole = len(shown) == len(given.found)
    cursor = given.cursor if is_whole else MessageCursor.of(shown[-1].message)
    return {
        "messages": [encoder.summary(each.message, each.life) for each in shown],
        "cursor": None if cursor is None else write_cursor(cursor),
    }


def get_message_proof(context: Context, guid: Hash32, height: int | None) -> dict[str, Any]:
    from devnet.messages.errors import UnknownMessage

    messages = context.network.messages
    message = messages.get(guid)
    if message is None:
        raise UnknownMessage(guid)
    return encode_proof(message, messages.proof(guid, height))


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
        "zero_getMessageProof",
        get_message_proof,
        (_GUID, Param("height", NUMBER_64, None)),
        # A turn of the courier may have to end before.
        Kind.CALL,
        PROOF,
        "Proves a message that is settled, as commitVerification of a zone's receive library takes it: under "
        "the settlement block at a height, the newest unless it is given.",
    ),
)
