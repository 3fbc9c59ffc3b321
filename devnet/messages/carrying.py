"""What the courier does for one path now: which of its messages it proves and delivers, in which order."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeAlias

from devnet.messages.destination import Destination
from devnet.messages.errors import NotProvable
from devnet.messages.faults import CourierFaults, DelayDeliveries, DropDeliveries, ReorderDeliveries
from devnet.messages.life import Reason, Status, Step
from devnet.messages.lives import Told
from devnet.messages.message import Message
from devnet.messages.messages import Messages
from devnet.messages.open import OpenPath

Releases: TypeAlias = Callable[[Message], bool]
"""Whether a message's time has come."""


@dataclass(frozen=True, slots=True)
class Commit:
    """A message is to be proven, against the settlement block of that height."""

    message: Message
    height: int
    trial_gas: int


@dataclass(frozen=True, slots=True)
class Deliver:
    """A message is to be delivered."""

    message: Message
    is_dropped: bool
    """Whether what its options drop was dropped before."""


@dataclass(frozen=True, slots=True)
class Composing:
    """A composed call is to be made."""

    message: Message
    asked: Step


@dataclass(slots=True)
class Plan:
    """For one path."""

    work: list[Commit | Deliver | Composing] = field(default_factory=list)
    """In the order in which transactions are sent."""
    stuck: tuple[Message, Reason] | None = None
    """The message that holds up the path, and why."""
    looks: int = 0
    """How many messages were looked at, for those who count."""


class Planner:
    """Plans for one turn; asks the chains and changes nothing."""

    def __init__(self, messages: Messages, faults: CourierFaults, is_released: Releases) -> None:
        self._messages = messages
        self._faults = faults
        self._is_released = is_released

    def plan(self, path: OpenPath, destination: Destination, height: int | None, limit: int) -> Plan:
        """For at most so many messages; `height` is the settlement block to prove against, None where the
        destination cannot check any."""
        plan = Plan()
        plan.work.extend(islice(self._composing(plan, path), limit))
        self._carry(plan, path, destination, height, limit - len(plan.work))
        return plan

    def _composing(self, plan: Plan, path: OpenPath) -> Iterator[Composing]:
        for message in path.in_composing():
            plan.looks += 1
            if self._faults.on(message, DropDeliveries) or not message.is_ours:
                continue
            for asked in self._messages.told(message).pending_composes:
                yield Composing(message, asked)

    def _carry(
        self, plan: Plan, path: OpenPath, destination: Destination, height: int | None, limit: int
    ) -> None:
        settled = self._messages.settled_count(path.source)
        commits: list[Commit] = []
        deliveries: list[Deliver] = []
        run = _Run(destination)
        trial_gas: int | None = None
        provable = 0
        for message in path.in_turn(run.goes_on):
            if message.number >= settled or len(commits) + len(deliveries) >= 2 * limit:
                break
            plan.looks += 1
            if not self._is_released(message):
                if not self._faults.has(DelayDeliveries):
                    # Those after it were not settled earlier.
                    break
                continue
            if self._faults.on(message, DropDeliveries):
                continue
            said = self._messages.told(message)
            is_verified = destination.is_verified(message.packet)
            if not is_verified:
                if (
                    height is None
                    or said.status is not Status.SENT
                    or destination.is_done(message.packet.header)
                ):
                    # A nilified one is the receiver's to verify again.
                    continue
                if trial_gas is None:
                    found = self._try(plan, message, destination, height)
                    if found is None:
                        break
                    trial_gas = found
                    provable = self._messages.provable_count(path.source, height)
                elif message.number >= provable:
                    # It was settled after the newest that the destination knows.
                    break
                commits.append(Commit(message, height, trial_gas))
                run.committing.add(message.nonce)
            if message.is_ours and run.may_deliver(message, said):
                deliveries.append(Deliver(message, said.has_dropped))
        plan.work.extend(self._ordered(commits, deliveries))

    def _try(self, plan: Plan, message: Message, destination: Destination, height: int) -> int | None:
        """What proving the message takes; None where the destination would refuse it."""
        try:
            proof = self._messages.prove(message, height)
        except NotProvable as error:
            plan.stuck = message, Reason(str(error))
            return None
        trial = destination.try_commit(message.packet, proof, self._messages.explain)
        if trial.refusal is not None:
            plan.stuck = message, trial.refusal
            return None
        return trial.gas_used

    def _ordered(self, commits: list[Commit], deliveries: list[Deliver]) -> list[Commit | Deliver]:
        faults = [fault for commit in commits for fault in self._faults.on(commit.message, ReorderDeliveries)]
        if faults:
            chance = random.Random(faults[0].seed)
            chance.shuffle(commits)
            chance.shuffle(deliveries)
            return [*commits, *deliveries]
        # Each is delivered as soon as it is proven.
        by_nonce: dict[int, list[Commit | Deliver]] = {}
        for commit in commits:
            by_nonce.setdefault(commit.message.nonce, []).append(commit)
        for delivery in deliveries:
            by_nonce.setdefault(delivery.message.nonce, []).append(delivery)
        return [item for nonce in sorted(by_nonce) for item in by_nonce[nonce]]


@dataclass(slots=True)
class _Run:
    """How far a path's messages can be delivered, going along it by nonce."""

    destination: Destination
    committing: set[int] = field(default_factory=set)
    _reached: int | None = None
    """All up to this nonce are verified, or will be with what is planned."""
    _has_passed: bool = False
    """Whether there was one before."""
    _has_gap: bool = False
    """Whether one was met that is not verified and will not be."""

    def goes_on(self) -> bool:
        """Whether anything from here on can be delivered."""
        return not self._has_gap

    def may_deliver(self, message: Message, said: Told) -> bool:
        """Whether it can be delivered after everything that is planned before. Called by ascending nonce."""
        header = message.packet.header
        if self._reached is None:
            self._reached = self.destination.lazy_nonce(header)
        while self._reached < header.nonce:
            following = self._reached + 1
            if following not in self.committing and not self.destination.holds(header, following):
                self._has_gap = True
                return False
            self._reached = following
        is_first, self._has_passed = not self._has_passed, True
        if said.status is Status.FAILED:
            return False
        if said.options is None or not said.options.is_ordered:
            return True
        # Whether the one before it is delivered is not known before it is.
        return is_first and self.destination.next_nonce(header) in (0, header.nonce)
