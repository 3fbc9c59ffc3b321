"""The contract Outbox from outside: what to call it with, how to read it, and a message's way up to its root.

Written out by hand because it runs where no ABI library may be imported; the tests hold it against the
compiled artifact. docs/messages.md explains the contract.
"""

from __future__ import annotations

from devnet.chain.outbox import ROOT_SLOT, append_call, leaf_of
from devnet.chain.types import Hash32
from devnet.contracts.layout import Load

COUNT_SLOT = 1
BRANCH_SLOT = 2
DEPTH = 32

_WORD = 32

__all__ = ["BRANCH_SLOT", "COUNT_SLOT", "DEPTH", "ROOT_SLOT", "append_call", "count", "leaf_of", "root"]


def root(load: Load) -> Hash32:
    """The root over all messages; zero while there are none."""
    return Hash32(load(ROOT_SLOT).to_bytes(_WORD, "big"))


def count(load: Load) -> int:
    """How many messages there are."""
    return load(COUNT_SLOT)
