"""Whether a fault of the courier showed in a turn: for `zero_sdk.testing.carrying`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from devnet.packets.packet import Path
    from zero_sdk.client.courier_state import CourierAction, CourierFault, CourierTurn
    from zero_sdk.client.message import Message
    from zero_sdk.client.network import Network

__tracebackhide__ = True

STEPS = ("commit", "deliver", "compose")
"""What the courier does for a message, in the order of its life."""
MOST_TOLD = 10
"""Actions and messages that an assertion names."""
MOST_LOOKED_AT = 100
"""Of the newest messages, where none could be carried."""

SEND_BEFORE = 'send messages before; where the courier is faster, with `network.courier.mode = "manual"`'
A_DEFECT = "this should not be: please report it"


@dataclass(frozen=True)
class Evidence:
    """What there is to judge by after a turn."""

    network: Network
    fault: CourierFault
    messages: tuple[Message, ...]
    """Those that could be carried before the turn, and those for which something was done in it, as they were
    when they were asked for."""
    turn: CourierTurn

    @cached_property
    def met(self) -> dict[str, Message]:
        """Those that the fault meets, by GUID. Composed calls are not delayed, and what is left of a message
        that was delivered are those."""
        is_delay = self.fault.kind == "delay"
        return {
            message.guid: message
            for message in self.messages
            if is_met(self.fault, message) and not (is_delay and is_delivered(message))
        }

    @cached_property
    def done(self) -> tuple[CourierAction, ...]:
        """What the courier did, without what it only waits for or sends again for more."""
        return tuple(action for action in self.turn.actions if action.kind in STEPS)

    def done_for(self, guid: str, *kinds: str) -> list[CourierAction]:
        """What it did of these kinds for one message."""
        return [action for action in self.done if action.guid == guid and action.kind in kinds]


def is_met(fault: CourierFault, message: Message) -> bool:
    """Whether a fault meets a message that the network has told of."""
    from devnet.chain.types import Hash32
    from devnet.messages.faults import draw

    raw = fault.raw
    assert message.told is not None
    return (
        raw["source"] in (None, message.told.raw["srcZone"])
        and raw["destination"] in (None, message.told.raw["dstZone"])
        and raw["guid"] in (None, message.guid)
        and draw(int(raw["seed"], 16), Hash32(bytes.fromhex(message.guid[2:]))) < raw["rate"]
    )


def is_delivered(message: Message) -> bool:
    """Whether it was, when the network told of it."""
    return message.told is not None and message.told.status == "delivered"


def check_shown(evidence: Evidence) -> None:
    """Raises AssertionError where the fault did not show."""
    __tracebackhide__ = True
    if not evidence.met:
        newest = evidence.network.messages(limit=MOST_LOOKED_AT)
        others = [_described(message) for message in newest if is_met(evidence.fault, message)]
        there = f" (it would meet {_told(others)})" if others else ""
        _fail(evidence, f"no message that it meets could be carried{there}", SEND_BEFORE)
    _CHECKS[evidence.fault.kind](evidence)


def _check_nothing_done(evidence: Evidence) -> None:
    __tracebackhide__ = True
    carried = [guid for guid in evidence.met if evidence.done_for(guid, *STEPS)]
    if carried:
        more = "its slots are counted from when a message is settled: give it more"
        advice = more if evidence.fault.kind == "delay" else A_DEFECT
        _fail(evidence, f"{_short(carried[0])} was carried all the same", advice)


def _check_done_twice(evidence: Evidence) -> None:
    __tracebackhide__ = True
    found = [(guid, kind) for guid in evidence.met for kind in STEPS if evidence.done_for(guid, kind)]
    if not found:
        _fail(evidence, "nothing was done for a message that it meets", _hindrance(evidence, SEND_BEFORE))
    for guid, kind in found:
        if len(evidence.done_for(guid, kind)) < 2:
            _fail(evidence, f"{kind} of {_short(guid)} was done once", A_DEFECT)


def _check_refused_first(evidence: Evidence) -> None:
    __tracebackhide__ = True
    is_message = evidence.fault.raw["part"] == "message"
    kind, happens = ("deliver", "delivered") if is_message else ("commit", "verified")
    found = [guid for guid in evidence.met if evidence.done_for(guid, kind)]
    if not found:
        otherwise = "what was proven before is not proven again: send another message"
        _fail(evidence, f"there was no {kind} of a message that it meets", _hindrance(evidence, otherwise))
    for guid in found:
        sent = [action.transaction for action in evidence.done_for(guid, kind)]
        state = evidence.network.message(guid).state
        took = {each.transaction for each in state.transactions if each.kind == happens}
        effective = [place for place, transaction in enumerate(sent) if transaction in took]
        if not effective:
            words = f"no {kind} of {_short(guid)} was taken: it is {state.status}"
            reason = "its receiver or its path refuses it" if state.reason is None else str(state.reason)
            _fail(evidence, words, f"send one that arrives without the fault ({reason})")
        if effective[0] == 0:
            _fail(evidence, f"no {kind} of {_short(guid)} was refused", A_DEFECT)


def _check_other_order(evidence: Evidence) -> None:
    __tracebackhide__ = True
    paths = [
        actions
        for actions in _by_path(evidence)
        if len({action.guid for action in actions}) > 1
        and any(action.kind == "commit" and action.guid in evidence.met for action in actions)
    ]
    if not paths:
        words = "on no path were several messages proven, and others have no order"
        _fail(evidence, words, "send several from one contract to one other, or leave this fault out")
    nonces = {message.guid: message.nonce for message in evidence.messages}
    for actions in paths:
        # Else each is delivered as soon as it is proven, and they follow each other by nonce.
        order = [(nonces[action.guid], STEPS.index(action.kind)) for action in actions]
        if order == sorted(order):
            words = f"the path of {_short(actions[0].guid)} has the order that it would have without it"
            _fail(evidence, words, "chance may give that where nothing is delivered: give it another seed")


def _by_path(evidence: Evidence) -> Collection[list[CourierAction]]:
    """What was proven and delivered, each path's by itself and in its order."""
    paths = {message.guid: message.packet.header.path for message in evidence.messages}
    found: dict[Path, list[CourierAction]] = {}
    for action in evidence.done:
        if action.kind != "compose":
            found.setdefault(paths[action.guid], []).append(action)
    return found.values()


_CHECKS = {
    "drop": _check_nothing_done,
    "delay": _check_nothing_done,
    "duplicate": _check_done_twice,
    "corrupt": _check_refused_first,
    "reorder": _check_other_order,
}


def _fail(evidence: Evidence, why: str, advice: str) -> NoReturn:
    __tracebackhide__ = True
    fault = evidence.fault
    raise AssertionError(
        f"the courier's fault {fault.kind} ({fault.text}) did not show: {why}\n"
        f"it could carry: {_told([_described(message) for message in evidence.messages])}\n"
        f"it did: {_told(_actions(evidence.turn))}\n"
        f"to do: {advice}"
    )


def _hindrance(evidence: Evidence, otherwise: str) -> str:
    """What to do where something was not done for messages that could be carried."""
    waits = [action.detail for action in evidence.turn.actions if action.kind == "wait" and action.detail]
    trouble = evidence.network.courier.state.trouble
    others = [fault.text for fault in evidence.network.courier.faults if fault.id != evidence.fault.id]
    words = [*waits, *([trouble] if trouble else []), *others]
    return f"see to what keeps it from that ({'; '.join(words)})" if words else otherwise


def _described(message: Message) -> str:
    assert message.told is not None
    way = f"{message.told.raw['srcZone']} to {message.told.destination}"
    return f"{_short(message.guid)} ({way}, nonce {message.nonce}, {message.told.status})"


def _actions(turn: CourierTurn) -> list[str]:
    """In their order; the same several times in a row as one."""
    texts = [
        f"{action.kind} {_short(action.guid)} in {action.zone}"
        + (f": {action.detail}" if action.detail else "")
        for action in turn.actions
    ]
    return [
        text if count == 1 else f"{text}, {count} times"
        for text, count in ((text, len(list(same))) for text, same in groupby(texts))
    ]


def _told(texts: list[str]) -> str:
    more = [f"and {len(texts) - MOST_TOLD} more"] if len(texts) > MOST_TOLD else []
    return ", ".join([*texts[:MOST_TOLD], *more]) or "nothing"


def _short(guid: str) -> str:
    return f"{guid[:10]}…"
