"""What the courier does wrong, on purpose: kinds of faults as data, and those of one network.

None of them can lose a message for good or have one taken twice: the contracts refuse what is not right, and
what was not carried is carried when the fault is cleared.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from devnet.chain.keccak import keccak256
from devnet.chain.types import Hash32
from devnet.messages.message import Message

MOST_FAULTS = 256
"""At a time."""
MOST_DELAY = 1 << 16
"""Slots."""


class BadCourierFault(ValueError):
    """A fault that cannot be; the message says why."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Whose messages a fault meets; what is None does not matter."""

    source: int | None = None
    """Index of a zone."""
    destination: int | None = None
    guid: Hash32 | None = None
    rate: float = 1.0
    """The share of those that are met, each message always or never."""


class CorruptPart(StrEnum):
    """What a wrong bit is in."""

    PROOF = "proof"
    HEADER = "header"
    PAYLOAD_HASH = "payload-hash"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class DropDeliveries:
    """The courier carries none of these messages."""

    selection: Selection = Selection()


@dataclass(frozen=True, slots=True)
class DuplicateDeliveries:
    """Every transaction of these messages is sent twice. Native drops are not: no contract knows that they
    were there before."""

    selection: Selection = Selection()


@dataclass(frozen=True, slots=True)
class ReorderDeliveries:
    """Messages that are carried together are proven and delivered in any order."""

    selection: Selection = Selection()


@dataclass(frozen=True, slots=True)
class CorruptDeliveries:
    """Before every transaction of these messages the same one is sent with a wrong bit."""

    part: CorruptPart = CorruptPart.PROOF
    selection: Selection = Selection()


@dataclass(frozen=True, slots=True)
class DelayDeliveries:
    """The courier carries these messages so many slots later."""

    slots: int
    selection: Selection = Selection()


Kind: TypeAlias = (
    "DropDeliveries | DuplicateDeliveries | ReorderDeliveries | CorruptDeliveries | DelayDeliveries"
)

KINDS: dict[str, type[Kind]] = {
    "drop": DropDeliveries,
    "duplicate": DuplicateDeliveries,
    "reorder": ReorderDeliveries,
    "corrupt": CorruptDeliveries,
    "delay": DelayDeliveries,
}
"""By the name that users give; names stay as they are once released."""

_NAMES = {kind: name for name, kind in KINDS.items()}


def name_of(kind: Kind) -> str:
    """The name of a kind of fault."""
    return _NAMES[type(kind)]


def describe(kind: Kind, zones: tuple[str, ...]) -> str:
    """What the fault does, in a few words; `zones` are the names of the network's."""
    which = _described(kind.selection, zones)
    match kind:
        case DropDeliveries():
            return f"{which} are not carried"
        case DuplicateDeliveries():
            return f"{which} are carried twice"
        case ReorderDeliveries():
            return f"{which} overtake each other"
        case CorruptDeliveries(part):
            return f"{which} come with a wrong bit in the {part} first"
        case DelayDeliveries(slots):
            return f"{which} are carried {slots} slots later"


def draw(seed: int, guid: Hash32) -> float:
    """What chance says of a fault and a message: from 0 to 1. Below a fault's rate, it meets the message."""
    digest = keccak256(seed.to_bytes(8, "big") + guid)
    return int.from_bytes(digest[:8], "big") / (1 << 64)


def check_kind(kind: Kind, zones: int) -> None:
    """Raises BadCourierFault for a fault that cannot be in a network with so many zones."""
    selection = kind.selection
    for zone in (selection.source, selection.destination):
        if zone is not None and not 0 <= zone < zones:
            raise BadCourierFault(f"zone {zone}: the network has {zones}, from 0")
    if not 0 < selection.rate <= 1:
        raise BadCourierFault(f"a rate of {selection.rate}: more than 0 and at most 1 is possible")
    if isinstance(kind, DelayDeliveries) and not 0 < kind.slots <= MOST_DELAY:
        raise BadCourierFault(f"a delay of {kind.slots} slots: from 1 to {MOST_DELAY} are possible")


@dataclass(frozen=True, slots=True)
class CourierFault:
    """A fault that was injected."""

    id: int
    kind: Kind
    seed: int
    """What is random about it follows from this and the message's GUID."""

    def meets(self, message: Message) -> bool:
        """Whether the message is one of those."""
        selection = self.kind.selection
        return (
            selection.source in (None, message.source)
            and selection.destination in (None, message.destination)
            and selection.guid in (None, message.guid)
            and self.draw(message) < selection.rate
        )

    def draw(self, message: Message) -> float:
        """A number from 0 to 1, the same whenever it is asked for."""
        return draw(self.seed, message.guid)


@dataclass(slots=True)
class CourierFaults:
    """The faults of one network's courier. Its owner changes them; any thread may ask."""

    faults: tuple[CourierFault, ...] = ()
    """Those in effect, oldest first. Replaced, never changed."""
    revision: int = 0
    """Grows with every change: what was not carried before may be now."""
    _newest: int = field(default=0, repr=False)

    def inject(self, kind: Kind, seed: int | None = None) -> CourierFault:
        """From the next turn on. The seed is the fault's id by default. Raises BadCourierFault; whether the
        network has the zones that are named, `check_kind` says."""
        if len(self.faults) >= MOST_FAULTS:
            raise BadCourierFault(f"there are {MOST_FAULTS} faults already; clear some")
        if seed is not None and not 0 <= seed < 1 << 64:
            raise BadCourierFault(f"a seed of {seed}: 64 bits are possible")
        self._newest += 1
        fault = CourierFault(self._newest, kind, self._newest if seed is None else seed)
        self.faults = (*self.faults, fault)
        self.revision += 1
        return fault

    def clear(self, fault: int | None = None) -> tuple[CourierFault, ...]:
        """Takes back the fault with this id, or all of them; gives those that were in effect."""
        gone = tuple(each for each in self.faults if fault is None or each.id == fault)
        if gone:
            self.faults = tuple(each for each in self.faults if each not in gone)
            self.revision += 1
        return gone

    def has(self, kind: type[Kind]) -> bool:
        """Whether there are faults of a kind."""
        return any(isinstance(each.kind, kind) for each in self.faults)

    def on(self, message: Message, kind: type[Kind]) -> tuple[CourierFault, ...]:
        """The faults of a kind that meet a message."""
        return tuple(each for each in self.faults if isinstance(each.kind, kind) and each.meets(message))


def _described(selection: Selection, zones: tuple[str, ...]) -> str:
    if selection.guid is not None:
        return f"messages with the GUID 0x{selection.guid.hex()}"
    source = "" if selection.source is None else f" from {zones[selection.source]}"
    destination = "" if selection.destination is None else f" to {zones[selection.destination]}"
    share = "" if selection.rate == 1 else f"{100 * selection.rate:g} % of the "
    return f"{share}messages{source}{destination}"
