"""BIP-32: a tree of private keys from one seed."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from coincurve import PrivateKey

from devnet.chain.signature import CURVE_ORDER

HARDENED = 1 << 31
"""Added to an index, it makes the child derivable from the private key only."""


class BadPath(ValueError):
    """The text is no BIP-32 path."""


@dataclass(frozen=True, slots=True)
class ExtendedKey:
    """A private key and the chain code that its children need."""

    key: bytes
    chain_code: bytes

    @classmethod
    def from_seed(cls, seed: bytes) -> ExtendedKey:
        """The root of the tree."""
        digest = hmac.digest(b"Bitcoin seed", seed, hashlib.sha512)
        return cls(digest[:32], digest[32:])

    def child(self, index: int) -> ExtendedKey:
        """The child at `index`, hardened from `HARDENED` on."""
        if index >= HARDENED:
            material = b"\0" + self.key
        else:
            material = PrivateKey(self.key).public_key.format(compressed=True)
        digest = hmac.digest(self.chain_code, material + index.to_bytes(4, "big"), hashlib.sha512)
        tweak = int.from_bytes(digest[:32], "big")
        key = (tweak + int.from_bytes(self.key, "big")) % CURVE_ORDER
        if tweak >= CURVE_ORDER or key == 0:
            # BIP-32: such an index has no key; the chance is 2^-127.
            raise BadPath(f"index {index} has no key")
        return ExtendedKey(key.to_bytes(32, "big"), digest[32:])

    def descend(self, path: str) -> ExtendedKey:
        """The key at a path such as m/44'/60'/0'/0 below the root. Raises BadPath."""
        node = self
        for index in parse_path(path):
            node = node.child(index)
        return node


def parse_path(path: str) -> tuple[int, ...]:
    """The indices of a path such as m/44'/60'/0'/0, where ' or h marks hardened ones. Raises BadPath."""
    head, *steps = path.strip().rstrip("/").split("/")
    if head != "m":
        raise BadPath(f"a derivation path starts with m/, {path!r} does not")
    indices = []
    for step in steps:
        digits = step.removesuffix("'") if step.endswith("'") else step.removesuffix("h")
        if not (digits.isascii() and digits.isdigit()) or int(digits) >= HARDENED:
            raise BadPath(f"{step!r} in the derivation path {path!r} is no index below 2^31")
        indices.append(int(digits) + (HARDENED if digits != step else 0))
    return tuple(indices)
