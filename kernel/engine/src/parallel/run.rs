//! One transaction, run alone: what it did, what it touched, and what it is expected to touch.

use std::sync::Arc;
use std::time::Instant;

use revm::bytecode::Bytecode;
use zero_primitives::{Account, Address, B256, ChangeSet, EMPTY_CODE_HASH, StateView, U256};
use zero_schedule::{AccessSet, ShortHash};

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

impl Writes {
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty() && self.storage.is_empty()
    }
}

/// A transaction's run over one state.
#[derive(Debug)]
pub struct Run {
    pub result: Result<TransactionResult, Invalid>,
    pub accessed: AccessSet,
    pub writes: Writes,
}

/// An account (None), or one of its slots.
pub type Location = (Address, Option<U256>);

/// What a transaction is expected to touch.
#[derive(Debug, Default)]
pub struct Prediction {
    pub set: AccessSet,
    /// A run on the state before all transactions that passed the block's checks.
    pub run: Option<Run>,
    /// What the keys stand for, where it was asked for.
    pub locations: Vec<Location>,
}

/// One thread's means to run transactions.
pub struct Hand {
    runner: Runner,
    checks: Checks,
    pool: GasPool,
    names_locations: bool,
}

/// What hands have in common.
pub struct Means<'a> {
    pub rules: &'a Rules,
    pub env: &'a BlockEnv,
    pub checks: Checks,
    pub transfer_logs: bool,
    pub deadline: Option<Instant>,
    pub precompiles: Precompiles,
    pub names_locations: bool,
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
            names_locations: means.names_locations,
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
        let world = &self.runner.machine.world;
        let writes = match &result {
            Ok(_) => writes_of(world)?,
            Err(_) => Writes::default(),
        };
        let mut written = Vec::with_capacity(2 + writes.accounts.len() + writes.storage.len());
        if result.is_ok() {
            envelope_writes(transaction, |address| {
                written.push(ShortHash::of_account(address))
            });
        }
        let (accounts, slots) = world.asked();
        let is_envelope = |address: &Address| {
            *address == transaction.sender || transaction.to.as_ref() == Some(address)
        };
        for (address, _) in &writes.accounts {
            // Mostly these two, and they are there.
            if !(*address == transaction.sender
                || (moves_value(transaction) && is_envelope(address)))
            {
                written.push(ShortHash::of_account(address));
            }
        }
        for ((address, slot), _) in &writes.storage {
            written.push(ShortHash::of_slot(address, slot));
        }
        let is_written = |address: &Address| {
            result.is_ok()
                && (*address == transaction.sender
                    || (moves_value(transaction) && is_envelope(address)))
        };
        let reads = accounts
            .iter()
            .filter(|address| !is_written(address))
            .map(ShortHash::of_account)
            .chain(
                slots
                    .iter()
                    .map(|(address, slot)| ShortHash::of_slot(address, slot)),
            );
        let accessed = AccessSet::new(reads, written);
        Ok(Run {
            result,
            accessed,
            writes,
        })
    }

    /// Predicts by the envelope what a plain transfer touches, by a run what any other transaction does.
    pub fn predict(
        &mut self,
        view: &Arc<dyn StateView>,
        transaction: &Transaction,
    ) -> Result<Prediction, Stopped> {
        let mut run = self.run(view, transaction)?;
        let mut locations = Vec::new();
        if self.names_locations {
            self.name(transaction, &mut locations);
        }
        let envelope = envelope(transaction);
        if self.is_plain_transfer(view, transaction)? {
            return Ok(Prediction {
                set: envelope,
                run: run.result.is_ok().then_some(run),
                locations,
            });
        }
        let is_real = run.result.is_ok();
        if !is_real && let Ok(nonce) = u64::try_from(transaction.nonce) {
            let relaxed = Checks {
                nonce: false,
                balance: false,
                ..self.checks
            };
            run = self.execute(view, transaction, relaxed, Some(nonce))?;
            if self.names_locations {
                self.name(transaction, &mut locations);
            }
        }
        Ok(match run.result {
            Ok(_) => Prediction {
                set: union(&envelope, &run.accessed),
                run: is_real.then_some(run),
                locations,
            },
            Err(_) => Prediction {
                set: envelope,
                run: None,
                locations,
            },
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
        let account = view.account(to)?;
        Ok(account.is_none_or(|account| account.code_hash == EMPTY_CODE_HASH))
    }

    fn name(&self, transaction: &Transaction, locations: &mut Vec<Location>) {
        envelope_writes(transaction, |address| locations.push((*address, None)));
        locations.extend(transaction.to.map(|to| (to, None)));
        let world = &self.runner.machine.world;
        let (accounts, slots) = world.asked();
        locations.extend(accounts.into_iter().map(|address| (address, None)));
        locations.extend(
            slots
                .into_iter()
                .map(|(address, slot)| (address, Some(slot))),
        );
        if let Ok(writes) = writes_of(world) {
            locations.extend(writes.accounts.iter().map(|(address, _)| (*address, None)));
            locations.extend(
                writes
                    .storage
                    .iter()
                    .map(|((address, slot), _)| (*address, Some(*slot))),
            );
        }
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

fn envelope_writes(transaction: &Transaction, mut take: impl FnMut(&Address)) {
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
