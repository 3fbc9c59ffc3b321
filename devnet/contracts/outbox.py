"""The contract Outbox from outside: what to call it with, how to read it, and a message's way up to its root.

Written out by hand because it runs where no ABI library may be imported; the tests hold it against the
compiled artifact. docs/messages.md explains the contract.
"""

from __future__ import annotations

from collections.abc import Sequence

from devnet.chain.keccak import keccak256
from devnet.chain.types import Hash32
from devnet.contracts.layout import Load

ROOT_SLOT = 0
COUNT_SLOT = 1
BRANCH_SLOT = 2
DEPTH = 32

_APPEND_SELECTOR = bytes.fromhex("bd95955c")
"""Of `append(bytes32[])`."""
_WORD = 32


def append_call(leaves: Sequence[Hash32]) -> bytes:
    """Calldata that appends these messages."""
    head = _WORD.to_bytes(_WORD, "big") + len(leaves).to_bytes(_WORD, "big")
    return _APPEND_SELECTOR + head + b"".join(leaves)


def leaf_of(header: bytes, payload_hash: Hash32) -> Hash32:
    """What the outbox holds of a packet."""
    return keccak256(header + payload_hash)


def root(load: Load) -> Hash32:
    """The root over all messages; zero while there are none."""
    return Hash32(load(ROOT_SLOT).to_bytes(_WORD, "big"))


def count(load: Load) -> int:
    """How many messages there are."""
    return load(COUNT_SLOT)
