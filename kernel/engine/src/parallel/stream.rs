//! A given order without a schedule: everything runs at once on the state before all transactions, and results
//! are taken in block order while others still run. A run stands where nothing before it wrote what it touched;
//! otherwise the transaction runs again on what was taken so far. That is the serial result by induction.
//!
//! Threads run rows of transactions, each as if it were alone, and note what each transaction of it asked for and
//! left. Where a row does not stand as a whole, those of its transactions stand that saw what they should have
//! seen; the leader runs the others again and goes on, while the rows behind are run. Where few stand, what was
//! taken is shown to the threads; where few stand even so, the block goes on serially for a while.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::ThreadPool;

use super::crew::{Crew, Task, unpoisoned, with_crew};
use super::forecast::is_chained;
use super::row::Row;
use super::run::Hand;
use super::taken::Taken;
use super::{Block, Finished, jitter};
use crate::machine::Stopped;
use crate::transaction::Transaction;

/// Transactions of a row, at most: what they touch stays in a core's cache.
const ROW: usize = 128;
/// Rows for each thread, at least: at a block's end one waits for the other's last.
const ROWS_A_THREAD: usize = 16;
/// Rows that run serially after some in which most ran again; twice as many each time.
const PAUSE: usize = 8;

/// Runs the block and gives its results in the given order.
pub fn run_stream(block: &Block<'_>, pool: Option<&ThreadPool>) -> Result<Finished, Stopped> {
    let flight = Flight::new(block, pool.map_or(1, ThreadPool::current_num_threads));
    let mut taken = Taken::new(block);
    with_crew(&flight, pool, |crew, hand| {
        flight.lead(crew, hand, &mut taken)
    })?;
    taken.finish()
}

/// The rows of the block.
struct Flight<'a> {
    block: &'a Block<'a>,
    /// Transactions of a row.
    width: usize,
    /// Those that wait for their turn.
    rows: Vec<Mutex<Option<Box<Row>>>>,
    /// Rows that have not begun are better not run by themselves.
    is_in_vain: AtomicBool,
}

impl Task for Flight<'_> {
    type Hand = Hand;

    fn hand(&self) -> Hand {
        Hand::new(&self.block.means, &self.block.state_view)
    }

    fn work(&self, hand: &mut Hand, item: u32) -> Result<(), Stopped> {
        if self.is_in_vain.load(Ordering::Relaxed) {
            return Ok(());
        }
        jitter(self.block.plan.jitter_seed, item);
        let row = hand.run_row(&self.block.state_view, self.transactions(item as usize))?;
        *unpoisoned(&self.rows[item as usize]) = Some(Box::new(row));
        Ok(())
    }
}

impl<'a> Flight<'a> {
    fn new(block: &'a Block<'a>, threads: usize) -> Self {
        let count = block.transactions.len();
        let width = (count / (threads * ROWS_A_THREAD)).clamp(1, ROW);
        let rows = (0..count.div_ceil(width)).map(|_| Mutex::default());
        Self {
            block,
            width,
            rows: rows.collect(),
            is_in_vain: AtomicBool::new(false),
        }
    }

    fn transactions(&self, row: usize) -> &'a [Transaction] {
        let first = row * self.width;
        let all = self.block.transactions;
        &all[first..all.len().min(first + self.width)]
    }

    fn lead(
        &self,
        crew: &Crew<'_, Self>,
        hand: &mut Hand,
        taken: &mut Taken<'_>,
    ) -> Result<(), Stopped> {
        let all = self.rows.len();
        let (mut next, mut pause) = (0, PAUSE);
        while next < all {
            let rest = &self.block.transactions[next * self.width..];
            if crew.threads() > 1 && !is_chained(rest, self.width) {
                if next > 0 {
                    taken.show()?;
                }
                let count = self.round(crew, hand, taken, next)?;
                next += count;
                if count > pause {
                    pause = PAUSE;
                }
            }
            let end = all.min(next + pause);
            for row in next..end {
                taken.run_alone(self.transactions(row))?;
            }
            (next, pause) = (end, pause * 2);
        }
        Ok(())
    }

    /// Runs rows on all threads and takes them in order, until the end or until it is in vain; gives how many were
    /// taken.
    fn round(
        &self,
        crew: &Crew<'_, Self>,
        hand: &mut Hand,
        taken: &mut Taken<'_>,
        first: usize,
    ) -> Result<usize, Stopped> {
        self.is_in_vain.store(false, Ordering::Relaxed);
        let end = self.rows.len();
        let mut place = Place {
            next: first,
            bad: 0,
        };
        let mut outcome = Ok(());
        let mut advance = || {
            while outcome.is_ok() && place.next < end && !self.is_in_vain.load(Ordering::Relaxed) {
                let Ok(mut row) = self.rows[place.next].try_lock() else {
                    return;
                };
                let Some(row) = row.take() else {
                    return;
                };
                outcome = self.take(crew, taken, *row, &mut place);
            }
        };
        let items = (first as u32..end as u32).collect();
        crew.round_with(hand, items, 1, &mut advance)?;
        advance();
        outcome?;
        // What was not taken may be out of date by the next round.
        for row in &self.rows[place.next..end] {
            unpoisoned(row).take();
        }
        Ok(place.next - first)
    }

    fn take(
        &self,
        crew: &Crew<'_, Self>,
        taken: &mut Taken<'_>,
        row: Row,
        place: &mut Place,
    ) -> Result<(), Stopped> {
        let transactions = self.transactions(place.next);
        let reruns = taken.take_row(transactions, row)?;
        place.next += 1;
        if reruns * 4 > transactions.len() {
            taken.show()?;
        }
        if reruns * 2 > transactions.len() {
            place.bad += 1;
        } else {
            place.bad = 0;
        }
        // Those that are under way know no better.
        if place.bad > crew.threads() {
            self.is_in_vain.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// How far a round is.
struct Place {
    /// The row to be taken next.
    next: usize,
    /// Rows before it, without another between them, of which most transactions ran again.
    bad: usize,
}
