use std::fmt;

use revm::bytecode::Bytecode;
use revm::primitives::{Address, B256, U256};

use crate::Account;

/// Why a state could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// The height was rolled back, or is older than the kept history.
    Gone(String),
    /// No code is stored under the hash.
    NoCode(B256),
    /// The view is Python's, and raised; the number finds the exception again.
    Raised(u64),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone(words) => f.write_str(words),
            Self::NoCode(hash) => write!(f, "no code is stored under {hash:x}"),
            Self::Raised(_) => f.write_str("the view raised an exception"),
        }
    }
}

impl std::error::Error for ReadError {}

/// The state after one block: immutable, cheap, and read from any thread.
pub trait StateView: Send + Sync {
    /// The account; `None` where there is none.
    fn account(&self, address: &Address) -> Result<Option<Account>, ReadError>;

    /// The slot's value, zero where nothing is stored.
    fn storage(&self, address: &Address, slot: &U256) -> Result<U256, ReadError>;

    /// The analysed code with that hash, empty for `EMPTY_CODE_HASH`.
    fn code(&self, code_hash: &B256) -> Result<Bytecode, ReadError>;

    /// Every stored (slot, value) of the account in the order of the slots: a full scan.
    fn slots(&self, address: &Address) -> Result<Vec<(U256, U256)>, ReadError>;
}
