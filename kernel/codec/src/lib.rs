//! What is computed for many transactions at once: decoding with the recovery of the signers, and the receipts
//! and roots of blocks. `devnet/chain/` is the reference; what this crate declines (`None`) is left to it.

mod parse;
mod recovery;
mod rlp;
mod transaction;

pub use recovery::{recover, signer};
pub use transaction::{AccessListEntry, Authorization, Transaction};
