//! What a block writes before its transactions: EIP-4788's beacon root, EIP-2935's parent hash, and what else
//! its environment says.
//!
//! Where the contract's code is the one that an EIP fixes, what it does is known and written directly.

use revm::interpreter::CallInput;
use revm::primitives::{Address, B256, U256, address, b256};
use zero_primitives::{Bytes, EMPTY_CODE_HASH};

use crate::calls::{Child, Frames};
use crate::machine::{Machine, Stopped};
use crate::rules::{BlockEnv, Fork};
use crate::tracing::FrameKind;

const SYSTEM_ADDRESS: Address = address!("fffffffffffffffffffffffffffffffffffffffe");
const SYSTEM_CALL_GAS: u64 = 30_000_000;
const BEACON_ROOTS_ADDRESS: Address = address!("000f3df6d732807ef1319fb7b8bb8522d0beac02");
const BEACON_ROOTS_CODE_HASH: B256 =
    b256!("f57acd40259872606d76197ef052f3d35588dadf919ee1f0e3cb9b62d3f4b02c");
const HISTORY_ADDRESS: Address = address!("0000f90827f1c53a10cb7a02335b175320002935");
const HISTORY_CODE_HASH: B256 =
    b256!("6e49e66782037c0555897870e29fa5e552daf4719552131a0abce779daec0a5d");
/// How many roots (EIP-4788), and how many hashes (EIP-2935), the contracts keep.
const RING_LENGTH: U256 = U256::from_limbs([8_191, 0, 0, 0]);

/// Runs the system calls of the block's fork.
pub fn run_system_calls(
    machine: &mut Machine,
    frames: &mut Frames,
    env: &BlockEnv,
) -> Result<(), Stopped> {
    if machine.fork >= Fork::Cancun {
        store_beacon_root(machine, frames, env)?;
    }
    if machine.fork >= Fork::Prague {
        store_parent_hash(machine, frames, env)?;
    }
    for (address, data) in env.system_calls.iter() {
        call(machine, frames, *address, data.clone())?;
    }
    Ok(())
}

fn store_beacon_root(
    machine: &mut Machine,
    frames: &mut Frames,
    env: &BlockEnv,
) -> Result<(), Stopped> {
    let root = env.parent_beacon_block_root;
    let id = machine.world.id(&BEACON_ROOTS_ADDRESS);
    if machine.world.get(id)?.code_hash != BEACON_ROOTS_CODE_HASH {
        let data = Bytes::copy_from_slice(root.as_slice());
        return call(machine, frames, BEACON_ROOTS_ADDRESS, data);
    }
    let index = env.timestamp % RING_LENGTH;
    machine.world.set_slot(id, &index, env.timestamp)?;
    machine
        .world
        .set_slot(id, &(index + RING_LENGTH), root.into())?;
    Ok(())
}

fn store_parent_hash(
    machine: &mut Machine,
    frames: &mut Frames,
    env: &BlockEnv,
) -> Result<(), Stopped> {
    let id = machine.world.id(&HISTORY_ADDRESS);
    if machine.world.get(id)?.code_hash != HISTORY_CODE_HASH {
        let data = Bytes::copy_from_slice(env.parent_hash.as_slice());
        return call(machine, frames, HISTORY_ADDRESS, data);
    }
    let index = env
        .number
        .checked_sub(U256::ONE)
        .map_or(RING_LENGTH - U256::ONE, |number| number % RING_LENGTH);
    machine.world.set_slot(id, &index, env.parent_hash.into())?;
    Ok(())
}

/// Calls the contract as the system; a failure changes nothing and is no error.
pub fn call(
    machine: &mut Machine,
    frames: &mut Frames,
    address: Address,
    data: Bytes,
) -> Result<(), Stopped> {
    let id = machine.world.id(&address);
    if machine.world.get(id)?.code_hash == EMPTY_CODE_HASH {
        return Ok(());
    }
    machine.world.begin_transaction();
    machine.begin(SYSTEM_ADDRESS, U256::ZERO, &[]);
    machine.world.warm_account(id);
    let system = machine.world.id(&SYSTEM_ADDRESS);
    machine.world.warm_account(system);
    let first = Child {
        kind: FrameKind::Call,
        depth: 0,
        caller: SYSTEM_ADDRESS,
        address,
        code_address: address,
        code: machine.world.code_of(id)?,
        input: CallInput::Bytes(data),
        value: U256::ZERO,
        gas: SYSTEM_CALL_GAS,
        is_static: false,
        is_delegated: false,
        return_offset: 0,
        return_size: 0,
    };
    frames.run(machine, first, None)?;
    machine.world.delete_destroyed()?;
    Ok(())
}
