//! One transaction, run alone: what it did, what it touched, and what it is expected to touch.

use std::sync::Arc;
use std::time::Instant;

use revm::bytecode::Bytecode;
use zero_primitives::{Account, Address, B256, ChangeSet, EMPTY_CODE_HASH, StateView, U256};
use zero_schedule::{AccessSet, ShortHash};

use super::row::{Asked, Row};
use crate::diary::Diary;
use crate::invalid::Invalid;
use crate::machine::Stopped;
use crate::precompiles::Precompiles;
use crate::rules::{BlockEnv, Checks, Rules};
use crate::runner::{GasPool, Runner};
use crate::transaction::{SET_CODE, Transaction, TransactionResult};
use crate::world::World;

/// What a run changed of the state that it was given.
#[derive(Debug, Default)]
pub struct Writes {
    pub accounts: Vec<(Address, Option<Account>)>,
    pub storage: Vec<((Address, U256), U256)>,
    pub codes: Vec<(B256, Bytecode)>,
}

/// An account (None), or one of its slots.
pub type Location = (Address, Option<U256>);

/// What runs touched of the state that they were given.
#[derive(Debug, Default)]
pub struct Touched {
    /// What was looked at and not changed.
    pub reads: Vec<Location>,
    pub writes: Writes,
}

/// A transaction's run over one state.
#[derive(Debug)]
pub struct Run {
    pub result: Result<TransactionResult, Invalid>,
    pub touched: Touched,
}

impl Run {
    /// What the run touched. One that is refused writes nothing.
    pub fn accessed(&self, transaction: &Transaction) -> AccessSet {
        let mut written = Vec::with_capacity(2 + self.touched.writes.storage.len());
        if self.result.is_ok() {
            let mut envelope = [None; 2];
            envelope_writes(transaction, |address| {
                written.push(ShortHash::of_account(address));
                envelope[usize::from(envelope[0].is_some())] = Some(*address);
            });
            for (address, _) in &self.touched.writes.accounts {
                if !envelope.contains(&Some(*address)) {
                    written.push(ShortHash::of_account(address));
                }
            }
        }
        for ((address, slot), _) in &self.touched.writes.storage {
            written.push(ShortHash::of_slot(address, slot));
        }
        AccessSet::new(self.touched.reads.iter().map(short_hash), written)
    }

    /// Whether it is that of a plain transfer that touched nobody but sender and recipient.
    pub fn keeps_to_envelope(&self, transaction: &Transaction) -> bool {
        let is_known = |address: &Address| {
            *address == transaction.sender || transaction.to.as_ref() == Some(address)
        };
        let is_written = |address: &Address| {
            *address == transaction.sender || (moves_value(transaction) && is_known(address))
        };
        self.touched.writes.storage.is_empty()
            && self
                .touched
                .writes
                .accounts
                .iter()
                .all(|(address, _)| is_written(address))
            && self
                .touched
                .reads
                .iter()
                .all(|(address, slot)| slot.is_none() && is_known(address))
    }

    fn locations(&self, locations: &mut Vec<Location>) {
        locations.extend_from_slice(&self.touched.reads);
        locations.extend(
            self.touched
                .writes
                .accounts
                .iter()
                .map(|(address, _)| (*address, None)),
        );
        let slots = self.touched.writes.storage.iter();
        locations.extend(slots.map(|((address, slot), _)| (*address, Some(*slot))));
    }
}

fn short_hash((address, slot): &Location) -> ShortHash {
    match slot {
        None => ShortHash::of_account(address),
        Some(slot) => ShortHash::of_slot(address, slot),
    }
}

/// What a transaction is expected to touch, before its keys are hashed.
#[derive(Debug, Default)]
pub struct Prediction {
    /// A run on the state before all transactions that passed the block's checks.
    pub run: Option<Box<Run>>,
    /// The envelope says all: a plain transfer.
    is_plain: bool,
    /// Where the block's checks refuse it there: a run without those that others may still satisfy.
    relaxed: Option<Box<Run>>,
}

impl Prediction {
    /// The envelope, and what a run touched unless it is a plain transfer.
    pub fn set(&self, transaction: &Transaction) -> AccessSet {
        let envelope = envelope(transaction);
        match self.run.as_deref().or(self.relaxed.as_deref()) {
            Some(run) if !self.is_plain => union(&envelope, &run.accessed(transaction)),
            _ => envelope,
        }
    }

    /// What the run used.
    pub fn gas(&self) -> u64 {
        match self.run.as_deref().or(self.relaxed.as_deref()) {
            Some(Run {
                result: Ok(ran), ..
            }) => ran.gas_used,
            _ => 0,
        }
    }

    /// What the keys of `set` stand for.
    pub fn locations(&self, transaction: &Transaction) -> Vec<Location> {
        let mut locations = Vec::new();
        envelope_writes(transaction, |address| locations.push((*address, None)));
        locations.extend(transaction.to.map(|to| (to, None)));
        for run in self.run.iter().chain(&self.relaxed) {
            run.locations(&mut locations);
        }
        locations
    }
}

/// One thread's means to run transactions.
pub struct Hand {
    runner: Runner,
    checks: Checks,
    pool: GasPool,
}

/// What hands have in common.
pub struct Means<'a> {
    pub rules: &'a Rules,
    pub env: &'a BlockEnv,
    pub checks: Checks,
    pub transfer_logs: bool,
    pub deadline: Option<Instant>,
    pub precompiles: Precompiles,
}

impl Hand {
    pub fn new(means: &Means<'_>, view: &Arc<dyn StateView>) -> Self {
        let mut runner = Runner::new(means.rules, means.env, view);
        runner.set_deadline(means.deadline);
        runner.set_transfer_logs(means.transfer_logs);
        runner.machine.precompiles = means.precompiles.clone();
        runner.machine.warm_always();
        Self {
            runner,
            checks: means.checks,
            pool: GasPool::of(means.rules, means.env),
        }
    }

    /// Runs the transaction as the block would if it had room.
    pub fn run(
        &mut self,
        view: &Arc<dyn StateView>,
        transaction: &Transaction,
    ) -> Result<Run, Stopped> {
        self.execute(view, transaction, self.checks, None)
    }

    fn execute(
        &mut self,
        view: &Arc<dyn StateView>,
        transaction: &Transaction,
        checks: Checks,
        nonce: Option<u64>,
    ) -> Result<Run, Stopped> {
        self.runner.machine.check_deadline()?;
        self.runner.machine.world.reset(view);
        if let Some(nonce) = nonce {
            self.runner
                .machine
                .world
                .assume_nonce(&transaction.sender, nonce)?;
        }
        let result = self
            .runner
            .run(transaction, checks, Some(&self.pool), None)?;
        let touched = self.touched(result.is_ok())?;
        Ok(Run { result, touched })
    }

    /// Runs the transactions one after the other as a block would that begins with them.
    pub fn run_row(
        &mut self,
        view: &Arc<dyn StateView>,
        transactions: &[Transaction],
    ) -> Result<Row, Stopped> {
        let count = transactions.len();
        self.runner.machine.world.reset(view);
        self.runner
            .machine
            .world
            .begin_diary(Diary::with_capacity(count));
        let mut row = Row::with_capacity(count);
        let mut pool = self.pool;
        for transaction in transactions {
            row.push(transaction, self.run_next(transaction, &mut pool)?);
            self.runner.machine.world.end_page();
        }
        let world = &mut self.runner.machine.world;
        row.diary = world.take_diary();
        row.asked = Asked::of(world);
        Ok(row)
    }

    /// Forgets what was run; what runs next does so over the view.
    pub fn begin(&mut self, view: &Arc<dyn StateView>) {
        self.runner.machine.world.reset(view);
    }

    /// Runs the transaction over what this hand ran since it began.
    pub fn run_next(
        &mut self,
        transaction: &Transaction,
        pool: &mut GasPool,
    ) -> Result<Result<TransactionResult, Invalid>, Stopped> {
        self.runner.machine.check_deadline()?;
        let result = self
            .runner
            .run(transaction, self.checks, Some(pool), None)?;
        if let Ok(result) = &result {
            pool.take(transaction, result);
        }
        Ok(result)
    }

    /// What was touched since this hand began. What did not run changed nothing.
    pub fn touched(&self, has_run: bool) -> Result<Touched, Stopped> {
        let world = &self.runner.machine.world;
        let mut writes = Writes::default();
        let mut reads = Vec::new();
        let mut slot_reads = Vec::new();
        let is_told = world.each_asked(
            |address, before, now| {
                if before == now || !has_run {
                    reads.push((*address, None));
                } else {
                    let now = (!now.is_empty()).then_some(*now);
                    writes.accounts.push((*address, now));
                }
            },
            |address, slot, before, now| {
                if before == now || !has_run {
                    slot_reads.push((*address, Some(*slot)));
                } else {
                    writes.storage.push(((*address, *slot), *now));
                }
            },
        );
        reads.append(&mut slot_reads);
        if !is_told {
            writes = writes_of(world)?;
            let (accounts, slots) = world.asked();
            reads.extend(accounts.into_iter().map(|address| (address, None)));
            reads.extend(
                slots
                    .into_iter()
                    .map(|(address, slot)| (address, Some(slot))),
            );
        }
        let codes = world.new_codes();
        writes.codes = codes.map(|(hash, code)| (*hash, code.clone())).collect();
        Ok(Touched { reads, writes })
    }

    /// Runs what an expectation of a transaction's accesses needs.
    pub fn predict(
        &mut self,
        view: &Arc<dyn StateView>,
        transaction: &Transaction,
    ) -> Result<Prediction, Stopped> {
        let run = self.run(view, transaction)?;
        let is_plain = self.is_plain_transfer(view, transaction)?;
        if run.result.is_ok() {
            // One that leaves its set runs in its frame, where that shows.
            let is_kept = !is_plain || run.keeps_to_envelope(transaction);
            return Ok(Prediction {
                run: is_kept.then(|| Box::new(run)),
                is_plain,
                relaxed: None,
            });
        }
        let mut relaxed = None;
        if !is_plain && let Ok(nonce) = u64::try_from(transaction.nonce) {
            let checks = Checks {
                nonce: false,
                balance: false,
                ..self.checks
            };
            let run = self.execute(view, transaction, checks, Some(nonce))?;
            relaxed = run.result.is_ok().then(|| Box::new(run));
        }
        Ok(Prediction {
            run: None,
            is_plain,
            relaxed,
        })
    }

    /// Whether the envelope says all that the transaction touches.
    fn is_plain_transfer(
        &mut self,
        view: &Arc<dyn StateView>,
        transaction: &Transaction,
    ) -> Result<bool, Stopped> {
        let Some(to) = &transaction.to else {
            return Ok(false);
        };
        if !transaction.data.is_empty() || transaction.kind == SET_CODE {
            return Ok(false);
        }
        // Mostly the run has looked at it already; a transfer of value puts no code there.
        let account = match self.runner.machine.world.known_account(to) {
            Some(account) => account,
            None => view.account(to)?.unwrap_or_default(),
        };
        Ok(account.code_hash == EMPTY_CODE_HASH)
    }
}

fn writes_of(world: &World) -> Result<Writes, Stopped> {
    let ChangeSet {
        accounts,
        storage,
        codes,
    } = world.changes()?;
    Ok(Writes {
        accounts: accounts.into_iter().collect(),
        storage: storage.into_iter().collect(),
        codes: codes.into_iter().collect(),
    })
}

fn moves_value(transaction: &Transaction) -> bool {
    transaction.kind == SET_CODE || transaction.value.is_none_or(|value| !value.is_zero())
}

/// Sender and recovered set-code authorities: whose nonces the transaction uses.
pub fn owners(transaction: &Transaction) -> impl Iterator<Item = &Address> {
    let authorities = transaction.authorizations.iter();
    std::iter::once(&transaction.sender)
        .chain(authorities.filter_map(|authorization| authorization.authority.as_ref()))
}

pub fn envelope_writes(transaction: &Transaction, mut take: impl FnMut(&Address)) {
    owners(transaction).for_each(&mut take);
    if moves_value(transaction) {
        transaction.to.iter().for_each(take);
    }
}

/// What the transaction touches whatever it runs.
fn envelope(transaction: &Transaction) -> AccessSet {
    let mut written = Vec::with_capacity(2);
    envelope_writes(transaction, |address| {
        written.push(ShortHash::of_account(address))
    });
    let read = transaction.to.filter(|_| !moves_value(transaction));
    AccessSet::new(read.iter().map(ShortHash::of_account), written)
}

fn union(left: &AccessSet, right: &AccessSet) -> AccessSet {
    let writes = left.writes().iter().chain(right.writes());
    let reads = left.reads().iter().chain(right.reads());
    AccessSet::new(reads.copied(), writes.copied().collect())
}
