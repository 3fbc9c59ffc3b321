"""Evidence: two statements that contradict each other, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.chain.types import Hash32
from devnet.settlement.evidence import Evidence, EvidenceBook, decode_evidence, evidence_of
from devnet.settlement.flaws import Flaw
from devnet.settlement.proposal import NO_ROUND, Heading
from devnet.settlement.votes import NIL, Choice, SigningDomain, Vote, VoteKind
from tests.settlement.test_certificate import flaw_of
from tests.settlement.voting import BLOCK, CHOICE, DOMAIN, SCHEME, SECRETS, SET, vote

OTHER = Choice(41, Hash32(b"\x77" * 32))
VOTES = evidence_of(3, vote(4), vote(4, choice=OTHER))


def heading(choice: Choice = CHOICE, valid_round: int = NO_ROUND) -> Heading:
    return Heading(BLOCK.height, 2, valid_round, choice, 4).signed(DOMAIN, SCHEME, SECRETS[4])


@pytest.mark.parametrize(
    "evidence",
    [
        VOTES,
        evidence_of(3, vote(4), vote(4, choice=NIL)),
        evidence_of(3, heading(), heading(OTHER)),
        evidence_of(3, heading(), heading(valid_round=1)),
    ],
)
def test_who_contradicts_himself_is_convicted_by_his_own_signatures(evidence: Evidence) -> None:
    evidence.verify(DOMAIN, SET, SCHEME)
    assert evidence.validator == 4
    assert evidence.height == BLOCK.height
    assert decode_evidence(evidence.encode()) == evidence
    assert evidence_of(3, evidence.second, evidence.first) == evidence


@pytest.mark.parametrize(
    ("evidence", "flaw"),
    [
        (Evidence(3, vote(4), vote(4)), Flaw.SAME),
        (Evidence(3, vote(4), vote(5, choice=OTHER)), Flaw.SAME),
        (Evidence(3, vote(4), vote(4, VoteKind.PREVOTE, OTHER)), Flaw.SAME),
        (Evidence(3, vote(4), heading(OTHER)), Flaw.SAME),
        (replace(VOTES, incarnation=2), Flaw.PARENT),
        (replace(VOTES, first=replace(VOTES.first, signature=bytes(96))), Flaw.SIGNATURE),
        (replace(VOTES, second=replace(VOTES.second, signature=VOTES.first.signature)), Flaw.SIGNATURE),
        (Evidence(3, *(replace(v, validator=9) for v in (VOTES.first, VOTES.second))), Flaw.VALIDATOR),
        (Evidence(3, *(replace(v, validator=5) for v in (VOTES.first, VOTES.second))), Flaw.SIGNATURE),
        (Evidence(3, *(replace(v, round=9) for v in (VOTES.first, VOTES.second))), Flaw.SIGNATURE),
    ],
)
def test_nobody_is_convicted_by_anything_else(evidence: Evidence, flaw: Flaw) -> None:
    assert flaw_of(lambda: evidence.verify(DOMAIN, SET, SCHEME)) is flaw


def test_evidence_of_another_network_or_set_convicts_nobody() -> None:
    elsewhere = SigningDomain(Hash32(b"\x09" * 32), 3)
    assert flaw_of(lambda: VOTES.verify(elsewhere, SET, SCHEME)) is Flaw.SIGNATURE
    shifted = replace(SET, validators=SET.validators[1:])
    assert flaw_of(lambda: VOTES.verify(DOMAIN, shifted, SCHEME)) is Flaw.SIGNATURE


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_changed_byte_of_evidence_holds(data: st.DataObject) -> None:
    encoded = bytearray(VOTES.encode())
    encoded[data.draw(st.integers(0, len(encoded) - 1))] ^= data.draw(st.integers(1, 255))
    assert flaw_of(lambda: decode_evidence(bytes(encoded)).verify(DOMAIN, SET, SCHEME)) is not None


@given(st.binary(max_size=600))
def test_any_bytes_are_evidence_or_refused(data: bytes) -> None:
    decoded: Any = []
    if flaw_of(lambda: decoded.append(decode_evidence(data))) is None:
        assert decoded[0].encode() == data


def _evidence(incarnation: int, height: int, validator: int, round_: int = 0) -> Evidence:
    one, other = (
        Vote(VoteKind.PREVOTE, height, round_, choice, validator, bytes(96)) for choice in (CHOICE, OTHER)
    )
    return evidence_of(incarnation, one, other)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 6), st.integers(0, 3), st.integers(0, 2))))
def test_the_book_keeps_one_piece_a_validator_and_height_and_the_newest_of_all(
    found: list[tuple[int, int, int, int]],
) -> None:
    book = EvidenceBook(limit=5)
    for place in found:
        book.add(_evidence(*place))
    kept = [(e.incarnation, e.height, e.validator) for e in book]
    assert kept == sorted({place[:3] for place in found})[-5:]
    assert len(book) == len(kept)
    assert not any(book.add(_evidence(*place, 9)) for place in kept)
