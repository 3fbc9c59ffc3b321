//! What QMDB's operations cost, counted: the store's promises are about these numbers, not about time.

use std::ops::{Add, AddAssign, Sub};

/// Running totals. Compaction's own reads and appends are counted apart from those of the operations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Costs {
    pub entry_reads: u64,
    pub appends: u64,
    pub compaction_reads: u64,
    pub compaction_appends: u64,
    /// SHA-256 computations: keys, entries, tree nodes, shard leaves, the zone's tree.
    pub hashes: u64,
}

impl Costs {
    /// So many hashes and nothing else.
    pub fn of_hashes(hashes: u64) -> Self {
        Self {
            hashes,
            ..Self::default()
        }
    }
}

impl Add for Costs {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            entry_reads: self.entry_reads + other.entry_reads,
            appends: self.appends + other.appends,
            compaction_reads: self.compaction_reads + other.compaction_reads,
            compaction_appends: self.compaction_appends + other.compaction_appends,
            hashes: self.hashes + other.hashes,
        }
    }
}

impl AddAssign for Costs {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Costs {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            entry_reads: self.entry_reads - earlier.entry_reads,
            appends: self.appends - earlier.appends,
            compaction_reads: self.compaction_reads - earlier.compaction_reads,
            compaction_appends: self.compaction_appends - earlier.compaction_appends,
            hashes: self.hashes - earlier.hashes,
        }
    }
}
