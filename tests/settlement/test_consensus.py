"""The rules of consensus one by one, on the state machine itself (docs/consensus.md)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from devnet.chain.types import Hash32
from devnet.settlement.consensus.core import DECISIONS_AT_ONCE, Consensus
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
from devnet.settlement.consensus.events import Authored, Elapsed, Reconsider, Timer, Wait, Wake
from devnet.settlement.consensus.judging import ACCEPTED, PENDING, Opinion, Verdict
from devnet.settlement.consensus.memory import decode_memory
from devnet.settlement.consensus.messages import Decision, Status
from devnet.settlement.flaws import Flaw, Refused
from devnet.settlement.proposal import Proposal
from devnet.settlement.votes import NIL, Choice, Vote, VoteKind
from tests.parts import parts_under_test
from tests.settlement.committee import DOMAIN, Committee, of, tell

PREVOTE, PRECOMMIT = VoteKind.PREVOTE, VoteKind.PRECOMMIT
OTHER = Choice(1, Hash32(b"\x77" * 32))


def votes_in(effects: list[Effect]) -> list[tuple[VoteKind, int, Choice]]:
    """What was voted, in order."""
    said = [effect.message for effect in of(effects, Broadcast)]
    return [(vote.kind, vote.round, vote.choice) for vote in said if isinstance(vote, Vote)]


def follower(committee: Committee) -> tuple[Consensus, int, list[int]]:
    """One who does not lead round 0 of height 1, awake; his index and the others'."""
    index = committee.followers()[0]
    consensus = committee.consensus(index)
    consensus.begin(committee.height())
    consensus.handle(Wake(1))
    return consensus, index, [other for other in range(4) if other != index]


def elapse(consensus: Consensus, wait: Wait, round_: int = 0, height: int = 1) -> list[Effect]:
    return consensus.handle(Elapsed(Timer(wait, 0, height, round_)))


def test_nothing_happens_before_there_is_something_to_settle() -> None:
    committee = Committee()
    consensus = committee.consensus(committee.leader())
    effects = consensus.begin(committee.height())
    assert [type(effect) for effect in effects] == [Broadcast, SetTimer]
    assert not votes_in(effects)
    assert of(consensus.handle(Wake(1)), Author) == [Author(1, 0, committee.leader())]


def test_a_block_goes_from_proposal_to_decision() -> None:
    committee = Committee(parts_under_test().signatures())
    consensus, _, others = follower(committee)
    candidate = committee.candidate()
    choice = candidate.choice
    assert votes_in(tell(consensus, committee.proposal(candidate))) == [(PREVOTE, 0, choice)]
    assert not tell(consensus, committee.vote(others[0], PREVOTE, choice))
    effects = tell(consensus, committee.vote(others[1], PREVOTE, choice))
    assert votes_in(effects) == [(PRECOMMIT, 0, choice)]
    assert not of(tell(consensus, committee.vote(others[0], PRECOMMIT, choice)), Decided)
    [decided] = of(tell(consensus, committee.vote(others[1], PRECOMMIT, choice)), Decided)
    assert decided.decision.candidate == candidate
    decided.decision.certificate.verify_block(candidate.block, DOMAIN, committee.set, committee.scheme)


def test_a_leader_proposes_once_what_its_owner_made() -> None:
    committee = Committee()
    consensus = committee.consensus(committee.leader())
    consensus.begin(committee.height())
    consensus.handle(Wake(1))
    candidate = committee.candidate()
    effects = consensus.handle(Authored(1, 0, candidate))
    assert [type(effect) for effect in effects[:4]] == [Keep, Broadcast, Keep, Broadcast]
    [proposal] = [e.message for e in of(effects, Broadcast) if isinstance(e.message, Proposal)]
    assert proposal == committee.proposal(candidate)
    assert not consensus.handle(Authored(1, 0, committee.candidate(payload=b"another")))
    late = committee.consensus(committee.leader())
    late.begin(committee.height())
    late.handle(Wake(1))
    elapse(late, Wait.PROPOSE)
    assert not late.handle(Authored(1, 0, candidate))


def test_an_own_candidate_that_cannot_follow_is_the_owners_mistake() -> None:
    committee = Committee()
    consensus = committee.consensus(committee.leader())
    consensus.begin(committee.height())
    consensus.handle(Wake(1))
    candidate = committee.candidate()
    wrong = replace(candidate, block=replace(candidate.block, slot=0))
    with pytest.raises(Refused) as refused:
        consensus.handle(Authored(1, 0, wrong))
    assert refused.value.flaw is Flaw.PARENT


def test_a_proposal_that_does_not_come_costs_a_round() -> None:
    committee = Committee()
    consensus, _, others = follower(committee)
    assert votes_in(elapse(consensus, Wait.PROPOSE)) == [(PREVOTE, 0, NIL)]
    tell(consensus, committee.vote(others[0], PREVOTE, NIL))
    effects = tell(consensus, committee.vote(others[1], PREVOTE, NIL))
    assert votes_in(effects) == [(PRECOMMIT, 0, NIL)]
    tell(consensus, committee.vote(others[0], PRECOMMIT, NIL))
    effects = tell(consensus, committee.vote(others[1], PRECOMMIT, NIL))
    assert [timer.timer.wait for timer in of(effects, SetTimer)] == [Wait.PRECOMMIT]
    [timer] = [t for t in of(elapse(consensus, Wait.PRECOMMIT), SetTimer) if t.timer.wait is Wait.PROPOSE]
    assert timer.timer.round == 1
    assert timer.delay > 1000


def test_what_the_judge_refuses_is_voted_down_and_said_why() -> None:
    committee = Committee()
    consensus, _, _ = follower(committee)
    committee.verdicts[b"payload"] = Verdict(Opinion.REFUSED, "a column is not there")
    effects = tell(consensus, committee.proposal(committee.candidate()))
    assert votes_in(effects) == [(PREVOTE, 0, NIL)]
    assert of(effects, Ignored) == [Ignored(committee.leader(), Flaw.JUDGED, "a column is not there")]


def test_a_pending_verdict_is_waited_for() -> None:
    committee = Committee()
    consensus, _, others = follower(committee)
    committee.verdicts[b"payload"] = PENDING
    candidate = committee.candidate()
    assert not votes_in(tell(consensus, committee.proposal(candidate)))
    assert not votes_in(tell(consensus, *[committee.vote(o, PREVOTE, candidate.choice) for o in others[:2]]))
    assert len(committee.judged) == 1
    assert not votes_in(consensus.handle(Reconsider(1)))
    committee.verdicts[b"payload"] = ACCEPTED
    assert votes_in(consensus.handle(Reconsider(1))) == [
        (PREVOTE, 0, candidate.choice),
        (PRECOMMIT, 0, candidate.choice),
    ]


def locked(committee: Committee) -> tuple[Consensus, list[int], Choice]:
    """One who is locked on a block since round 0 and is in round 1, which he does not lead."""
    index = next(i for i in committee.followers() if i != committee.leader(1, 1))
    consensus = committee.consensus(index)
    consensus.begin(committee.height())
    others = [other for other in range(4) if other != index]
    candidate = committee.candidate()
    tell(consensus, committee.proposal(candidate))
    effects = tell(consensus, *[committee.vote(o, PREVOTE, candidate.choice) for o in others[:2]])
    assert (PRECOMMIT, 0, candidate.choice) in votes_in(effects)
    tell(consensus, *[committee.vote(o, PRECOMMIT, NIL) for o in others[:2]])
    elapse(consensus, Wait.PRECOMMIT)
    return consensus, others, candidate.choice


def test_a_lock_holds_against_a_new_block() -> None:
    committee = Committee()
    consensus, _, _ = locked(committee)
    new = committee.candidate(round_=1, payload=b"new")
    assert votes_in(tell(consensus, committee.proposal(new, 1))) == [(PREVOTE, 1, NIL)]


def test_a_lock_lets_its_own_block_pass() -> None:
    committee = Committee()
    consensus, _, choice = locked(committee)
    again = committee.proposal(committee.candidate(), 1, valid_round=0)
    assert votes_in(tell(consensus, again)) == [(PREVOTE, 1, choice)]


def test_a_lock_yields_to_two_thirds_of_a_later_round_and_not_to_the_claim_of_them() -> None:
    committee = Committee()
    consensus, others, _ = locked(committee)
    new = committee.candidate(round_=1, payload=b"new")
    elapse(consensus, Wait.PROPOSE, 1)
    for round_ in (1, 2):
        tell(consensus, *[committee.vote(o, PRECOMMIT, NIL, round_) for o in others[:2]])
    honest = committee.proposal(new, 2, valid_round=1)
    assert honest.proof is not None
    precommits = committee.certificate(PRECOMMIT, new, 1)
    older = committee.certificate(PREVOTE, new, 0)
    others_block = committee.certificate(PREVOTE, committee.candidate(payload=b"other"), 1)
    elsewhere = committee.certificate(PREVOTE, committee.candidate(2), 1)
    for proof, flaw in (
        (None, Flaw.PROOF),
        (precommits, Flaw.KIND),
        (older, Flaw.ROUND),
        (others_block, Flaw.ROOT),
        (elsewhere, Flaw.HEIGHT),
        (replace(honest.proof, signers=b"\x03"), Flaw.STAKE),
        (replace(honest.proof, signature=older.signature), Flaw.SIGNATURE),
    ):
        effects = tell(consensus, replace(honest, proof=proof))
        assert [effect.flaw for effect in of(effects, Ignored)] == [flaw]
        assert not votes_in(effects)
    assert votes_in(tell(consensus, honest)) == [(PREVOTE, 2, new.choice)]


def test_a_lock_holds_against_two_thirds_of_an_earlier_round() -> None:
    committee = Committee()
    consensus, others, choice = locked(committee)
    tell(consensus, *[committee.vote(o, PREVOTE, choice, 1) for o in others])
    # Now it is locked since round 1, and round 0's proof of another block does not count any more.
    assert votes_in(elapse(consensus, Wait.PROPOSE, 1)) == [(PREVOTE, 1, NIL), (PRECOMMIT, 1, choice)]
    tell(consensus, *[committee.vote(o, PRECOMMIT, NIL, 1) for o in others[:2]])
    elapse(consensus, Wait.PRECOMMIT, 1)
    new = committee.candidate(payload=b"new")
    old = committee.proposal(new, 2, valid_round=0)
    assert votes_in(tell(consensus, old)) == [(PREVOTE, 2, NIL)]


def test_more_than_a_third_in_a_later_round_draw_everyone_there() -> None:
    committee = Committee()
    consensus, _, others = follower(committee)
    assert not tell(consensus, committee.vote(others[0], PREVOTE, NIL, 5))
    effects = tell(consensus, committee.vote(others[1], PREVOTE, NIL, 7))
    assert [t.timer.round for t in of(effects, SetTimer) if t.timer.wait is Wait.PROPOSE] == [5]


def test_a_sleeper_wakes_when_the_leader_proposes_or_more_than_a_third_vote() -> None:
    committee = Committee()
    index = committee.followers()[0]
    consensus = committee.consensus(index)
    consensus.begin(committee.height())
    assert votes_in(tell(consensus, committee.proposal(committee.candidate())))
    consensus = committee.consensus(index)
    consensus.begin(committee.height())
    others = [other for other in range(4) if other != index]
    assert not tell(consensus, committee.vote(others[0], PREVOTE, NIL))
    assert of(tell(consensus, committee.vote(others[1], PREVOTE, NIL)), SetTimer)


def test_every_word_is_durable_before_it_is_sent() -> None:
    committee = Committee()
    consensus, _, others = follower(committee)
    candidate = committee.candidate()
    effects = tell(consensus, committee.proposal(candidate))
    effects += tell(consensus, *[committee.vote(o, PREVOTE, candidate.choice) for o in others[:2]])
    said = [place for place, effect in enumerate(effects) if isinstance(effect, Broadcast)]
    assert len(said) == 2
    for place in said:
        broadcast, keep = effects[place], effects[place - 1]
        assert isinstance(broadcast, Broadcast)
        assert isinstance(keep, Keep)
        assert broadcast.message in keep.memory.votes
        assert decode_memory(keep.memory.encode()) == keep.memory


def test_a_validator_says_after_a_crash_what_it_said_before() -> None:
    committee = Committee()
    consensus, index, others = follower(committee)
    candidate = committee.candidate()
    effects = tell(consensus, committee.proposal(candidate))
    effects += tell(consensus, *[committee.vote(o, PREVOTE, candidate.choice) for o in others[:2]])
    before = votes_in(effects)
    memory = of(effects, Keep)[-1].memory
    # With it goes the proof of its lock, which nobody else may have.
    assert memory.proof is not None
    assert (memory.proof.choice, memory.proof.round) == (memory.locked, memory.locked_round)
    memory.proof.verify(DOMAIN, committee.set, committee.scheme)
    again = committee.consensus(index, memory)
    assert votes_in(again.begin(committee.height())) == before
    # Neither another proposal nor time makes it say anything else in this round.
    assert not votes_in(tell(again, committee.proposal(committee.candidate(payload=b"another"))))
    assert not votes_in(elapse(again, Wait.PROPOSE) + elapse(again, Wait.PREVOTE))
    tell(again, *[committee.vote(o, PRECOMMIT, NIL) for o in others[:2]])
    elapse(again, Wait.PRECOMMIT)
    new = committee.candidate(round_=1, payload=b"new")
    if committee.leader(1, 1) != index:
        assert votes_in(tell(again, committee.proposal(new, 1))) == [(PREVOTE, 1, NIL)]


def test_a_leader_proposes_after_a_crash_what_it_proposed_before() -> None:
    committee = Committee()
    consensus = committee.consensus(committee.leader())
    consensus.begin(committee.height())
    consensus.handle(Wake(1))
    first = of(consensus.handle(Authored(1, 0, committee.candidate())), Keep)[0].memory
    again = committee.consensus(committee.leader(), first)
    effects = again.begin(committee.height())
    said = [effect.message for effect in of(effects, Broadcast)]
    assert [message for message in said if isinstance(message, Proposal)] == [first.proposal]
    assert not of(effects, Author)


def test_nothing_is_said_where_it_may_contradict_what_is_forgotten() -> None:
    committee = Committee()
    for height in (1, 2):
        committee.decide(height)
    consensus, index, _ = follower(committee)
    memory = of(tell(consensus, committee.proposal(committee.candidate())), Keep)[-1].memory
    later = replace(memory, height=2)
    silent = committee.consensus(index, later)
    silent.begin(committee.height(1))
    assert not votes_in(tell(silent, committee.proposal(committee.candidate())))
    assert not of(elapse(silent, Wait.PROPOSE), Broadcast)
    elsewhere = committee.consensus(index, memory)
    other_network = replace(DOMAIN, network=Hash32(bytes(32)))
    with pytest.raises(ValueError, match="another network"):
        elsewhere.begin(replace(committee.height(), domain=other_network))


def test_a_revert_begins_anew_in_a_later_incarnation() -> None:
    committee = Committee()
    consensus, _, others = follower(committee)
    candidate = committee.candidate()
    tell(consensus, committee.proposal(candidate))
    consensus.begin(committee.height(incarnation=1))
    consensus.handle(Wake(1))
    old = committee.vote(others[0], PREVOTE, candidate.choice)
    assert [e.flaw for e in of(tell(consensus, old), Ignored)] == [Flaw.SIGNATURE]
    timer = Elapsed(Timer(Wait.PROPOSE, 0, 1, 0))
    assert not consensus.handle(timer)
    assert votes_in(consensus.handle(Elapsed(Timer(Wait.PROPOSE, 1, 1, 0)))) == [(PREVOTE, 0, NIL)]


def test_who_has_no_key_in_the_set_follows_without_a_word() -> None:
    committee = Committee()
    consensus = committee.consensus(None)
    consensus.begin(committee.height())
    candidate = committee.candidate()
    effects = tell(consensus, committee.proposal(candidate))
    for kind in VoteKind:
        effects += tell(consensus, *[committee.vote(o, kind, candidate.choice) for o in range(3)])
    assert not of(effects, Broadcast)
    assert not of(effects, Keep)
    assert of(effects, Decided)


def test_a_lone_validator_decides_alone() -> None:
    committee = Committee()
    committee.set = replace(committee.set, validators=committee.set.validators[:1])
    consensus = committee.consensus(0)
    consensus.begin(committee.height())
    consensus.handle(Wake(1))
    assert of(consensus.handle(Authored(1, 0, committee.candidate())), Decided)


def test_the_decision_of_others_is_followed_whatever_the_own_judge_says() -> None:
    committee = Committee()
    consensus, _, _ = follower(committee)
    committee.verdicts[b"payload"] = Verdict(Opinion.REFUSED)
    decision = committee.decide(1)
    assert of(tell(consensus, decision), Decided) == [Decided(decision)]


def test_who_was_away_is_given_what_was_decided_and_asks_on() -> None:
    committee = Committee()
    for height in range(1, 13):
        committee.decide(height)
    server = committee.consensus(0)
    server.begin(committee.height(13))
    sent = of(tell(server, Status(1), sender=2), Send)
    assert [send.message for send in sent] == [
        committee.decisions[h] for h in range(1, 1 + DECISIONS_AT_ONCE)
    ]
    assert {send.peer for send in sent} == {2}
    away = committee.consensus(2)
    away.begin(committee.height(1))
    for send in sent:
        effects = tell(away, send.message, sender=0)
        [decided] = of(effects, Decided)
        height = decided.decision.candidate.block.height
        asked = away.begin(committee.height(height + 1))
        assert Send(0, Status(height + 1)) in asked
    assert away.height == 1 + DECISIONS_AT_ONCE


def test_who_speaks_of_later_heights_is_asked_once() -> None:
    committee = Committee()
    consensus, _, others = follower(committee)
    later = [committee.vote(others[0], PREVOTE, OTHER, height=height) for height in range(2, 90)]
    assert len(of(tell(consensus, *later, sender=others[0]), Send)) == 1


def test_what_others_lack_is_sent_to_them_and_nothing_else() -> None:
    committee = Committee()
    consensus, index, others = follower(committee)
    candidate = committee.candidate()
    proposal = committee.proposal(candidate)
    tell(consensus, proposal, committee.vote(others[0], PREVOTE, candidate.choice))
    everything = of(tell(consensus, Status(1, 0), sender=9), Send)
    assert proposal in [send.message for send in everything]
    assert len(everything) == 3
    known = Status(1, 0, True, bytes([1 << index]))
    assert [send.message for send in of(tell(consensus, known, sender=8), Send)] == [
        committee.vote(others[0], PREVOTE, candidate.choice)
    ]
    assert not of(tell(consensus, Status(1, 0, True, b"\x0f"), sender=7), Send)


def test_the_content_of_a_block_that_two_thirds_voted_for_is_asked_for_and_given() -> None:
    committee = Committee()
    consensus, _, others = follower(committee)
    candidate = committee.candidate()
    elapse(consensus, Wait.PROPOSE)
    effects = tell(consensus, *[committee.vote(o, PRECOMMIT, candidate.choice, 0) for o in others])
    assert not of(effects, Decided)
    asked = of(tell(consensus, committee.vote(others[0], PREVOTE, OTHER, height=3), sender=others[0]), Send)
    [status] = [send.message for send in asked]
    assert isinstance(status, Status)
    assert status.wanted == candidate.choice.root
    giver = committee.consensus(others[0])
    giver.begin(committee.height())
    tell(giver, committee.proposal(candidate))
    given = [send.message for send in of(tell(giver, status), Send)]
    assert committee.proposal(candidate) in given
    assert of(tell(consensus, *given), Decided)


def test_who_left_a_round_without_a_vote_votes_for_nothing_when_others_are_still_there() -> None:
    committee = Committee()
    consensus, index, others = follower(committee)
    tell(consensus, *[committee.vote(o, PREVOTE, NIL, 3) for o in others[:2]])
    effects = tell(consensus, Status(1, 1), sender=others[2])
    assert votes_in(effects) == [(PREVOTE, 1, NIL), (PRECOMMIT, 1, NIL)]
    kept = [place for place, effect in enumerate(effects) if isinstance(effect, Keep)]
    own = [
        place
        for place, effect in enumerate(effects)
        if isinstance(effect, Send) and isinstance(effect.message, Vote) and effect.message.validator == index
    ]
    assert max(kept) < min(own)
    assert not votes_in(tell(consensus, Status(1, 1), sender=others[2]))


def test_who_votes_twice_is_accused_once_and_counted_for_what_was_proposed() -> None:
    committee = Committee()
    consensus, _, others = follower(committee)
    candidate = committee.candidate()
    tell(consensus, committee.proposal(candidate))
    assert not of(tell(consensus, committee.vote(others[0], PREVOTE, NIL)), Accuse)
    effects = tell(consensus, committee.vote(others[0], PREVOTE, candidate.choice))
    [accuse] = of(effects, Accuse)
    accuse.evidence.verify(DOMAIN, committee.set, committee.scheme)
    assert accuse.evidence.validator == others[0]
    assert not tell(consensus, committee.vote(others[0], PREVOTE, OTHER))
    # For a block that was proposed it counts: one more makes two thirds.
    effects = tell(consensus, committee.vote(others[1], PREVOTE, candidate.choice))
    assert votes_in(effects) == [(PRECOMMIT, 0, candidate.choice)]


def test_a_leader_who_proposes_twice_is_accused() -> None:
    committee = Committee()
    consensus, _, _ = follower(committee)
    tell(consensus, committee.proposal(committee.candidate()))
    effects = tell(consensus, committee.proposal(committee.candidate(payload=b"another")))
    [accuse] = of(effects, Accuse)
    accuse.evidence.verify(DOMAIN, committee.set, committee.scheme)
    assert accuse.evidence.validator == committee.leader()
    assert not votes_in(effects)


def test_messages_of_the_next_height_wait_for_it() -> None:
    committee = Committee()
    consensus, index, _ = follower(committee)
    decision = committee.decide(1)
    following = committee.candidate(2, payload=b"next")
    tell(consensus, committee.proposal(following), sender=committee.leader(2))
    tell(consensus, decision)
    effects = consensus.begin(committee.height(2))
    if committee.leader(2) != index:
        assert votes_in(effects) == [(PREVOTE, 0, following.choice)]


def test_a_false_payload_beside_a_true_block_is_refused_and_the_true_one_taken() -> None:
    committee = Committee()
    consensus, _, _ = follower(committee)
    proposal = committee.proposal(committee.candidate())
    changed = replace(proposal, candidate=replace(proposal.candidate, payload=b"false"))
    assert [e.flaw for e in of(tell(consensus, changed), Ignored)] == [Flaw.PAYLOAD]
    assert votes_in(tell(consensus, proposal)) == [(PREVOTE, 0, proposal.candidate.choice)]
    decision = committee.decide(1)
    false = replace(decision, candidate=replace(decision.candidate, payload=b"false"))
    assert [e.flaw for e in of(tell(consensus, false), Ignored)] == [Flaw.PAYLOAD]


def _heading(proposal: Proposal, **change: Any) -> Proposal:
    return replace(proposal, heading=replace(proposal.heading, **change))


def _block(proposal: Proposal, **change: Any) -> Proposal:
    return replace(
        proposal,
        candidate=replace(proposal.candidate, block=replace(proposal.candidate.block, **change)),
    )


HEADING_CHANGES: list[tuple[dict[str, Any], Flaw]] = [
    ({"round": 1}, Flaw.PROPOSER),
    ({"valid_round": 0}, Flaw.ROUND),
    ({"choice": Choice(2, Hash32(bytes(31) + b"\x01"))}, Flaw.SLOT),
    ({"choice": OTHER}, Flaw.ROOT),
    ({"choice": NIL}, Flaw.SLOT),
    ({"validator": 99}, Flaw.PROPOSER),
    ({"signature": bytes(96)}, Flaw.SIGNATURE),
]


@pytest.mark.parametrize(("change", "flaw"), HEADING_CHANGES)
def test_a_proposal_with_another_heading_is_refused(change: dict[str, Any], flaw: Flaw) -> None:
    committee = Committee()
    consensus, _, _ = follower(committee)
    effects = tell(consensus, _heading(committee.proposal(committee.candidate()), **change))
    assert [effect.flaw for effect in of(effects, Ignored)] == [flaw]
    assert not votes_in(effects)


@pytest.mark.parametrize(
    ("change", "flaw"),
    [
        ({"height": 7}, Flaw.HEIGHT),
        ({"parent_root": Hash32(bytes(32))}, Flaw.PARENT),
        ({"slot": 0}, Flaw.PARENT),
        ({"incarnation": 1}, Flaw.PARENT),
        ({"proposer": 9}, Flaw.PROPOSER),
        ({"zones_root": Hash32(bytes(32))}, Flaw.PAYLOAD),
    ],
)
def test_a_block_that_cannot_follow_is_refused_though_its_leader_signed_it(
    change: dict[str, Any], flaw: Flaw
) -> None:
    committee = Committee()
    consensus, _, _ = follower(committee)
    candidate = committee.candidate()
    wrong = replace(candidate, block=replace(candidate.block, **change))
    proposal = committee.proposal(wrong) if "height" not in change else None
    if proposal is None:
        leader = committee.leader()
        honest = committee.proposal(candidate).heading
        heading = replace(honest, choice=wrong.choice).signed(
            DOMAIN, committee.scheme, committee.secrets[leader]
        )
        proposal = Proposal(heading, wrong)
    effects = tell(consensus, proposal)
    assert [effect.flaw for effect in of(effects, Ignored)] == [flaw]


@pytest.mark.parametrize(
    "field", ["height", "parent_root", "slot", "incarnation", "proposer", "zones_root", "validators_root"]
)
def test_a_block_changed_on_its_way_is_refused(field: str) -> None:
    committee = Committee()
    consensus, _, _ = follower(committee)
    proposal = committee.proposal(committee.candidate())
    value = getattr(proposal.candidate.block, field)
    changed = _block(proposal, **{field: value + 1 if isinstance(value, int) else Hash32(b"\x09" * 32)})
    flaws = [effect.flaw for effect in of(tell(consensus, changed), Ignored)]
    assert flaws == [Flaw.SLOT if field == "slot" else Flaw.ROOT]


@pytest.mark.parametrize(
    ("change", "flaw"),
    [
        ({"validator": 7}, Flaw.VALIDATOR),
        ({"validator": 0}, Flaw.SIGNATURE),
        ({"kind": PRECOMMIT}, Flaw.SIGNATURE),
        ({"round": 1}, Flaw.SIGNATURE),
        ({"choice": OTHER}, Flaw.SIGNATURE),
        ({"signature": bytes(96)}, Flaw.SIGNATURE),
    ],
)
def test_a_vote_that_its_validator_did_not_give_is_refused(change: dict[str, Any], flaw: Flaw) -> None:
    committee = Committee()
    consensus = committee.consensus(3)
    consensus.begin(committee.height())
    effects = tell(consensus, replace(committee.vote(1, PREVOTE, NIL), **change), sender=5)
    assert [(e.sender, e.flaw) for e in of(effects, Ignored)] == [(5, flaw)]


def test_a_decision_without_two_thirds_or_for_another_parent_is_refused() -> None:
    committee = Committee()
    decision = committee.decide(1)
    consensus, _, _ = follower(committee)
    few = replace(decision.certificate, signers=b"\x03")
    assert _flaws(consensus, replace(decision, certificate=few)) == [Flaw.STAKE]
    prevotes = replace(decision.certificate, kind=PREVOTE)
    assert _flaws(consensus, replace(decision, certificate=prevotes)) == [Flaw.KIND]
    wrong = replace(decision.candidate.block, parent_root=Hash32(bytes(32)))
    assert _flaws(consensus, replace(decision, candidate=replace(decision.candidate, block=wrong))) == [
        Flaw.PARENT
    ]
    assert of(tell(consensus, decision), Decided)


def _flaws(consensus: Consensus, decision: Decision) -> list[Flaw]:
    return [effect.flaw for effect in of(tell(consensus, decision), Ignored)]
