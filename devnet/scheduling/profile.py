"""What a schedule says about a block: who waits for whom and why, and what that costs (docs/profile.md)."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from devnet.scheduling import Key, Schedule

CORES: Final = (1, 2, 4, 8, 16)
"""Numbers of cores that speed-up is predicted for."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """One key that several transactions touch and at least one writes."""

    key: Key
    transactions: tuple[int, ...]
    """Indexes of those that touch it, in frame order."""
    writers: int
    weight: int
    """Of these transactions together: what the key forces into a row if all of them write it."""


@dataclass(frozen=True, slots=True)
class Span:
    """One run of one transaction on one core, in the weights' unit."""

    index: int
    core: int
    start: int
    end: int
    is_serial: bool
    """Whether it is a rerun or in the tail: nothing else runs then."""


@dataclass(frozen=True, slots=True)
class CriticalPath:
    """Transactions of which each waits for the one before: no number of cores makes a block faster."""

    transactions: tuple[int, ...]
    weight: int


def conflicts(schedule: Schedule, weights: Sequence[int]) -> tuple[Conflict, ...]:
    """Every key in conflict, the heaviest first, ties by key."""
    touched: dict[Key, list[int]] = defaultdict(list)
    writers: dict[Key, int] = defaultdict(int)
    for index in frame_order(schedule):
        access = schedule.predicted[index]
        for key in access.reads | access.writes:
            touched[key].append(index)
        for key in access.writes:
            writers[key] += 1
    found = [
        Conflict(key, tuple(indexes), writers[key], sum(weights[index] for index in indexes))
        for key, indexes in touched.items()
        if len(indexes) > 1 and key in writers
    ]
    return tuple(sorted(found, key=lambda conflict: (-conflict.weight, conflict.key)))


def critical_path(schedule: Schedule, weights: Sequence[int]) -> CriticalPath:
    """The longest row of transactions in conflict, with everything that runs alone after it."""
    last_write: dict[Key, int] = {}
    last_reads: dict[Key, list[int]] = defaultdict(list)
    done: dict[int, int] = {}
    before: dict[int, int | None] = {}
    for index in frame_order(schedule):
        access = schedule.predicted[index]
        earlier: set[int] = set()
        for key in access.reads | access.writes:
            if key in last_write:
                earlier.add(last_write[key])
        for key in access.writes:
            earlier.update(last_reads[key])
        latest = max(earlier, key=lambda other: (done[other], -other), default=None)
        before[index] = latest
        done[index] = (0 if latest is None else done[latest]) + weights[index]
        for key in access.writes:
            last_write[key] = index
            last_reads[key] = []
        for key in access.reads:
            last_reads[key].append(index)
    row: list[int] = []
    end = max(done, key=lambda index: (done[index], -index), default=None)
    weight = 0 if end is None else done[end]
    while end is not None:
        row.append(end)
        end = before[end]
    serial = schedule.serial
    return CriticalPath((*reversed(row), *serial), weight + sum(weights[index] for index in serial))


def simulate(
    order: Sequence[int], starts: Sequence[int], serial: Sequence[int], weights: Sequence[int], cores: int
) -> tuple[Span, ...]:
    """When each transaction would run on so many cores: a free core takes the first place of the frame order
    that may start; what runs alone comes after all of them. Everything but the transactions costs nothing.

    `order`, `starts` and `serial` are a schedule's `frame_order`, `after` and `serial`.
    """
    blocked = [(after, place) for place, after in enumerate(starts)]
    heapq.heapify(blocked)
    ready: list[int] = []
    running: list[tuple[int, int, int]] = []
    """(end, place, core)"""
    idle = list(range(cores))
    is_done = [False] * len(order)
    all_done = -1
    now = 0
    spans: list[Span] = []
    while blocked or ready or running:
        while blocked and blocked[0][0] <= all_done:
            heapq.heappush(ready, heapq.heappop(blocked)[1])
        while ready and idle:
            place = heapq.heappop(ready)
            core = heapq.heappop(idle)
            end = now + weights[order[place]]
            spans.append(Span(order[place], core, now, end, False))
            heapq.heappush(running, (end, place, core))
        now = running[0][0]
        while running and running[0][0] == now:
            _, place, core = heapq.heappop(running)
            is_done[place] = True
            heapq.heappush(idle, core)
        while all_done + 1 < len(order) and is_done[all_done + 1]:
            all_done += 1
    for index in serial:
        spans.append(Span(index, 0, now, now + weights[index], True))
        now += weights[index]
    return tuple(spans)


def speed_up(schedule: Schedule, weights: Sequence[int], cores: int) -> float:
    """How many times faster the block is on so many cores than each transaction once in a row."""
    whole = sum(weights)
    spans = simulate(frame_order(schedule), schedule.after, schedule.serial, weights, cores)
    finish = max((span.end for span in spans), default=0)
    return whole / finish if finish else 1.0


def frame_order(schedule: Schedule) -> list[int]:
    """All frames' indexes in a row."""
    return [index for frame in schedule.frames for index in frame]
