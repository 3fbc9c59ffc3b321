"""Validators that break the rules, each in its own way. They know only their own keys."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from devnet.chain.types import Hash32
from devnet.settlement.certificate import certify
from devnet.settlement.consensus.core import Consensus
from devnet.settlement.consensus.effects import Author, Broadcast, Decided, Effect, Send, SetTimer
from devnet.settlement.consensus.events import Authored, Elapsed, Event, Received, Wake
from devnet.settlement.consensus.judging import ACCEPTED, Verdict
from devnet.settlement.consensus.messages import Decision, Message, Status
from devnet.settlement.consensus.wire import encode_message
from devnet.settlement.flaws import Refused
from devnet.settlement.proposal import NO_ROUND, Candidate, Heading, Proposal
from devnet.settlement.rotation import leader_of
from devnet.settlement.simulation.chain import DOMAIN, Chain
from devnet.settlement.simulation.honest import BAD, TIMING
from devnet.settlement.simulation.world import World
from devnet.settlement.votes import NIL, ROUND_LIMIT, Choice, Vote, VoteKind


class Silent:
    """Says nothing, ever."""

    def __init__(self, index: int, chain: Chain, world: World, read: Callable[[bytes], Message]) -> None:
        world.attach(index, lambda sender, data: None)


class _Mask:
    """One of the faces of a validator: the real consensus, without a memory and without a judgement."""

    def __init__(self, index: int, chain: Chain, world: World, send: Callable[[int, bytes], None]) -> None:
        self.decisions: list[Decision] = []
        self._index = index
        self._chain = chain
        self._world = world
        self._send = send
        self._consensus = self._new()
        self._life = 0
        self._begin()

    def belongs(self, candidate: Candidate) -> bool:
        return True

    def judge(self, candidate: Candidate) -> Verdict:
        return ACCEPTED

    def decision(self, height: int) -> Decision | None:
        return self.decisions[height - 1] if 0 < height <= len(self.decisions) else None

    def forget(self) -> None:
        """Starts again as if it had never voted at this height."""
        self._life += 1
        self._consensus = self._new()
        self._begin()

    def handle(self, event: Event) -> None:
        self._do(self._consensus.handle(event))

    def _new(self) -> Consensus:
        return Consensus(self._chain.scheme, self, self, TIMING, self._chain.secrets[self._index])

    def _begin(self) -> None:
        parent = self.decisions[-1] if self.decisions else None
        setting = self._chain.setting(len(self.decisions) + 1, parent)
        self._do(self._consensus.begin(setting))
        self._later(self._world.random.randint(0, 300), Wake(setting.height))

    def _later(self, delay: int, event: Event) -> None:
        life = self._life
        self._world.after(delay, lambda: self.handle(event) if life == self._life else None)

    def _do(self, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Broadcast):
                data = encode_message(effect.message)
                for peer in self._world.peers:
                    self._send(peer, data)
            elif isinstance(effect, Send):
                self._send(effect.peer, encode_message(effect.message))
            elif isinstance(effect, SetTimer):
                self._later(effect.delay, Elapsed(effect.timer))
            elif isinstance(effect, Author):
                parent = self.decision(effect.height - 1)
                setting = self._chain.setting(effect.height, parent)
                payload = self._world.random.randbytes(12).hex().encode()
                candidate = self._chain.candidate(setting, effect.proposer, payload)
                self._later(
                    self._world.random.randint(0, 250), Authored(effect.height, effect.round, candidate)
                )
            elif isinstance(effect, Decided):
                self.decisions.append(effect.decision)
                self._begin()


class TwoFaced:
    """Two whole validators with one key: some peers meet the one, the others the other, and now and then some
    change sides."""

    def __init__(self, index: int, chain: Chain, world: World, read: Callable[[bytes], Message]) -> None:
        self._index = index
        self._world = world
        self._read = read
        self._side: dict[int, int] = {}
        world.attach(index, self._deliver)
        self._masks = [_Mask(index, chain, world, self._sender(side)) for side in range(2)]

    def _sender(self, side: int) -> Callable[[int, bytes], None]:
        def send(peer: int, data: bytes) -> None:
            if self._side_of(peer) == side:
                self._world.send(self._index, peer, data)

        return send

    def _side_of(self, peer: int) -> int:
        if peer not in self._side or self._world.random.random() < 0.01:
            self._side[peer] = self._world.random.randrange(2)
        return self._side[peer]

    def _deliver(self, sender: int, data: bytes) -> None:
        try:
            message = self._read(data)
        except Refused:
            return
        if isinstance(message, Vote) and message.validator == self._index:
            return
        for mask in self._masks:
            mask.handle(Received(sender, message))


class Selective:
    """Follows the rules, but tells only whom it likes, or tells too late; sometimes it forgets its locks."""

    def __init__(self, index: int, chain: Chain, world: World, read: Callable[[bytes], Message]) -> None:
        self._index = index
        self._world = world
        self._read = read
        self._chance = world.random.choice((0.2, 0.5, 0.8))
        self._is_forgetful = world.random.random() < 0.5
        world.attach(index, self._deliver)
        self._mask = _Mask(index, chain, world, self._send)
        if self._is_forgetful:
            world.after(world.random.randint(500, 2000), self._forget)

    def _send(self, peer: int, data: bytes) -> None:
        random = self._world.random
        if random.random() < self._chance:
            late = random.randint(100, 5000) if random.random() < 0.3 else 0
            self._world.after(late, lambda: self._world.send(self._index, peer, data))

    def _forget(self) -> None:
        self._mask.forget()
        self._world.after(self._world.random.randint(500, 4000), self._forget)

    def _deliver(self, sender: int, data: bytes) -> None:
        try:
            message = self._read(data)
        except Refused:
            return
        if self._is_forgetful and isinstance(message, Vote) and message.validator == self._index:
            return
        self._mask.handle(Received(sender, message))


class Liar:
    """Votes for whatever it hears of, for everything at once, in any round, and to each peer otherwise; sends
    garbage and what it heard long ago."""

    def __init__(self, index: int, chain: Chain, world: World, read: Callable[[bytes], Message]) -> None:
        self._index = index
        self._chain = chain
        self._world = world
        self._read = read
        self._choices: list[Choice] = [NIL]
        self._heard: list[bytes] = []
        self._budget = 3000
        world.attach(index, self._deliver)

    def _deliver(self, sender: int, data: bytes) -> None:
        random = self._world.random
        if len(self._heard) < 300:
            self._heard.append(data)
        try:
            message = self._read(data)
        except Refused:
            return
        if isinstance(message, Decision):
            return
        if isinstance(message, Status):
            height, round_ = message.height, max(message.round, 0)
        elif isinstance(message, Vote):
            height, round_ = message.height, message.round
        else:
            height, round_ = message.heading.height, message.heading.round
            self._choices = [*self._choices[-6:], message.heading.choice, NIL]
        for peer in self._world.peers:
            if self._budget > 0 and random.random() < 0.25:
                self._budget -= 1
                self._world.send(self._index, peer, self._lie(random, height, round_))

    def _lie(self, random: Random, height: int, round_: int) -> bytes:
        kind = random.random()
        if kind < 0.1 and self._heard:
            data = bytearray(random.choice(self._heard))
            data[random.randrange(len(data))] ^= 1 << random.randrange(8)
            return bytes(data)
        if kind < 0.15 and self._heard:
            return random.choice(self._heard)
        if kind < 0.2:
            return random.randbytes(random.randint(0, 200))
        secret = self._chain.secrets[self._index]
        wrong = random.choice((0, 0, 0, 0, 0, 0, 1, 1, 2, 7, ROUND_LIMIT - 1 - round_))
        if kind < 0.35:
            return encode_message(self._proposal(random, height, round_ + wrong, secret))
        choice = random.choice([*self._choices, Choice(random.randrange(1, 9), Hash32(random.randbytes(32)))])
        claimed = self._index if random.random() < 0.95 else random.randrange(len(self._chain.secrets))
        ballot = random.choice((VoteKind.PREVOTE, VoteKind.PRECOMMIT))
        vote = Vote(ballot, height + random.choice((0, 0, 0, 0, 1, 9)), round_ + wrong, choice, claimed)
        return encode_message(vote.signed(DOMAIN, self._chain.scheme, secret))

    def _proposal(self, random: Random, height: int, round_: int, secret: bytes) -> Proposal:
        setting = self._chain.setting(height, self._chain.decisions.get(height - 1))
        payload = random.choice((b"", BAD)) + random.randbytes(4).hex().encode()
        candidate = self._chain.candidate(setting, self._index, payload, random.randint(1, 3))
        if random.random() < 0.2:
            candidate = Candidate(candidate.block, b"something else")
        valid_round = NO_ROUND if random.random() < 0.7 else random.randint(NO_ROUND, max(0, round_))
        heading = Heading(height, round_, valid_round, candidate.choice, self._index)
        return Proposal(heading.signed(DOMAIN, self._chain.scheme, secret), candidate)


class Whisperer:
    """Helps every block to two thirds of the prevotes, tells its precommit to one peer alone, and drives the
    others on into the next round: whoever forgot his lock, or counted wrong, now decides something else."""

    def __init__(self, index: int, chain: Chain, world: World, read: Callable[[bytes], Message]) -> None:
        self._index = index
        self._chain = chain
        self._world = world
        self._read = read
        self._met: set[tuple[int, int]] = set()
        self._prevoted: set[tuple[int, int, Choice]] = set()
        self._heard: dict[tuple[int, int, Choice], dict[int, Vote]] = {}
        self._candidates: dict[Choice, Candidate] = {}
        world.attach(index, self._deliver)

    def _deliver(self, sender: int, data: bytes) -> None:
        try:
            message = self._read(data)
        except Refused:
            return
        if isinstance(message, Proposal):
            heading = message.heading
            self._meet(heading.height, heading.round)
            self._candidates[heading.choice] = message.candidate
            self._support(heading.height, heading.round, heading.choice)
        elif isinstance(message, Vote):
            self._meet(message.height, message.round)
            if message.kind is VoteKind.PREVOTE and message.choice in self._candidates:
                self._hear(message)
            if message.kind is VoteKind.PRECOMMIT and message.round < 50:
                self._world.after(200, lambda: self._meet(message.height, message.round + 1))

    def _hear(self, vote: Vote) -> None:
        try:
            vote.verify(DOMAIN, self._chain.validators(vote.height), self._chain.scheme)
        except Refused:
            return
        self._heard.setdefault((vote.height, vote.round, vote.choice), {})[vote.validator] = vote

    def _meet(self, height: int, round_: int) -> None:
        """The first word of a round: in the own turn, a block of one's own; later on, votes for nothing."""
        if (height, round_) in self._met or len(self._met) > 300:
            return
        self._met.add((height, round_))
        random = self._world.random
        if leader_of(self._chain.validators(height), height, round_) == self._index:
            proposal = self._proposal(height, round_)
            for peer in self._world.peers:
                self._world.send(self._index, peer, encode_message(proposal))
            self._support(height, round_, proposal.heading.choice)
        self._world.after(random.randint(300, 1200), lambda: self._drive(height, round_))

    def _proposal(self, height: int, round_: int) -> Proposal:
        """A new block, with or without a false claim; or what two thirds prevoted once, with their votes."""
        random = self._world.random
        proven = [
            (place, votes)
            for place, votes in self._heard.items()
            if place[0] == height
            and place[1] < round_
            and self._chain.validators(height).is_two_thirds(tuple(votes))
        ]
        proof = None
        if proven and random.random() < 0.7:
            (_, valid_round, choice), votes = random.choice(proven)
            candidate = self._candidates[choice]
            proof = certify(list(votes.values()), self._chain.validators(height), self._chain.scheme)
        else:
            setting = self._chain.setting(height, self._chain.decisions.get(height - 1))
            candidate = self._chain.candidate(setting, self._index, random.randbytes(4).hex().encode())
            valid_round = random.randint(NO_ROUND, round_ - 1) if random.random() < 0.3 else NO_ROUND
        heading = Heading(height, round_, valid_round, candidate.choice, self._index)
        secret = self._chain.secrets[self._index]
        return Proposal(heading.signed(DOMAIN, self._chain.scheme, secret), candidate, proof)

    def _support(self, height: int, round_: int, choice: Choice) -> None:
        if (height, round_, choice) in self._prevoted:
            return
        self._prevoted.add((height, round_, choice))
        random = self._world.random
        for peer in self._world.peers:
            self._vote(VoteKind.PREVOTE, height, round_, choice, peer)
        favourite = random.choice(self._world.peers)
        self._world.after(
            random.randint(0, 300),
            lambda: self._vote(VoteKind.PRECOMMIT, height, round_, choice, favourite),
        )

    def _drive(self, height: int, round_: int) -> None:
        for peer in self._world.peers:
            self._vote(VoteKind.PREVOTE, height, round_, NIL, peer)
            self._vote(VoteKind.PRECOMMIT, height, round_, NIL, peer)

    def _vote(self, kind: VoteKind, height: int, round_: int, choice: Choice, peer: int) -> None:
        vote = Vote(kind, height, round_, choice, self._index)
        signed = vote.signed(DOMAIN, self._chain.scheme, self._chain.secrets[self._index])
        self._world.send(self._index, peer, encode_message(signed))


BEHAVIOURS = (Silent, TwoFaced, TwoFaced, Selective, Liar, Whisperer, Whisperer, Whisperer)
"""What a byzantine validator may be."""
