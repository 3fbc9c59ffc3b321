//! A step as a watcher sees it, out of the interpreter that is about to run its opcode.

use revm::interpreter::Interpreter;
use revm::interpreter::interpreter::EthInterpreter;
use revm::interpreter::interpreter_types::{MemoryTr, ReturnData};
use zero_primitives::Address;

use super::before::Before;
use super::step_cost::Surroundings;
use super::watcher::{Step, Watcher};
use super::world::World;
use crate::failures::Failure;
use crate::machine::Stopped;

/// What of a frame is not in its interpreter.
#[derive(Clone, Copy, Debug)]
pub struct FrameFacts {
    /// 0 for the transaction's own frame.
    pub depth: usize,
    /// Whose storage and balance it works on.
    pub address: Address,
    /// geth's refund counter now, not yet capped.
    pub refund: i64,
    /// The most bytes of init code that a contract may create from, where there is a limit.
    pub init_code_limit: Option<usize>,
}

/// Shows the step to the watcher. A failure means that the opcode cannot start and that the frame ends with
/// it, all its gas gone.
pub fn show_step(
    watcher: &mut dyn Watcher,
    frame: &FrameFacts,
    interpreter: &Interpreter<EthInterpreter>,
    world: &dyn World,
) -> Result<Option<Failure>, Stopped> {
    let before = Before::of(interpreter);
    let stack = interpreter.stack.data();
    let around = Surroundings {
        before: &before,
        stack,
        address: frame.address,
        init_code_limit: frame.init_code_limit,
        world,
    };
    let (cost, failure) = around.step_cost()?;
    let memory = interpreter.memory.slice(0..interpreter.memory.size());
    let step = Step {
        pc: before.pc,
        opcode: before.opcode,
        gas: before.gas,
        cost,
        failure: failure.as_ref(),
        depth: frame.depth,
        address: frame.address,
        stack,
        memory: &memory,
        return_data: interpreter.return_data.buffer(),
        refund: u64::try_from(frame.refund).unwrap_or_default(),
    };
    watcher.step(&step, world)?;
    Ok(failure)
}
