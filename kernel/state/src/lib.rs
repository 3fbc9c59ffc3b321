//! QMDB: the verifiable, append-only store of a zone (docs/state.md).

mod chain;
mod values;
mod views;

pub use values::{Change, Values};
pub use views::{Mark, View};
