"""What is asked about messages: filters, pages, and deliveries to be tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from devnet.chain.types import Address, BlockRef, Hash32, Wei, ZoneName
from devnet.rpc.codec.blocks import read_number_or_tag
from devnet.rpc.codec.message_shapes import FLAG, INTEGER, STATUSES, TEXT, record
from devnet.rpc.codec.shapes import (
    Schema,
    Shape,
    array_of,
    describe,
    optional_field,
    read_boolean,
    read_data,
    read_hash,
    read_list,
    read_number,
    read_object,
    read_string,
    read_u64_number,
    read_wei_number,
    ref,
)

if TYPE_CHECKING:
    from devnet.messages.message import MessageCursor, MessageFilter

MOST_MESSAGES = 500
"""Of one page."""
MESSAGES = 50
"""Of a page unless it is said."""
MOST_GAS = 1 << 32
"""That a delivery is tried with."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter, with zones by name and blocks as they were named."""

    source: str | None = None
    destination: str | None = None
    sender: Hash32 | None = None
    receiver: Hash32 | None = None
    statuses: tuple[str, ...] = ()
    transaction_hash: Hash32 | None = None
    from_block: BlockRef | None = None
    to_block: BlockRef | None = None

    def resolve(self, zones: Sequence[ZoneName]) -> MessageFilter:
        """The filter but for its blocks, in a network with these zones. Raises ValueError."""
        from devnet.messages.life import Status
        from devnet.messages.message import MessageFilter

        return MessageFilter(
            source=_zone_index("source", self.source, zones),
            destination=_zone_index("destination", self.destination, zones),
            sender=self.sender,
            receiver=self.receiver,
            transaction_hash=self.transaction_hash,
            statuses=frozenset(Status(status) for status in self.statuses),
        )


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list."""

    limit: int = MESSAGES
    before: MessageCursor | None = None


@dataclass(frozen=True, slots=True)
class Beside:
    """What a message is shown with."""

    proof: bool = False
    traces: bool = False


@dataclass(frozen=True, slots=True)
class Unsent:
    """A message that was not sent, with which delivering is tried."""

    source: str
    destination: str
    sender: Hash32
    receiver: Hash32
    message: bytes = b""
    options: bytes = b""
    nonce: int | None = None
    """The next of its path where it is not said."""


@dataclass(frozen=True, slots=True)
class DeliveryTerms:
    """What a delivery gets instead of what the options say, from whom, and whether it is a second step."""

    gas: int | None = None
    value: Wei | None = None
    sender: Address | None = None
    compose: int | None = None
    """Index."""


def zone_index(name: str, zones: Sequence[ZoneName]) -> int:
    """Raises ValueError."""
    if name not in zones:
        raise ValueError(f"there is no zone {describe(name)}; there are {', '.join(zones)}")
    return list(zones).index(ZoneName(name))


def _zone_index(field: str, name: str | None, zones: Sequence[ZoneName]) -> int | None:
    try:
        return None if name is None else zone_index(name, zones)
    except ValueError as error:
        raise ValueError(f"{field}: {error}") from None


def read_party(value: Any) -> Hash32:
    """Who sends or receives: an address, or the 32 bytes of a packet."""
    data = read_data(value)
    if len(data) not in (20, 32):
        raise ValueError(f"expected 20 or 32 bytes of hex data, got {len(data)}")
    return Hash32(data.rjust(32, b"\0"))


def _read_statuses(value: Any) -> tuple[str, ...]:
    entries = read_list(value, read_string, len(STATUSES)) if type(value) is list else (read_string(value),)
    for entry in entries:
        if entry not in STATUSES:
            raise ValueError(f"there is no status {describe(entry)}; there are {', '.join(STATUSES)}")
    return entries


def _known(source: Mapping[str, Any], names: Sequence[str]) -> None:
    for name in source:
        if name not in names:
            raise ValueError(f"{describe(name)} is not known; there are {', '.join(names)}")


_WATCHED = ("source", "destination", "sender", "receiver", "status")
_WANTED = (*_WATCHED, "transactionHash", "fromBlock", "toBlock")


def read_wanted(value: Any, names: Sequence[str] = _WANTED) -> Wanted:
    """A filter."""
    source = read_object(value)
    _known(source, names)
    wanted = Wanted(
        source=optional_field(source, "source", read_string),
        destination=optional_field(source, "destination", read_string),
        sender=optional_field(source, "sender", read_party),
        receiver=optional_field(source, "receiver", read_party),
        statuses=optional_field(source, "status", _read_statuses) or (),
        transaction_hash=optional_field(source, "transactionHash", read_hash),
        from_block=optional_field(source, "fromBlock", read_number_or_tag),
        to_block=optional_field(source, "toBlock", read_number_or_tag),
    )
    if wanted.source is None and (wanted.from_block is not None or wanted.to_block is not None):
        raise ValueError("fromBlock and toBlock are blocks of the zone `source`, which is missing")
    return wanted


def read_watched(value: Any) -> Wanted:
    """A filter without blocks."""
    return read_wanted(value, _WATCHED)


def read_cursor(value: Any) -> MessageCursor:
    """As `write_cursor` wrote it."""
    from devnet.messages.message import MessageCursor

    parts = read_string(value).split("-")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) <= 20 for part in parts):
        raise ValueError(f"expected a cursor that an answer gave, got {describe(value)}")
    return MessageCursor(*map(int, parts))


def write_cursor(cursor: MessageCursor) -> str:
    """Where a list goes on."""
    return f"{cursor.timestamp}-{cursor.zone}-{cursor.number}"


def _read_page(value: Any) -> Page:
    source = read_object(value)
    _known(source, ("limit", "cursor"))
    limit = optional_field(source, "limit", read_u64_number)
    if limit is not None and not 0 < limit <= MOST_MESSAGES:
        raise ValueError(f"limit: from 1 to {MOST_MESSAGES} can be asked for at once, not {limit}")
    return Page(limit or MESSAGES, optional_field(source, "cursor", read_cursor))


def _read_beside(value: Any) -> Beside:
    source = read_object(value)
    _known(source, ("proof", "traces"))
    return Beside(
        optional_field(source, "proof", read_boolean) or False,
        optional_field(source, "traces", read_boolean) or False,
    )


def _read_gas(value: Any) -> int:
    return read_number(value, MOST_GAS)


def _read_compose(value: Any) -> int:
    return read_number(value, 1 << 16)


def _read_terms(value: Any) -> DeliveryTerms:
    from devnet.rpc.codec.shapes import read_address

    source = read_object(value)
    _known(source, ("gas", "value", "from", "compose"))
    return DeliveryTerms(
        gas=optional_field(source, "gas", _read_gas),
        value=optional_field(source, "value", read_wei_number),
        sender=optional_field(source, "from", read_address),
        compose=optional_field(source, "compose", _read_compose),
    )


def _read_simulation_terms(value: Any) -> DeliveryTerms:
    _known(read_object(value), ("gas", "value"))
    return _read_terms(value)


_UNSENT = ("source", "destination", "sender", "receiver", "message", "options", "nonce")


def _read_subject(value: Any) -> Hash32 | Unsent:
    """A GUID, or a message that was not sent."""
    if type(value) is str:
        return read_hash(value)
    source = read_object(value)
    _known(source, _UNSENT)
    names = [optional_field(source, name, read_string) for name in ("source", "destination")]
    parties = [optional_field(source, name, read_party) for name in ("sender", "receiver")]
    for name, given in zip(_UNSENT, (*names, *parties), strict=False):
        if given is None:
            raise ValueError(f"{name} is missing")
    unsent = Unsent(str(names[0]), str(names[1]), Hash32(parties[0] or b""), Hash32(parties[1] or b""))
    return replace(
        unsent,
        message=optional_field(source, "message", read_data) or b"",
        options=optional_field(source, "options", read_data) or b"",
        nonce=optional_field(source, "nonce", read_u64_number),
    )


_PARTY: Schema = {"oneOf": [ref("address"), ref("hash32")]}
_STATUS: Schema = {"enum": list(STATUSES)}
_NUMBER: Schema = {"oneOf": [INTEGER, ref("uint")]}
_WATCHED_SCHEMAS: dict[str, Schema] = {
    "source": TEXT,
    "destination": TEXT,
    "sender": _PARTY,
    "receiver": _PARTY,
    "status": {"oneOf": [_STATUS, array_of(_STATUS)]},
}
WANTED = Shape(
    read_wanted,
    record(
        {},
        {
            **_WATCHED_SCHEMAS,
            "transactionHash": ref("hash32"),
            "fromBlock": ref("BlockNumberOrTag"),
            "toBlock": ref("BlockNumberOrTag"),
        },
    ),
)
PAGE = Shape(_read_page, record({}, {"limit": _NUMBER, "cursor": TEXT}))
BESIDE = Shape(_read_beside, record({}, {"proof": FLAG, "traces": FLAG}))
SUBJECT = Shape(
    _read_subject,
    {
        "oneOf": [
            ref("hash32"),
            record(
                {"source": TEXT, "destination": TEXT, "sender": _PARTY, "receiver": _PARTY},
                {"message": ref("bytes"), "options": ref("bytes"), "nonce": _NUMBER},
            ),
        ]
    },
)
SIMULATION_TERMS = Shape(_read_simulation_terms, record({}, {"gas": _NUMBER, "value": _NUMBER}))
RETRY_TERMS = Shape(
    _read_terms,
    record({}, {"gas": _NUMBER, "value": _NUMBER, "from": ref("address"), "compose": INTEGER}),
)
