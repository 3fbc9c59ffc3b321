"""One run: a network drawn from a seed, and the promises that it has to keep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random

from devnet.settlement.consensus.messages import Decision, Message
from devnet.settlement.evidence import Evidence, EvidenceBook
from devnet.settlement.proposal import Proposal
from devnet.settlement.signatures import SignatureScheme
from devnet.settlement.simulation.byzantine import BEHAVIOURS
from devnet.settlement.simulation.chain import DOMAIN, Chain, draw_chain
from devnet.settlement.simulation.honest import Honest, cached
from devnet.settlement.simulation.keyed_hash import KeyedHash
from devnet.settlement.simulation.world import World, draw_weather
from devnet.settlement.votes import Choice, Vote

PATIENCE = 240_000
"""Milliseconds after the network healed within which everyone has to get on."""

MORE = 3
"""Heights that everyone has to decide after the network healed."""


class Broken(AssertionError):
    """A promise was broken; the seed shows it again."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is drawn."""

    fewest: int = 4
    most: int = 7
    bad_weather: int = 20_000
    """Milliseconds, at most."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to."""

    seed: int
    validators: int
    byzantine: tuple[str, ...]
    is_tight: bool
    """The byzantine hold exactly a third: only safety was asked of it."""
    heights: int
    """Decided by all honest validators."""
    rounds: int
    """The latest in which anything was decided."""
    messages: int
    crashes: int
    evidence: int
    milliseconds: int
    """Of virtual time."""


class _Watch:
    """Looks at everything that honest validators say and decide."""

    def __init__(self, chain: Chain, world: World) -> None:
        self.rounds = 0
        self.book = EvidenceBook()
        self._chain = chain
        self._world = world
        self._said: dict[tuple[object, ...], object] = {}

    def said(self, index: int, message: Message) -> None:
        """An honest validator never contradicts itself, crashes or not."""
        if isinstance(message, Vote) and message.validator == index:
            place: tuple[object, ...] = (index, message.kind, message.height, message.round)
            what: object = message.choice
        elif isinstance(message, Proposal) and message.heading.validator == index:
            place = (index, "proposal", message.heading.height, message.heading.round)
            what = (message.heading.choice, message.heading.valid_round)
        else:
            return
        if self._said.setdefault(place, what) != what:
            raise Broken(f"honest validator {index} contradicts itself: {place}")

    def decided(self, index: int, decision: Decision) -> None:
        """One block a height, with a certificate that holds, on top of the one before."""
        block = decision.candidate.block
        if block.height not in self._chain.decisions:
            self._world.cut_off(index)
        first = self._chain.decisions.setdefault(block.height, decision)
        if first.candidate != decision.candidate:
            raise Broken(
                f"two blocks at height {block.height}: {_short(first.candidate.choice)} and, by {index}, "
                f"{_short(decision.candidate.choice)}"
            )
        parent = self._chain.decisions.get(block.height - 1)
        setting = self._chain.setting(block.height, parent)
        setting.check_final(block, decision.certificate, self._chain.scheme)
        self.rounds = max(self.rounds, decision.certificate.round)

    def accused(self, evidence: Evidence) -> None:
        """Only the byzantine are accused, and whoever looks sees that it is so."""
        if evidence.validator not in self._chain.byzantine:
            raise Broken(f"honest validator {evidence.validator} is accused")
        evidence.verify(DOMAIN, self._chain.validators(evidence.height), self._chain.scheme)
        self.book.add(evidence)


def simulate(
    seed: int,
    scheme: SignatureScheme | None = None,
    size: Size | None = None,
    trace: Callable[[str], None] | None = None,
) -> Outcome:
    """Runs the network of this seed. Raises `Broken` where it does not keep a promise.

    With less than a third of the stake byzantine: no two decisions at a height, and progress of all honest
    validators after the network healed. With exactly a third: no two decisions.
    """
    random = Random(seed)
    size = size or Size()
    count = random.randint(size.fewest, size.most)
    is_tight = random.random() < 0.15
    chain = draw_chain(random, scheme or KeyedHash(), count, is_tight)
    heals = random.randint(size.bad_weather // 4, size.bad_weather)
    world = World(random, draw_weather(random, count, heals), trace)
    watch = _Watch(chain, world)
    read = cached()
    honest = [
        Honest(index, chain, world, watch, read) for index in range(count) if index not in chain.byzantine
    ]
    names = []
    for index in sorted(chain.byzantine):
        behaviour = random.choice(BEHAVIOURS)
        names.append(behaviour.__name__)
        behaviour(index, chain, world, read)
    world.say(lambda: f"{count} validators, byzantine {sorted(chain.byzantine)}: {names}, {world.weather}")
    for node in honest:
        node.start()
    crashes = _plan_crashes(random, world, honest, heals)
    while world.now < heals:
        if not world.step():
            break
    for node in honest:
        node.spare()
        if node.consensus is None:
            node.start()
    goal = max(node.height for node in honest) + MORE
    world.say(lambda: f"the network heals; everyone has to decide height {goal}")
    while min(node.height for node in honest) < goal and world.now < heals + PATIENCE:
        if not world.step():
            break
    heights = min(node.height for node in honest)
    if heights < goal and not is_tight:
        reached = {node.index: node.height for node in honest}
        raise Broken(f"no progress {PATIENCE / 1000:.0f} s after the network healed: {reached}, not {goal}")
    return Outcome(
        seed,
        count,
        tuple(names),
        is_tight,
        heights,
        watch.rounds,
        world.sent,
        crashes,
        len(watch.book),
        world.now,
    )


def _plan_crashes(random: Random, world: World, honest: list[Honest], heals: int) -> int:
    """Some crash, some of them between two effects, and come back after a while."""
    crashes = random.choice((0, 0, 1, 3, 6))
    for _ in range(crashes):
        node = random.choice(honest)
        start = random.randrange(heals)
        after = random.choice((0, random.randint(1, 6)))
        world.after(start, partial(_crash, node, after))
        end = min(heals, start + random.randint(100, 8000))
        world.after(end, partial(_restart, node))
    return crashes


def _crash(node: Honest, after: int) -> None:
    if node.consensus is not None:
        node.crash(after)


def _restart(node: Honest) -> None:
    if node.consensus is None:
        node.start()


def _short(choice: Choice) -> str:
    return choice.root.hex()[:6]
