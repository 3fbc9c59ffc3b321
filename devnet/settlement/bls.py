"""BLS12-381 signatures with short public keys, as Ethereum's validators use them.

The ciphersuite BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_ of the IETF draft "BLS Signatures"
(draft-irtf-cfrg-bls-signature): keys in G1, signatures in G2, rogue keys kept out by a proof of possession.
Curve arithmetic is arkworks' (py-arkworks-bls12381). It does not run in constant time: fit for a
devnet's keys, not for a signer that an attacker can time. The kernel's is `devnet.settlement.native_bls`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from devnet.chain.types import Hash32
from devnet.settlement.key_derivation import GROUP_ORDER, derive_secret
from devnet.settlement.signatures import PUBLIC_KEY_SIZE, SECRET_SIZE, SIGNATURE_SIZE

SIGNING_DOMAIN = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_"
"""The domain separation tag under which messages are hashed to G2."""

POSSESSION_DOMAIN = b"BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_"
"""The same for proofs of possession."""

_INFINITY_FLAG = 0x40
_KEPT_KEYS = 4096
_KEPT_MESSAGES = 64


class BlsSignatures:
    """The scheme of every real network, as its reference. Keeps the points of keys and messages that it met
    lately, nothing else."""

    def __init__(self) -> None:
        # Of each object its own: two networks in one process share nothing.
        self._key = lru_cache(_KEPT_KEYS)(_key_point)
        self._message = lru_cache(_KEPT_MESSAGES)(_message_point)

    def make_secret(self, seed: bytes) -> bytes:
        """See `derive_secret`."""
        return derive_secret(seed)

    def public_key(self, secret: bytes) -> bytes:
        import py_arkworks_bls12381 as ark

        return _bytes(ark.G1Point() * _scalar(secret))

    def sign(self, secret: bytes, message: Hash32) -> bytes:
        return _bytes(self._message(message, SIGNING_DOMAIN) * _scalar(secret))

    def verify(self, public_key: bytes, message: Hash32, signature: bytes) -> bool:
        key, point = self._key(public_key), _signature_point(signature)
        return key is not None and point is not None and self._pairs(key, message, SIGNING_DOMAIN, point)

    def aggregate(self, signatures: Sequence[bytes]) -> bytes:
        import py_arkworks_bls12381 as ark

        if not signatures:
            raise ValueError("nothing to aggregate")
        total = ark.G2Point.identity()
        for signature in signatures:
            point = _signature_point(signature)
            if point is None:
                raise ValueError("no signature: not the bytes of a point that can be one")
            total += point
        return _bytes(total)

    def verify_aggregate(self, public_keys: Sequence[bytes], message: Hash32, signature: bytes) -> bool:
        import py_arkworks_bls12381 as ark

        point = _signature_point(signature)
        keys: list[Any] = [self._key(public_key) for public_key in public_keys]
        if point is None or not keys or None in keys:
            return False
        total = ark.G1Point.identity()
        for key in keys:
            total = total + key
        # Keys that cancel each other out would make infinity a signature on anything.
        return total != ark.G1Point.identity() and self._pairs(total, message, SIGNING_DOMAIN, point)

    def prove_possession(self, secret: bytes) -> bytes:
        return _bytes(_message_point(self.public_key(secret), POSSESSION_DOMAIN) * _scalar(secret))

    def verify_possession(self, public_key: bytes, proof: bytes) -> bool:
        key, point = self._key(public_key), _signature_point(proof)
        return (
            key is not None and point is not None and self._pairs(key, public_key, POSSESSION_DOMAIN, point)
        )

    def _pairs(self, key: Any, message: bytes, domain: bytes, signature: Any) -> bool:
        """e(key, H(message)) = e(generator, signature)."""
        import py_arkworks_bls12381 as ark

        return bool(ark.GT.pairing_check([key, -ark.G1Point()], [self._message(message, domain), signature]))


def uncompressed_key(public_key: bytes) -> bytes:
    """The key's point as EIP-2537's precompiles take it: x and y, 64 bytes each, big-endian. Raises
    ValueError where this is no key."""
    point = _key_point(public_key)
    if point is None:
        raise ValueError("no public key: not the bytes of a point that can be one")
    return _padded(point)


def uncompressed_signature(signature: bytes) -> bytes:
    """The signature's point as EIP-2537's precompiles take it: x.c0, x.c1, y.c0, y.c1, 64 bytes each,
    big-endian. Raises ValueError where this is no signature."""
    point = _signature_point(signature)
    if point is None:
        raise ValueError("no signature: not the bytes of a point that can be one")
    return _padded(point)


def _padded(point: Any) -> bytes:
    data = bytes(point.to_xy_bytes_be())
    return b"".join(bytes(16) + data[start : start + 48] for start in range(0, len(data), 48))


def _scalar(secret: bytes) -> Any:
    import py_arkworks_bls12381 as ark

    if len(secret) != SECRET_SIZE or not 0 < int.from_bytes(secret) < GROUP_ORDER:
        raise ValueError("a secret is 32 bytes, big-endian, from 1 to below the group's order")
    return ark.Scalar.from_be_bytes(secret)


def _key_point(public_key: bytes) -> Any | None:
    import py_arkworks_bls12381 as ark

    return _point(ark.G1Point, public_key, PUBLIC_KEY_SIZE)


def _signature_point(signature: bytes) -> Any | None:
    import py_arkworks_bls12381 as ark

    return _point(ark.G2Point, signature, SIGNATURE_SIZE)


def _point(group: Any, data: bytes, size: int) -> Any | None:
    """The point of the subgroup of prime order that these bytes are the only encoding of; None for any other
    bytes and for infinity, which is neither key nor signature of anybody."""
    if len(data) != size or data[0] & _INFINITY_FLAG:
        return None
    try:
        point = group.from_compressed_bytes(data)
    except ValueError:
        return None
    # arkworks reads some encodings that it would not write.
    return point if point != group.identity() and bytes(point.to_compressed_bytes()) == data else None


def _message_point(message: bytes, domain: bytes) -> Any:
    import py_arkworks_bls12381 as ark

    return ark.G2Point.hash_to_curve(message, domain)


def _bytes(point: Any) -> bytes:
    return bytes(point.to_compressed_bytes())
