//! What every part of the kernel shares: accounts, change sets and the way to read a state.

mod account;
mod changes;
mod code;
mod view;

pub use account::{Account, EMPTY_CODE_HASH};
pub use changes::ChangeSet;
pub use code::analysed;
pub use revm::bytecode::Bytecode;
pub use revm::primitives::{Address, B256, Bytes, U256, map};
pub use view::{ReadError, StateView};
