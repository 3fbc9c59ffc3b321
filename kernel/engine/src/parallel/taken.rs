//! What was taken of a given order, in block order, and the state after it.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use zero_primitives::{Account, Address, B256, Bytecode, ReadError, StateView, U256};

use super::merge::Merge;
use super::row::Row;
use super::run::{Hand, Run, Touched};
use super::{Block, Finished, Room, Totals};
use crate::block::Results;
use crate::invalid::{Invalid, InvalidKind};
use crate::machine::Stopped;
use crate::transaction::{Transaction, TransactionResult};

/// The results so far, and what they changed.
pub struct Taken<'a> {
    block: &'a Block<'a>,
    /// What threads do not see yet.
    fresh: Arc<Fresh>,
    view: Arc<dyn StateView>,
    /// What threads see.
    shown: Merge,
    /// Runs what does not stand, and what runs alone.
    hand: Option<Hand>,
    /// The hand holds changes that are nowhere else yet.
    is_ahead: bool,
    room: Room<'a>,
    /// A row did not stand for want of room: what follows is looked at one by one.
    pub lacks_room: bool,
    totals: Totals,
    results: Results,
}

impl<'a> Taken<'a> {
    pub fn new(block: &'a Block<'a>) -> Self {
        let fresh = Arc::new(Fresh {
            base: block.state_view.clone(),
            merge: RwLock::new(Merge::new(block.transactions.len())),
        });
        Self {
            block,
            view: fresh.clone(),
            fresh,
            shown: Merge::default(),
            hand: None,
            is_ahead: false,
            room: Room::of(&block.means),
            lacks_room: false,
            totals: Totals::default(),
            results: Results::new(),
        }
    }

    /// Takes a row, unless something that it touched was written since threads see it, or there is no room for
    /// all of it.
    pub fn take_row(&mut self, mut row: Row) -> Result<bool, Stopped> {
        self.catch_up()?;
        self.lacks_room |= !self.room.has_for_row(&row);
        let stands = !row.touched.has_wiped
            && !self.lacks_room
            && self.fresh.merge_mut().add_unless_written(&mut row.touched);
        if stands {
            self.room.take_row(&row);
            self.totals.add_all(&row.totals);
            self.results.push(row.results);
        }
        Ok(stands)
    }

    /// Takes the runs of one row; gives how many had to run again.
    pub fn take_runs(
        &mut self,
        transactions: &[Transaction],
        runs: Vec<Run>,
    ) -> Result<usize, Stopped> {
        self.catch_up()?;
        let mut reruns = 0;
        let mut results = Vec::with_capacity(runs.len());
        for (transaction, mut run) in transactions.iter().zip(runs) {
            let stands = match &run.result {
                _ if run.touched.has_wiped => false,
                // Mostly there is room, and it stands.
                Ok(result) if self.room.has_for(transaction) => {
                    if self.fresh.merge_mut().add_unless_written(&mut run.touched) {
                        self.room.pool.take(transaction, result);
                        self.totals.add(transaction, result);
                        results.push(run.result);
                        continue;
                    }
                    false
                }
                _ => !self.fresh.merge().has_written_of(&run.touched),
            };
            if !stands {
                reruns += 1;
                run =
                    hand_of(&mut self.hand, self.block, &self.view).run(&self.view, transaction)?;
            }
            results.push(self.take(transaction, run));
        }
        self.results.push(results);
        Ok(reruns)
    }

    /// Runs and takes transactions serially.
    pub fn run_alone(&mut self, transactions: &[Transaction]) -> Result<(), Stopped> {
        let hand = hand_of(&mut self.hand, self.block, &self.view);
        if !self.is_ahead {
            hand.begin(&self.view);
            self.is_ahead = true;
        }
        let mut results = Vec::with_capacity(transactions.len());
        for transaction in transactions {
            let result = hand.run_next(transaction, &mut self.room.pool)?;
            if let Ok(result) = &result {
                self.totals.add(transaction, result);
            }
            results.push(result);
        }
        self.results.push(results);
        Ok(())
    }

    /// Lets threads see all that was taken. None of them runs meanwhile.
    pub fn show(&mut self) -> Result<(), Stopped> {
        self.catch_up()?;
        let fresh = std::mem::take(&mut *self.fresh.merge_mut());
        self.block.state.apply_all(&fresh);
        self.shown.append(fresh);
        Ok(())
    }

    pub fn finish(mut self) -> Result<Finished, Stopped> {
        self.catch_up()?;
        if self.results.iter().map(Vec::len).sum::<usize>() < self.block.transactions.len() {
            return Err(Stopped::Fault("a transaction was not run".into()));
        }
        let fresh = std::mem::take(&mut *self.fresh.merge_mut());
        self.shown.append(fresh);
        self.block.finished(self.results, self.shown, self.totals)
    }

    /// Takes what the hand changed when it ran alone.
    fn catch_up(&mut self) -> Result<(), Stopped> {
        if let Some(hand) = &self.hand
            && self.is_ahead
        {
            let Touched { writes, .. } = hand.touched(true)?;
            self.fresh.merge_mut().add(writes);
            self.is_ahead = false;
        }
        Ok(())
    }

    fn take(&mut self, transaction: &Transaction, run: Run) -> Result<TransactionResult, Invalid> {
        match run.result {
            Ok(result) => {
                self.room.take(transaction, &result)?;
                self.totals.add(transaction, &result);
                self.fresh.merge_mut().add(run.touched.writes);
                Ok(result)
            }
            // With a whole block's room it was refused for room: the words name what is left.
            Err(invalid) if invalid.kind == InvalidKind::BlockFull => {
                let refusal = self.room.pool.check(transaction, self.room.env);
                Err(refusal.err().unwrap_or(invalid))
            }
            Err(invalid) => Err(invalid),
        }
    }
}

fn hand_of<'h>(
    hand: &'h mut Option<Hand>,
    block: &Block<'_>,
    view: &Arc<dyn StateView>,
) -> &'h mut Hand {
    hand.get_or_insert_with(|| Hand::new(&block.means, view))
}

/// The state after what was taken: what threads see, and what they do not see yet.
struct Fresh {
    base: Arc<dyn StateView>,
    merge: RwLock<Merge>,
}

impl Fresh {
    fn merge(&self) -> RwLockReadGuard<'_, Merge> {
        self.merge.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn merge_mut(&self) -> RwLockWriteGuard<'_, Merge> {
        self.merge.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StateView for Fresh {
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
