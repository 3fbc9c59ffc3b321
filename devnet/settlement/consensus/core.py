"""Consensus from height to height: events in, effects out."""

from __future__ import annotations

from collections import deque

from devnet.settlement.consensus.agreement import Agreement
from devnet.settlement.consensus.effects import Broadcast, Effect, Ignored, Keep, Send, SetTimer
from devnet.settlement.consensus.events import (
    Authored,
    Elapsed,
    Event,
    Received,
    Reconsider,
    Timer,
    Wait,
    Wake,
)
from devnet.settlement.consensus.judging import Archive, Judge
from devnet.settlement.consensus.memory import Memory
from devnet.settlement.consensus.messages import Decision, Message, Peer, Status
from devnet.settlement.consensus.setting import Height, Timing
from devnet.settlement.flaws import Flaw, Refused
from devnet.settlement.proposal import PAYLOAD_LIMIT, Candidate, Proposal
from devnet.settlement.signatures import SignatureScheme
from devnet.settlement.votes import Vote

DECISIONS_AT_ONCE = 8
"""Served to one who is behind, for one question."""

_EARLY_SENDERS = 256
_EARLY_MESSAGES = 8
_ANSWERS = 4
"""To one sender between two turns of gossip."""
_KNOWN_SENDERS = 1024


class Consensus:
    """One validator, or one who only follows. Has no threads, reads no clock and draws no random numbers: the
    same events give the same effects.

    Its owner calls `begin` for the first height and after every `Decided`, and tells everything else with
    `handle`; he carries out what either answers, in order.
    """

    def __init__(
        self,
        scheme: SignatureScheme,
        judge: Judge,
        archive: Archive,
        timing: Timing | None = None,
        secret: bytes | None = None,
        memory: Memory | None = None,
    ) -> None:
        """`secret` is the key to vote with, `memory` the last that `Keep` made durable with this key."""
        self._scheme = scheme
        self._judge = judge
        self._archive = archive
        self._timing = timing or Timing()
        self._secret = secret
        self._public_key = None if secret is None else scheme.public_key(secret)
        self._memory = memory
        self._agreement: Agreement | None = None
        self._index: int | None = None
        self._last: Decision | None = None
        self._ahead: Peer | None = None
        self._asked: set[Peer] = set()
        self._answered: dict[Peer, int] = {}
        self._early: dict[Peer, deque[Message]] = {}
        self._early_bytes = 0
        self._turn = 0
        self._gossips = 0

    @property
    def height(self) -> int | None:
        """The height being agreed upon or decided last, None before the first."""
        return None if self._agreement is None else self._agreement.setting.height

    @property
    def binding(self) -> Candidate | None:
        """The block of a height not decided yet that two thirds prevoted in this validator's eyes. In its
        turn it proposes it again, and it may be locked on it. None where there is none."""
        memory = self._memory
        if self._agreement is None or self._agreement.decision is not None or memory is None:
            return None
        setting = self._agreement.setting
        is_current = (memory.domain, memory.height) == (setting.domain, setting.height)
        return memory.valid.candidate if is_current and memory.valid is not None else None

    def begin(self, setting: Height) -> list[Effect]:
        """Turns to this height: the one after a decision, or any after a restart or in a new incarnation.

        Raises ValueError where the memory is of another network.
        """
        memory = self._memory
        if memory is not None and memory.domain.network != setting.domain.network:
            raise ValueError("this memory is of another network")
        is_first = self._agreement is None or self._agreement.setting.domain != setting.domain
        if is_first:
            self._last = None
            self._early, self._early_bytes = {}, 0
        self._index = self._own_index(setting)
        voter = None
        if self._secret is not None and self._index is not None and not _is_past(setting, memory):
            voter = (self._index, self._secret)
        agreement = Agreement(setting, self._scheme, self._judge, self._timing, voter)
        self._agreement = agreement
        self._asked, self._answered = set(), {}
        effects: list[Effect] = []
        if (
            memory is not None
            and (memory.domain, memory.height) == (setting.domain, setting.height)
            and voter
        ):
            agreement.restore(memory)
        if is_first:
            effects.append(Broadcast(agreement.status()))
        elif self._ahead is not None:
            effects.append(Send(self._ahead, agreement.status()))
        self._ahead = None
        effects += self._gossip_timer(agreement)
        early, self._early, self._early_bytes = self._early, {}, 0
        for sender, messages in early.items():
            for message in messages:
                effects += self._receive(sender, message)
        return effects + self._taken()

    def handle(self, event: Event) -> list[Effect]:
        """What is to be done about an event. Raises `Refused` for an own candidate (`Authored`) that cannot
        be the next block; what others send raises nothing."""
        agreement = self._agreement
        if agreement is None:
            return []
        if isinstance(event, Received):
            return self._receive(event.sender, event.message)
        effects: list[Effect] = []
        height = agreement.setting.height
        if isinstance(event, Elapsed):
            timer = event.timer
            if (timer.incarnation, timer.height) == (agreement.setting.domain.incarnation, height):
                if timer.wait is not Wait.GOSSIP:
                    agreement.elapsed(timer)
                elif timer.round == self._gossips:
                    effects = self._gossip(agreement)
        elif event.height == height and agreement.decision is None:
            if isinstance(event, Wake):
                if agreement.round < 0:
                    agreement.wake()
                    effects += self._gossip_timer(agreement)
            elif isinstance(event, Authored):
                agreement.authored(event.round, event.candidate)
            else:
                assert isinstance(event, Reconsider)
                agreement.reconsider()
        return effects + self._taken()

    def _receive(self, sender: Peer, message: Message) -> list[Effect]:
        assert self._agreement is not None
        agreement = self._agreement
        was_asleep = agreement.round < 0
        try:
            effects = self._read(agreement, sender, message)
        except Refused as refused:
            effects = [Ignored(sender, refused.flaw, refused.detail)]
        if was_asleep and agreement.round >= 0:
            effects += self._gossip_timer(agreement)
        return effects + self._taken()

    def _read(self, agreement: Agreement, sender: Peer, message: Message) -> list[Effect]:
        height = agreement.setting.height
        if isinstance(message, Status):
            return self._answer(agreement, sender, message)
        if isinstance(message, Decision):
            of = message.candidate.block.height
        else:
            of = message.height if isinstance(message, Vote) else message.heading.height
        if of > height + 1 or (of == height + 1 and agreement.decision is None):
            self._keep_early(sender, message, of - height)
            return self._ask(agreement, sender)
        if of == height + 1:
            self._keep_early(sender, message, 1)
        elif of == height and agreement.decision is None:
            if isinstance(message, Vote):
                agreement.vote(message)
            elif isinstance(message, Proposal):
                agreement.propose(message)
            else:
                self._check_decision(agreement, message)
                self._ahead = sender
                agreement.settle(message)
        return []

    def _check_decision(self, agreement: Agreement, decision: Decision) -> None:
        agreement.setting.check_final(decision.candidate.block, decision.certificate, self._scheme)
        if not self._judge.belongs(decision.candidate):
            raise Refused(Flaw.PAYLOAD, f"of block 0x{decision.candidate.block.root.hex()}")

    def _answer(self, agreement: Agreement, sender: Peer, status: Status) -> list[Effect]:
        own = self._status(agreement)
        if status.height > own.height:
            return self._ask(agreement, sender)
        if not self._may_answer(sender):
            return []
        if status.height == own.height:
            if agreement.decision is not None:
                return []
            agreement.fill(status.round)
            # What was said just now is made durable before it is sent.
            return self._taken() + [Send(sender, message) for message in agreement.answer(status)]
        effects: list[Effect] = []
        for height in range(status.height, min(own.height, status.height + DECISIONS_AT_ONCE)):
            last = self._last
            is_last = last is not None and last.candidate.block.height == height
            decision = last if is_last else self._archive.decision(height)
            if decision is None:
                break
            effects.append(Send(sender, decision))
        return effects

    def _ask(self, agreement: Agreement, sender: Peer) -> list[Effect]:
        """Who speaks of later heights is told where we are, once until the next turn of gossip."""
        if sender in self._asked or len(self._asked) >= _KNOWN_SENDERS:
            return []
        self._asked.add(sender)
        return [Send(sender, self._status(agreement))]

    def _may_answer(self, sender: Peer) -> bool:
        count = self._answered.get(sender, 0)
        if count >= _ANSWERS or (not count and len(self._answered) >= _KNOWN_SENDERS):
            return False
        self._answered[sender] = count + 1
        return True

    def _status(self, agreement: Agreement) -> Status:
        return Status(agreement.setting.height + 1) if agreement.decision else agreement.status()

    def _keep_early(self, sender: Peer, message: Message, ahead: int) -> None:
        """Messages of the next height wait here for its turn: their signatures cannot be checked before, so
        that each sender has little room, and a forger only his own."""
        if ahead > 1 or isinstance(message, Status):
            return
        size = len(message.candidate.payload) if isinstance(message, Proposal | Decision) else 0
        if self._early_bytes + size > PAYLOAD_LIMIT:
            return
        if sender not in self._early and len(self._early) >= _EARLY_SENDERS:
            return
        waiting = self._early.setdefault(sender, deque())
        if len(waiting) < _EARLY_MESSAGES:
            waiting.append(message)
            self._early_bytes += size

    def _gossip(self, agreement: Agreement) -> list[Effect]:
        """Asks two others, in turns, for what they have; the answers repair whatever was lost on its way."""
        self._asked, self._answered = set(), {}
        count = len(agreement.setting.validators.validators)
        others = [index for index in range(count) if index != self._index]
        effects: list[Effect] = []
        for _ in range(min(2, len(others))):
            peer = others[(self._turn + (self._index or 0)) % len(others)]
            self._turn += 1
            effects.append(Send(peer, self._status(agreement)))
        return effects + self._gossip_timer(agreement)

    def _gossip_timer(self, agreement: Agreement) -> list[Effect]:
        setting = agreement.setting
        is_awake = agreement.round >= 0 and agreement.decision is None
        delay = self._timing.gossip if is_awake else self._timing.idle
        # Numbered, so that only the one set last counts.
        self._gossips += 1
        timer = Timer(Wait.GOSSIP, setting.domain.incarnation, setting.height, self._gossips)
        return [SetTimer(timer, delay)] if delay else []

    def _taken(self) -> list[Effect]:
        """What the height wants done, with what follows from it for us."""
        assert self._agreement is not None
        effects, self._agreement.effects = self._agreement.effects, []
        for effect in effects:
            if isinstance(effect, Keep):
                self._memory = effect.memory
        if self._agreement.decision is not None:
            self._last = self._agreement.decision
        return effects

    def _own_index(self, setting: Height) -> int | None:
        keys = [validator.public_key for validator in setting.validators.validators]
        return keys.index(self._public_key) if self._public_key in keys else None


def _is_past(setting: Height, memory: Memory | None) -> bool:
    """Whether this validator voted at later heights of this incarnation, or in a later one: what it said here
    is forgotten, so it says nothing here any more."""
    if memory is None:
        return False
    return (memory.domain.incarnation, memory.height) > (setting.domain.incarnation, setting.height)
