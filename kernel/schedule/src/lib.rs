//! FAFO: which transactions of a block may run at the same time (docs/scheduling.md).
//!
//! Everything here is a function of access sets; nothing knows of the EVM, of threads or of time.

mod access;
mod after;
mod bloom;
mod framer;
mod key;
mod strangers;

pub use access::AccessSet;
pub use after::{WINDOW, starts_after};
pub use bloom::ParaBloom;
pub use framer::{FRAME_KEYS, FRAME_TRANSACTIONS, Framer, OPEN_FRAMES, Order};
pub use key::{KeyMap, KeySet, ShortHash};
pub use strangers::Strangers;
