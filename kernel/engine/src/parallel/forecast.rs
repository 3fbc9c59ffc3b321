//! What the envelopes alone say about conflicts, before anything runs.

use zero_primitives::map::AddressMap;

use super::run::envelope_writes;
use crate::transaction::Transaction;

/// So many transactions tell of those that follow.
const SAMPLE: usize = 512;

/// Whether most of the transactions that come next write to an account that one of an earlier row writes to:
/// chains of a few senders, or many who pay one. Those conflict whatever they run.
pub fn is_chained(transactions: &[Transaction], row: usize) -> bool {
    let sample = &transactions[..transactions.len().min(SAMPLE)];
    let mut writers = AddressMap::default();
    let mut chained = 0;
    for (index, transaction) in sample.iter().enumerate() {
        let mut follows = false;
        envelope_writes(transaction, |address| {
            follows |= *writers.entry(*address).or_insert(index / row) != index / row;
        });
        chained += usize::from(follows);
    }
    chained > sample.len() / 2
}
