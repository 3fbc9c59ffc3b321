"""BLS12-381 signatures in the kernel: what `devnet.settlement.bls` computes, without the interpreter's lock.

Curve arithmetic is blst's, in which what touches a secret runs in constant time.
"""

from __future__ import annotations

from collections.abc import Sequence

from devnet.chain.types import Hash32
from devnet.kernel import load
from devnet.settlement.key_derivation import derive_secret


class NativeBlsSignatures:
    """See `devnet.settlement.signatures.SignatureScheme`. Keeps the points of keys it met lately."""

    __slots__ = ("_native",)

    def __init__(self) -> None:
        """Raises KernelAbsent."""
        self._native = load().Bls()

    def make_secret(self, seed: bytes) -> bytes:
        """See `SignatureScheme`."""
        return derive_secret(seed)

    def public_key(self, secret: bytes) -> bytes:
        """See `SignatureScheme`."""
        key: bytes = self._native.public_key(secret)
        return key

    def sign(self, secret: bytes, message: Hash32) -> bytes:
        """See `SignatureScheme`."""
        signature: bytes = self._native.sign(secret, message)
        return signature

    def verify(self, public_key: bytes, message: Hash32, signature: bytes) -> bool:
        """See `SignatureScheme`."""
        answer: bool = self._native.verify(public_key, message, signature)
        return answer

    def aggregate(self, signatures: Sequence[bytes]) -> bytes:
        """See `SignatureScheme`."""
        total: bytes = self._native.aggregate(list(signatures))
        return total

    def verify_aggregate(self, public_keys: Sequence[bytes], message: Hash32, signature: bytes) -> bool:
        """See `SignatureScheme`."""
        answer: bool = self._native.verify_aggregate(list(public_keys), message, signature)
        return answer

    def prove_possession(self, secret: bytes) -> bytes:
        """See `SignatureScheme`."""
        proof: bytes = self._native.prove_possession(secret)
        return proof

    def verify_possession(self, public_key: bytes, proof: bytes) -> bool:
        """See `SignatureScheme`."""
        answer: bool = self._native.verify_possession(public_key, proof)
        return answer

    def uncompressed_key(self, public_key: bytes) -> bytes:
        """See `devnet.settlement.bls.uncompressed_key`."""
        point: bytes = self._native.uncompressed_key(public_key)
        return point

    def uncompressed_signature(self, signature: bytes) -> bytes:
        """See `devnet.settlement.bls.uncompressed_signature`."""
        point: bytes = self._native.uncompressed_signature(signature)
        return point
