//! A given order without a schedule: everything runs at once on the state before all transactions, and results
//! are taken in block order while others still run. A run stands where nothing before it wrote what it touched;
//! otherwise the transaction runs again on what was taken so far. That is the serial result by induction.
//!
//! Threads run rows of transactions, each as if it were alone. Where rows do not stand, the transactions of a
//! row run one by one, so that those without conflict stand; where few would, the block goes on serially.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::ThreadPool;

use super::crew::{Crew, Task, unpoisoned, with_crew};
use super::forecast::is_chained;
use super::row::Row;
use super::run::{Hand, Run};
use super::taken::Taken;
use super::{Block, Finished, jitter};
use crate::machine::Stopped;
use crate::transaction::Transaction;

/// Transactions of a row, at most: what they touch stays in a core's cache.
const ROW: usize = 128;
/// Rows for each thread, at least: at a block's end one waits for the other's last.
const ROWS_A_THREAD: usize = 16;
/// Rows that run one by one, and then are looked at, before any others.
const FIRST: usize = 2;
/// The same after more and more of them stood.
const MOST: usize = 16;
/// Rows that run serially when most of those before had to run again; twice as many each time.
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

/// A row that waits for its turn.
enum Ran {
    Together(Box<Row>),
    Apart(Vec<Run>),
}

/// The rows of the block.
struct Flight<'a> {
    block: &'a Block<'a>,
    /// Transactions of a row.
    width: usize,
    rows: Vec<Mutex<Option<Ran>>>,
    /// The transactions of a row run one by one.
    runs_apart: AtomicBool,
    /// A row did not stand: those that have not begun are better run otherwise.
    has_conflict: AtomicBool,
}

impl Task for Flight<'_> {
    type Hand = Hand;

    fn hand(&self) -> Hand {
        Hand::new(&self.block.means, &self.block.state_view)
    }

    fn work(&self, hand: &mut Hand, item: u32) -> Result<(), Stopped> {
        if self.has_conflict.load(Ordering::Relaxed) {
            return Ok(());
        }
        jitter(self.block.plan.jitter_seed, item);
        let view = &self.block.state_view;
        let transactions = self.transactions(item as usize);
        let ran = if self.runs_apart.load(Ordering::Relaxed) {
            let runs = transactions.iter().map(|next| hand.run(view, next));
            Ran::Apart(runs.collect::<Result<_, _>>()?)
        } else {
            Ran::Together(Box::new(hand.run_row(view, transactions)?))
        };
        *unpoisoned(&self.rows[item as usize]) = Some(ran);
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
            runs_apart: AtomicBool::new(false),
            has_conflict: AtomicBool::new(false),
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
        let (mut next, mut apart, mut pause) = (0, 0, PAUSE);
        // Much of what threads do not see yet is touched again.
        let mut is_behind = false;
        while next < all {
            let rest = &self.block.transactions[next * self.width..];
            if crew.threads() == 1 || is_chained(rest, self.width) {
                next = self.run_alone(taken, next, pause)?;
                (pause, is_behind) = (pause * 2, true);
                continue;
            }
            if std::mem::take(&mut is_behind) {
                taken.show()?;
            }
            if apart == 0 {
                let (stood, _) = self.round(crew, hand, taken, next..all, false)?;
                next += stood;
                (apart, is_behind) = (FIRST, stood >= MOST);
                continue;
            }
            let (count, reruns) =
                self.round(crew, hand, taken, next..all.min(next + apart), true)?;
            next += count;
            let transactions = count * self.width;
            if reruns > transactions / 2 {
                next = self.run_alone(taken, next, pause)?;
                (pause, is_behind) = (pause * 2, true);
            } else {
                // Without any conflict rows stand again.
                apart = if reruns == 0 && !taken.lacks_room {
                    0
                } else {
                    (apart * 2).min(MOST)
                };
                pause = PAUSE;
                is_behind = reruns > transactions / 4;
            }
        }
        Ok(())
    }

    /// Runs rows on all threads and takes them in order: how many were taken, and what had to run again.
    fn round(
        &self,
        crew: &Crew<'_, Self>,
        hand: &mut Hand,
        taken: &mut Taken<'_>,
        rows: Range<usize>,
        runs_apart: bool,
    ) -> Result<(usize, usize), Stopped> {
        self.runs_apart.store(runs_apart, Ordering::Relaxed);
        self.has_conflict.store(false, Ordering::Relaxed);
        let Range { start: first, end } = rows;
        let (mut next, mut reruns) = (first, 0);
        let mut outcome = Ok(());
        let mut advance = || {
            while outcome.is_ok() && next < end && !self.has_conflict.load(Ordering::Relaxed) {
                let Ok(mut row) = self.rows[next].try_lock() else {
                    return;
                };
                let Some(ran) = row.take() else {
                    return;
                };
                drop(row);
                let transactions = self.transactions(next);
                let stands = match ran {
                    Ran::Together(row) => taken.take_row(*row),
                    Ran::Apart(runs) => taken.take_runs(transactions, runs).map(|again| {
                        reruns += again;
                        true
                    }),
                };
                match stands {
                    Ok(true) => next += 1,
                    Ok(false) => self.has_conflict.store(true, Ordering::Relaxed),
                    Err(stopped) => outcome = Err(stopped),
                }
            }
        };
        let items = (first as u32..end as u32).collect();
        crew.round_with(hand, items, 1, &mut advance)?;
        advance();
        outcome?;
        // What was not taken may be out of date by the next round.
        for row in &self.rows[next..end] {
            unpoisoned(row).take();
        }
        Ok((next - first, reruns))
    }

    fn run_alone(
        &self,
        taken: &mut Taken<'_>,
        first: usize,
        count: usize,
    ) -> Result<usize, Stopped> {
        let end = self.rows.len().min(first + count);
        for row in first..end {
            taken.run_alone(self.transactions(row))?;
        }
        Ok(end)
    }
}
