//! Failures of opcodes, in geth's words.

use super::opcodes::mnemonic;
use crate::failures::{Failure, FailureKind};

/// EIP-2200: SSTORE needs more gas than this, whatever it costs.
pub const SSTORE_SENTRY: u64 = 2_300;

pub const STACK_LIMIT: usize = 1024;

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
