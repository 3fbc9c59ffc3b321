"""The endpoint's channels and the receive library from outside: where they keep what became of a message.

Written out by hand because it runs where no ABI library may be imported; the tests hold it against the
compiled artifacts. docs/message-contracts.md explains the contracts.
"""

from __future__ import annotations

from devnet.chain.types import Address, Hash32
from devnet.contracts.layout import Load, mapping_slot

LAZY_NONCES_SLOT = 1
PAYLOAD_HASHES_SLOT = 2
COMPOSE_QUEUE_SLOT = 4
"""Of the endpoint."""
COMMITTED_SLOT = 3
"""Of the receive library."""

NIL_PAYLOAD_HASH = (1 << 256) - 1
"""What the endpoint holds for a message that cannot be delivered."""
CARRIED_OUT = 1
"""What the endpoint holds for a composed call that was made."""


def lazy_nonce_slot(receiver: Address, src_eid: int, sender: Hash32) -> int:
    """Where `lazy_nonce` stands."""
    return _path_slot(LAZY_NONCES_SLOT, receiver, src_eid, sender)


def lazy_nonce(load: Load, receiver: Address, src_eid: int, sender: Hash32) -> int:
    """Up to which nonce everything was verified when a message was delivered last. `load` is the
    endpoint's."""
    return load(lazy_nonce_slot(receiver, src_eid, sender))


def payload_hash_slot(receiver: Address, src_eid: int, sender: Hash32, nonce: int) -> int:
    """Where `payload_hash` stands."""
    return mapping_slot(nonce, _path_slot(PAYLOAD_HASHES_SLOT, receiver, src_eid, sender))


def payload_hash(load: Load, receiver: Address, src_eid: int, sender: Hash32, nonce: int) -> int:
    """The hash that is held for a message; 0 where it is not verified, or was delivered. `load` is the
    endpoint's."""
    return load(payload_hash_slot(receiver, src_eid, sender, nonce))


def compose_hash(load: Load, sender: Address, to: Address, guid: Hash32, index: int) -> int:
    """The hash of the message of a composed call; 0 where nobody asked for it, `CARRIED_OUT` afterwards.
    `load` is the endpoint's."""
    return load(
        mapping_slot(index, mapping_slot(guid, mapping_slot(to, mapping_slot(sender, COMPOSE_QUEUE_SLOT))))
    )


def is_committed(load: Load, header_hash: Hash32) -> bool:
    """Whether a message with this header was ever proven. `load` is the receive library's."""
    return bool(load(mapping_slot(header_hash, COMMITTED_SLOT)))


def _path_slot(slot: int, receiver: Address, src_eid: int, sender: Hash32) -> int:
    """Of a mapping by receiver, eid and sender."""
    return mapping_slot(sender, mapping_slot(src_eid, mapping_slot(receiver, slot)))
