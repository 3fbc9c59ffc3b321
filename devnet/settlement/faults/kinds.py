"""The kinds of faults, as data.

Indices of producers are of one zone, those of validators of the set in force; lengths of time are
milliseconds of the validators' own time, which is virtual in process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from devnet.settlement.votes import MOST_VALIDATORS

MOST_DELAY = 60_000
"""Milliseconds."""
_MOST_ZONES = 1 << 16
_MOST_PRODUCERS = 64


class Lie(StrEnum):
    """What a producer hands out that is not right. Each is signed by the producer, but for the signature."""

    BLOCK = "block"
    """A statement of another state than its blocks lead to."""
    BATCH = "batch"
    """Data, rightly dispersed, that is not what was executed."""
    PROOF = "proof"
    """A proof with a wrong bit."""
    SIGNATURE = "signature"
    """A signature that is not its own."""
    CHAIN = "chain"
    """An update after another one than the zone's newest."""
    ENCODING = "encoding"
    """One column that was committed to and is not of the batch."""
    OMISSION = "omission"
    """An update without header, batch and proof."""


_LIED = {
    Lie.BLOCK: "the state after its blocks",
    Lie.BATCH: "the data",
    Lie.PROOF: "the proof",
    Lie.SIGNATURE: "who it is",
    Lie.CHAIN: "what comes before",
    Lie.ENCODING: "a column",
    Lie.OMISSION: "having data and proof",
}


class BadFault(ValueError):
    """A fault that cannot be; the message says why."""


@dataclass(frozen=True, slots=True)
class StopProducer:
    """A producer makes nothing: the zone waits for the slot of another."""

    zone: int
    producer: int | None = None
    """None is every producer of the zone."""


@dataclass(frozen=True, slots=True)
class SlowProducer:
    """A producer's updates come so much later. From a second on, which is how long validators wait for a
    proposal, its slot passes without it."""

    zone: int
    delay: int
    producer: int | None = None


@dataclass(frozen=True, slots=True)
class LyingProducer:
    """A producer hands out something wrong."""

    zone: int
    lie: Lie
    producer: int | None = None


@dataclass(frozen=True, slots=True)
class WithholdColumns:
    """Producers deliver no columns to these validators."""

    validators: tuple[int, ...]
    zone: int | None = None
    """Whose producers; None is those of every zone."""


@dataclass(frozen=True, slots=True)
class CorruptColumns:
    """One column of each of these validators has a wrong bit when it is delivered."""

    validators: tuple[int, ...]
    zone: int | None = None


@dataclass(frozen=True, slots=True)
class WithholdShares:
    """These validators have their columns, attest them, and give them to nobody who asks later."""

    validators: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CorruptShares:
    """These validators give columns with a wrong bit to those who ask later."""

    validators: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StopValidator:
    """A validator does not run."""

    validator: int


@dataclass(frozen=True, slots=True)
class SlowValidator:
    """Whatever a validator sends or is sent takes so much longer."""

    validator: int
    delay: int


@dataclass(frozen=True, slots=True)
class Equivocate:
    """A validator signs, beside every vote and proposal, another one that contradicts it."""

    validator: int


@dataclass(frozen=True, slots=True)
class Partition:
    """Nothing passes between validators of different groups; those in no group are alone."""

    groups: tuple[tuple[int, ...], ...]
    heals: int | None = None
    """So many milliseconds after a height was begun messages pass again; None is not at all."""


@dataclass(frozen=True, slots=True)
class LoseMessages:
    """Messages between validators are lost with this probability."""

    rate: float


@dataclass(frozen=True, slots=True)
class DelayMessages:
    """Messages between validators take up to so much longer, each its own time, so that they overtake each
    other."""

    most: int


@dataclass(frozen=True, slots=True)
class CorruptMessages:
    """Messages between validators arrive with a wrong bit, with this probability. What is no message any more
    is lost."""

    rate: float


Kind: TypeAlias = (
    "StopProducer | SlowProducer | LyingProducer | WithholdColumns | CorruptColumns | WithholdShares | "
    "CorruptShares | StopValidator | SlowValidator | Equivocate | Partition | LoseMessages | DelayMessages | "
    "CorruptMessages"
)

KINDS: dict[str, type[Kind]] = {
    "stop-producer": StopProducer,
    "slow-producer": SlowProducer,
    "lying-producer": LyingProducer,
    "withhold-columns": WithholdColumns,
    "corrupt-columns": CorruptColumns,
    "withhold-shares": WithholdShares,
    "corrupt-shares": CorruptShares,
    "stop-validator": StopValidator,
    "slow-validator": SlowValidator,
    "equivocate": Equivocate,
    "partition": Partition,
    "lose-messages": LoseMessages,
    "delay-messages": DelayMessages,
    "corrupt-messages": CorruptMessages,
}
"""By the name that users give; names stay as they are once released."""

_NAMES = {kind: name for name, kind in KINDS.items()}


def name_of(kind: Kind) -> str:
    """The name of a kind of fault."""
    return _NAMES[type(kind)]


@dataclass(frozen=True, slots=True)
class Until:
    """When a fault ends by itself; by whichever comes first, and by neither where both are None."""

    slots: int | None = None
    """After so many slots in which there was something to settle."""
    heights: int | None = None
    """After so many settlement blocks."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that was injected."""

    id: int
    kind: Kind
    seed: int
    """What is random about it follows from this, and from how many slots there were since."""
    until: Until


def check_kind(kind: Kind, validators: int, zones: int, producers: int) -> None:
    """Raises BadFault for a fault that cannot be in a network with so many of everything (`producers` of each
    zone)."""
    zone = getattr(kind, "zone", None)
    if zone is not None:
        _check_index("zone", zone, min(zones, _MOST_ZONES))
    producer = getattr(kind, "producer", None)
    if producer is not None:
        _check_index("producer", producer, min(producers, _MOST_PRODUCERS))
    members = _validators_of(kind)
    for index in members:
        _check_index("validator", index, min(validators, MOST_VALIDATORS))
    if len(set(members)) != len(members):
        raise BadFault("a validator is named twice")
    for name in ("delay", "most"):
        delay = getattr(kind, name, 1)
        if not 0 < delay <= MOST_DELAY:
            raise BadFault(f"a delay of {delay} ms: from 1 to {MOST_DELAY} are possible")
    rate = getattr(kind, "rate", 1.0)
    if not 0 < rate <= 1:
        raise BadFault(f"a rate of {rate}: more than 0 and at most 1 is possible")
    if isinstance(kind, Partition):
        if not kind.groups or not all(kind.groups):
            raise BadFault("a partition needs groups, and every group a validator")
        if kind.heals is not None and not 0 < kind.heals <= MOST_DELAY:
            raise BadFault(
                f"a partition that heals after {kind.heals} ms: from 1 to {MOST_DELAY} is possible"
            )


def check_until(until: Until) -> None:
    """Raises BadFault for an end that cannot be."""
    for name, count in (("slots", until.slots), ("heights", until.heights)):
        if count is not None and not 0 < count < 1 << 32:
            raise BadFault(f"a fault of {count} {name}")


def describe(kind: Kind, zones: Sequence[str] | None = None) -> str:
    """What the fault does, in a few words; with the names of the network's zones, where they are given."""
    match kind:
        case StopProducer(zone, producer):
            return f"{_producer(producer)} of {_zone(zone, zones)} is stopped"
        case SlowProducer(zone, delay, producer):
            return f"{_producer(producer)} of {_zone(zone, zones)} is {delay} ms late"
        case LyingProducer(zone, lie, producer):
            return f"{_producer(producer)} of {_zone(zone, zones)} lies about {_LIED[lie]}"
        case WithholdColumns(validators, zone):
            return f"{_members(validators)} {_verb(validators, 'get')} no columns{_of(zone, zones)}"
        case CorruptColumns(validators, zone):
            return f"{_members(validators)} {_verb(validators, 'get')} a corrupt column{_of(zone, zones)}"
        case WithholdShares(validators):
            return f"{_members(validators)} {_verb(validators, 'give')} columns to nobody"
        case CorruptShares(validators):
            return f"{_members(validators)} {_verb(validators, 'give')} corrupt columns"
        case StopValidator(validator):
            return f"validator {validator} is stopped"
        case SlowValidator(validator, delay):
            return f"validator {validator} is {delay} ms slower"
        case Equivocate(validator):
            return f"validator {validator} signs two things"
        case Partition(groups, heals):
            sides = " | ".join(", ".join(map(str, group)) for group in groups)
            return f"validators are parted: {sides}" + ("" if heals is None else f", for {heals} ms a height")
        case LoseMessages(rate):
            return f"{100 * rate:g} % of the messages are lost"
        case DelayMessages(most):
            return f"messages take up to {most} ms longer"
        case CorruptMessages(rate):
            return f"{100 * rate:g} % of the messages arrive with a wrong bit"


def _check_index(what: str, index: int, count: int) -> None:
    if not 0 <= index < count:
        raise BadFault(f"{what} {index}: the network has {count}, from 0")


def _validators_of(kind: Kind) -> tuple[int, ...]:
    if isinstance(kind, Partition):
        return tuple(index for group in kind.groups for index in group)
    if isinstance(kind, StopValidator | SlowValidator | Equivocate):
        return (kind.validator,)
    members: tuple[int, ...] | None = getattr(kind, "validators", None)
    if members is not None and not members:
        raise BadFault("no validator is named")
    return members or ()


def _producer(producer: int | None) -> str:
    return "every producer" if producer is None else f"producer {producer}"


def _members(validators: tuple[int, ...]) -> str:
    return f"validator{'' if len(validators) == 1 else 's'} {', '.join(map(str, validators))}"


def _verb(validators: tuple[int, ...], verb: str) -> str:
    return f"{verb}s" if len(validators) == 1 else verb


def _zone(zone: int, zones: Sequence[str] | None) -> str:
    return f"zone {zone}" if zones is None else zones[zone]


def _of(zone: int | None, zones: Sequence[str] | None) -> str:
    return "" if zone is None else f" of {_zone(zone, zones)}"
