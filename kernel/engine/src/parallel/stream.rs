//! A given order without a schedule: everything runs at once on the state before all transactions, and results
//! are taken in block order while others still run. A run stands where nothing before it wrote what it touched;
//! otherwise the transaction runs again on what was taken so far. That is the serial result by induction.

use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use zero_primitives::{Account, Address, B256, Bytecode, ReadError, StateView, U256};

use super::crew::{Task, unpoisoned, with_crew};
use super::jitter;
use super::merge::Merge;
use super::run::{Hand, Run};
use super::{Block, Finished, Room, Totals};
use crate::invalid::{Invalid, InvalidKind};
use crate::machine::Stopped;
use crate::transaction::{Transaction, TransactionResult};
use rayon::ThreadPool;

/// So many transactions are in flight: what they leave stays in the caches.
const WINDOW: usize = 2_048;

/// So many windows run one after the other when most of one had to run again.
const PAUSE: usize = 3;

/// Runs the block and gives its results in the given order.
pub fn run_stream(block: &Block<'_>, pool: Option<&ThreadPool>) -> Result<Finished, Stopped> {
    let count = block.transactions.len();
    let flight = Flight {
        block,
        cells: (0..count.min(WINDOW)).map(|_| Mutex::new(None)).collect(),
    };
    let mut taken = Taken::new(block);
    let mut pause = 0;
    with_crew(&flight, pool, |crew, hand| {
        for first in (0..count).step_by(WINDOW) {
            let end = count.min(first + WINDOW);
            taken.reruns = 0;
            if pause > 0 {
                pause -= 1;
                taken.run_alone(end);
            } else {
                let items = (first as u32..end as u32).collect();
                crew.round_with(hand, items, || taken.advance(&flight, end))?;
                taken.advance(&flight, end);
                if taken.reruns > (end - first) / 2 {
                    pause = PAUSE;
                }
            }
        }
        Ok::<_, Stopped>(())
    })?;
    taken.finish(block)
}

/// The transactions that run now.
struct Flight<'a> {
    block: &'a Block<'a>,
    cells: Vec<Mutex<Option<Run>>>,
}

impl Task for Flight<'_> {
    type Hand = Hand;

    fn hand(&self) -> Hand {
        Hand::new(&self.block.means, &self.block.state_view)
    }

    fn work(&self, hand: &mut Hand, item: u32) -> Result<(), Stopped> {
        jitter(self.block.plan.jitter_seed, item);
        let transaction = &self.block.transactions[item as usize];
        let run = hand.run(&self.block.state_view, transaction)?;
        *unpoisoned(&self.cells[item as usize % WINDOW]) = Some(run);
        Ok(())
    }
}

/// What was taken in block order.
struct Taken<'a> {
    block: &'a Block<'a>,
    state: Arc<Committed>,
    view: Arc<dyn StateView>,
    /// Runs again what does not stand.
    hand: Option<Hand>,
    room: Room<'a>,
    totals: Totals,
    results: Vec<Result<TransactionResult, Invalid>>,
    /// Of the present window.
    reruns: usize,
    stopped: Option<Stopped>,
}

impl<'a> Taken<'a> {
    fn new(block: &'a Block<'a>) -> Self {
        let count = block.transactions.len();
        let state = Arc::new(Committed {
            base: block.state_view.clone(),
            merge: RwLock::new(Merge::new(count)),
        });
        Self {
            block,
            view: state.clone(),
            state,
            hand: None,
            room: Room::of(&block.means),
            totals: Totals::default(),
            results: Vec::with_capacity(count),
            reruns: 0,
            stopped: None,
        }
    }

    /// Takes what is there in block order, up to `end`.
    fn advance(&mut self, flight: &Flight<'_>, end: usize) {
        while self.stopped.is_none() && self.results.len() < end {
            let index = self.results.len();
            let Ok(mut cell) = flight.cells[index % WINDOW].try_lock() else {
                return;
            };
            let Some(run) = cell.take() else {
                return;
            };
            drop(cell);
            self.take_next(Some(run));
        }
    }

    /// Runs everything up to `end` after what was taken.
    fn run_alone(&mut self, end: usize) {
        while self.stopped.is_none() && self.results.len() < end {
            self.take_next(None);
        }
    }

    fn take_next(&mut self, run: Option<Run>) {
        match self.take(&self.block.transactions[self.results.len()], run) {
            Ok(result) => self.results.push(result),
            Err(stopped) => self.stopped = Some(stopped),
        }
    }

    fn take(
        &mut self,
        transaction: &Transaction,
        run: Option<Run>,
    ) -> Result<Result<TransactionResult, Invalid>, Stopped> {
        let run = match run {
            Some(mut run) if !run.has_wiped => match &run.result {
                // Mostly it stands and there is room.
                Ok(_) if self.room.has_for(transaction) => {
                    if self.state.merge_mut().add_unless_written(&mut run) {
                        let Run { result, .. } = run;
                        if let Ok(result) = &result {
                            self.room.pool.take(transaction, result);
                            self.totals.add(transaction, result);
                        }
                        return Ok(result);
                    }
                    None
                }
                _ => Some(run).filter(|run| !self.state.merge().has_written_of(run)),
            },
            _ => None,
        };
        let run = match run {
            Some(run) => run,
            None => {
                self.reruns += 1;
                let hand = self
                    .hand
                    .get_or_insert_with(|| Hand::new(&self.block.means, &self.view));
                hand.run(&self.view, transaction)?
            }
        };
        let Run { result, writes, .. } = run;
        Ok(match result {
            Ok(result) => match self.room.take(transaction, &result) {
                Ok(()) => {
                    self.totals.add(transaction, &result);
                    self.state.merge_mut().add(writes);
                    Ok(result)
                }
                Err(invalid) => Err(invalid),
            },
            // With a whole block's room it was refused for room: the words name what is left.
            Err(invalid) if invalid.kind == InvalidKind::BlockFull => {
                let refusal = self.room.pool.check(transaction, self.room.env);
                Err(refusal.err().unwrap_or(invalid))
            }
            Err(invalid) => Err(invalid),
        })
    }

    fn finish(self, block: &Block<'_>) -> Result<Finished, Stopped> {
        if let Some(stopped) = self.stopped {
            return Err(stopped);
        }
        if self.results.len() < block.transactions.len() {
            return Err(Stopped::Fault("a transaction was not run".into()));
        }
        let merge = std::mem::take(&mut *self.state.merge_mut());
        block.finished(self.results, merge, self.totals)
    }
}

/// The state after what was taken.
struct Committed {
    base: Arc<dyn StateView>,
    merge: RwLock<Merge>,
}

impl Committed {
    fn merge(&self) -> RwLockReadGuard<'_, Merge> {
        self.merge.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn merge_mut(&self) -> RwLockWriteGuard<'_, Merge> {
        self.merge.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StateView for Committed {
    fn account(&self, address: &Address) -> Result<Option<Account>, ReadError> {
        let found = self.merge().accounts.get(address).copied();
        found.map_or_else(|| self.base.account(address), Ok)
    }

    fn storage(&self, address: &Address, slot: &U256) -> Result<U256, ReadError> {
        let found = self.merge().storage.get(&(*address, *slot)).copied();
        found.map_or_else(|| self.base.storage(address, slot), Ok)
    }

    fn code(&self, code_hash: &B256) -> Result<Bytecode, ReadError> {
        let found = self.merge().codes.get(code_hash).cloned();
        found.map_or_else(|| self.base.code(code_hash), Ok)
    }

    fn slots(&self, address: &Address) -> Result<Vec<(U256, U256)>, ReadError> {
        let mut slots: std::collections::BTreeMap<_, _> =
            self.base.slots(address)?.into_iter().collect();
        for ((owner, slot), value) in &self.merge().storage {
            if owner == address {
                slots.insert(*slot, *value);
            }
        }
        slots.retain(|_, value| !value.is_zero());
        Ok(slots.into_iter().collect())
    }
}
