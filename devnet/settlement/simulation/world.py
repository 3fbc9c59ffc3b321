"""Virtual time and a network that delays, loses, duplicates, reorders and splits, all from one seed."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Partition:
    """For a while, nothing passes between these and the others."""

    start: int
    end: int
    members: frozenset[int]

    def separates(self, one: int, other: int, now: int) -> bool:
        return self.start <= now < self.end and (one in self.members) != (other in self.members)


@dataclass(frozen=True, slots=True)
class Weather:
    """What the network does until it heals; all times are milliseconds of virtual time."""

    heals: int
    loss: float
    duplication: float
    delay: int
    """The usual one; some messages take ten times as long."""
    partitions: tuple[Partition, ...]
    cuts: float
    """The chance that who decides a height first is cut off right then, for some seconds."""
    slow: float
    """The chance that a message to the one slow validator takes a second or two longer."""


class World:
    """Holds what is going to happen, in order. One a run."""

    def __init__(self, random: Random, weather: Weather, trace: Callable[[str], None] | None) -> None:
        self.random = random
        self.weather = weather
        self.now = 0
        self.sent = 0
        self._trace = trace
        self._coming: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0
        self._ports: dict[int, Callable[[int, bytes], None]] = {}
        self._cut: dict[int, int] = {}
        self._slowest = 0

    def cut_off(self, peer: int) -> None:
        """Perhaps nothing reaches this one, or leaves it, for a while."""
        if self.now < self.weather.heals and self.random.random() < self.weather.cuts:
            self._cut[peer] = min(self.weather.heals, self.now + self.random.randint(3000, 12_000))
            self.say(lambda: f"{peer} is cut off until {self._cut[peer] / 1000:.3f}")
            self._slowest = self.random.choice(self.peers)

    def say(self, tell: Callable[[], str]) -> None:
        """A line of the trace, made only where someone reads it."""
        if self._trace is not None:
            self._trace(f"{self.now / 1000:9.3f}  {tell()}")

    def attach(self, port: int, deliver: Callable[[int, bytes], None]) -> None:
        """Who gets what is sent to this number."""
        self._ports[port] = deliver

    @property
    def peers(self) -> list[int]:
        return sorted(self._ports)

    def after(self, delay: int, act: Callable[[], None]) -> None:
        """Something happens later; of two things at the same moment, first what was said first."""
        self._count += 1
        heapq.heappush(self._coming, (self.now + delay, self._count, act))

    def step(self) -> bool:
        """Lets the next thing happen; False where nothing comes any more."""
        if not self._coming:
            return False
        self.now, _, act = heapq.heappop(self._coming)
        act()
        return True

    def send(self, sender: int, receiver: int, data: bytes) -> None:
        """Sends, as the weather permits."""
        if receiver not in self._ports or sender == receiver:
            return
        self.sent += 1
        if self.now >= self.weather.heals:
            self._carry(sender, receiver, data, self.random.randint(5, 40))
            return
        if self.random.random() < self.weather.loss:
            return
        copies = 2 if self.random.random() < self.weather.duplication else 1
        for _ in range(copies):
            delay = self.random.randint(1, self.weather.delay)
            if receiver == self._slowest and self.random.random() < self.weather.slow:
                delay += self.random.randint(300, 2000)
            self._carry(sender, receiver, data, delay * 10 if self.random.random() < 0.05 else delay)

    def _carry(self, sender: int, receiver: int, data: bytes, delay: int) -> None:
        def arrive() -> None:
            if self.now < max(self._cut.get(sender, 0), self._cut.get(receiver, 0)):
                return
            if not any(p.separates(sender, receiver, self.now) for p in self.weather.partitions):
                self._ports[receiver](sender, data)

        self.after(delay, arrive)


def draw_weather(random: Random, peers: int, heals: int) -> Weather:
    """Bad weather of some kind until the network heals."""
    partitions = []
    for _ in range(random.choice((0, 0, 1, 2, 4))):
        start = random.randrange(heals)
        members = frozenset(random.sample(range(peers), random.randint(1, peers - 1)))
        partitions.append(Partition(start, min(heals, start + random.randint(500, 15_000)), members))
    return Weather(
        heals,
        random.choice((0.0, 0.02, 0.1, 0.3, 0.5)),
        random.choice((0.0, 0.1, 0.5)),
        random.choice((20, 100, 400, 1500)),
        tuple(partitions),
        random.choice((0.0, 1.0, 1.0)),
        random.choice((0.0, 0.5, 0.95, 0.95)),
    )
