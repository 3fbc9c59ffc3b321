"""A validator without threads, sockets and clocks: the real consensus, on a chain of its own.

Its owner tells it what comes in and carries out what it asks of its `Port`. What it signs is durable before
it leaves: where that cannot be, `keep` raises and nothing is sent.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from devnet.chain.types import Hash32
from devnet.settlement.chain import Settled
from devnet.settlement.consensus.core import Consensus
from devnet.settlement.consensus.effects import (
    Accuse,
    Author,
    Broadcast,
    Decided,
    Effect,
    Ignored,
    Keep,
    Send,
    SetTimer,
)
from devnet.settlement.consensus.events import Authored, Elapsed, Event, Received, Reconsider, Timer, Wake
from devnet.settlement.consensus.judging import Opinion, Verdict
from devnet.settlement.consensus.memory import Memory
from devnet.settlement.consensus.messages import Decision, Message, Status
from devnet.settlement.consensus.setting import Height, Timing
from devnet.settlement.consensus.wire import decode_message, encode_message
from devnet.settlement.evidence import Evidence, EvidenceBook
from devnet.settlement.flaws import Flaw, Refused
from devnet.settlement.judging import ValidatorJudge
from devnet.settlement.proposal import Candidate, decode_candidate
from devnet.settlement.remote.following import Following, settled_of
from devnet.settlement.remote.notices import HeightNotice, MessageNotice
from devnet.settlement.remote.patient_judge import PatientJudge
from devnet.settlement.remote.vote_file import Votes
from devnet.settlement.signatures import SignatureScheme
from devnet.settlement.votes import Vote, VoteKind


@dataclass(frozen=True, slots=True)
class Voted:
    """It voted; None is for nothing."""

    height: int
    round: int
    kind: VoteKind
    root: Hash32 | None


@dataclass(frozen=True, slots=True)
class Finalized:
    """A block is final and on its chain."""

    height: int
    incarnation: int
    root: Hash32
    signers: tuple[int, ...]
    index: int | None
    """The validator's own, in the set that signed; None where it is not in it."""
    updates: int


@dataclass(frozen=True, slots=True)
class Dismissed:
    """It does not accept what is to be settled."""

    height: int
    reason: str


Happening: TypeAlias = "Voted | Finalized | Dismissed | Evidence"


class Port(Protocol):
    """What a node asks of whoever owns it. Nothing here calls the node back before it returns."""

    def send(self, to: int | None, data: bytes) -> None:
        """A message of consensus, to one validator or to everyone."""
        ...

    def ready(self, incarnation: int, height: int, words: str) -> None:
        """The validator has looked at what a height is about; `words` say why it refuses it."""
        ...

    def after(self, milliseconds: int, timer: Timer) -> None:
        """`ValidatorNode.elapsed(timer)` after that time."""
        ...

    def look(self, judge: ValidatorJudge, candidate: Candidate) -> None:
        """Fetches what belongs to the candidate, fills the judge's delivery and asks it, then
        `ValidatorNode.looked`."""
        ...

    def report(self, happening: Happening) -> None: ...


class Behind(Exception):
    """The network is elsewhere than this validator's chain: it has to catch up first."""


class ValidatorNode:
    """One validator."""

    def __init__(
        self, following: Following, scheme: SignatureScheme, secret: bytes, votes: Votes, port: Port
    ) -> None:
        """Raises what `votes.load` raises."""
        self.following = following
        self.evidence = EvidenceBook()
        self._scheme = scheme
        self._secret = secret
        self.public_key = scheme.public_key(secret)
        self._votes = votes
        self._memory = votes.load()
        self._port = port
        # The hub tells whoever comes what he lacks; nobody asks while nothing is to be settled.
        self._timing = Timing(idle=0)
        self._consensus: Consensus | None = None
        self._setting: Height | None = None
        self._last: Decision | None = None
        """The newest decision: the network may still need it."""
        self._judge: PatientJudge | None = None
        self._has_seat = False
        self._authoring: tuple[Author, Candidate] | None = None
        self._candidate: Candidate | None = None
        """What it would propose at this height."""
        self._queue: deque[Effect] = deque()
        self._is_working = False

    @property
    def memory(self) -> Memory | None:
        """What it signed last."""
        return self._memory

    # ------------------------------------------------------------ what comes in

    def height(self, notice: HeightNotice) -> None:
        """The network agrees upon this height. Raises Behind, and Refused for a candidate that is none."""
        if self._is_decided(notice):
            assert self._last is not None
            self._port.send(None, encode_message(self._last))
            return
        setting = self.following.setting()
        here = (setting.domain.incarnation, setting.height, setting.parent_root)
        if here != (notice.incarnation, notice.height, notice.parent_root):
            raise Behind
        self._candidate = decode_candidate(notice.candidate) if notice.candidate else None
        if self._consensus is None or (self._setting, self._has_seat) != (setting, notice.has_seat):
            self._setting, self._has_seat = setting, notice.has_seat
            self._begin(setting)
        if self._candidate is not None and self._judge is not None:
            verdict = self._judge.judge(self._candidate)
            if verdict.opinion is not Opinion.PENDING:
                self._port.ready(notice.incarnation, notice.height, verdict.reason)
        self._handle(Wake(notice.height))

    def message(self, notice: MessageNotice) -> None:
        """A message of consensus came. Raises Refused where it is none."""
        message = decode_message(notice.data)
        if self._consensus is not None:
            self._handle(Received(notice.sender, message))
        elif self._last is not None and _is_at(message, self._last):
            self._port.send(notice.sender, encode_message(self._last))

    def elapsed(self, timer: Timer) -> None:
        """A timer that was asked for ran out."""
        self._handle(Elapsed(timer))

    def looked(self, judge: ValidatorJudge, candidate: Candidate, verdict: Verdict) -> None:
        """What `Port.look` found."""
        patient, block = self._judge, candidate.block
        if verdict.opinion is Opinion.REFUSED:
            # Also where the others have decided meanwhile.
            self._port.report(Dismissed(block.height, verdict.reason))
        if patient is None or not patient.is_of(judge):
            return
        patient.answer(candidate, verdict)
        self._port.ready(block.incarnation, block.height, verdict.reason)
        self._author()
        self._handle(Reconsider(block.height))

    def _is_decided(self, notice: HeightNotice) -> bool:
        """Whether it is the height that this validator decided last, and the network did not."""
        if self._last is None:
            return False
        block = self._last.candidate.block
        return (block.incarnation, block.height, block.parent_root) == (
            notice.incarnation,
            notice.height,
            notice.parent_root,
        ) and self.following.has(block.height, block.root)

    def detached(self) -> None:
        """The network is not there: nothing is said until it tells a height again."""
        self._consensus, self._judge, self._authoring, self._candidate = None, None, None, None

    def followed(self, settled: Settled) -> None:
        """A block that others decided, for catching up. Raises Refused where it does not hold."""
        self.following.check(settled)
        self._last = None
        self._append(settled)

    # ------------------------------------------------------------ consensus

    def _begin(self, setting: Height) -> None:
        index = self.following.index_of(self.public_key)
        inner = self.following.judge(index)
        self._judge = PatientJudge(inner, lambda candidate: self._port.look(inner, candidate))
        self._authoring = None
        secret = self._secret if self._has_seat else None
        self._consensus = Consensus(
            self._scheme, self._judge, _NothingKept(), self._timing, secret, self._memory
        )
        self._queue.clear()
        self._queue.extend(self._consensus.begin(setting))
        self._work()

    def _handle(self, event: Event) -> None:
        if self._consensus is None:
            return
        try:
            self._queue.extend(self._consensus.handle(event))
        except Refused as refused:
            # Its own candidate, as the network made it.
            self._port.report(Dismissed(self.following.chain.height + 1, str(refused)))
        self._work()

    def _work(self) -> None:
        if self._is_working:
            return
        self._is_working = True
        try:
            while self._queue:
                self._do(self._queue.popleft())
        finally:
            self._is_working = False

    def _do(self, effect: Effect) -> None:
        match effect:
            case Keep(memory):
                self._votes.keep(memory)
                self._memory = memory
            case Broadcast(message):
                self._say(message)
                self._port.send(None, encode_message(message))
            case Send(peer, message):
                self._port.send(peer, encode_message(message))
            case SetTimer(timer, delay):
                self._port.after(delay, timer)
            case Author():
                if self._candidate is not None:
                    self._authoring = (effect, self._candidate)
                    self._author()
            case Decided(decision):
                self._last = decision
                self._append(settled_of(decision))
            case Accuse(found):
                if self.evidence.add(found):
                    self._port.report(found)
            case Ignored(_, flaw, detail):
                if flaw is not Flaw.JUDGED:
                    return
                self._port.report(Dismissed(self.following.chain.height + 1, detail))

    def _author(self) -> None:
        """Proposes, in its turn, what it would vote for itself."""
        if self._authoring is None or self._judge is None:
            return
        effect, candidate = self._authoring
        opinion = self._judge.judge(candidate).opinion
        if opinion is Opinion.PENDING:
            return
        self._authoring = None
        if opinion is Opinion.ACCEPTED and candidate.block.proposer == effect.proposer:
            self._handle(Authored(effect.height, effect.round, candidate))

    def _say(self, message: Message) -> None:
        if isinstance(message, Vote):
            root = None if message.choice.is_nil else message.choice.root
            self._port.report(Voted(message.height, message.round, message.kind, root))

    def _append(self, settled: Settled) -> None:
        index = self.following.index_of(self.public_key)
        self.following.append(settled)
        block = settled.block
        self._consensus, self._judge, self._authoring, self._candidate = None, None, None, None
        self._queue.clear()
        self._port.report(
            Finalized(
                block.height,
                block.incarnation,
                block.root,
                settled.certificate.members,
                index,
                len(settled.updates),
            )
        )


class _NothingKept:
    """The `Archive` of a validator whom nobody asks for earlier heights: the hub has them."""

    def decision(self, height: int) -> Decision | None:
        return None


def _is_at(message: Message, decision: Decision) -> bool:
    """Whether somebody asks for this decision."""
    return isinstance(message, Status) and message.height == decision.candidate.block.height
