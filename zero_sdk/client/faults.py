"""Faults on purpose, as `network.inject` takes them (docs/faults.md): each kind with its fields.

Zones are named, producers and validators numbered; lengths of time are milliseconds of the validators' time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal, TypeAlias

Lie: TypeAlias = Literal["block", "batch", "proof", "signature", "chain", "encoding", "omission"]
"""What a lying producer gets wrong."""


@dataclass(frozen=True, slots=True)
class StopProducer:
    """A producer makes nothing; without a number, every producer of the zone."""

    name: ClassVar[str] = "stop-producer"
    zone: str
    producer: int | None = None


@dataclass(frozen=True, slots=True)
class SlowProducer:
    """A producer's updates come later. From a second on its slots pass without it."""

    name: ClassVar[str] = "slow-producer"
    zone: str
    delay: int
    producer: int | None = None


@dataclass(frozen=True, slots=True)
class LyingProducer:
    """A producer hands out something wrong."""

    name: ClassVar[str] = "lying-producer"
    zone: str
    lie: Lie
    producer: int | None = None


@dataclass(frozen=True, slots=True)
class WithholdColumns:
    """Producers, of one zone or all, deliver no columns to these validators."""

    name: ClassVar[str] = "withhold-columns"
    validators: Sequence[int]
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class CorruptColumns:
    """One column of each of these validators has a wrong bit when it is delivered."""

    name: ClassVar[str] = "corrupt-columns"
    validators: Sequence[int]
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class WithholdShares:
    """These validators attest their columns and give them to nobody."""

    name: ClassVar[str] = "withhold-shares"
    validators: Sequence[int]


@dataclass(frozen=True, slots=True)
class CorruptShares:
    """These validators give columns with a wrong bit to those who ask later."""

    name: ClassVar[str] = "corrupt-shares"
    validators: Sequence[int]


@dataclass(frozen=True, slots=True)
class StopValidator:
    """A validator does not run."""

    name: ClassVar[str] = "stop-validator"
    validator: int


@dataclass(frozen=True, slots=True)
class SlowValidator:
    """Whatever a validator sends or is sent takes so much longer."""

    name: ClassVar[str] = "slow-validator"
    validator: int
    delay: int


@dataclass(frozen=True, slots=True)
class Equivocate:
    """A validator signs, beside every vote and proposal, another one that contradicts it."""

    name: ClassVar[str] = "equivocate"
    validator: int


@dataclass(frozen=True, slots=True)
class Partition:
    """Nothing passes between validators of different groups, for so long into each height, or at all."""

    name: ClassVar[str] = "partition"
    groups: Sequence[Sequence[int]]
    heals: int | None = None


@dataclass(frozen=True, slots=True)
class LoseMessages:
    """Messages between validators are lost with this probability."""

    name: ClassVar[str] = "lose-messages"
    rate: float


@dataclass(frozen=True, slots=True)
class DelayMessages:
    """Messages between validators take up to so much longer."""

    name: ClassVar[str] = "delay-messages"
    most: int


@dataclass(frozen=True, slots=True)
class CorruptMessages:
    """Messages between validators arrive with a wrong bit, with this probability."""

    name: ClassVar[str] = "corrupt-messages"
    rate: float


AnyFault: TypeAlias = (
    "StopProducer | SlowProducer | LyingProducer | WithholdColumns | CorruptColumns | WithholdShares | "
    "CorruptShares | StopValidator | SlowValidator | Equivocate | Partition | LoseMessages | DelayMessages | "
    "CorruptMessages"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault in effect."""

    id: int
    name: str
    text: str
    """What it does, in words."""
    seed: int
    fields: Mapping[str, Any]
    """All that the network says of it, as JSON."""


def given_of(kind: AnyFault, seed: int | None, slots: int | None, heights: int | None) -> dict[str, Any]:
    """What `zero_injectFault` takes."""
    fields = {name: _as_json(value) for name, value in asdict(kind).items()}
    given = {"kind": kind.name, **fields, "until": {"slots": slots, "heights": heights}}
    return given if seed is None else {**given, "seed": hex(seed)}


def _as_json(value: Any) -> Any:
    return list(map(_as_json, value)) if isinstance(value, tuple | list | range) else value


def fault_of(answer: Mapping[str, Any]) -> Fault:
    """A fault as the network tells it."""
    return Fault(answer["id"], answer["kind"], answer["text"], int(answer["seed"], 16), answer)
