//! A frame before an opcode runs, as far as the opcode's cost and failure depend on it.

use revm::interpreter::Interpreter;
use revm::interpreter::interpreter::EthInterpreter;
use revm::interpreter::interpreter_types::{Jumps, MemoryTr, RuntimeFlag};
use revm::primitives::U256;
use revm::primitives::hardfork::SpecId;

use super::halts::{STACK_LIMIT, stack_overflow, stack_underflow};
use super::opcodes::stack_effect;
use crate::failures::{Failure, FailureKind};

/// What an opcode is going to find.
#[derive(Clone, Copy, Debug)]
pub struct Before {
    pub pc: usize,
    pub opcode: u8,
    pub gas: u64,
    pub stack_size: usize,
    /// The top three items of the stack, the topmost first; zero where there are fewer.
    pub operands: [U256; 3],
    pub memory_size: usize,
    pub spec: SpecId,
}

impl Before {
    pub fn of(interpreter: &Interpreter<EthInterpreter>) -> Self {
        let stack = interpreter.stack.data();
        let item = |place: usize| match stack.len().checked_sub(place) {
            Some(at) => stack[at],
            None => U256::ZERO,
        };
        Self {
            pc: interpreter.bytecode.pc(),
            opcode: interpreter.bytecode.opcode(),
            gas: interpreter.gas.remaining(),
            stack_size: stack.len(),
            operands: [item(1), item(2), item(3)],
            memory_size: interpreter.memory.size(),
            spec: interpreter.runtime_flag.spec_id(),
        }
    }

    /// Why a CREATE may not have so much init code.
    pub fn init_code_failure(&self, limit: Option<usize>) -> Option<Failure> {
        let limit = limit.filter(|_| self.spec.is_enabled_in(SpecId::SHANGHAI))?;
        let size = self.operands[2];
        (size > U256::from(limit)).then(|| {
            let words = FailureKind::InitcodeSize.words();
            Failure::new(FailureKind::OutOfGas, format!(": {words}: size {size}"))
        })
    }

    /// Why the stack does not let the opcode run.
    pub fn stack_failure(&self) -> Option<Failure> {
        let (takes, gives) = stack_effect(self.opcode, self.spec);
        if self.stack_size < takes {
            return Some(stack_underflow(self.stack_size, takes));
        }
        if self.stack_size - takes + gives > STACK_LIMIT {
            return Some(stack_overflow());
        }
        None
    }
}
