"""An honest validator of the simulation: the real consensus, a disk, crashes at any moment."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

from devnet.chain.keccak import keccak256
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
from devnet.settlement.consensus.events import Authored, Elapsed, Event, Received, Reconsider, Wake
from devnet.settlement.consensus.judging import ACCEPTED, PENDING, Opinion, Verdict
from devnet.settlement.consensus.memory import decode_memory
from devnet.settlement.consensus.messages import Decision, Message
from devnet.settlement.consensus.setting import Timing
from devnet.settlement.consensus.wire import decode_decision, decode_message, encode_decision, encode_message
from devnet.settlement.evidence import Evidence
from devnet.settlement.flaws import Refused
from devnet.settlement.proposal import Candidate
from devnet.settlement.simulation.chain import Chain
from devnet.settlement.simulation.world import World

TIMING = Timing(propose=400, prevote=200, precommit=200, growth=200, gossip=300, idle=3000)
BAD = b"bad"
"""How payloads begin that every honest validator refuses."""


class Observer(Protocol):
    """Who watches the honest validators for broken promises."""

    def said(self, index: int, message: Message) -> None:
        """Something left an honest validator."""
        ...

    def decided(self, index: int, decision: Decision) -> None: ...

    def accused(self, evidence: Evidence) -> None: ...


class _Judge:
    """Accepts what is well; some payloads it has to wait for."""

    def __init__(self, node: Honest) -> None:
        self._node = node
        self._asked: set[bytes] = set()

    def belongs(self, candidate: Candidate) -> bool:
        return keccak256(candidate.payload) == candidate.block.zones_root

    def judge(self, candidate: Candidate) -> Verdict:
        if candidate.payload.startswith(BAD):
            return Verdict(Opinion.REFUSED, "bad payload")
        following = self._node.chain.validators(candidate.block.height + 1).root
        if candidate.block.validators_root != following:
            return Verdict(Opinion.REFUSED, "a validator set nobody elected")
        random = self._node.world.random
        if candidate.payload in self._asked or random.random() < 0.8:
            return ACCEPTED
        self._asked.add(candidate.payload)
        self._node.later(random.randint(10, 700), Reconsider(candidate.block.height))
        return PENDING


class Honest:
    """Carries out what consensus wants. What is on the disk survives `crash`, nothing else does."""

    def __init__(
        self, index: int, chain: Chain, world: World, observer: Observer, read: Callable[[bytes], Message]
    ) -> None:
        """`read` decodes messages."""
        self.index = index
        self.chain = chain
        self.world = world
        self.disk: list[bytes] = []
        """Decisions, from height 1."""
        self.memory: bytes | None = None
        self.consensus: Consensus | None = None
        self.life = 0
        self.ignored = 0
        self._observer = observer
        self._read = read
        self._fatal: int | None = None
        self._queue: deque[Effect] = deque()
        self._is_working = False
        world.attach(index, self._deliver)

    @property
    def height(self) -> int:
        """How many heights it decided."""
        return len(self.disk)

    def decision(self, height: int) -> Decision | None:
        """The archive that consensus serves others from."""
        return decode_decision(self.disk[height - 1]) if 0 < height <= len(self.disk) else None

    def start(self) -> None:
        """Starts, or starts again with what is on the disk."""
        self.life += 1
        self._fatal = None
        self.world.say(lambda: f"{self.index} starts at height {self.height + 1}")
        memory = None if self.memory is None else decode_memory(self.memory)
        self.consensus = Consensus(
            self.chain.scheme, _Judge(self), self, TIMING, self.chain.secrets[self.index], memory
        )
        self._begin()

    def crash(self, after: int = 0) -> None:
        """Stops dead: now, or after this many more effects."""
        if after:
            self._fatal = after
            return
        self.world.say(lambda: f"{self.index} crashes")
        self.consensus = None
        self._fatal = None
        self._queue.clear()

    def spare(self) -> None:
        """Takes back a crash that has not happened yet."""
        self._fatal = None

    def later(self, delay: int, event: Event) -> None:
        """Tells consensus something after a while, unless it crashes before."""
        life = self.life

        def tell() -> None:
            if self.life == life:
                self._handle(event)

        self.world.after(delay, tell)

    def _begin(self) -> None:
        assert self.consensus is not None
        setting = self.chain.setting(self.height + 1, self.decision(self.height))
        # Some have nothing to settle for long, and join because others do.
        is_late = self.world.random.random() < 0.1
        self.later(self.world.random.randint(0, 6000 if is_late else 400), Wake(setting.height))
        self._queue.extend(self.consensus.begin(setting))
        self._work()

    def _deliver(self, sender: int, data: bytes) -> None:
        if self.consensus is None:
            return
        try:
            message = self._read(data)
        except Refused:
            self.ignored += 1
            return
        self._handle(Received(sender, message))

    def _handle(self, event: Event) -> None:
        if self.consensus is not None:
            self._queue.extend(self.consensus.handle(event))
            self._work()

    def _work(self) -> None:
        if self._is_working:
            return
        self._is_working = True
        while self._queue:
            if self._fatal is not None:
                self._fatal -= 1
                if self._fatal < 0:
                    self.crash()
                    break
            self._do(self._queue.popleft())
        self._is_working = False

    def _do(self, effect: Effect) -> None:
        if isinstance(effect, Keep):
            self.memory = effect.memory.encode()
        elif isinstance(effect, Broadcast):
            self._observer.said(self.index, effect.message)
            self.world.say(lambda: f"{self.index} says {shown(effect.message)}")
            data = encode_message(effect.message)
            for peer in self.world.peers:
                self.world.send(self.index, peer, data)
        elif isinstance(effect, Send):
            self._observer.said(self.index, effect.message)
            self.world.send(self.index, effect.peer, encode_message(effect.message))
        elif isinstance(effect, SetTimer):
            self.later(effect.delay, Elapsed(effect.timer))
        elif isinstance(effect, Author):
            self._author(effect)
        elif isinstance(effect, Decided):
            self._decide(effect.decision)
        elif isinstance(effect, Accuse):
            self.world.say(lambda: f"{self.index} accuses {effect.evidence.validator}")
            self._observer.accused(effect.evidence)
        else:
            assert isinstance(effect, Ignored)
            self.ignored += 1

    def _author(self, effect: Author) -> None:
        random = self.world.random
        setting = self.chain.setting(effect.height, self.decision(effect.height - 1))
        candidate = self.chain.candidate(
            setting, effect.proposer, random.randbytes(12).hex().encode(), random.randint(1, 3)
        )
        self.later(random.randint(0, 250), Authored(effect.height, effect.round, candidate))

    def _decide(self, decision: Decision) -> None:
        self.world.say(lambda: f"{self.index} decides {shown(decision)}")
        self._observer.decided(self.index, decision)
        self.disk.append(encode_decision(decision))
        self._begin()


def shown(message: Message | Decision) -> str:
    """A message in one line of the trace."""
    from devnet.settlement.proposal import Proposal
    from devnet.settlement.votes import Vote

    if isinstance(message, Vote):
        what = "nothing" if message.choice.is_nil else message.choice.root.hex()[:6]
        return f"{message.kind.name.lower()} {message.height}.{message.round} {what} of {message.validator}"
    if isinstance(message, Proposal):
        heading = message.heading
        proof = "" if heading.valid_round < 0 else f" accepted in {heading.valid_round}"
        return f"proposal {heading.height}.{heading.round} {heading.choice.root.hex()[:6]}{proof}"
    if isinstance(message, Decision):
        block = message.candidate.block
        return f"decision {block.height} {block.root.hex()[:6]} of round {message.certificate.round}"
    return f"status {message.height}.{message.round}"


def cached(limit: int = 4096) -> Callable[[bytes], Message]:
    """Decodes what many get once."""
    known: dict[bytes, Message] = {}

    def read(data: bytes) -> Message:
        message = known.get(data)
        if message is None:
            message = decode_message(data)
            if len(known) >= limit:
                known.clear()
            known[data] = message
        return message

    return read
