"""Which faults come when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from zero_sdk.client.faults import (
    AnyFault,
    CorruptColumns,
    CorruptMessages,
    CorruptShares,
    DelayMessages,
    Equivocate,
    Lie,
    LoseMessages,
    LyingProducer,
    Partition,
    SlowProducer,
    SlowValidator,
    StopProducer,
    StopValidator,
    WithholdColumns,
    WithholdShares,
)

MOST_SLOTS = 10_000

_LIES: tuple[Lie, ...] = ("block", "batch", "proof", "signature", "chain", "encoding", "omission")


@dataclass(frozen=True, slots=True)
class Shape:
    """What faults can be drawn of."""

    zones: tuple[str, ...]
    producers: int
    """Of each zone."""
    validators: int
    liars: tuple[int, ...]
    """Validators of less than a third of the stake each: one of them may sign two things. More than that
    nobody promises to survive."""


@dataclass(frozen=True, slots=True)
class Action:
    """A fault that comes in a slot, and for how many slots it stays."""

    slot: int
    """From 0, counted from the start."""
    fault: AnyFault
    slots: int
    seed: int


def draw(seed: int, slots: int, shape: Shape, kinds: Sequence[str] = ()) -> tuple[Action, ...]:
    """The faults of a run, in order: the same for the same arguments, whatever the network does. `kinds` are
    names of faults (default: all). Raises ValueError for a kind that there is not."""
    random = Random(seed)
    liar = random.choice(shape.liars or (None,))
    chosen = _chosen(kinds, liar)
    actions: list[Action] = []
    for slot in range(slots):
        # Now and then nothing comes, now and then more than one fault.
        for _ in range(random.choice((0, 1, 1, 1, 2))):
            fault = random.choice(chosen)(random, shape)
            actions.append(Action(slot, fault, random.randint(1, 3), random.getrandbits(32)))
    return tuple(actions)


def _chosen(kinds: Sequence[str], liar: int | None) -> list[Callable[[Random, Shape], AnyFault]]:
    drawing = dict(DRAWING)
    if liar is not None:
        drawing[Equivocate.name] = lambda _random, _shape: Equivocate(liar)
    unknown = [kind for kind in kinds if kind not in drawing]
    if unknown:
        raise ValueError(f"there is no fault {unknown[0]!r}; there are {', '.join(drawing)}")
    return [drawing[kind] for kind in kinds or drawing]


def _zone(random: Random, shape: Shape) -> str:
    return random.choice(shape.zones)


def _producer(random: Random, shape: Shape) -> int | None:
    choices: list[int | None] = [None, *range(shape.producers)]
    return random.choice(choices)


def _validator(random: Random, shape: Shape) -> int:
    return random.randrange(shape.validators)


def _some(random: Random, shape: Shape) -> tuple[int, ...]:
    count = random.randint(1, max(1, shape.validators // 2))
    return tuple(sorted(random.sample(range(shape.validators), count)))


def _parted(random: Random, shape: Shape) -> Partition:
    first = set(_some(random, shape))
    rest = tuple(index for index in range(shape.validators) if index not in first)
    heals = random.choice((None, random.randint(500, 5_000)))
    return Partition(tuple(group for group in (tuple(sorted(first)), rest) if group), heals)


DRAWING: dict[str, Callable[[Random, Shape], AnyFault]] = {
    StopProducer.name: lambda r, s: StopProducer(_zone(r, s), _producer(r, s)),
    SlowProducer.name: lambda r, s: SlowProducer(_zone(r, s), r.randint(200, 3_000), _producer(r, s)),
    LyingProducer.name: lambda r, s: LyingProducer(_zone(r, s), r.choice(_LIES), _producer(r, s)),
    WithholdColumns.name: lambda r, s: WithholdColumns(_some(r, s), r.choice((None, _zone(r, s)))),
    CorruptColumns.name: lambda r, s: CorruptColumns(_some(r, s), r.choice((None, _zone(r, s)))),
    WithholdShares.name: lambda r, s: WithholdShares(_some(r, s)),
    CorruptShares.name: lambda r, s: CorruptShares(_some(r, s)),
    StopValidator.name: lambda r, s: StopValidator(_validator(r, s)),
    SlowValidator.name: lambda r, s: SlowValidator(_validator(r, s), r.randint(100, 5_000)),
    Partition.name: _parted,
    LoseMessages.name: lambda r, s: LoseMessages(round(r.uniform(0.05, 0.6), 2)),
    DelayMessages.name: lambda r, s: DelayMessages(r.randint(50, 3_000)),
    CorruptMessages.name: lambda r, s: CorruptMessages(round(r.uniform(0.05, 0.4), 2)),
}
"""How a fault of each kind is drawn, by the kind's name; who signs two things is one validator a run."""
