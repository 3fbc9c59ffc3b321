"""Applies overrides of accounts before an execution."""

from __future__ import annotations

from collections.abc import Mapping

from devnet.chain.types import Address
from devnet.execution import AccountOverride, Overrides
from devnet.execution.pyevm.precompiles import Precompile
from devnet.execution.pyevm.world import World


def apply_overrides(
    world: World, overrides: Overrides, precompiles: Mapping[Address, Precompile]
) -> Mapping[Address, Precompile]:
    """Writes the overrides; gives the precompiles as they are then: moved ones at their new address, and none
    where code was put in its place.

    Raises ValueError for an account that is no precompile and is to be moved, and for one moved onto an
    account that is overridden itself.
    """
    places = dict(precompiles)
    for address, override in overrides.items():
        destination = override.move_precompile_to
        if destination is not None:
            if address not in precompiles:
                raise ValueError(f"account 0x{address.hex()} is not a precompile")
            if destination in overrides:
                raise ValueError(f"account 0x{destination.hex()} is already overridden")
            places[destination] = precompiles[address]
        if destination is not None or override.code is not None:
            places.pop(address, None)
        _apply(world, address, override)
    return places


def _apply(world: World, address: Address, override: AccountOverride) -> None:
    nonce, balance, code_hash = world.get(address)
    if override.nonce is not None:
        nonce = override.nonce
    if override.balance is not None:
        balance = override.balance
    world.put(address, (nonce, balance, code_hash))
    if override.code is not None:
        world.set_code(address, override.code)
    if override.storage is not None:
        world.wipe_storage(address)
        for slot, value in override.storage.items():
            world.set_slot(address, slot, value)
    for slot, value in override.storage_changes.items():
        world.set_slot(address, slot, value)
