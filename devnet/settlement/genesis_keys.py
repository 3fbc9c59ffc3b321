"""The keys of the validators that a network begins with: they follow from its configuration, so that every
process of the network can be any of them. They are a devnet's."""

from __future__ import annotations

from devnet.chain.keccak import keccak256
from devnet.chain.types import Hash32
from devnet.settlement.signatures import SignatureScheme

_TAG = b"zero validator 1"


def genesis_secret(scheme: SignatureScheme, network: Hash32, index: int) -> bytes:
    """The secret of the validator at that place of the first set; `network` is the configuration's hash."""
    return scheme.make_secret(keccak256(_TAG + network + index.to_bytes(4, "big")))


def genesis_keys(scheme: SignatureScheme, network: Hash32, count: int) -> tuple[bytes, ...]:
    """The public keys of the first set, in its order."""
    return tuple(scheme.public_key(genesis_secret(scheme, network, index)) for index in range(count))
