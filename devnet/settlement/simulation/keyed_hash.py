"""Signatures that prove nothing, for simulations: fast, and of the same shape as the real ones.

The public key is the secret, so anybody could sign for anybody; simulated validators are not made to. Nothing
but simulations and tests may import this package (an import contract says so).
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b, sha256

from devnet.chain.types import Hash32
from devnet.settlement.signatures import PUBLIC_KEY_SIZE, SECRET_SIZE, SIGNATURE_SIZE

_PREFIX = b"simulated only: "
_TAG = b"simulated only signature, 32 by."


class KeyedHash:
    """A signature is a keyed hash of the message; an aggregate is the bitwise exclusive or of signatures."""

    def make_secret(self, seed: bytes) -> bytes:
        if len(seed) < 32:
            raise ValueError(f"{len(seed)} bytes are too few to make a secret of: at least 32")
        return sha256(seed).digest()

    def public_key(self, secret: bytes) -> bytes:
        if len(secret) != SECRET_SIZE:
            raise ValueError("a secret is 32 bytes")
        return _PREFIX + secret

    def sign(self, secret: bytes, message: Hash32) -> bytes:
        return _TAG + _hash(self.public_key(secret), b"sign" + message)

    def verify(self, public_key: bytes, message: Hash32, signature: bytes) -> bool:
        return self.verify_aggregate([public_key], message, signature)

    def aggregate(self, signatures: Sequence[bytes]) -> bytes:
        if not signatures:
            raise ValueError("nothing to aggregate")
        if any(len(signature) != SIGNATURE_SIZE or signature[:32] != _TAG for signature in signatures):
            raise ValueError("no signature: not the bytes of one")
        return _TAG + _combined([signature[32:] for signature in signatures])

    def verify_aggregate(self, public_keys: Sequence[bytes], message: Hash32, signature: bytes) -> bool:
        if not public_keys or any(
            len(key) != PUBLIC_KEY_SIZE or not key.startswith(_PREFIX) for key in public_keys
        ):
            return False
        return signature == _TAG + _combined([_hash(key, b"sign" + message) for key in public_keys])

    def prove_possession(self, secret: bytes) -> bytes:
        return _TAG + _hash(self.public_key(secret), b"possession")

    def verify_possession(self, public_key: bytes, proof: bytes) -> bool:
        return len(public_key) == PUBLIC_KEY_SIZE and proof == _TAG + _hash(public_key, b"possession")


def _hash(key: bytes, message: bytes) -> bytes:
    return blake2b(message, key=key, digest_size=64).digest()


def _combined(parts: Sequence[bytes]) -> bytes:
    total = 0
    for part in parts:
        total ^= int.from_bytes(part)
    return total.to_bytes(64)
