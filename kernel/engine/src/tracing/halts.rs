//! Which failure it was that ended a frame: revm's results mapped to geth's words.
//!
//! revm looks at some things in another order than geth, so what it says is not enough: an opcode that fails
//! for two reasons at once is named after geth's first one. `Before` is what that takes.

use revm::interpreter::interpreter::EthInterpreter;
use revm::interpreter::interpreter_types::{Jumps, MemoryTr, RuntimeFlag};
use revm::interpreter::{InstructionResult, Interpreter};
use revm::primitives::U256;
use revm::primitives::hardfork::SpecId;

use super::opcodes::{constant_gas, is_defined, mnemonic, stack_effect};
use crate::failures::{Failure, FailureKind};

use revm::bytecode::opcode::{
    CALL, CREATE, CREATE2, INVALID, LOG0, LOG4, RETURNDATACOPY, SELFDESTRUCT, SSTORE, TSTORE,
};

/// EIP-2200: SSTORE needs more gas than this, whatever it costs.
pub const SSTORE_SENTRY: u64 = 2_300;

pub const STACK_LIMIT: usize = 1024;

/// What is known of a frame before an opcode runs, as far as its failure may depend on it.
#[derive(Clone, Copy, Debug)]
pub struct Before {
    pub pc: usize,
    pub opcode: u8,
    pub gas: u64,
    pub stack_size: usize,
    /// The top three items of the stack, the topmost first; zero where there are fewer.
    pub operands: [U256; 3],
    pub memory_size: usize,
    pub is_static: bool,
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
            is_static: interpreter.runtime_flag.is_static(),
            spec: interpreter.runtime_flag.spec_id(),
        }
    }

    /// Whether the opcode changes the state although the frame may not.
    pub fn is_forbidden_write(&self) -> bool {
        self.is_static
            && match self.opcode {
                SSTORE | TSTORE | LOG0..=LOG4 | CREATE | CREATE2 | SELFDESTRUCT => true,
                CALL => !self.operands[2].is_zero(),
                _ => false,
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

/// The failure of an opcode that revm ended the frame with `result` for; `None` for a success.
///
/// `init_code_limit` is the most bytes of init code that a contract may create from, where there is a limit.
pub fn failure_of_opcode(
    before: &Before,
    result: InstructionResult,
    init_code_limit: Option<usize>,
) -> Option<Failure> {
    if result.is_ok() {
        return None;
    }
    if result == InstructionResult::Revert {
        return Some(Failure::of(FailureKind::Revert));
    }
    if before.opcode == INVALID || !is_defined(before.opcode, before.spec) {
        return Some(invalid_opcode(before.opcode));
    }
    if let Some(failure) = before.stack_failure() {
        return Some(failure);
    }
    let Some(gas) = before
        .gas
        .checked_sub(constant_gas(before.opcode, before.spec))
    else {
        return Some(Failure::of(FailureKind::OutOfGas));
    };
    if before.is_forbidden_write() {
        return Some(Failure::of(FailureKind::WriteProtection));
    }
    match before.opcode {
        CREATE | CREATE2 => {
            if let Some(failure) = before.init_code_failure(init_code_limit) {
                return Some(failure);
            }
        }
        SSTORE if gas <= SSTORE_SENTRY => return Some(sentry_failure()),
        RETURNDATACOPY if result == InstructionResult::OutOfOffset => {
            let [start, _, size] = before.operands;
            return Some(Failure::of(
                match copy_gas(start, size, before.memory_size) {
                    Some(cost) if cost <= gas => FailureKind::ReturnDataOutOfBounds,
                    _ => FailureKind::OutOfGas,
                },
            ));
        }
        _ => {}
    }
    Some(Failure::of(if result == InstructionResult::InvalidJump {
        FailureKind::InvalidJump
    } else {
        FailureKind::OutOfGas
    }))
}

/// The failure of a call that ended before its code ran, or of a precompile; `None` for a success.
/// `precompile_words` is what the precompile said of its input.
pub fn failure_of_call(
    result: InstructionResult,
    precompile_words: Option<String>,
) -> Option<Failure> {
    let kind = match result {
        _ if result.is_ok() => return None,
        InstructionResult::Revert => FailureKind::Revert,
        InstructionResult::CallTooDeep => FailureKind::CallDepth,
        InstructionResult::OutOfFunds | InstructionResult::OverflowPayment => {
            FailureKind::InsufficientBalance
        }
        InstructionResult::PrecompileError => {
            return Some(match precompile_words {
                Some(words) if !words.is_empty() => {
                    Failure::new(FailureKind::Precompile, format!(": {words}"))
                }
                _ => Failure::of(FailureKind::Precompile),
            });
        }
        _ => FailureKind::OutOfGas,
    };
    Some(Failure::of(kind))
}

/// The failure of a creation that ended before its init code ran; `None` for a success.
pub fn failure_of_create(result: InstructionResult, has_address: bool) -> Option<Failure> {
    Some(Failure::of(match result {
        InstructionResult::CallTooDeep => FailureKind::CallDepth,
        InstructionResult::OutOfFunds | InstructionResult::OverflowPayment => {
            FailureKind::InsufficientBalance
        }
        InstructionResult::CreateCollision => FailureKind::AddressCollision,
        // So revm says that the creator's nonce cannot grow.
        InstructionResult::Return if !has_address => FailureKind::NonceOverflow,
        InstructionResult::NonceOverflow => FailureKind::NonceOverflow,
        _ if result.is_ok() => return None,
        _ => FailureKind::OutOfGas,
    }))
}

/// The failure of a creation whose init code ended well; `None` where its code was stored.
pub fn failure_of_deposit(result: InstructionResult) -> Option<Failure> {
    Some(Failure::of(match result {
        _ if result.is_ok() => return None,
        InstructionResult::CreateContractSizeLimit => FailureKind::CodeSize,
        InstructionResult::CreateContractStartingWithEF => FailureKind::InvalidCodePrefix,
        _ => FailureKind::CodeStoreOutOfGas,
    }))
}

/// Whether a frame that ended so never began, so that its gas went back to the caller.
pub const fn is_refused(kind: FailureKind) -> bool {
    matches!(
        kind,
        FailureKind::CallDepth | FailureKind::InsufficientBalance | FailureKind::NonceOverflow
    )
}

pub fn stack_underflow(size: usize, needed: usize) -> Failure {
    Failure::new(
        FailureKind::StackUnderflow,
        format!(" ({size} <=> {needed})"),
    )
}

pub fn stack_overflow() -> Failure {
    Failure::new(FailureKind::StackOverflow, " (1023)")
}

pub fn invalid_opcode(opcode: u8) -> Failure {
    let detail = match mnemonic(opcode) {
        Some(name) => format!(": {name}"),
        None => format!(": opcode {opcode:#x} not defined"),
    };
    Failure::new(FailureKind::InvalidOpcode, detail)
}

pub fn sentry_failure() -> Failure {
    Failure::new(
        FailureKind::OutOfGas,
        ": not enough gas for reentrancy sentry",
    )
}

/// What making the memory reach to `start + size` costs, and copying `size` bytes there; `None` where that
/// is more than any gas.
fn copy_gas(start: U256, size: U256, memory_size: usize) -> Option<u64> {
    let words = u64::try_from(size).ok()?.div_ceil(32);
    let memory = super::memory_gas::growth(memory_size, &[(start, size)])?;
    memory.checked_add(words.checked_mul(3)?)
}
