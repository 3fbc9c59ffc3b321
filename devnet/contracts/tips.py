"""The contract Tips from outside: what genesis puts there, what to call it with (docs/settlement.md).

Written out by hand because it runs where no ABI library may be imported; the tests hold it against the
compiled artifact.
"""

from __future__ import annotations

from collections.abc import Mapping

from devnet.chain.types import Address
from devnet.contracts import addresses, artifacts
from devnet.zone.messages import GenesisAccount

SYSTEM_EID_SLOT = 0
"""The endpoint id of the system zone, in its lowest 32 bits."""

HAND_IN_CALL = bytes.fromhex("95c9b720")
"""Calldata of `handIn()`, which anybody may send."""


def tips_account(system_eid: int) -> Mapping[Address, GenesisAccount]:
    """The contract of any zone; `system_eid` is the endpoint id of the system zone."""
    return {
        addresses.TIPS: GenesisAccount(
            nonce=1, code=artifacts.load("Tips").runtime, storage={SYSTEM_EID_SLOT: system_eid}
        )
    }
