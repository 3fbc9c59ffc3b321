"""Whatever is sent, a validator keeps only so much of it, and goes on."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.chain.types import Hash32
from devnet.settlement.consensus.effects import Decided, Ignored
from devnet.settlement.consensus.events import Wake
from devnet.settlement.consensus.messages import Status
from devnet.settlement.consensus.tally import ROUNDS_AHEAD, ROUNDS_BEHIND, Tally
from devnet.settlement.consensus.wire import decode_message, encode_message
from devnet.settlement.flaws import Refused
from devnet.settlement.proposal import PAYLOAD_LIMIT, Candidate
from devnet.settlement.votes import NIL, ROUND_LIMIT, Choice, Vote, VoteKind
from tests.settlement.committee import Committee, of, tell

OTHER = Choice(1, Hash32(b"\x77" * 32))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(VoteKind),
            st.one_of(st.integers(0, 40), st.integers(0, ROUND_LIMIT - 1)),
            st.sampled_from([NIL, OTHER]),
            st.integers(0, 3),
        ),
        max_size=200,
    ),
    st.lists(st.integers(0, 40), max_size=10).map(sorted),
)
def test_a_tally_has_room_for_so_many_votes_only(
    cast: list[tuple[VoteKind, int, Choice, int]], rounds: list[int]
) -> None:
    committee = Committee()
    tally = Tally(committee.set)
    current = 0
    places = [len(cast) * place // (len(rounds) + 1) for place in range(1, len(rounds) + 1)]
    for number, (kind, round_, choice, validator) in enumerate(cast):
        while places and number >= places[0]:
            places.pop(0)
            current = max(current, rounds.pop(0))
            tally.enter(current)
        vote = Vote(kind, 1, round_, choice, validator)
        if choice not in tally.said(vote) and tally.wants(vote, current):
            tally.add(vote, current)
            assert choice in tally.said(vote)
    # Both kinds, both choices, every validator, every round in reach, and the far ones.
    assert len(tally) <= 2 * 2 * 4 * (ROUNDS_BEHIND + 1 + ROUNDS_AHEAD) + 2 * 4


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 40), st.integers(0, 30)), max_size=60))
def test_after_any_flood_the_height_is_decided_all_the_same(flood: list[tuple[int, int, int]]) -> None:
    committee = Committee()
    index = committee.followers()[0]
    liar, *honest = [other for other in range(4) if other != index]
    consensus = committee.consensus(index)
    consensus.begin(committee.height())
    consensus.handle(Wake(1))
    for sender, round_, height in flood:
        claimed = committee.vote(liar, VoteKind.PREVOTE, OTHER, round_ * round_, height)
        tell(consensus, claimed, replace(claimed, validator=honest[0]), Status(height, round_), sender=sender)
    candidate = committee.candidate()
    effects = tell(consensus, committee.proposal(candidate))
    for kind in VoteKind:
        effects += tell(consensus, *[committee.vote(o, kind, candidate.choice) for o in honest])
    assert of(effects, Decided)


def test_early_messages_have_room_for_each_sender_and_payloads_for_all_together() -> None:
    committee = Committee()
    consensus = committee.consensus(committee.followers()[0])
    consensus.begin(committee.height())
    decision = committee.decide(1)
    whole = Candidate(committee.candidate(2).block, bytes(PAYLOAD_LIMIT // 2))
    big = committee.proposal(whole)
    for sender in range(1000):
        tell(consensus, big, committee.vote(1, VoteKind.PREVOTE, OTHER, sender, 2), sender=sender)
        for round_ in range(20):
            tell(consensus, committee.vote(1, VoteKind.PREVOTE, OTHER, round_, 2), sender=7)
    tell(consensus, decision)
    effects = consensus.begin(committee.height(2))
    # Two of the proposals had room; their payload is none of this block.
    assert [ignored.flaw.value for ignored in of(effects, Ignored)] == ["payload", "payload"]


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 3), st.data())
def test_messages_changed_on_their_way_are_refused_or_ignored(which: int, data: st.DataObject) -> None:
    committee = Committee()
    index = committee.followers()[0]
    consensus = committee.consensus(index)
    consensus.begin(committee.height())
    other = next(other for other in range(4) if other != index)
    message = [
        committee.vote(other, VoteKind.PREVOTE, NIL),
        committee.proposal(committee.candidate()),
        committee.decide(1),
        Status(1, 3, True, b"\x01", b"\x02", Hash32(bytes(32))),
    ][which]
    encoded = bytearray(encode_message(message))
    encoded[data.draw(st.integers(0, len(encoded) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        changed = decode_message(bytes(encoded))
    except Refused:
        return
    assert changed != message
    effects = tell(consensus, changed)
    assert not of(effects, Decided)
    assert all(isinstance(changed, Status) or not _is_vote(effect) for effect in effects)


def _is_vote(effect: object) -> bool:
    return isinstance(getattr(effect, "message", None), Vote)


@given(st.binary(max_size=400))
def test_any_bytes_are_a_message_or_refused(data: bytes) -> None:
    try:
        message = decode_message(data)
    except Refused:
        return
    assert encode_message(message) == data


def test_every_message_survives_its_encoding() -> None:
    committee = Committee()
    messages = [
        committee.vote(1, VoteKind.PRECOMMIT, OTHER, 7, 9),
        committee.vote(2, VoteKind.PREVOTE, NIL),
        committee.proposal(committee.candidate(), 4, valid_round=2),
        committee.decide(1),
        Status(5),
        Status(1, 3, True, b"\x01", b"\x02", Hash32(b"\x09" * 32)),
    ]
    for message in messages:
        assert decode_message(encode_message(message)) == message
