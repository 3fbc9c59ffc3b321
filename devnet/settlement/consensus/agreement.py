"""Tendermint at one height: rounds of a proposal, prevotes and precommits (rules: docs/consensus.md)."""

from __future__ import annotations

from collections.abc import Iterator

from devnet.chain.types import ZERO_HASH
from devnet.settlement.certificate import Certificate, certify
from devnet.settlement.consensus.effects import (
    Accuse,
    Author,
    Broadcast,
    Decided,
    Effect,
    Ignored,
    Keep,
    SetTimer,
)
from devnet.settlement.consensus.events import Timer, Wait
from devnet.settlement.consensus.judging import Judge, Opinion, Verdict
from devnet.settlement.consensus.memory import Memory, Step
from devnet.settlement.consensus.messages import Decision, Message, Status
from devnet.settlement.consensus.setting import Height, Timing
from devnet.settlement.consensus.tally import ROUNDS_AHEAD, ROUNDS_BEHIND, Tally
from devnet.settlement.evidence import evidence_of
from devnet.settlement.flaws import Flaw, Refused
from devnet.settlement.proposal import NO_ROUND, Candidate, Heading, Proposal
from devnet.settlement.rotation import leader_of
from devnet.settlement.signatures import SignatureScheme
from devnet.settlement.votes import NIL, Choice, Vote, VoteKind


class Agreement:
    """One validator's part in one height. What it wants done gathers in `effects`."""

    def __init__(
        self,
        setting: Height,
        scheme: SignatureScheme,
        judge: Judge,
        timing: Timing,
        voter: tuple[int, bytes] | None,
    ) -> None:
        """`voter` is the own index and secret; None only watches."""
        self.setting = setting
        self.effects: list[Effect] = []
        self.decision: Decision | None = None
        self.round = NO_ROUND
        self._step = Step.PROPOSE
        self._locked_round = NO_ROUND
        self._locked: Choice | None = None
        self._valid_round = NO_ROUND
        self._valid: Proposal | None = None
        self._proof: Certificate | None = None
        # What this validator itself said: the proposal of this round, the votes of late ones too.
        self._proposal: Proposal | None = None
        self._own_votes: tuple[Vote, ...] = ()
        self._waiting: set[Wait] = set()
        self._rounds: dict[int, Proposal] = {}  # The first proposal of each.
        self._proposals: dict[Choice, Proposal] = {}
        self._verdicts: dict[Choice, Verdict] = {}
        self._accused: set[int] = set()
        self._tally = Tally(setting.validators)
        self._scheme = scheme
        self._judge = judge
        self._timing = timing
        self._voter = voter

    # Events

    def restore(self, memory: Memory) -> None:
        """Goes on where the validator was when it crashed, and says again what it had said."""
        self.round, self._step = memory.round, memory.step
        self._locked_round, self._locked = memory.locked_round, memory.locked
        self._valid_round, self._valid, self._proof = memory.valid_round, memory.valid, memory.proof
        self._proposal, self._own_votes = memory.proposal, memory.votes
        for proposal in (memory.valid, memory.proposal):
            if proposal is not None:
                self._proposals[proposal.candidate.choice] = proposal
        said: list[Message] = []
        if memory.proposal is not None:
            self._rounds[self.round] = memory.proposal
            said.append(memory.proposal)
        for vote in memory.votes:
            self._tally.add(vote, self.round)
            if vote.round == self.round:
                said.append(vote)
        self.effects.extend(Broadcast(message) for message in said)
        if self._step is Step.PROPOSE:
            self._wait(Wait.PROPOSE)
            if self._proposal is None:
                self._lead()
        self._advance()

    def wake(self) -> None:
        """Round 0 begins, unless one has begun."""
        if self.round == NO_ROUND:
            self._enter(0)
            self._advance()

    def elapsed(self, timer: Timer) -> None:
        """A timer of this height ran out."""
        if timer.round != self.round or self.decision:
            return
        if timer.wait is Wait.PROPOSE and self._step is Step.PROPOSE:
            self._cast(VoteKind.PREVOTE, NIL)
        elif timer.wait is Wait.PREVOTE and self._step is Step.PREVOTE:
            self._cast(VoteKind.PRECOMMIT, NIL)
        elif timer.wait is Wait.PRECOMMIT:
            self._enter(self.round + 1)
        self._advance()

    def authored(self, round_: int, candidate: Candidate) -> None:
        """The candidate that was asked for; too late, or twice, it is dropped."""
        if self.decision or round_ != self.round or self._step is not Step.PROPOSE or self._proposal:
            return
        if self._voter is not None and self._leader(round_) == self._voter[0]:
            self.setting.check(candidate.block)
            self._put_forward(candidate)
            self._advance()

    def reconsider(self) -> None:
        """Judges again what was pending."""
        self._verdicts = {c: v for c, v in self._verdicts.items() if v.opinion is not Opinion.PENDING}
        self._advance()

    def vote(self, vote: Vote) -> None:
        """A vote at this height. Raises `Refused`."""
        if vote.validator >= len(self.setting.validators.validators):
            raise Refused(Flaw.VALIDATOR, f"{vote.validator} of {len(self.setting.validators.validators)}")
        said = self._tally.said(vote)
        if vote.choice in said or not self._tally.wants(vote, self.round):
            return
        # Who votes twice may have helped one block to two thirds in the eyes of some, and not of others: so
        # votes for every block that was proposed count, else the others could never follow.
        is_counted = not said or vote.choice in self._proposals
        if not is_counted and vote.validator in self._accused:
            return
        self._verify(vote)
        if said and vote.validator not in self._accused:
            self._accuse(next(iter(said.values())), vote)
        if is_counted:
            self._tally.add(vote, self.round)
            self._advance()

    def propose(self, proposal: Proposal) -> None:
        """Somebody's proposal at this height. Raises `Refused`."""
        heading, candidate = proposal.heading, proposal.candidate
        choice = heading.choice
        first = self._rounds.get(heading.round)
        known = None if first is None else first.heading
        lacking = choice not in self._proposals and self._tally.backed(choice)
        is_timely = max(self.round, 0) <= heading.round <= max(self.round, 0) + ROUNDS_AHEAD
        if not is_timely and not lacking:
            return
        if (
            known is not None
            and not lacking
            and (_same(known, heading) or heading.validator in self._accused)
        ):
            return
        self._check(heading, candidate)
        self._verify(heading)
        if known is not None and not _same(known, heading) and heading.validator not in self._accused:
            self._accuse(known, heading)
        if known is not None and not lacking:
            return
        proposal.verify_proof(self.setting.domain, self.setting.validators, self._scheme)
        if not self._judge.belongs(candidate):
            raise Refused(Flaw.PAYLOAD, f"of block 0x{choice.root.hex()}")
        self._proposals[choice] = proposal
        if known is None and is_timely:
            self._rounds[heading.round] = proposal
            if heading.round == 0:
                self.wake()
        self._advance()

    def settle(self, decision: Decision) -> None:
        """The decision of others, checked before."""
        self.decision = decision
        self.effects.append(Decided(decision))

    # For those who ask

    def status(self) -> Status:
        """What this validator has of the current round."""
        height = self.setting.height
        if self.round == NO_ROUND:
            return Status(height)
        wanted = self._lacked()
        return Status(
            height,
            self.round,
            self.round in self._rounds,
            self._tally.bitmap(self.round, VoteKind.PREVOTE),
            self._tally.bitmap(self.round, VoteKind.PRECOMMIT),
            ZERO_HASH if wanted is None else wanted.root,
        )

    def fill(self, round_: int) -> None:
        """Votes for nothing in a round that others are still in and that this validator left without voting.

        Votes of byzantine validators may have brought it further, and be lost since: without its own, the
        others would wait for ever.
        """
        if max(0, self.round - ROUNDS_BEHIND) <= round_ < self.round:
            self._vote_in(round_, VoteKind.PREVOTE, NIL)
            self._vote_in(round_, VoteKind.PRECOMMIT, NIL)
            self._advance()

    def answer(self, status: Status) -> Iterator[Message]:
        """What there is here of this height that the sender of this status lacks."""
        for choice, proposal in self._proposals.items():
            if choice.root == status.wanted:
                yield proposal
        if not status.has_proposal:
            yield from self._proposal_of(status.round)
        yield from self._votes(status.round, VoteKind.PREVOTE, status.prevotes)
        yield from self._votes(status.round, VoteKind.PRECOMMIT, status.precommits)
        if status.round < self.round:
            yield from self._proposal_of(self.round)
            yield from self._votes(self.round, VoteKind.PREVOTE, b"")
            yield from self._votes(self.round, VoteKind.PRECOMMIT, b"")

    # The rules

    def _advance(self) -> None:
        """Applies rules until none applies."""
        while not self.decision and self._apply_a_rule():
            pass

    def _apply_a_rule(self) -> bool:
        decided = self._tally.decided()
        if decided is not None and decided[1] in self._proposals:
            self._decide(*decided)
            return True
        newer = self._tally.newer_round(self.round)
        if newer is not None:
            self._enter(newer)
            return True
        if self.round == NO_ROUND:
            return False
        return self._answer_proposal() or self._answer_prevotes() or self._await_votes()

    def _enter(self, round_: int) -> None:
        self.round, self._step = round_, Step.PROPOSE
        self._proposal = None
        self._own_votes = tuple(vote for vote in self._own_votes if vote.round >= round_ - ROUNDS_BEHIND)
        self._waiting = set()
        self._rounds = {r: proposal for r, proposal in self._rounds.items() if r >= round_}
        self._tally.enter(round_)
        needed = {proposal.heading.choice for proposal in self._rounds.values()} | {self._locked}
        self._proposals = {
            choice: proposal
            for choice, proposal in self._proposals.items()
            if choice in needed or self._tally.backed(choice) or proposal is self._valid
        }
        self._wait(Wait.PROPOSE)
        self._lead()

    def _lead(self) -> None:
        """In one's own turn: the block that two thirds accepted before, else a new one."""
        if self._voter is None or self._leader(self.round) != self._voter[0]:
            return
        if self._valid is not None:
            self._put_forward(self._valid.candidate, self._valid_round, self._proof)
        else:
            self.effects.append(Author(self.setting.height, self.round, self._voter[0]))

    def _answer_proposal(self) -> bool:
        """A prevote for the proposal of this round, unless the lock or the judge is against it."""
        if self._step is not Step.PROPOSE or self.round not in self._rounds:
            return False
        heading = self._rounds[self.round].heading
        choice = heading.choice
        is_free = self._locked is None or self._locked == choice or self._locked_round <= heading.valid_round
        opinion = self._opinion(choice) if is_free else Opinion.REFUSED
        if opinion is Opinion.PENDING:
            return False
        self._cast(VoteKind.PREVOTE, choice if opinion is Opinion.ACCEPTED else NIL)
        return True

    def _answer_prevotes(self) -> bool:
        """A lock and a precommit where two thirds prevoted one block; a precommit of nothing where they
        prevoted nothing."""
        chosen = self._chosen(self.round)
        if chosen is None or self._step is Step.PROPOSE:
            return False
        if chosen.is_nil:
            if self._step is Step.PREVOTE:
                self._cast(VoteKind.PRECOMMIT, NIL)
                return True
            return False
        if chosen not in self._proposals or self._opinion(chosen) is not Opinion.ACCEPTED:
            return False
        if self._valid_round != self.round:
            self._valid, self._valid_round = self._proposals[chosen], self.round
            self._proof = self._certify(self.round, VoteKind.PREVOTE, chosen)
        if self._step is Step.PREVOTE:
            self._locked, self._locked_round = chosen, self.round
            self._cast(VoteKind.PRECOMMIT, chosen)
            return True
        return False

    def _await_votes(self) -> bool:
        """Timers for what may still come."""
        if self._step is Step.PREVOTE and self._tally.has_quorum(self.round, VoteKind.PREVOTE):
            self._wait(Wait.PREVOTE)
        if self._tally.has_quorum(self.round, VoteKind.PRECOMMIT):
            self._wait(Wait.PRECOMMIT)
        return False

    def _decide(self, round_: int, choice: Choice) -> None:
        certificate = self._certify(round_, VoteKind.PRECOMMIT, choice)
        self.settle(Decision(self._proposals[choice].candidate, certificate))

    def _certify(self, round_: int, kind: VoteKind, choice: Choice) -> Certificate:
        votes = [vote for vote in self._tally.votes(round_, kind) if vote.choice == choice]
        return certify(votes, self.setting.validators, self._scheme)

    # Saying something

    def _put_forward(
        self, candidate: Candidate, valid_round: int = NO_ROUND, proof: Certificate | None = None
    ) -> None:
        assert self._voter is not None
        index, secret = self._voter
        unsigned = Heading(self.setting.height, self.round, valid_round, candidate.choice, index)
        heading = unsigned.signed(self.setting.domain, self._scheme, secret)
        self._proposal = Proposal(heading, candidate, proof)
        self._rounds[self.round] = self._proposal
        self._proposals[heading.choice] = self._proposal
        self._say(self._proposal)

    def _cast(self, kind: VoteKind, choice: Choice) -> None:
        self._step = Step.PREVOTE if kind is VoteKind.PREVOTE else Step.PRECOMMIT
        self._vote_in(self.round, kind, choice)

    def _vote_in(self, round_: int, kind: VoteKind, choice: Choice) -> None:
        if self._voter is None:
            return
        index, secret = self._voter
        unsigned = Vote(kind, self.setting.height, round_, choice, index)
        if self._tally.said(unsigned):
            # Said before; where our memory was lost, others may have brought it.
            return
        vote = unsigned.signed(self.setting.domain, self._scheme, secret)
        self._own_votes = (*self._own_votes, vote)
        self._tally.add(vote, self.round)
        self._say(vote)

    def _say(self, message: Message) -> None:
        """Durable first, then sent: after a crash the memory knows all that anyone may have seen."""
        memory = Memory(
            self.setting.domain,
            self.setting.height,
            self.round,
            self._step,
            self._locked_round,
            self._locked,
            self._valid_round,
            self._valid,
            self._proof,
            self._proposal,
            self._own_votes,
        )
        self.effects += (Keep(memory), Broadcast(message))

    def _wait(self, wait: Wait) -> None:
        if wait in self._waiting:
            return
        self._waiting.add(wait)
        base = {
            Wait.PROPOSE: self._timing.propose,
            Wait.PREVOTE: self._timing.prevote,
            Wait.PRECOMMIT: self._timing.precommit,
        }[wait]
        timer = Timer(wait, self.setting.domain.incarnation, self.setting.height, self.round)
        self.effects.append(SetTimer(timer, base + self.round * self._timing.growth))

    def _accuse(self, one: Vote | Heading, other: Vote | Heading) -> None:
        self._accused.add(one.validator)
        self.effects.append(Accuse(evidence_of(self.setting.domain.incarnation, one, other)))

    # Looking things up

    def _check(self, heading: Heading, candidate: Candidate) -> None:
        block = candidate.block
        if heading.validator != self._leader(heading.round):
            raise Refused(Flaw.PROPOSER, f"{heading.validator}, it is {self._leader(heading.round)}'s turn")
        if heading.choice.slot != block.slot:
            raise Refused(Flaw.SLOT, f"{heading.choice.slot}, the block's is {block.slot}")
        if heading.choice.root != block.root:
            raise Refused(Flaw.ROOT, f"0x{heading.choice.root.hex()}, the block's is 0x{block.root.hex()}")
        self.setting.check(block)
        if heading.valid_round == NO_ROUND and block.proposer != heading.validator:
            raise Refused(Flaw.PROPOSER, f"the block is of {block.proposer}, proposed by {heading.validator}")

    def _verify(self, statement: Vote | Heading) -> None:
        statement.verify(self.setting.domain, self.setting.validators, self._scheme)

    def _opinion(self, choice: Choice) -> Opinion:
        verdict = self._verdicts.get(choice)
        if verdict is None:
            proposal = self._proposals[choice]
            verdict = self._verdicts[choice] = self._judge.judge(proposal.candidate)
            if verdict.opinion is Opinion.REFUSED:
                self.effects.append(Ignored(proposal.heading.validator, Flaw.JUDGED, verdict.reason))
        return verdict.opinion

    def _leader(self, round_: int) -> int:
        return leader_of(self.setting.validators, self.setting.height, round_)

    def _chosen(self, round_: int) -> Choice | None:
        return self._tally.chosen(round_, VoteKind.PREVOTE)

    def _lacked(self) -> Choice | None:
        """A block with two thirds of the votes whose content is not here."""
        decided = self._tally.decided()
        for choice in (decided and decided[1], self._chosen(self.round)):
            if choice is not None and not choice.is_nil and choice not in self._proposals:
                return choice
        return None

    def _proposal_of(self, round_: int) -> Iterator[Proposal]:
        if round_ in self._rounds:
            yield self._rounds[round_]

    def _votes(self, round_: int, kind: VoteKind, known: bytes) -> Iterator[Vote]:
        bits = int.from_bytes(known, "little")
        return (vote for vote in self._tally.votes(round_, kind) if not bits >> vote.validator & 1)


def _same(one: Heading, other: Heading) -> bool:
    return (one.choice, one.valid_round) == (other.choice, other.valid_round)
