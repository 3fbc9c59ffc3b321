//! What a tracer is shown, in the order of geth's live tracing hooks.

use std::sync::Arc;

use revm::primitives::{Address, AddressSet, B256, Bytes, Log, U256};

use super::value::Value;
use super::world::World;
use crate::failures::Failure;
use crate::machine::Stopped;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    Call,
    CallCode,
    DelegateCall,
    StaticCall,
    Create,
    Create2,
    SelfDestruct,
}

impl FrameKind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Call => "CALL",
            Self::CallCode => "CALLCODE",
            Self::DelegateCall => "DELEGATECALL",
            Self::StaticCall => "STATICCALL",
            Self::Create => "CREATE",
            Self::Create2 => "CREATE2",
            Self::SelfDestruct => "SELFDESTRUCT",
        }
    }

    pub const fn lower_name(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::CallCode => "callcode",
            Self::DelegateCall => "delegatecall",
            Self::StaticCall => "staticcall",
            Self::Create => "create",
            Self::Create2 => "create2",
            Self::SelfDestruct => "selfdestruct",
        }
    }

    pub const fn is_create(self) -> bool {
        matches!(self, Self::Create | Self::Create2)
    }
}

/// What is known of a transaction before it runs.
#[derive(Clone, Debug)]
pub struct TransactionStart {
    /// Zero for a call, which has none.
    pub hash: B256,
    pub gas_limit: u64,
    pub block_number: u64,
    /// Of the fork, overrides applied.
    pub precompiles: Arc<AddressSet>,
}

/// A frame begins, before anything is checked; a precompile is a frame without steps, SELFDESTRUCT one that
/// ends at once.
#[derive(Clone, Debug)]
pub struct FrameStart {
    pub kind: FrameKind,
    /// 0 for the transaction's own frame.
    pub depth: usize,
    pub sender: Address,
    /// The callee (for DELEGATECALL and CALLCODE: whose code runs), or the created contract.
    pub to: Address,
    /// `None` for STATICCALL; DELEGATECALL shows its parent's.
    pub value: Option<U256>,
    /// Call data or init code.
    pub input: Bytes,
    /// What the frame may use, stipend included.
    pub gas: u64,
}

/// A frame ended; its state changes are undone when there is a failure.
#[derive(Clone, Debug)]
pub struct FrameEnd {
    pub depth: usize,
    /// Return data, revert data, or the created contract's code.
    pub output: Bytes,
    pub gas_used: u64,
    pub failure: Option<Failure>,
}

/// A step as it is before its opcode does anything.
pub struct Step<'a> {
    pub pc: usize,
    pub opcode: u8,
    /// What was left before it.
    pub gas: u64,
    /// What it takes, as geth tells it.
    pub cost: u64,
    /// Why the opcode cannot even start.
    pub failure: Option<&'a Failure>,
    pub depth: usize,
    pub address: Address,
    /// Top of the stack last.
    pub stack: &'a [U256],
    pub memory: &'a [u8],
    pub return_data: &'a [u8],
    /// geth's refund counter, not yet capped.
    pub refund: u64,
}

/// An instruction that is about to run, for those who want nothing but that.
pub struct Place<'a> {
    pub pc: usize,
    pub opcode: u8,
    /// What runs: the contract's code, or init code.
    pub code: &'a [u8],
}

/// How a transaction ended.
#[derive(Clone, Debug)]
pub struct TransactionEnd {
    /// What was paid for.
    pub gas_used: u64,
    pub failure: Option<Failure>,
    /// Return data, revert data, or the code of a created contract.
    pub output: Bytes,
}

/// One tracer at work on one transaction.
pub trait Watcher: Send {
    fn wants_steps(&self) -> bool {
        false
    }

    /// Whether `place` is to be called, which costs much less than a step.
    fn wants_places(&self) -> bool {
        false
    }

    fn start(&mut self, _start: &TransactionStart) {}

    fn enter(&mut self, _frame: &FrameStart) {}

    fn exit(&mut self, _frame: &FrameEnd) {}

    fn step(&mut self, _step: &Step<'_>, _world: &dyn World) -> Result<(), Stopped> {
        Ok(())
    }

    fn place(&mut self, _place: &Place<'_>) {}

    /// A LOG opcode emitted the `index`-th log of the transaction, reverted ones counted off. Frames that
    /// fail later do not retract it.
    fn log(&mut self, _log: &Log, _index: usize, _depth: usize) {}

    /// The transaction is over, fees included; `world` shows the state that it leaves.
    fn end(&mut self, _end: &TransactionEnd, _world: &dyn World) -> Result<(), Stopped> {
        Ok(())
    }

    fn result(self: Box<Self>) -> Value;
}

/// noopTracer.
pub struct Noop;

impl Watcher for Noop {
    fn result(self: Box<Self>) -> Value {
        Value::Map(Vec::new())
    }
}
