"""BLS signatures of the reference and of the kernel, against the draft's other implementation, and what they
refuse."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py_ecc.bls import G2ProofOfPossession

from devnet.chain.types import Hash32
from devnet.settlement.bls import uncompressed_key, uncompressed_signature
from devnet.settlement.key_derivation import GROUP_ORDER
from devnet.settlement.signatures import SignatureScheme
from tests.settlement.bls_schemes import BLS_SCHEMES, REFERENCE

SECRETS = [REFERENCE.make_secret(bytes([number]) * 32) for number in range(5)]
KEYS = [REFERENCE.public_key(secret) for secret in SECRETS]
MESSAGE = Hash32(b"\x5a" * 32)
SIGNATURES = [REFERENCE.sign(secret, MESSAGE) for secret in SECRETS]
INFINITY = b"\xc0" + bytes(95)


@pytest.fixture(scope="module", params=BLS_SCHEMES)
def scheme(request: pytest.FixtureRequest) -> SignatureScheme:
    return BLS_SCHEMES[request.param]


def test_secrets_are_those_of_eip_2333(scheme: SignatureScheme) -> None:
    seed = bytes.fromhex(
        "c55257c360c07c72029aebc1b53c05ed0362ada38ead3e3e9efa3708e53495531f09a6987599d18264c1e1c92f2cf141"
        "630c7a3c4ab7c81b2f001698e7463b04"
    )
    master = 6083874454709270928345386274498605044986640685124978867557563392430687146096
    assert int.from_bytes(scheme.make_secret(seed)) == master
    with pytest.raises(ValueError, match="at least 32"):
        scheme.make_secret(bytes(31))


@pytest.mark.parametrize("index", range(2))
def test_keys_signatures_and_proofs_are_those_of_another_implementation(
    scheme: SignatureScheme, index: int
) -> None:
    number = int.from_bytes(SECRETS[index])
    assert KEYS[index] == G2ProofOfPossession.SkToPk(number)
    assert SIGNATURES[index] == G2ProofOfPossession.Sign(number, MESSAGE)
    assert scheme.prove_possession(SECRETS[index]) == G2ProofOfPossession.PopProve(number)


def test_an_aggregate_is_that_of_another_implementation_which_accepts_it(scheme: SignatureScheme) -> None:
    total = scheme.aggregate(SIGNATURES[:3])
    assert total == G2ProofOfPossession.Aggregate(SIGNATURES[:3])
    assert G2ProofOfPossession.FastAggregateVerify(KEYS[:3], MESSAGE, total)
    assert scheme.verify_aggregate(KEYS[:3], MESSAGE, total)


def test_a_signature_holds_for_its_key_and_message_only(scheme: SignatureScheme) -> None:
    assert scheme.verify(KEYS[0], MESSAGE, SIGNATURES[0])
    assert not scheme.verify(KEYS[1], MESSAGE, SIGNATURES[0])
    assert not scheme.verify(KEYS[0], Hash32(bytes(32)), SIGNATURES[0])
    assert not scheme.verify(KEYS[0], MESSAGE, SIGNATURES[1])


@settings(max_examples=6, deadline=None)
@given(st.permutations(range(5)), st.integers(1, 5))
def test_an_aggregate_holds_for_exactly_its_signers(
    scheme: SignatureScheme, order: list[int], count: int
) -> None:
    members = order[:count]
    total = scheme.aggregate([SIGNATURES[index] for index in members])
    assert total == scheme.aggregate([SIGNATURES[index] for index in sorted(members)])
    assert scheme.verify_aggregate([KEYS[index] for index in members], MESSAGE, total)
    fewer = [KEYS[index] for index in members[1:]]
    more = [KEYS[index] for index in [*members, order[0]]]
    assert not scheme.verify_aggregate(fewer, MESSAGE, total)
    assert not scheme.verify_aggregate(more, MESSAGE, total)


def test_possession_is_proven_of_one_key_and_is_no_signature(scheme: SignatureScheme) -> None:
    proof = scheme.prove_possession(SECRETS[0])
    assert scheme.verify_possession(KEYS[0], proof)
    assert not scheme.verify_possession(KEYS[1], proof)
    assert not scheme.verify_possession(KEYS[0], SIGNATURES[0])


def test_infinity_is_neither_key_nor_signature(scheme: SignatureScheme) -> None:
    key = b"\xc0" + bytes(47)
    assert not scheme.verify(key, MESSAGE, INFINITY)
    assert not scheme.verify_possession(key, INFINITY)
    assert not scheme.verify_aggregate([key], MESSAGE, INFINITY)
    # Two keys that cancel each other out, under which infinity would be a signature on anything.
    opposite = scheme.public_key((GROUP_ORDER - int.from_bytes(SECRETS[0])).to_bytes(32))
    assert not scheme.verify_aggregate([KEYS[0], opposite], MESSAGE, INFINITY)
    assert not scheme.verify_aggregate([KEYS[0], opposite, KEYS[1]], MESSAGE, SIGNATURES[0])
    assert scheme.verify_aggregate([KEYS[0], opposite, KEYS[1]], MESSAGE, SIGNATURES[1])


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([48, 96]), st.data())
def test_every_other_encoding_of_a_point_is_refused(
    scheme: SignatureScheme, size: int, data: st.DataObject
) -> None:
    honest = KEYS[0] if size == 48 else SIGNATURES[0]
    bit = data.draw(st.integers(0, 8 * size - 1))
    changed = bytearray(honest)
    changed[bit // 8] ^= 1 << bit % 8
    if size == 48:
        assert not scheme.verify(bytes(changed), MESSAGE, SIGNATURES[0])
    else:
        assert not scheme.verify(KEYS[0], MESSAGE, bytes(changed))


@pytest.mark.parametrize("junk", [b"", bytes(48), bytes(96), b"\xff" * 48, b"\xff" * 96, b"\x80" + bytes(95)])
def test_bytes_that_are_no_point_are_no_signature(scheme: SignatureScheme, junk: bytes) -> None:
    assert not scheme.verify(junk, MESSAGE, SIGNATURES[0])
    assert not scheme.verify(KEYS[0], MESSAGE, junk)
    assert not scheme.verify_possession(KEYS[0], junk)
    assert not scheme.verify_aggregate([KEYS[0], junk], MESSAGE, SIGNATURES[0])
    assert not scheme.verify_aggregate(KEYS, MESSAGE, junk)
    with pytest.raises(ValueError, match="no signature"):
        scheme.aggregate([SIGNATURES[0], junk])
    with pytest.raises(ValueError, match="no signature"):
        uncompressed_signature(junk)
    with pytest.raises(ValueError, match="no public key"):
        uncompressed_key(junk)


def test_nobody_signs_nothing(scheme: SignatureScheme) -> None:
    assert not scheme.verify_aggregate([], MESSAGE, SIGNATURES[0])
    with pytest.raises(ValueError, match="nothing"):
        scheme.aggregate([])


@pytest.mark.parametrize("number", [0, GROUP_ORDER, (1 << 256) - 1])
def test_a_number_outside_the_group_is_no_secret(scheme: SignatureScheme, number: int) -> None:
    with pytest.raises(ValueError, match="secret"):
        scheme.sign(number.to_bytes(32), MESSAGE)
    with pytest.raises(ValueError, match="secret"):
        scheme.public_key(number.to_bytes(32))


def test_uncompressed_points_say_what_the_compressed_ones_say() -> None:
    field = 0x1A0111EA397FE69A4B1BA7B6434BACD764774B84F38512BF6730D2A0F6B0F6241EABFFFEB153FFFFB9FEFFFFFFFFAAAB
    for key, signature in zip(KEYS, SIGNATURES, strict=True):
        point = uncompressed_key(key)
        x, y = int.from_bytes(point[:64]), int.from_bytes(point[64:])
        assert len(point) == 128
        assert (y * y - x**3 - 4) % field == 0
        larger = 0x20 if y > (field - 1) // 2 else 0
        assert key == bytes([0x80 | larger | x.to_bytes(48)[0]]) + x.to_bytes(48)[1:]
        halves = uncompressed_signature(signature)
        c0, c1 = int.from_bytes(halves[:64]), int.from_bytes(halves[64:128])
        assert len(halves) == 256
        assert bytes([signature[0] & 0x1F]) + signature[1:] == c1.to_bytes(48) + c0.to_bytes(48)
