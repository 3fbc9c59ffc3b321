//! Results in block order while other transactions still run, as long as nothing conflicts: then the runs on
//! the state before all transactions are the real ones, and a given order needs no frames.

use zero_primitives::U256;

use super::merge::Merge;
use super::{Block, Room, Totals};
use crate::invalid::{Invalid, InvalidKind};
use crate::machine::Stopped;
use crate::transaction::TransactionResult;

pub struct Stream<'a> {
    merge: Merge,
    room: Room<'a>,
    totals: Totals,
    results: Vec<Result<TransactionResult, Invalid>>,
    /// Something conflicts, was refused, or found no room.
    has_ended: bool,
}

impl<'a> Stream<'a> {
    pub fn new(block: &Block<'a>) -> Self {
        let count = block.transactions.len();
        Self {
            merge: Merge::new(count),
            room: Room::of(&block.means),
            totals: Totals::default(),
            results: Vec::with_capacity(count),
            has_ended: false,
        }
    }

    /// Takes what is there in block order.
    pub fn advance(&mut self, block: &Block<'_>) {
        while !self.has_ended && self.results.len() < block.cells.len() {
            let index = self.results.len();
            let Ok(mut cell) = block.cells[index].try_lock() else {
                return;
            };
            if !cell.is_predicted {
                return;
            }
            let transaction = &block.transactions[index];
            let Some(run) = &mut cell.expected.run else {
                self.has_ended = true;
                return;
            };
            let Ok(result) = &run.result else {
                self.has_ended = true;
                return;
            };
            if self.room.take(transaction, result).is_err() || !self.merge.add_fresh(run) {
                self.has_ended = true;
                return;
            }
            self.totals.add(transaction, result);
            let none = Err(Invalid::of(InvalidKind::BlockFull));
            self.results.push(std::mem::replace(&mut run.result, none));
        }
    }

    /// The whole block's results, or none and every run is again where it was.
    pub fn finish(self, block: &Block<'_>) -> Result<Option<super::Finished>, Stopped> {
        if self.results.len() < block.cells.len() {
            for (index, result) in (0..).zip(self.results) {
                if let Some(run) = &mut block.cell(index).expected.run {
                    run.result = result;
                }
            }
            return Ok(None);
        }
        let mut merge = self.merge;
        if block.credits_fees && !self.totals.tips.is_zero() {
            let tips = self.totals.tips.wrapping_to::<U256>();
            merge.credit(block.means.env.coinbase, tips, &block.start, &*block.base)?;
        }
        Ok(Some(super::Finished {
            results: self.results,
            changes: merge.finish(&block.start, &*block.base)?,
            totals: self.totals,
        }))
    }
}
