//! What every part of the kernel shares: accounts, change sets, the way to read a state, and threads.

mod account;
mod changes;
mod code;
mod threads;
mod view;

pub use account::{Account, EMPTY_CODE_HASH};
pub use changes::ChangeSet;
pub use code::analysed;
pub use revm::bytecode::Bytecode;
pub use revm::primitives::{Address, B256, Bytes, U256, map};
pub use threads::Threads;
pub use view::{ReadError, StateView};
