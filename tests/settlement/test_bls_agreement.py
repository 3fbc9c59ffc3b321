"""The kernel's BLS signatures and the reference's: the same bytes and answers, whatever they are shown."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.chain.types import Hash32
from devnet.kernel import absence
from devnet.settlement.bls import BlsSignatures, uncompressed_key, uncompressed_signature
from devnet.settlement.key_derivation import GROUP_ORDER
from devnet.settlement.native_bls import NativeBlsSignatures

pytestmark = pytest.mark.skipif(absence() is not None, reason="there is no kernel")

REFERENCE = BlsSignatures()
FIELD = 0x1A0111EA397FE69A4B1BA7B6434BACD764774B84F38512BF6730D2A0F6B0F6241EABFFFEB153FFFFB9FEFFFFFFFFAAAB
KEY, SIGNATURE = 48, 96

secrets = st.integers(1, GROUP_ORDER - 1).map(lambda number: number.to_bytes(32, "big"))
messages = st.binary(min_size=32, max_size=32).map(Hash32)
flags = st.sampled_from([0, 0x20, 0x40, 0x60, 0x80, 0xA0, 0xC0, 0xE0])


@pytest.fixture(scope="module")
def native() -> NativeBlsSignatures:
    return NativeBlsSignatures()


def coordinate(number: int, flag: int = 0) -> bytes:
    data = number.to_bytes(48, "big")
    return bytes([data[0] | flag]) + data[1:]


@st.composite
def encodings(draw: st.DrawFn, size: int) -> bytes:
    """Bytes that are nearly points: coordinates on and off the curve, outside the subgroup, at and above the
    field's order, under every flag, cut and prolonged."""
    count = size // 48
    low = draw(
        st.lists(
            st.one_of(
                st.integers(0, 12),
                st.integers(FIELD - 4, FIELD + 12),
                st.integers(0, FIELD - 1),
                st.integers(0, (1 << 381) - 1),
            ),
            min_size=count,
            max_size=count,
        )
    )
    data = coordinate(low[0], draw(flags)) + b"".join(coordinate(number) for number in low[1:])
    return data[: draw(st.sampled_from([size, size, size, size, size - 1, 0]))] + draw(
        st.sampled_from([b"", b"", b"", b"\0"])
    )


def verdicts(scheme: BlsSignatures | NativeBlsSignatures, key: bytes, signature: bytes) -> list[object]:
    """What a scheme says of a key and a signature, or with which words it refuses them."""
    message = Hash32(bytes(32))
    points = (
        (scheme.uncompressed_key, scheme.uncompressed_signature)
        if isinstance(scheme, NativeBlsSignatures)
        else (uncompressed_key, uncompressed_signature)
    )
    found: list[object] = [
        scheme.verify(key, message, signature),
        scheme.verify_possession(key, signature),
        scheme.verify_aggregate([key], message, signature),
        scheme.verify_aggregate([key, key], message, signature),
    ]
    for ask in (
        lambda: points[0](key),
        lambda: points[1](signature),
        lambda: scheme.aggregate([signature]),
        lambda: scheme.aggregate([signature, signature]),
    ):
        try:
            found.append(ask())
        except ValueError as error:
            found.append(str(error))
    return found


@settings(max_examples=25, deadline=None)
@given(st.lists(secrets, min_size=1, max_size=4), messages)
def test_both_sign_and_add_up_to_the_same_bytes(
    native: NativeBlsSignatures, drawn: list[bytes], message: Hash32
) -> None:
    keys = [REFERENCE.public_key(secret) for secret in drawn]
    signatures = [REFERENCE.sign(secret, message) for secret in drawn]
    assert [native.public_key(secret) for secret in drawn] == keys
    assert [native.sign(secret, message) for secret in drawn] == signatures
    assert native.prove_possession(drawn[0]) == REFERENCE.prove_possession(drawn[0])
    total = REFERENCE.aggregate(signatures)
    assert native.aggregate(signatures) == total
    assert native.verify_aggregate(keys, message, total)
    assert REFERENCE.verify_aggregate(keys, message, total)
    assert [native.uncompressed_key(key) for key in keys] == [uncompressed_key(key) for key in keys]
    assert native.uncompressed_signature(total) == uncompressed_signature(total)


@settings(max_examples=150, deadline=None)
@given(encodings(KEY), encodings(SIGNATURE))
def test_both_say_the_same_of_bytes_that_are_nearly_points(
    native: NativeBlsSignatures, key: bytes, signature: bytes
) -> None:
    assert verdicts(native, key, signature) == verdicts(REFERENCE, key, signature)


@settings(max_examples=40, deadline=None)
@given(secrets, st.integers(0, 8 * (KEY + SIGNATURE) - 1))
def test_both_say_the_same_of_points_with_one_bit_changed(
    native: NativeBlsSignatures, secret: bytes, bit: int
) -> None:
    both = bytearray(REFERENCE.public_key(secret) + REFERENCE.sign(secret, Hash32(bytes(32))))
    assert verdicts(native, bytes(both[:KEY]), bytes(both[KEY:]))[0] is True
    both[bit // 8] ^= 1 << bit % 8
    changed = bytes(both[:KEY]), bytes(both[KEY:])
    assert verdicts(native, *changed) == verdicts(REFERENCE, *changed)
    assert verdicts(native, *changed)[0] is False


def test_points_of_the_curve_outside_the_subgroup_are_refused(native: NativeBlsSignatures) -> None:
    """One point of the curve in some 10^37 is in the subgroup of prime order: none with a small x is."""
    on_curve = 0
    for x in range(1, 200):
        if pow(x**3 + 4, (FIELD - 1) // 2, FIELD) != 1:
            continue
        on_curve += 1
        key = coordinate(x, 0x80)
        with pytest.raises(ValueError, match="no public key"):
            native.uncompressed_key(key)
        with pytest.raises(ValueError, match="no public key"):
            uncompressed_key(key)
    assert on_curve > 50


@pytest.mark.parametrize("size", [0, 31, 33])
def test_both_refuse_the_same_secrets_with_the_same_words(native: NativeBlsSignatures, size: int) -> None:
    for secret in (bytes(32), GROUP_ORDER.to_bytes(32), b"\xff" * 32, b"\x01" * size):
        for ask in ("public_key", "prove_possession"):
            words = set()
            for scheme in (native, REFERENCE):
                with pytest.raises(ValueError, match="a secret is") as refused:
                    getattr(scheme, ask)(secret)
                words.add(str(refused.value))
            assert len(words) == 1


def test_keys_are_read_once_and_many_more_than_are_kept_do_no_harm(native: NativeBlsSignatures) -> None:
    """A key that was forgotten is read again; answers do not depend on what is kept."""
    message = Hash32(b"\x33" * 32)
    secret = REFERENCE.make_secret(bytes(32))
    key, signature = native.public_key(secret), native.sign(secret, message)
    assert native.verify(key, message, signature)
    others = [native.public_key(number.to_bytes(32, "big")) for number in range(1, 4200)]
    assert not native.verify_aggregate(others, message, signature)
    assert native.verify_aggregate([key], message, signature)
    total = native.aggregate([native.sign(number.to_bytes(32, "big"), message) for number in range(1, 60)])
    assert native.verify_aggregate(others[:59], message, total)
    assert not native.verify_aggregate(others[:58], message, total)
