//! What the leader does with predictions while others are still made: the frames, and, as long as nothing
//! conflicts, the block's changes.

use std::time::{Duration, Instant};

use zero_schedule::{Framer, Order, Strangers};

use super::Block;
use super::merge::Merge;

/// Predictions taken in the order of the transactions.
pub struct Ahead {
    framer: Framer,
    strangers: Strangers,
    /// What all runs wrote; None once two conflict, or one has no run yet.
    pub merge: Option<Merge>,
    /// No two conflict.
    pub are_strangers: bool,
    next: u32,
    /// What framing took.
    pub time: Duration,
}

impl Ahead {
    pub fn new(order: Order, count: usize) -> Self {
        Self {
            framer: Framer::new(order),
            strangers: Strangers::new(count),
            merge: Some(Merge::new(count)),
            are_strangers: true,
            next: 0,
            time: Duration::ZERO,
        }
    }

    /// Takes what is there.
    pub fn advance(&mut self, block: &Block<'_>) {
        let first = self.next;
        let clock = Instant::now();
        while let Some(cell) = block.cells.get(self.next as usize) {
            let Ok(cell) = cell.try_lock() else {
                break;
            };
            if !cell.is_predicted {
                break;
            }
            self.framer
                .add(self.next, &cell.predicted, cell.locks.as_slice());
            self.are_strangers = self.strangers.add(&cell.predicted);
            self.next += 1;
        }
        self.time += clock.elapsed();
        if !self.are_strangers {
            self.merge = None;
        }
        for index in first..self.next {
            let Some(merge) = &mut self.merge else {
                return;
            };
            match &block.cell(index).run {
                Some(run) if run.result.is_ok() => merge.add(&run.touched.writes),
                _ => self.merge = None,
            }
        }
    }

    /// The frames by age.
    pub fn frames(self) -> Vec<Vec<u32>> {
        self.framer.finish()
    }
}
