//! QMDB: the verifiable, append-only store of a zone (docs/state.md).

mod builder;
mod chain;
mod costs;
mod encoding;
mod entries;
mod hashing;
#[cfg(test)]
mod hex;
mod index;
mod log;
mod past;
mod places;
mod proofs;
mod qmdb;
mod records;
mod restore;
mod run;
mod sentries;
mod shard;
mod trees;
mod twig;
mod unloading;
mod values;
mod views;
mod witness;

pub use builder::ShardBuilder;
pub use costs::Costs;
pub use entries::{Entry, SENTRIES_PER_SHARD, SHARD_COUNT, VERSION_SHIFT};
pub use hashing::{Hash, hash_nodes, sha256};
pub use log::Peers;
pub use past::{PastItem, PastShard};
pub use places::{Place, ShardHead};
pub use proofs::{Proof, prove};
pub use qmdb::{Qmdb, Reader, StateError};
pub use restore::{Refused, Restorer};
pub use run::{Operation, ShardChange, rehash, run};
pub use shard::{Config, Shard, ShardUndo, leaf_of};
pub use trees::{ACTIVE_BYTES, LEAVES_PER_TWIG, NullNodes, TWIG_MASK, TWIG_SHIFT, ZoneTree};
pub use values::Sum;
pub use views::View;
pub use witness::{Flaw, PartialState, WitnessError, open_state};
