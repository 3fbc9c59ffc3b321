"""The votes of one height, counted by stake, in bounded space."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from devnet.chain.validator_set import ValidatorSet
from devnet.settlement.certificate import signers_bitmap
from devnet.settlement.votes import Choice, Vote, VoteKind

ROUNDS_AHEAD = 2
"""Rounds after the current one whose votes are all kept; beyond, one vote of each kind and validator."""

ROUNDS_BEHIND = 8
"""Rounds before the current one whose votes are kept."""


@dataclass(slots=True)
class _Ballot:
    """One kind of vote in one round."""

    votes: dict[int, dict[Choice, Vote]] = field(default_factory=dict)
    """By validator; of an honest one there is one."""
    stakes: dict[Choice, int] = field(default_factory=dict)
    stake: int = 0


class Tally:
    """Votes that were verified: each validator's first of every kind and round, and such other ones as the
    caller wants counted too."""

    def __init__(self, validators: ValidatorSet) -> None:
        self._stakes = [validator.stake for validator in validators.validators]
        self._total = sum(self._stakes)
        self._ballots: dict[tuple[int, VoteKind], _Ballot] = {}
        self._far: dict[tuple[int, VoteKind], Vote] = {}
        self._newest: dict[int, int] = {}
        """The newest round that each validator voted in."""

    def said(self, vote: Vote) -> dict[Choice, Vote]:
        """The votes that this validator gave before, of this kind and in this round."""
        ballot = self._ballots.get((vote.round, vote.kind))
        if ballot is not None and vote.validator in ballot.votes:
            return ballot.votes[vote.validator]
        far = self._far.get((vote.validator, vote.kind))
        return {far.choice: far} if far is not None and far.round == vote.round else {}

    def wants(self, vote: Vote, current: int) -> bool:
        """Whether there is room for this vote when the current round is this."""
        if vote.round > current + ROUNDS_AHEAD:
            far = self._far.get((vote.validator, vote.kind))
            return far is None or far.round < vote.round
        return vote.round >= current - ROUNDS_BEHIND

    def add(self, vote: Vote, current: int) -> None:
        """Counts a vote that is wanted and was not said before."""
        self._newest[vote.validator] = max(vote.round, self._newest.get(vote.validator, -1))
        if vote.round > current + ROUNDS_AHEAD:
            self._far[vote.validator, vote.kind] = vote
        else:
            self._count(vote)

    def enter(self, current: int) -> None:
        """A round begins: forgets what is too old now, and counts what was far ahead."""
        for place in [p for p in self._ballots if p[0] < current - ROUNDS_BEHIND]:
            del self._ballots[place]
        for key in [k for k, vote in self._far.items() if vote.round <= current + ROUNDS_AHEAD]:
            self._count(self._far.pop(key))

    def chosen(self, round_: int, kind: VoteKind) -> Choice | None:
        """What more than two thirds of the stake voted for in this round."""
        ballot = self._ballots.get((round_, kind))
        if ballot is None:
            return None
        return next((choice for choice, stake in ballot.stakes.items() if self.is_quorum(stake)), None)

    def has_quorum(self, round_: int, kind: VoteKind) -> bool:
        """Whether more than two thirds of the stake voted in this round, for whatever."""
        ballot = self._ballots.get((round_, kind))
        return ballot is not None and self.is_quorum(ballot.stake)

    def is_quorum(self, stake: int) -> bool:
        return 3 * stake > 2 * self._total

    def newer_round(self, current: int) -> int | None:
        """The latest round after the current one that more than a third of the stake has reached: at least
        one honest validator is there."""
        stake = 0
        for round_, validator in sorted(
            ((r, v) for v, r in self._newest.items() if r > current), reverse=True
        ):
            stake += self._stakes[validator]
            if 3 * stake > self._total:
                return round_
        return None

    def decided(self) -> tuple[int, Choice] | None:
        """A round and a block that more than two thirds of the stake precommitted in it."""
        for round_, kind in sorted(self._ballots):
            if kind is VoteKind.PRECOMMIT:
                choice = self.chosen(round_, kind)
                if choice is not None and not choice.is_nil:
                    return round_, choice
        return None

    def backed(self, choice: Choice) -> bool:
        """Whether more than two thirds of the stake voted for this block in one of the rounds kept."""
        return any(self.is_quorum(ballot.stakes.get(choice, 0)) for ballot in self._ballots.values())

    def votes(self, round_: int, kind: VoteKind) -> Iterator[Vote]:
        """By validator."""
        ballot = self._ballots.get((round_, kind))
        if ballot is not None:
            for index in sorted(ballot.votes):
                yield from ballot.votes[index].values()

    def bitmap(self, round_: int, kind: VoteKind) -> bytes:
        """Whose votes of this kind and round are here."""
        return signers_bitmap({vote.validator for vote in self.votes(round_, kind)}, len(self._stakes))

    def __len__(self) -> int:
        """How many votes are kept."""
        near = sum(len(votes) for ballot in self._ballots.values() for votes in ballot.votes.values())
        return near + len(self._far)

    def _count(self, vote: Vote) -> None:
        ballot = self._ballots.setdefault((vote.round, vote.kind), _Ballot())
        stake = self._stakes[vote.validator]
        votes = ballot.votes.setdefault(vote.validator, {})
        if vote.choice in votes:
            return
        if not votes:
            ballot.stake += stake
        votes[vote.choice] = vote
        ballot.stakes[vote.choice] = ballot.stakes.get(vote.choice, 0) + stake
