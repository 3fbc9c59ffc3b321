"""Recoverable secp256k1 signatures and the addresses of keys (Yellow Paper, appendix F; EIP-2)."""

from __future__ import annotations

from coincurve import PrivateKey, PublicKey

from devnet.chain.keccak import keccak256
from devnet.chain.types import Address, Hash32

CURVE_ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
HALF_CURVE_ORDER = CURVE_ORDER // 2

_PARITY_BYTES = (b"\x00", b"\x01")


def recover(digest: Hash32, y_parity: int, r: int, s: int, low_s: bool = True) -> Address | None:
    """The address whose key signed `digest`, None where no key can have.

    With `low_s`, a signature with s above half the curve's order is refused (EIP-2).
    """
    if not (0 < r < CURVE_ORDER and 0 < s <= (HALF_CURVE_ORDER if low_s else CURVE_ORDER - 1)):
        return None
    if y_parity not in (0, 1):
        return None
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big") + _PARITY_BYTES[y_parity]
    try:
        key = PublicKey.from_signature_and_message(signature, digest, hasher=None)
    # coincurve raises a plain Exception where r is no point's x or the point is at infinity.
    except Exception:
        return None
    return Address(keccak256(key.format(compressed=False)[1:])[12:])


class SigningKey:
    """A private key made ready: deriving the public key costs more than a signature, so that is done once."""

    __slots__ = ("_native", "address", "secret")

    def __init__(self, secret: bytes) -> None:
        """Raises ValueError where `secret` is not 32 bytes between 1 and the curve's order."""
        # coincurve would put zeros before fewer.
        if len(secret) != 32:
            raise ValueError(f"a private key is 32 bytes, not {len(secret)}")
        self._native = PrivateKey(secret)
        self.secret = secret
        self.address = Address(keccak256(self._native.public_key.format(compressed=False)[1:])[12:])

    def __repr__(self) -> str:
        return f"SigningKey(0x{self.address.hex()})"

    def sign_digest(self, digest: Hash32) -> tuple[int, int, int]:
        """(y parity, r, s) of the deterministic signature (RFC 6979) with low s."""
        signature = self._native.sign_recoverable(digest, hasher=None)
        return signature[64], int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")


def address_of(key: bytes) -> Address:
    """The address of a private key. Raises ValueError where it is not 32 bytes between 1 and the order."""
    return SigningKey(key).address
