"""Keccak-256, Ethereum's hash."""

from __future__ import annotations

from collections.abc import Callable

from devnet.chain.types import Hash32


def _find_keccak() -> Callable[[bytes], Hash32]:
    """The fastest implementation there is: safe-pysha3 costs about 1 µs a call, pycryptodome's about 7."""
    try:
        from sha3 import keccak_256
    except ImportError:
        from Crypto.Hash import keccak

        return lambda data: Hash32(keccak.new(data=data, digest_bits=256).digest())
    return lambda data: keccak_256(data).digest()


keccak256: Callable[[bytes], Hash32] = _find_keccak()
"""keccak256(data): the 32-byte hash of `data` (the padding of the SHA-3 competition, not of FIPS 202)."""
