"""Validators around one consensus under test: everybody else's words can be said, signed as they must be."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from devnet.chain.keccak import keccak256
from devnet.chain.types import Hash32
from devnet.chain.validator_set import Validator, ValidatorSet
from devnet.settlement.block import SettlementBlock
from devnet.settlement.certificate import Certificate, certify
from devnet.settlement.consensus.core import Consensus
from devnet.settlement.consensus.effects import Effect
from devnet.settlement.consensus.events import Received
from devnet.settlement.consensus.judging import ACCEPTED, Verdict
from devnet.settlement.consensus.memory import Memory
from devnet.settlement.consensus.messages import Decision, Message
from devnet.settlement.consensus.setting import Height
from devnet.settlement.proposal import NO_ROUND, Candidate, Heading, Proposal
from devnet.settlement.rotation import leader_of
from devnet.settlement.signatures import SignatureScheme
from devnet.settlement.simulation.keyed_hash import KeyedHash
from devnet.settlement.votes import Choice, SigningDomain, Vote, VoteKind

DOMAIN = SigningDomain(Hash32(b"\x0e" * 32), 0)
Kind = TypeVar("Kind", bound=Effect)


class Committee:
    """Four validators of equal stake; also a judge and an archive for the one under test."""

    def __init__(self, scheme: SignatureScheme | None = None) -> None:
        self.scheme: SignatureScheme = scheme or KeyedHash()
        self.secrets = [self.scheme.make_secret(bytes([number]) * 32) for number in range(4)]
        keys = [self.scheme.public_key(secret) for secret in self.secrets]
        self.set = ValidatorSet(tuple(Validator(key, 10) for key in keys))
        self.verdicts: dict[bytes, Verdict] = {}
        self.judged: list[Candidate] = []
        self.decisions: dict[int, Decision] = {}

    # Judge and Archive

    def belongs(self, candidate: Candidate) -> bool:
        return keccak256(candidate.payload) == candidate.block.zones_root

    def judge(self, candidate: Candidate) -> Verdict:
        self.judged.append(candidate)
        return self.verdicts.get(candidate.payload, ACCEPTED)

    def decision(self, height: int) -> Decision | None:
        return self.decisions.get(height)

    # What can be said

    def consensus(self, index: int | None, memory: Memory | None = None) -> Consensus:
        secret = None if index is None else self.secrets[index]
        return Consensus(self.scheme, self, self, secret=secret, memory=memory)

    def height(self, height: int = 1, incarnation: int = 0) -> Height:
        parent = self.decisions.get(height - 1)
        root = DOMAIN.network if parent is None else parent.candidate.block.root
        slot = 0 if parent is None else parent.candidate.block.slot
        return Height(replace(DOMAIN, incarnation=incarnation), height, root, slot, self.set)

    def candidate(self, height: int = 1, round_: int = 0, payload: bytes = b"payload") -> Candidate:
        setting = self.height(height)
        block = SettlementBlock(
            height,
            setting.parent_root,
            setting.parent_slot + 1,
            0,
            self.leader(height, round_),
            keccak256(payload),
            self.set.root,
        )
        return Candidate(block, payload)

    def leader(self, height: int = 1, round_: int = 0) -> int:
        return leader_of(self.set, height, round_)

    def followers(self, height: int = 1, round_: int = 0) -> list[int]:
        return [index for index in range(4) if index != self.leader(height, round_)]

    def proposal(self, candidate: Candidate, round_: int = 0, valid_round: int = NO_ROUND) -> Proposal:
        height = candidate.block.height
        index = self.leader(height, round_)
        heading = Heading(height, round_, valid_round, candidate.choice, index)
        proof = None
        if valid_round != NO_ROUND:
            proof = self.certificate(VoteKind.PREVOTE, candidate, valid_round)
        return Proposal(heading.signed(DOMAIN, self.scheme, self.secrets[index]), candidate, proof)

    def certificate(self, kind: VoteKind, candidate: Candidate, round_: int = 0) -> Certificate:
        """Of three of them."""
        height = candidate.block.height
        votes = [self.vote(index, kind, candidate.choice, round_, height) for index in range(3)]
        return certify(votes, self.set, self.scheme)

    def vote(self, index: int, kind: VoteKind, choice: Choice, round_: int = 0, height: int = 1) -> Vote:
        return Vote(kind, height, round_, choice, index).signed(DOMAIN, self.scheme, self.secrets[index])

    def decide(self, height: int, payload: bytes = b"payload") -> Decision:
        """What three of them decided at this height, kept in the archive."""
        candidate = self.candidate(height, payload=payload)
        decision = Decision(candidate, self.certificate(VoteKind.PRECOMMIT, candidate))
        self.decisions[height] = decision
        return decision


def tell(consensus: Consensus, *messages: Message, sender: int = 0) -> list[Effect]:
    """What these messages lead to."""
    return [effect for message in messages for effect in consensus.handle(Received(sender, message))]


def of(effects: list[Effect], kind: type[Kind]) -> list[Kind]:
    """The effects of one kind."""
    return [effect for effect in effects if isinstance(effect, kind)]
