"""ECRECOVER, P256VERIFY (EIP-7951) and RIPEMD-160."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from devnet.chain.signature import recover
from devnet.chain.types import Hash32

if TYPE_CHECKING:
    from devnet.execution.pyevm.frame import Frame

ECRECOVER_GAS: Final = 3_000
P256_VERIFY_GAS: Final = 6_900
RIPEMD_GAS: Final = 600
RIPEMD_WORD_GAS: Final = 120

_ONE: Final = (1).to_bytes(32, "big")

# FIPS 186-4, curve P-256.
_P256_PRIME: Final = 0xFFFFFFFF_00000001_00000000_00000000_00000000_FFFFFFFF_FFFFFFFF_FFFFFFFF
_P256_ORDER: Final = 0xFFFFFFFF_00000000_FFFFFFFF_FFFFFFFF_BCE6FAAD_A7179E84_F3B9CAC2_FC632551
_P256_B: Final = 0x5AC635D8_AA3A93E7_B3EBBD55_769886BC_651D06B0_CC53B0F6_3BCE3C3E_27D2604B


def ecrecover(frame: Frame) -> None:
    frame.consume_gas(ECRECOVER_GAS, "ECRECOVER")
    data = frame.input[:128].ljust(128, b"\0")
    v = int.from_bytes(data[32:64], "big")
    if v not in (27, 28):
        return
    r = int.from_bytes(data[64:96], "big")
    s = int.from_bytes(data[96:], "big")
    address = recover(Hash32(data[:32]), v - 27, r, s, low_s=False)
    if address is not None:
        frame.output = address.rjust(32, b"\0")


def p256_verify(frame: Frame) -> None:
    """Gives one, or nothing where the signature or the key is not valid."""
    frame.consume_gas(P256_VERIFY_GAS, "P256VERIFY")
    data = frame.input
    if len(data) != 160:
        return
    r, s, x, y = (int.from_bytes(data[start : start + 32], "big") for start in range(32, 160, 32))
    if not (0 < r < _P256_ORDER and 0 < s < _P256_ORDER and x < _P256_PRIME and y < _P256_PRIME):
        return
    if (y * y - x * x * x + 3 * x - _P256_B) % _P256_PRIME:
        return
    if _is_p256_signature(data[:32], r, s, x, y):
        frame.output = _ONE


def _is_p256_signature(digest: bytes, r: int, s: int, x: int, y: int) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicNumbers
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256

    key = EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()
    try:
        key.verify(encode_dss_signature(r, s), digest, ECDSA(Prehashed(SHA256())))
    except InvalidSignature:
        return False
    return True


def ripemd160(frame: Frame) -> None:
    # Not hashlib's: OpenSSL 3 has it only where the legacy provider is loaded.
    from Crypto.Hash import RIPEMD160

    data = frame.input
    frame.consume_gas(RIPEMD_GAS + RIPEMD_WORD_GAS * ((len(data) + 31) // 32), "RIPEMD160")
    frame.output = RIPEMD160.new(data).digest().rjust(32, b"\0")
