//! What was taken of a given order, in block order, and the state after it.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use zero_primitives::{Account, Address, B256, Bytecode, ReadError, StateView, U256};

use super::merge::Merge;
use super::repair::Repair;
use super::row::Row;
use super::run::{Hand, Touched, Writes};
use super::{Block, Finished, Room, Totals};
use crate::block::Results;
use crate::invalid::{Invalid, InvalidKind};
use crate::machine::Stopped;
use crate::transaction::{Transaction, TransactionResult};

/// The results so far, and what they changed.
pub struct Taken<'a> {
    block: &'a Block<'a>,
    fresh: Arc<Fresh>,
    view: Arc<dyn StateView>,
    /// Threads see all that was taken, as soon as it is.
    is_shown: bool,
    /// Runs what does not stand, and what runs alone.
    hand: Option<Hand>,
    /// The hand holds changes that are nowhere else yet.
    is_ahead: bool,
    /// The last row stood.
    is_calm: bool,
    room: Room<'a>,
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
            is_shown: false,
            hand: None,
            is_ahead: false,
            is_calm: true,
            room: Room::of(&block.means),
            totals: Totals::default(),
            results: Results::new(),
        }
    }

    /// Takes a row; gives how many of its transactions had to run again, since something that they asked for was
    /// written before them, or there was no room for all.
    pub fn take_row(
        &mut self,
        transactions: &[Transaction],
        mut row: Row,
    ) -> Result<usize, Stopped> {
        self.catch_up()?;
        if row.asked.has_wiped {
            self.run_alone(transactions)?;
            return Ok(transactions.len());
        }
        // After one row did not stand the next one hardly does.
        let has_room = self.room.has_for_row(&row);
        if has_room && self.is_calm && self.fresh.merge_mut().add_row(&row.asked) {
            self.take_whole(row);
            return Ok(0);
        }
        let repair = Repair::new(&mut row, &self.fresh.merge());
        let least = repair.least();
        let reruns = if least > transactions.len() / 2 {
            self.run_alone(transactions)?;
            transactions.len()
        } else {
            self.repair(transactions, row.results, repair)?
        };
        self.is_calm = reruns == 0;
        Ok(reruns)
    }

    fn take_whole(&mut self, row: Row) {
        self.room.take_row(&row);
        self.totals.add_all(&row.totals);
        if self.is_shown {
            self.block.state.apply_row(&row.asked);
        }
        self.results.push(row.results);
    }

    /// Runs again what does not stand, on what was taken before it.
    fn repair(
        &mut self,
        transactions: &[Transaction],
        ran: Vec<Result<TransactionResult, Invalid>>,
        mut repair: Repair,
    ) -> Result<usize, Stopped> {
        let mut reruns = 0;
        let mut results = Vec::with_capacity(ran.len());
        for (index, (transaction, result)) in transactions.iter().zip(ran).enumerate() {
            let has_room = match &result {
                Ok(_) => self.room.has_for(transaction),
                Err(invalid) => invalid.kind != InvalidKind::BlockFull,
            };
            if has_room && repair.stands(index) {
                if let Ok(result) = &result {
                    self.room.pool.take(transaction, result);
                    self.totals.add(transaction, result);
                }
                let writes = repair.keep(index);
                self.add(&writes);
                results.push(result);
                continue;
            }
            reruns += 1;
            let hand = hand_of(&mut self.hand, self.block, &self.view);
            let mut run = hand.run(&self.view, transaction)?;
            run.result = self.admit(transaction, run.result);
            if run.result.is_err() {
                run.touched.writes = Writes::default();
            }
            self.add(&run.touched.writes);
            repair.replace(index, &run.touched.writes, &self.fresh.merge());
            results.push(run.result);
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

    /// Lets threads see all that was taken, and what will be.
    pub fn show(&mut self) -> Result<(), Stopped> {
        self.catch_up()?;
        if !self.is_shown {
            self.block.state.apply_all(&self.fresh.merge());
            self.is_shown = true;
        }
        Ok(())
    }

    pub fn finish(mut self) -> Result<Finished, Stopped> {
        self.catch_up()?;
        if self.results.iter().map(Vec::len).sum::<usize>() < self.block.transactions.len() {
            return Err(Stopped::Fault("a transaction was not run".into()));
        }
        let merge = std::mem::take(&mut *self.fresh.merge_mut());
        self.block.finished(self.results, merge, self.totals)
    }

    /// Takes what the hand changed when it ran alone.
    fn catch_up(&mut self) -> Result<(), Stopped> {
        if let Some(hand) = &self.hand
            && self.is_ahead
        {
            let Touched { writes, .. } = hand.touched(true)?;
            self.add(&writes);
            self.is_ahead = false;
        }
        Ok(())
    }

    fn add(&self, writes: &Writes) {
        if self.is_shown {
            self.block.state.apply(writes);
        }
        self.fresh.merge_mut().add(writes);
    }

    /// What comes of a run where the block has so much room left.
    fn admit(
        &mut self,
        transaction: &Transaction,
        result: Result<TransactionResult, Invalid>,
    ) -> Result<TransactionResult, Invalid> {
        match result {
            Ok(result) => {
                self.room.take(transaction, &result)?;
                self.totals.add(transaction, &result);
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
