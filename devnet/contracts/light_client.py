"""The contract LightClient from outside: what genesis stores in it. What it is shown makes
`devnet.settlement.showing`.

Written out by hand because it runs where no ABI library may be imported; the tests hold it against the
compiled artifact. docs/settlement-contracts.md explains the contract.
"""

from __future__ import annotations

from devnet.chain.types import Hash32
from devnet.contracts.layout import mapping_slot

NETWORK_SLOT = 0
ROOT_SLOT = 1
VALIDATORS_ROOT_SLOT = 2
NEWEST_SLOT = 3
"""Height (64 bits), slot (64), incarnation (64)."""
ROOTS_SLOT = 4


def storage_of(network: Hash32, validators_root: Hash32) -> dict[int, int]:
    """The storage of a light client that knows the genesis settlement block, whose root names the network,
    and the set that signs height 1."""
    root = int.from_bytes(network, "big")
    return {
        NETWORK_SLOT: root,
        ROOT_SLOT: root,
        VALIDATORS_ROOT_SLOT: int.from_bytes(validators_root, "big"),
        mapping_slot(0, ROOTS_SLOT): root,
    }
