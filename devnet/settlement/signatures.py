"""What settlement asks of a signature scheme. `devnet.settlement.bls` is the reference of the one
that networks use, `native_bls` the same in the kernel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from devnet.chain.types import Hash32

SECRET_SIZE = 32
PUBLIC_KEY_SIZE = 48
SIGNATURE_SIZE = 96


class SignatureScheme(Protocol):
    """Signatures of many on one message that add up to one.

    Secrets are 32 bytes, public keys 48 and signatures 96, whatever the scheme. What checks answers False
    for bytes that are no key or no signature; it raises nothing for them.
    """

    def make_secret(self, seed: bytes) -> bytes:
        """The secret that belongs to at least 32 bytes of entropy. Raises ValueError for fewer."""
        ...

    def public_key(self, secret: bytes) -> bytes:
        """The public key of a secret. Raises ValueError where this is no secret."""
        ...

    def sign(self, secret: bytes, message: Hash32) -> bytes:
        """The one signature of this secret on this message. Raises ValueError where this is no secret."""
        ...

    def verify(self, public_key: bytes, message: Hash32, signature: bytes) -> bool:
        """Whether the holder of the key signed the message."""
        ...

    def aggregate(self, signatures: Sequence[bytes]) -> bytes:
        """All of them in one, in any order. Raises ValueError for none and for bytes that are no
        signature."""
        ...

    def verify_aggregate(self, public_keys: Sequence[bytes], message: Hash32, signature: bytes) -> bool:
        """Whether each of these holders (at least one) signed this one message.

        Says something only about keys whose possession was proven: a key that was made out of others' keys
        could cancel them (rogue key).
        """
        ...

    def prove_possession(self, secret: bytes) -> bytes:
        """That the secret of the public key is known. Raises ValueError where this is no secret."""
        ...

    def verify_possession(self, public_key: bytes, proof: bytes) -> bool:
        """Whether whoever made the proof knows the secret of the key."""
        ...
