//! Why an execution failed, in geth's words: they are what clients match on.

use std::borrow::Cow;
use std::fmt;

/// `devnet.execution.FailureKind`; the numbers are the places in that enumeration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum FailureKind {
    Revert,
    OutOfGas,
    CodeStoreOutOfGas,
    InvalidOpcode,
    StackUnderflow,
    StackOverflow,
    InvalidJump,
    WriteProtection,
    ReturnDataOutOfBounds,
    CallDepth,
    InsufficientBalance,
    AddressCollision,
    CodeSize,
    InitcodeSize,
    InvalidCodePrefix,
    NonceOverflow,
    Precompile,
}

impl FailureKind {
    /// The name that the kind has in Python.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Revert => "REVERT",
            Self::OutOfGas => "OUT_OF_GAS",
            Self::CodeStoreOutOfGas => "CODE_STORE_OUT_OF_GAS",
            Self::InvalidOpcode => "INVALID_OPCODE",
            Self::StackUnderflow => "STACK_UNDERFLOW",
            Self::StackOverflow => "STACK_OVERFLOW",
            Self::InvalidJump => "INVALID_JUMP",
            Self::WriteProtection => "WRITE_PROTECTION",
            Self::ReturnDataOutOfBounds => "RETURN_DATA_OUT_OF_BOUNDS",
            Self::CallDepth => "CALL_DEPTH",
            Self::InsufficientBalance => "INSUFFICIENT_BALANCE",
            Self::AddressCollision => "ADDRESS_COLLISION",
            Self::CodeSize => "CODE_SIZE",
            Self::InitcodeSize => "INITCODE_SIZE",
            Self::InvalidCodePrefix => "INVALID_CODE_PREFIX",
            Self::NonceOverflow => "NONCE_OVERFLOW",
            Self::Precompile => "PRECOMPILE",
        }
    }

    pub const fn words(self) -> &'static str {
        match self {
            Self::Revert => "execution reverted",
            Self::OutOfGas => "out of gas",
            Self::CodeStoreOutOfGas => "contract creation code storage out of gas",
            Self::InvalidOpcode => "invalid opcode",
            Self::StackUnderflow => "stack underflow",
            Self::StackOverflow => "stack limit reached 1024",
            Self::InvalidJump => "invalid jump destination",
            Self::WriteProtection => "write protection",
            Self::ReturnDataOutOfBounds => "return data out of bounds",
            Self::CallDepth => "max call depth exceeded",
            Self::InsufficientBalance => "insufficient balance for transfer",
            Self::AddressCollision => "contract address collision",
            Self::CodeSize => "max code size exceeded",
            Self::InitcodeSize => "max initcode size exceeded",
            Self::InvalidCodePrefix => "invalid code: must not begin with 0xef",
            Self::NonceOverflow => "nonce uint64 overflow",
            Self::Precompile => "precompile failed",
        }
    }
}

/// How an execution failed. `detail` completes the words, e.g. the opcode's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub kind: FailureKind,
    pub detail: Cow<'static, str>,
}

impl Failure {
    pub const fn of(kind: FailureKind) -> Self {
        Self {
            kind,
            detail: Cow::Borrowed(""),
        }
    }

    pub fn new(kind: FailureKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            detail: detail.into(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.kind.words(), self.detail)
    }
}
