"""What a validator signs to show that a seat is its own.

The connection draws the challenge, so that a signature is good for one connection; the tag makes it a
signature on nothing else.
"""

from __future__ import annotations

from devnet.chain.hash_tree import fields_root
from devnet.chain.keccak import keccak256
from devnet.chain.types import Hash32

TAG = keccak256(b"zero validator attach 1")
CHALLENGE_BYTES = 32


def attach_hash(network: Hash32, challenge: bytes, public_key: bytes) -> Hash32:
    """The keccak tree of tag, network, challenge and the key's two parts."""
    return fields_root((TAG, network, challenge, public_key[:32], public_key[32:].ljust(32, b"\0")))
