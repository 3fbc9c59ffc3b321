//! What is computed for many transactions at once: decoding with the recovery of the signers, and the receipts
//! and roots of blocks. `devnet/chain/` is the reference; what this crate declines (`None`) is left to it.

mod ahead;
mod packing;
mod parse;
mod receipts;
mod recovery;
mod rlp;
mod signed;
mod transaction;
mod trie;

pub use ahead::Decoding;
pub use packing::{PackedReceipt, PackedTransaction, Unpacked, pack, unpack};
pub use receipts::{BLOOM_SIZE, Bloom, Content, Included, Log, bloom_of, content_of, joined};
pub use recovery::{recover_many, signer};
pub use signed::SignedTransaction;
pub use transaction::{AccessListEntry, Authorization, Transaction};
pub use trie::{EMPTY_TRIE_ROOT, ordered_root};
