"""Messages between zones: asked for, waited for, seen through to their end. Any zone answers for all."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

from zero_sdk.client.addresses import to_address
from zero_sdk.client.errors import Refused, Timeout, UndeliveredMessage, UnknownMessage, WrongArguments
from zero_sdk.client.facts import ZoneFacts
from zero_sdk.client.flows.developing import rpc
from zero_sdk.client.flows.steps import Flow, Pause
from zero_sdk.client.flows.waiting import DEFAULT_TIMEOUT, pauses
from zero_sdk.client.message_state import FINAL, Delivery, MessageState, state_of

PAGE = 100
"""Messages that are asked for at once."""

IDLE_TURNS = 3
"""Turns in a row in which nothing happens to a message, after which it is given up: a verification and a
delivery may each want a block of their own."""

MOST_TURNS = 1000
"""Of settling and delivering for one message: delays are counted in slots."""

_GUID = re.compile("0x[0-9a-fA-F]{64}")
_ORDER = {"sent": 0, "settled": 1, "verified": 2, "delivered": 3}
_HOPELESS = frozenset({"failed", "skipped", "burnt", "nilified"})


def guid_named(guid: Any) -> str:
    """A GUID as the network takes it: of a message, of 32 bytes, of 0x and 64 hex digits. Raises
    WrongArguments."""
    guid = getattr(guid, "guid", guid)
    named = f"0x{guid.hex()}" if isinstance(guid, bytes | bytearray) else guid
    if not isinstance(named, str) or _GUID.fullmatch(named) is None:
        raise WrongArguments(
            f"{named!r} is no GUID: it is 0x and 64 hex digits",
            "`zero message list` has those of all messages",
        )
    return named


def asked(facts: ZoneFacts, method: str, guid: Any, *more: Any) -> Flow[Any]:
    """A method that takes a GUID first. Raises WrongArguments, UnknownMessage, Refused."""
    named = guid_named(guid)
    try:
        answer = yield from rpc(facts, method, [named, *more])
    except Refused as refused:
        if isinstance(refused.data, Mapping) and refused.data.get("name") == "unknown-message":
            raise _unknown(named) from None
        raise
    return answer


def _unknown(guid: str) -> UnknownMessage:
    return UnknownMessage(
        f"the network knows no message {guid}",
        "was it sent here, and is the block that sent it still kept?",
    )


def state(facts: ZoneFacts, guid: Any, **wanted: bool) -> Flow[MessageState]:
    """What the network says of a message; `proof` and `traces` with it where they are wanted. Raises
    UnknownMessage, and WrongArguments for what is no GUID."""
    named = guid_named(guid)
    answer = yield from asked(facts, "zero_getMessage", named, *([wanted] if wanted else []))
    if answer is None:
        raise _unknown(named)
    return state_of(answer, facts.network)


def simulated(facts: ZoneFacts, given: Sequence[Any]) -> Flow[Any]:
    """What `zero_simulateDelivery` says of a message that was sent, by GUID, or of one that might be. Raises
    WrongArguments, UnknownMessage, Refused."""
    what, *terms = given
    if isinstance(what, Mapping):
        return (yield from rpc(facts, "zero_simulateDelivery", [what, *terms]))
    return (yield from asked(facts, "zero_simulateDelivery", what, *terms))


def listed(facts: ZoneFacts, wanted: Mapping[str, Any], limit: int | None) -> Flow[list[Mapping[str, Any]]]:
    """Messages as JSON, newest first. Raises WrongArguments and Refused."""
    if limit is not None and limit < 0:
        raise WrongArguments(f"{limit} messages cannot be listed", "leave limit out for all of them")
    found: list[Mapping[str, Any]] = []
    cursor: str | None = None
    while limit is None or len(found) < limit:
        page: dict[str, Any] = {"limit": PAGE if limit is None else min(PAGE, limit - len(found))}
        if cursor is not None:
            page["cursor"] = cursor
        answer = yield from rpc(facts, "zero_getMessages", [dict(wanted), page])
        found += answer["messages"]
        cursor = answer["cursor"]
        if cursor is None:
            break
    return found


def filter_of(
    *,
    source: Any = None,
    destination: Any = None,
    sender: Any = None,
    receiver: Any = None,
    status: Any = None,
    transaction: Any = None,
) -> dict[str, Any]:
    """What `zero_getMessages` takes, of what a caller says."""
    wanted = {
        "source": _zone_name(source),
        "destination": _zone_name(destination),
        "sender": None if sender is None else to_address(sender),
        "receiver": None if receiver is None else to_address(receiver),
        "status": list(status) if isinstance(status, tuple | set | frozenset) else status,
        "transactionHash": getattr(transaction, "hash", transaction),
    }
    return {name: value for name, value in wanted.items() if value is not None}


def wait(facts: ZoneFacts, guid: str, status: str, timeout: float | None = None) -> Flow[MessageState]:
    """Waits until a message is so far. Raises UndeliveredMessage where it will not come so far by itself, and
    Timeout."""
    if status not in _ORDER:
        raise WrongArguments(f"{status!r} is nothing to wait for", f"it is {', '.join(_ORDER)}")
    patience = DEFAULT_TIMEOUT if timeout is None else timeout
    deadline = time.monotonic() + patience
    has_settled = False
    for pause in pauses(facts):
        now = yield from state(facts, guid)
        if is_reached(now, status):
            return now
        if now.status in _HOPELESS:
            raise UndeliveredMessage(guid, now.status, described(now))
        if now.status == "sent" and not has_settled:
            has_settled = True
            yield from rpc(facts, "zero_settle", [])
            continue
        can_change = yield Pause(min(pause, max(deadline - time.monotonic(), 0)))
        if not can_change:
            # Nobody else moves a network in this process.
            yield from see_through(facts, guid, until=status)
            now = yield from state(facts, guid)
            if is_reached(now, status):
                return now
            raise UndeliveredMessage(guid, now.status, described(now))
        if time.monotonic() >= deadline:
            break
    raise Timeout(
        f"message {guid} is not {status} after {patience:g} s: {described(now)}",
        "`zero courier` says what the courier does",
    )


def is_reached(now: MessageState, status: str) -> bool:
    """Whether a message is at least so far."""
    if now.status == status:
        return True
    if status == "delivered":
        return False
    if now.status in FINAL or now.status in ("failed", "nilified"):
        return True
    # What waits for its receiver to open the path is settled.
    reached = 1 if now.status == "blocked" else _ORDER[now.status]
    return reached >= _ORDER[status]


def see_through(
    facts: ZoneFacts, guid: str, timeout: float | None = None, until: str = "delivered"
) -> Flow[Delivery]:
    """Settles and lets the courier work, turn after turn, until a message and its composed calls are
    delivered, or nothing happens to it any more. Raises Refused, NotADevnet, UnknownMessage."""
    patience = DEFAULT_TIMEOUT if timeout is None else timeout
    deadline = time.monotonic() + patience
    idle, before = 0, None
    for _ in range(MOST_TURNS):
        now = yield from state(facts, guid)
        if now.status == "delivered" and not now.open_composes:
            failed = [call for call in now.composes if call.status == "failed"]
            why = f"composed call {failed[0].index} failed: {failed[0].reason}" if failed else ""
            return Delivery(not failed, now, why)
        if now.status in _HOPELESS:
            break
        if until != "delivered" and is_reached(now, until):
            break
        idle = idle + 1 if now.raw == before else 0
        before = now.raw
        if idle > IDLE_TURNS or time.monotonic() > deadline:
            break
        did = yield from _turn(facts, now)
        if did:
            idle = 0
    hindrance = "" if now.reason is not None or until != "delivered" else (yield from _hindrance(facts))
    return Delivery(False, now, described(now) + hindrance)


def _hindrance(facts: ZoneFacts) -> Flow[str]:
    """What the courier says of itself where a message does not say why it stays."""
    courier = yield from rpc(facts, "zero_getCourier", [])
    words = [fault["text"] for fault in courier["faults"]]
    words += [courier["trouble"]] if courier["trouble"] is not None else []
    return "".join(f"; {one}" for one in words)


def _turn(facts: ZoneFacts, now: MessageState) -> Flow[bool]:
    """Settles what is there and lets the courier take a turn; gives whether anything was done."""
    settled: Any = ()
    if now.status == "sent":
        settled = yield from rpc(facts, "zero_settle", [])
    turn = yield from rpc(facts, "zero_courierStep", [])
    done = {action["guid"] for action in turn["actions"] if action["kind"] != "wait"}
    return bool(settled) or now.raw["guid"] in done


def described(now: MessageState) -> str:
    """Where a message stands, and why it does not go on."""
    return now.status if now.reason is None else f"{now.status}: {now.reason}"


def eid(facts: ZoneFacts, endpoint: str) -> Flow[int]:
    """The number of a zone's endpoint. Raises WrongArguments where it has none."""
    from zero_sdk.client.flows.steps import Ask

    try:
        answer = yield Ask("eth_call", [{"to": endpoint, "data": "0x416ecebf"}, "latest"])
    except Refused:
        answer = "0x"
    if len(answer) != 66:
        raise WrongArguments(
            f"zone {facts.name} has no endpoint for messages",
            "networks made by an older version of Zero SDK have none",
        )
    return int(answer, 16)


def _zone_name(zone: Any) -> Any:
    return getattr(zone, "name", zone)
