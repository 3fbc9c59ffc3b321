"""What the hub tells validators, as data and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from devnet.chain.types import Hash32
from devnet.settlement.votes import MOST_VALIDATORS, NUMBER_LIMIT


@dataclass(frozen=True, slots=True)
class HeightNotice:
    """A height is being agreed upon."""

    incarnation: int
    height: int
    parent_root: Hash32
    index: int | None
    """The validator's in the set of this height; None where it is not in it."""
    has_seat: bool
    """Whether the votes of this height are the validator's to give, and not the network's own process's."""
    candidate: bytes
    """What the validator proposes where it leads: RLP, as in a proposal. Empty where it is not in the set."""


@dataclass(frozen=True, slots=True)
class MessageNotice:
    """A message of consensus."""

    sender: int
    """An index in the set, or one above it: the hub itself."""
    data: bytes


Notice: TypeAlias = "HeightNotice | MessageNotice"


def notice_document(notice: Notice) -> dict[str, Any]:
    """A notice as JSON."""
    if isinstance(notice, MessageNotice):
        return {"type": "message", "sender": notice.sender, "data": f"0x{notice.data.hex()}"}
    return {
        "type": "height",
        "incarnation": hex(notice.incarnation),
        "height": hex(notice.height),
        "parentRoot": f"0x{notice.parent_root.hex()}",
        "index": notice.index,
        "hasSeat": notice.has_seat,
        "candidate": f"0x{notice.candidate.hex()}",
    }


def notice_of(document: Any) -> Notice:
    """The inverse of `notice_document`. Raises ValueError."""
    if not isinstance(document, Mapping):
        raise ValueError("a notice is an object")
    try:
        kind = document["type"]
        if kind == "message":
            return MessageNotice(_index(document["sender"]), _data(document["data"]))
        if kind != "height":
            raise ValueError(f"no notice has type {kind!r}")
        index = document["index"]
        root = _data(document["parentRoot"])
        if len(root) != 32:
            raise ValueError("a root has 32 bytes")
        return HeightNotice(
            _number(document["incarnation"]),
            _number(document["height"]),
            Hash32(root),
            None if index is None else _index(index),
            document["hasSeat"] is True,
            _data(document["candidate"]),
        )
    except KeyError as missing:
        raise ValueError(f"a notice without {missing}") from None


def _data(value: Any) -> bytes:
    if not isinstance(value, str) or not value.startswith("0x"):
        raise ValueError("data is hex with 0x before it")
    return bytes.fromhex(value[2:])


def _number(value: Any) -> int:
    if not isinstance(value, str) or not value.startswith("0x"):
        raise ValueError("a number is hex with 0x before it")
    number = int(value, 16)
    if number >= NUMBER_LIMIT:
        raise ValueError(f"{number} is too large")
    return number


def _index(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= MOST_VALIDATORS:
        raise ValueError(f"{value!r} is no validator")
    return value
