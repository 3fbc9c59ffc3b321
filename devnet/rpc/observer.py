"""What happens in a served network, as data in order, for whoever shows it (the CLI's log lines).

An observer is a callable that takes an `Observation`. The server calls it from one thread of its own, in the
order in which things happened in each zone, so that it may take its time; it must not raise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from devnet.chain.block import Block
from devnet.chain.types import ZoneName
from devnet.zone.messages import BlockRemoved, Event


@dataclass(frozen=True, slots=True)
class ZoneHappening:
    """A block was sealed, or a transaction entered the mempool."""

    zone: ZoneName
    event: Event


@dataclass(frozen=True, slots=True)
class BlocksRemoved:
    """A rollback, revert, reorganisation or reset took these blocks away; at least one, newest first."""

    zone: ZoneName
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class ConsoleOutput:
    """What a call or an estimate logged: inputs of console.log, decoded by `devnet.artifacts.console`. The
    lines of transactions come with their block."""

    zone: ZoneName
    method: str
    lines: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class RequestAnswered:
    """A request was answered; `code` and `message` are those of its error, None when there is none."""

    zone: ZoneName
    method: str
    code: int | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class LoggingSwitched:
    """anvil_setLoggingEnabled: whether this zone's lines are wanted from now on."""

    zone: ZoneName
    enabled: bool


Observation: TypeAlias = ZoneHappening | BlocksRemoved | ConsoleOutput | RequestAnswered | LoggingSwitched
Observer: TypeAlias = Callable[[Observation], None]


def observations(zone: ZoneName, events: Sequence[Event]) -> Iterator[Observation]:
    """A zone's events as they are observed: blocks removed one after the other are one observation."""
    removed: list[Block] = []
    for event in events:
        if isinstance(event, BlockRemoved):
            removed.append(event.block)
            continue
        if removed:
            yield BlocksRemoved(zone, tuple(removed))
            removed.clear()
        yield ZoneHappening(zone, event)
    if removed:
        yield BlocksRemoved(zone, tuple(removed))
