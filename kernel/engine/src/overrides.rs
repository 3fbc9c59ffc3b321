//! Applies overrides of accounts before an execution: `devnet.execution.pyevm.overrides`.

use revm::primitives::Address;

use crate::machine::{Machine, Stopped};
use crate::precompiles::Precompiles;
use crate::rules::AccountOverride;

/// Writes the overrides; moved precompiles are then at their new address, and none is where code was put in
/// its place.
pub fn apply_overrides(
    machine: &mut Machine,
    overrides: &[(Address, AccountOverride)],
) -> Result<(), Stopped> {
    let before: Precompiles = machine.precompiles.clone();
    for (address, values) in overrides {
        if let Some(destination) = values.move_precompile_to {
            let Some(precompile) = before.get(address) else {
                return Err(Stopped::WrongArgument(format!(
                    "account {address:#x} is not a precompile"
                )));
            };
            if overrides.iter().any(|(address, _)| *address == destination) {
                return Err(Stopped::WrongArgument(format!(
                    "account {destination:#x} is already overridden"
                )));
            }
            machine.precompiles.place(destination, precompile);
        }
        if values.move_precompile_to.is_some() || values.code.is_some() {
            machine.precompiles.remove(address);
        }
        apply(machine, address, values)?;
    }
    machine.warm_always();
    machine.world.begin_transaction();
    Ok(())
}

fn apply(
    machine: &mut Machine,
    address: &Address,
    values: &AccountOverride,
) -> Result<(), Stopped> {
    let world = &mut machine.world;
    let id = world.id(address);
    let mut account = world.get(id)?;
    if let Some(nonce) = values.nonce {
        account.nonce = nonce;
    }
    if let Some(balance) = values.balance {
        account.balance = balance;
    }
    world.put(id, account)?;
    if let Some(code) = &values.code {
        world.set_code(id, code.clone())?;
    }
    if let Some(storage) = &values.storage {
        world.wipe_storage(id, true);
        for (slot, value) in storage {
            world.set_slot(id, slot, *value)?;
        }
    }
    for (slot, value) in &values.storage_changes {
        world.set_slot(id, slot, *value)?;
    }
    Ok(())
}
