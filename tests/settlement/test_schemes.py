"""The scheme of simulations behaves as the real one does; one that remembers answers as the one behind it."""

from __future__ import annotations

import pytest

from devnet.chain.types import Hash32
from devnet.settlement.remembering import RememberingSignatures
from devnet.settlement.signatures import PUBLIC_KEY_SIZE, SECRET_SIZE, SIGNATURE_SIZE, SignatureScheme
from devnet.settlement.simulation.keyed_hash import KeyedHash
from tests.settlement.bls_schemes import BLS_SCHEMES

MESSAGE = Hash32(b"\x5a" * 32)
SCHEMES: list[SignatureScheme] = [
    *BLS_SCHEMES.values(),
    KeyedHash(),
    RememberingSignatures(KeyedHash(), limit=3),
]


@pytest.fixture(params=SCHEMES, ids=lambda scheme: type(scheme).__name__)
def scheme(request: pytest.FixtureRequest) -> SignatureScheme:
    found: SignatureScheme = request.param
    return found


def test_a_scheme_keeps_its_contract(scheme: SignatureScheme) -> None:
    secrets = [scheme.make_secret(bytes([number]) * 40) for number in range(3)]
    keys = [scheme.public_key(secret) for secret in secrets]
    signatures = [scheme.sign(secret, MESSAGE) for secret in secrets]
    assert {len(secret) for secret in secrets} == {SECRET_SIZE}
    assert {len(key) for key in keys} == {PUBLIC_KEY_SIZE}
    assert {len(signature) for signature in signatures} == {SIGNATURE_SIZE}
    assert len(set(keys)) == len(set(signatures)) == 3
    for _ in range(2):  # The second time from memory, where there is one.
        for index in range(3):
            assert scheme.verify(keys[index], MESSAGE, signatures[index])
            assert not scheme.verify(keys[index], MESSAGE, signatures[index - 1])
            assert not scheme.verify(keys[index], Hash32(bytes(32)), signatures[index])
            proof = scheme.prove_possession(secrets[index])
            assert scheme.verify_possession(keys[index], proof)
            assert not scheme.verify_possession(keys[index - 1], proof)
            assert not scheme.verify_possession(keys[index], signatures[index])
        total = scheme.aggregate(signatures)
        assert total == scheme.aggregate(signatures[::-1])
        assert scheme.verify_aggregate(keys, MESSAGE, total)
        assert not scheme.verify_aggregate(keys[:2], MESSAGE, total)
        assert not scheme.verify_aggregate([], MESSAGE, total)
        assert scheme.aggregate(signatures[:1]) == signatures[0]


@pytest.mark.parametrize("junk", [b"", bytes(48), bytes(96), b"\xff" * 96])
def test_junk_is_no_key_and_no_signature(scheme: SignatureScheme, junk: bytes) -> None:
    secret = scheme.make_secret(bytes(32))
    key = scheme.public_key(secret)
    assert not scheme.verify(key, MESSAGE, junk)
    assert not scheme.verify(junk, MESSAGE, scheme.sign(secret, MESSAGE))
    assert not scheme.verify_possession(key, junk)
    assert not scheme.verify_aggregate([key], MESSAGE, junk)
    with pytest.raises(ValueError, match="no signature"):
        scheme.aggregate([junk])
    with pytest.raises(ValueError, match="aggregate"):
        scheme.aggregate([])
    with pytest.raises(ValueError, match="secret"):
        scheme.public_key(bytes(31))
    with pytest.raises(ValueError, match="32"):
        scheme.make_secret(bytes(31))


class _Counting(KeyedHash):
    def __init__(self) -> None:
        self.asked = 0

    def verify(self, public_key: bytes, message: Hash32, signature: bytes) -> bool:
        self.asked += 1
        return super().verify(public_key, message, signature)


def test_what_is_remembered_is_not_asked_again_and_the_oldest_is_forgotten() -> None:
    behind = _Counting()
    scheme = RememberingSignatures(behind, limit=2)
    secret = scheme.make_secret(bytes(32))
    key, signature = scheme.public_key(secret), behind.sign(secret, MESSAGE)
    wrong = [signature[:-1] + bytes([number]) for number in range(3)]
    junk = [other for other in wrong if other != signature][:2]
    assert scheme.verify(key, MESSAGE, signature)
    assert scheme.verify(key, MESSAGE, signature)
    assert behind.asked == 1
    assert not any(scheme.verify(key, MESSAGE, other) for other in junk)
    assert scheme.verify(key, MESSAGE, signature)
    assert behind.asked == 4


def test_what_was_signed_here_is_known_to_hold_and_nothing_else_is() -> None:
    behind = _Counting()
    scheme = RememberingSignatures(behind)
    secrets = [scheme.make_secret(bytes([number]) * 32) for number in range(2)]
    keys = [scheme.public_key(secret) for secret in secrets]
    signatures = [scheme.sign(secret, MESSAGE) for secret in secrets]
    assert signatures == [behind.sign(secret, MESSAGE) for secret in secrets]
    assert all(scheme.verify(key, MESSAGE, made) for key, made in zip(keys, signatures, strict=True))
    assert behind.asked == 0
    assert not scheme.verify(keys[0], MESSAGE, signatures[1])
    assert not scheme.verify(keys[0], Hash32(bytes(32)), signatures[0])
    assert not scheme.verify_possession(keys[0], signatures[0])
    assert behind.asked == 2
