"""Votes and certificates: what holds, and that every other bit is refused by the name of its flaw."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import py_arkworks_bls12381 as ark
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.chain.hash_tree import fields_root
from devnet.chain.keccak import keccak256
from devnet.chain.rlp import Decoded, decode, encode
from devnet.chain.types import ZERO_HASH, Hash32
from devnet.chain.validator_set import ValidatorSet
from devnet.settlement.bls import SIGNING_DOMAIN, uncompressed_key, uncompressed_signature
from devnet.settlement.certificate import (
    CERTIFICATE_SIZE_LIMIT,
    Certificate,
    certify,
    decode_certificate,
    signers_bitmap,
)
from devnet.settlement.flaws import Flaw, Refused
from devnet.settlement.votes import NIL, Choice, SigningDomain, Vote, VoteKind, decode_vote, vote_hash
from tests.settlement.voting import BLOCK, CHOICE, DOMAIN, SCHEME, SET, STAKES, vote, votes

MEMBERS = (0, 2, 4, 6, 3)
"""24 of 33."""
CERTIFICATE = certify(votes(MEMBERS), SET, SCHEME)
VOTE = vote(4)


def flaw_of(check: Callable[[], Any]) -> Flaw | None:
    try:
        check()
    except Refused as refused:
        return refused.flaw
    return None


def test_a_certificate_of_two_thirds_makes_a_block_final() -> None:
    CERTIFICATE.verify_block(BLOCK, DOMAIN, SET, SCHEME)
    assert CERTIFICATE.members == tuple(sorted(MEMBERS))
    assert decode_certificate(CERTIFICATE.encode()) == CERTIFICATE


@settings(max_examples=25, deadline=None)
@given(st.sets(st.integers(0, 8), min_size=1))
def test_only_more_than_two_thirds_of_the_stake_certify(members: set[int]) -> None:
    certificate = certify(votes(sorted(members)), SET, SCHEME)
    enough = 3 * sum(STAKES[index] for index in members) > 2 * sum(STAKES)
    expected = None if enough else Flaw.STAKE
    assert flaw_of(lambda: certificate.verify(DOMAIN, SET, SCHEME)) is expected


def test_exactly_two_thirds_are_not_enough() -> None:
    members = (4, 6, 0, 2)
    assert sum(STAKES[index] for index in members) * 3 == 2 * sum(STAKES)
    assert flaw_of(lambda: certify(votes(members), SET, SCHEME).verify(DOMAIN, SET, SCHEME)) is Flaw.STAKE


OTHER = Hash32(b"\x77" * 32)


@pytest.mark.parametrize(
    ("change", "flaw"),
    [
        ({"kind": VoteKind.PREVOTE}, Flaw.KIND),
        ({"height": 13}, Flaw.HEIGHT),
        ({"round": 3}, Flaw.SIGNATURE),
        ({"choice": Choice(41, BLOCK.root)}, Flaw.SLOT),
        ({"choice": Choice(40, OTHER)}, Flaw.ROOT),
        ({"signers": signers_bitmap((*MEMBERS, 8), 9)}, Flaw.SIGNATURE),
        ({"signers": signers_bitmap((0, 2, 4, 6, 5), 9)}, Flaw.SIGNATURE),
        ({"signers": signers_bitmap((0, 2, 4, 6), 9)}, Flaw.STAKE),
        ({"signers": CERTIFICATE.signers + b"\0"}, Flaw.BITMAP),
        ({"signers": CERTIFICATE.signers[:1]}, Flaw.BITMAP),
        ({"signers": CERTIFICATE.signers[:1] + b"\x80"}, Flaw.BITMAP),
        ({"signature": VOTE.signature}, Flaw.SIGNATURE),
        ({"signature": b"\xc0" + bytes(95)}, Flaw.SIGNATURE),
        ({"signature": bytes(96)}, Flaw.SIGNATURE),
    ],
)
def test_a_certificate_with_another_field_is_refused(change: dict[str, Any], flaw: Flaw) -> None:
    changed = replace(CERTIFICATE, **change)
    assert flaw_of(lambda: changed.verify_block(BLOCK, DOMAIN, SET, SCHEME)) is flaw


@pytest.mark.parametrize(
    ("change", "flaw"),
    [
        ({"height": 13}, Flaw.HEIGHT),
        ({"slot": 41}, Flaw.SLOT),
        ({"incarnation": 4}, Flaw.PARENT),
        ({"parent_root": OTHER}, Flaw.ROOT),
        ({"proposer": 5}, Flaw.ROOT),
        ({"zones_root": OTHER}, Flaw.ROOT),
        ({"validators_root": OTHER}, Flaw.ROOT),
    ],
)
def test_a_certificate_makes_no_other_block_final(change: dict[str, Any], flaw: Flaw) -> None:
    block = replace(BLOCK, **change)
    assert flaw_of(lambda: CERTIFICATE.verify_block(block, DOMAIN, SET, SCHEME)) is flaw


def test_a_certificate_holds_in_its_network_and_incarnation_and_for_its_set_only() -> None:
    for domain in (SigningDomain(OTHER, 3), SigningDomain(DOMAIN.network, 4)):
        assert flaw_of(lambda domain=domain: CERTIFICATE.verify(domain, SET, SCHEME)) is Flaw.SIGNATURE
    swapped = ValidatorSet((SET.validators[2], SET.validators[1], SET.validators[0], *SET.validators[3:]))
    CERTIFICATE.verify(DOMAIN, swapped, SCHEME)  # Both signed: the same keys in sum.
    others = ValidatorSet((SET.validators[1], SET.validators[0], *SET.validators[2:]))
    assert flaw_of(lambda: CERTIFICATE.verify(DOMAIN, others, SCHEME)) is Flaw.STAKE
    assert flaw_of(lambda: CERTIFICATE.verify(DOMAIN, ValidatorSet(()), SCHEME)) is Flaw.BITMAP


def test_nothing_is_certified_by_votes_for_nothing() -> None:
    nil = certify([vote(index, choice=NIL) for index in MEMBERS], SET, SCHEME)
    assert flaw_of(lambda: nil.verify(DOMAIN, SET, SCHEME)) is Flaw.NIL
    half = replace(CERTIFICATE, choice=Choice(40, ZERO_HASH))
    assert flaw_of(lambda: half.verify(DOMAIN, SET, SCHEME)) is Flaw.NIL


def test_votes_for_different_things_and_votes_twice_make_no_certificate() -> None:
    with pytest.raises(ValueError, match="different"):
        certify([vote(0), vote(1, VoteKind.PREVOTE)], SET, SCHEME)
    with pytest.raises(ValueError, match="twice"):
        certify([vote(0), vote(0)], SET, SCHEME)
    with pytest.raises(ValueError, match="no votes"):
        certify([], SET, SCHEME)


def test_a_vote_is_its_validators() -> None:
    VOTE.verify(DOMAIN, SET, SCHEME)
    assert decode_vote(VOTE.encode()) == VOTE


@pytest.mark.parametrize(
    ("change", "flaw"),
    [
        ({"kind": VoteKind.PREVOTE}, Flaw.SIGNATURE),
        ({"height": 13}, Flaw.SIGNATURE),
        ({"round": 1}, Flaw.SIGNATURE),
        ({"choice": Choice(41, BLOCK.root)}, Flaw.SIGNATURE),
        ({"choice": Choice(40, OTHER)}, Flaw.SIGNATURE),
        ({"choice": NIL}, Flaw.SIGNATURE),
        ({"choice": Choice(40, ZERO_HASH)}, Flaw.NIL),
        ({"validator": 5}, Flaw.SIGNATURE),
        ({"validator": 9}, Flaw.VALIDATOR),
        ({"validator": -1}, Flaw.VALIDATOR),
        ({"signature": CERTIFICATE.signature}, Flaw.SIGNATURE),
        ({"signature": b""}, Flaw.SIGNATURE),
    ],
)
def test_a_vote_with_another_field_is_refused(change: dict[str, Any], flaw: Flaw) -> None:
    assert flaw_of(lambda: replace(VOTE, **change).verify(DOMAIN, SET, SCHEME)) is flaw


def test_a_prevote_is_no_precommit_whatever_else_is_the_same() -> None:
    prevotes = certify(votes(MEMBERS, VoteKind.PREVOTE), SET, SCHEME)
    prevotes.verify(DOMAIN, SET, SCHEME)
    assert flaw_of(lambda: prevotes.verify_block(BLOCK, DOMAIN, SET, SCHEME)) is Flaw.KIND
    disguised = replace(prevotes, kind=VoteKind.PRECOMMIT)
    assert flaw_of(lambda: disguised.verify_block(BLOCK, DOMAIN, SET, SCHEME)) is Flaw.SIGNATURE


def _change_item(data: bytes, place: int, value: Decoded) -> bytes:
    items = decode(data)
    assert isinstance(items, list)
    return encode([*items[:place], value, *items[place + 1 :]])


@pytest.mark.parametrize(
    ("place", "value", "flaw"),
    [
        (0, b"\x03", Flaw.KIND),
        (0, b"", Flaw.KIND),
        (1, b"\x01" + bytes(8), Flaw.MALFORMED),
        (1, b"\x00\x01", Flaw.MALFORMED),
        (2, b"\x01" + bytes(4), Flaw.MALFORMED),
        (3, b"\x01" + bytes(8), Flaw.MALFORMED),
        (4, bytes(31), Flaw.MALFORMED),
        (4, bytes(32), Flaw.NIL),
        (6, bytes(95), Flaw.MALFORMED),
        (6, [], Flaw.MALFORMED),
    ],
)
def test_records_out_of_range_are_not_decoded(place: int, value: Decoded, flaw: Flaw) -> None:
    assert flaw_of(lambda: decode_vote(_change_item(VOTE.encode(), place, value))) is flaw
    assert flaw_of(lambda: decode_certificate(_change_item(CERTIFICATE.encode(), place, value))) is flaw


def test_sizes_are_limited() -> None:
    assert flaw_of(lambda: decode_vote(bytes(257))) is Flaw.TOO_LARGE
    assert flaw_of(lambda: decode_certificate(bytes(CERTIFICATE_SIZE_LIMIT + 1))) is Flaw.TOO_LARGE
    bitmap = _change_item(CERTIFICATE.encode(), 5, bytes(8193))
    assert flaw_of(lambda: decode_certificate(bitmap)) is Flaw.BITMAP
    index = _change_item(VOTE.encode(), 5, b"\x01\0\0")
    assert flaw_of(lambda: decode_vote(index)) is Flaw.MALFORMED


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_no_changed_byte_of_a_certificate_or_a_vote_holds(data: st.DataObject) -> None:
    is_vote = data.draw(st.booleans())
    encoded = bytearray(VOTE.encode() if is_vote else CERTIFICATE.encode())
    place = data.draw(st.integers(0, len(encoded) - 1))
    encoded[place] ^= data.draw(st.integers(1, 255))

    def check() -> None:
        if is_vote:
            decode_vote(bytes(encoded)).verify(DOMAIN, SET, SCHEME)
        else:
            decode_certificate(bytes(encoded)).verify_block(BLOCK, DOMAIN, SET, SCHEME)

    assert flaw_of(check) is not None


@given(st.binary(max_size=300))
def test_any_bytes_are_decoded_or_refused(data: bytes) -> None:
    for read in (decode_vote, decode_certificate):
        try:
            decoded = read(data)
        except Refused:
            continue
        assert decoded.encode() == data


@given(st.sets(st.integers(0, 99)), st.integers(100, 120))
def test_a_bitmap_gives_back_its_members(members: set[int], count: int) -> None:
    bitmap = signers_bitmap(members, count)
    assert len(bitmap) == (count + 7) // 8
    assert Certificate(VoteKind.PREVOTE, 1, 0, CHOICE, bitmap, b"").members == tuple(sorted(members))


def test_the_signed_hash_is_the_tree_of_eight_fields_in_the_documents_order() -> None:
    fields = (keccak256(b"zero settlement vote 1"), DOMAIN.network, 3, 2, 12, 40, 2, BLOCK.root)
    assert VOTE.signed_hash(DOMAIN) == fields_root(fields)
    assert vote(1, VoteKind.PREVOTE, NIL).signed_hash(DOMAIN) == fields_root(
        (keccak256(b"zero settlement vote 1"), DOMAIN.network, 3, 1, 12, 0, 2, ZERO_HASH)
    )


def test_a_contract_can_check_a_certificate_with_eip_2537() -> None:
    """The steps of docs/consensus.md, "In a contract", with the operations that the precompiles offer."""
    message = vote_hash(DOMAIN, VoteKind.PRECOMMIT, BLOCK.height, CERTIFICATE.round, CHOICE)
    total = ark.G1Point.identity()
    for index in CERTIFICATE.members:
        total = total + _g1(uncompressed_key(SET.validators[index].public_key))
    hashed = _hash_to_g2(message, SIGNING_DOMAIN)
    signature = _g2(uncompressed_signature(CERTIFICATE.signature))
    assert ark.GT.pairing_check([total, -ark.G1Point()], [hashed, signature])
    assert not ark.GT.pairing_check(
        [total, -ark.G1Point()], [_hash_to_g2(bytes(32), SIGNING_DOMAIN), signature]
    )


_FIELD = 0x1A0111EA397FE69A4B1BA7B6434BACD764774B84F38512BF6730D2A0F6B0F6241EABFFFEB153FFFFB9FEFFFFFFFFAAAB


def _g1(data: bytes) -> Any:
    return ark.G1Point.from_xy_bytes_unchecked_be(data[16:64] + data[80:])


def _g2(data: bytes) -> Any:
    return ark.G2Point.from_xy_bytes_be(
        b"".join(data[start + 16 : start + 64] for start in range(0, 256, 64))
    )


def _hash_to_g2(message: bytes, tag: bytes) -> Any:
    """RFC 9380: expand_message_xmd to 256 bytes, two elements, MAP_FP2_TO_G2 of each, G2ADD."""
    suffix = tag + bytes([len(tag)])
    first = hashlib.sha256(bytes(64) + message + (256).to_bytes(2) + b"\0" + suffix).digest()
    blocks = [hashlib.sha256(first + b"\x01" + suffix).digest()]
    for number in range(2, 9):
        mixed = bytes(a ^ b for a, b in zip(first, blocks[-1], strict=True))
        blocks.append(hashlib.sha256(mixed + bytes([number]) + suffix).digest())
    data = b"".join(blocks)
    parts = [(int.from_bytes(data[start : start + 64]) % _FIELD).to_bytes(48) for start in range(0, 256, 64)]
    return ark.G2Point.map_from_fp2_be(parts[0] + parts[1]) + ark.G2Point.map_from_fp2_be(parts[2] + parts[3])


def test_a_vote_is_encoded_as_the_documents_say() -> None:
    assert decode(VOTE.encode()) == [b"\x02", b"\x0c", b"\x02", b"\x28", BLOCK.root, b"\x04", VOTE.signature]
    assert isinstance(VOTE, Vote)
