//! Executes EVM transactions over a state view: the native engine.
//!
//! revm gives the interpreter, most opcodes and the precompiles. What is told to clients and must be the
//! reference's to the byte is this crate's: validation, the state with its journal, the opcodes that reach it,
//! frames, failures.
//!
//! ```text
//! block         a run of transactions, one after the other
//! brief         runs that give up rather than take long
//! runner        one transaction: validation, gas, refunds
//! calls         frames: how they begin, run and end
//! opcodes       the opcodes that reach the state, start frames or end them
//! outbox        what a block does at its end: messages that left the zone
//! machine       what all frames of a transaction share
//! world         the state with its journal
//! diary         what each of many transactions asked for
//! tracing       tracers
//! parallel      a block on all threads
//! ```

mod blake2;
mod block;
mod brief;
mod calls;
mod diary;
pub mod failures;
mod fees;
mod invalid;
mod machine;
mod opcodes;
mod outbox;
mod overrides;
pub mod parallel;
mod precompiles;
mod rules;
mod runner;
mod system_calls;
pub mod tracing;
mod transaction;
mod validation;
mod world;

pub use block::{Execution, execute, execute_with};
pub use brief::{BriefCall, BriefCalls};
pub use fees::{blob_gas, effective_gas_price, floor_gas, intrinsic_gas};
pub use invalid::{Invalid, InvalidKind};
pub use machine::{Machine, Stopped};
pub use rules::{AccountOverride, BlockEnv, Checks, Fork, Mode, Rules};
pub use runner::{GasPool, Runner, TransactionOutcome};
pub use transaction::{
    ACCESS_LIST, Authorization, BLOB, DYNAMIC_FEE, LEGACY, SET_CODE, Transaction, TransactionResult,
};
pub use world::{Reads, World};
