"""Secrets of validators out of entropy: KeyGen of the IETF draft "BLS Signatures", which is derive_master_SK
of EIP-2333."""

from __future__ import annotations

import hashlib
import hmac

from devnet.settlement.signatures import SECRET_SIZE

GROUP_ORDER = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
"""Secrets are from 1 to below it."""

_LEAST_SEED = 32
_DRAWN_BYTES = 48


def derive_secret(seed: bytes) -> bytes:
    """The secret that belongs to at least 32 bytes of entropy. Raises ValueError for fewer."""
    if len(seed) < _LEAST_SEED:
        raise ValueError(f"{len(seed)} bytes are too few to make a secret of: at least {_LEAST_SEED}")
    salt = b"BLS-SIG-KEYGEN-SALT-"
    while True:
        salt = hashlib.sha256(salt).digest()
        drawn = _hkdf(salt, seed + b"\0", _DRAWN_BYTES.to_bytes(2, "big"), _DRAWN_BYTES)
        secret = int.from_bytes(drawn) % GROUP_ORDER
        if secret:
            return secret.to_bytes(SECRET_SIZE, "big")


def _hkdf(salt: bytes, material: bytes, info: bytes, size: int) -> bytes:
    """HKDF with SHA-256 (RFC 5869): extract, then expand."""
    key = hmac.digest(salt, material, "sha256")
    result, block = b"", b""
    while len(result) < size:
        block = hmac.digest(key, block + info + bytes([len(result) // 32 + 1]), "sha256")
        result += block
    return result[:size]
