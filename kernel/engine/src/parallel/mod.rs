//! A block on all threads: FAFO (docs/scheduling.md). The result is that of running the transactions one after
//! the other in block order, and it depends on neither threads nor time.
//!
//! ```text
//! ahead         what is done with predictions while others are made
//! crew          threads that work off rounds of items
//! stream        a given order without a schedule: rows of transactions, taken in block order
//! forecast      what envelopes say about conflicts
//! row           transactions that one thread ran one after the other
//! repair        rows of which some transactions must run again
//! taken         what was taken in block order, and the state after it
//! overlay       a view with the writes of transactions over it
//! run           one transaction alone: what it did and touched, and what it is expected to touch
//! given         a block whose order is given
//! framed        a block whose order the framer chooses
//! merge         the runs' writes as one change set
//! ```

mod ahead;
mod crew;
mod forecast;
mod framed;
mod given;
mod merge;
mod overlay;
mod repair;
mod row;
mod run;
mod stream;
mod taken;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rayon::ThreadPool;
use zero_primitives::{B256, ChangeSet, StateView, U256};
use zero_schedule::{AccessSet, KeySet, Order, ShortHash};

use crate::block::{Execution, Results, execute};
use crate::fees::{Wide, blob_gas, widen};
use crate::invalid::Invalid;
use crate::machine::Stopped;
use crate::outbox::leaves_of;
use crate::rules::{BlockEnv, Mode, Rules};
use crate::runner::{GasPool, Runner};
use crate::transaction::{Transaction, TransactionResult};
use ahead::Ahead;
use crew::{Crew, Task, unpoisoned, with_crew};
use merge::Merge;
use overlay::Overlay;
use row::Row;
pub use run::Location;
use run::{Hand, Means, Run};
use stream::run_stream;

/// How a block is to be run.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub order: Order,
    /// Whether the schedule is wanted, not only the result.
    pub schedules: bool,
    /// For tests: threads wait for random times before items, drawn from this seed.
    pub jitter_seed: Option<u64>,
}

impl Plan {
    pub fn of(order: Order) -> Self {
        Self {
            order,
            schedules: false,
            jitter_seed: None,
        }
    }
}

/// `devnet.scheduling.Schedule`, without what follows from it.
#[derive(Debug, Default)]
pub struct Schedule {
    pub predicted: Vec<AccessSet>,
    pub frames: Vec<Vec<u32>>,
    /// Those that left their predicted set, in block order.
    pub discarded: Vec<u32>,
    /// Reruns of a given order, the tail of the framer's; in their order.
    pub serial: Vec<u32>,
    /// What the predicted keys may stand for.
    pub locations: Vec<Location>,
}

/// How long the parts of a run took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Times {
    pub prediction: Duration,
    pub scheduling: Duration,
    pub frames: Duration,
    pub merging: Duration,
}

/// A block that was run.
#[derive(Debug)]
pub struct BlockRun {
    /// `results[i]` belongs to the transaction `order[i]`.
    pub execution: Execution,
    pub order: Vec<u32>,
    /// Those for which the block had no room, where the framer chose the order.
    pub left: Vec<u32>,
    pub schedule: Schedule,
    pub times: Times,
}

/// Runs a block's transactions on the pool's threads. The mode neither traces nor records reads, and knows no
/// budget but the block's.
pub fn execute_block(
    rules: &Rules,
    env: &BlockEnv,
    transactions: &[Transaction],
    view: &Arc<dyn StateView>,
    mode: &Mode,
    plan: Plan,
    pool: Option<&ThreadPool>,
) -> Result<BlockRun, Stopped> {
    if mode.trace.is_some() || mode.record_reads || mode.gas_budget.is_some() {
        let words =
            "a block that is run by frames is not traced, recorded or bounded by a gas budget";
        return Err(Stopped::WrongArgument(words.into()));
    }
    let deadline = mode
        .time_limit
        .and_then(|limit| Instant::now().checked_add(limit));
    let mut runner = Runner::new(rules, env, view);
    runner.set_deadline(deadline);
    runner.prepare(mode)?;
    let start = runner.machine.world.changes()?;
    let state = Arc::new(Overlay::after(view.clone(), &start));
    let mut block = Block {
        means: Means {
            rules,
            env,
            checks: mode.checks,
            transfer_logs: mode.transfer_logs,
            deadline,
            precompiles: runner.machine.precompiles.clone(),
        },
        transactions,
        base: view.clone(),
        start,
        credits_fees: mode.credit_fees,
        appends_messages: mode.append_messages,
        messages: mode.messages.clone(),
        state_view: state.clone(),
        state,
        cells: Vec::new(),
        plan,
    };
    if plan.order == Order::Given && !plan.schedules {
        let clock = Instant::now();
        let finished = run_stream(&block, pool)?;
        return Ok(BlockRun {
            execution: finished.execution(),
            order: (0..transactions.len() as u32).collect(),
            left: Vec::new(),
            schedule: Schedule::default(),
            times: Times {
                frames: clock.elapsed(),
                ..Times::default()
            },
        });
    }
    block.cells = transactions.iter().map(|_| Mutex::default()).collect();
    let (outcome, frames, times) = with_crew(&block, pool, |crew, hand| {
        block.lead(crew, hand, plan.order)
    })?;
    block.finish(outcome, frames, times)
}

/// Runs the block one transaction after the other, with what `execute_block` gives of it.
pub fn execute_serially(
    rules: &Rules,
    env: &BlockEnv,
    transactions: &[Transaction],
    view: &Arc<dyn StateView>,
    mode: &Mode,
) -> Result<BlockRun, Stopped> {
    let began = Instant::now();
    let execution = execute(rules, env, transactions, view, mode)?;
    Ok(BlockRun {
        execution,
        order: (0..transactions.len() as u32).collect(),
        left: Vec::new(),
        schedule: Schedule::default(),
        times: Times {
            frames: began.elapsed(),
            ..Times::default()
        },
    })
}

/// What threads share about one transaction.
#[derive(Default)]
struct Cell {
    /// What is expected to be touched.
    predicted: AccessSet,
    /// In the framer's order.
    locks: Locks,
    locations: Vec<Location>,
    /// The run that counts, or so far seems to, and what it touched; that of a fresh one is what is predicted.
    run: Option<Box<Run>>,
    accessed: Option<AccessSet>,
    is_predicted: bool,
    /// The gas of the prediction's run.
    gas: u64,
    /// The run was the prediction's and is what a run in the frames would be.
    is_fresh: bool,
    has_left_its_set: bool,
}

/// Sender and authorities.
enum Locks {
    /// Mostly there is none but the sender: it lies where the framer looks anyway.
    Sender(ShortHash),
    Several(Vec<ShortHash>),
}

impl Default for Locks {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

impl Locks {
    fn of(transaction: &Transaction) -> Self {
        if transaction.authorizations.is_empty() {
            return Self::Sender(ShortHash::of_account(&transaction.sender));
        }
        Self::Several(
            run::owners(transaction)
                .map(ShortHash::of_account)
                .collect(),
        )
    }

    fn as_slice(&self) -> &[ShortHash] {
        match self {
            Self::Sender(sender) => std::slice::from_ref(sender),
            Self::Several(locks) => locks,
        }
    }
}

impl Cell {
    fn accessed(&self) -> &AccessSet {
        self.accessed.as_ref().unwrap_or(&self.predicted)
    }
}

struct Block<'a> {
    means: Means<'a>,
    transactions: &'a [Transaction],
    base: Arc<dyn StateView>,
    /// What overrides and system calls changed.
    start: ChangeSet,
    credits_fees: bool,
    appends_messages: bool,
    messages: Vec<B256>,
    /// After what was accepted so far.
    state: Arc<Overlay>,
    state_view: Arc<dyn StateView>,
    cells: Vec<Mutex<Cell>>,
    plan: Plan,
}

/// How the run of the transactions ended.
#[derive(Default)]
struct Outcome {
    order: Vec<u32>,
    left: Vec<u32>,
    discarded: Vec<u32>,
    serial: Vec<u32>,
    /// One that ran had no room.
    has_refused: bool,
    /// What all runs wrote, where that is known already.
    merge: Option<Merge>,
}

/// The block's results and what they changed.
struct Finished {
    results: Results,
    changes: ChangeSet,
    totals: Totals,
}

impl Finished {
    fn execution(self) -> Execution {
        Execution {
            results: self.results,
            changes: self.changes,
            gas_used: self.totals.gas_used,
            blob_gas_used: self.totals.blob_gas_used,
            reads: None,
        }
    }
}

#[derive(Debug, Default)]
struct Totals {
    gas_used: u64,
    blob_gas_used: u64,
    tips: Wide,
}

impl Totals {
    fn add(&mut self, transaction: &Transaction, result: &TransactionResult) {
        self.gas_used += result.gas_used;
        self.blob_gas_used += blob_gas(transaction);
        self.tips += widen(result.tip) * Wide::from(result.gas_used);
    }

    fn add_all(&mut self, other: &Self) {
        self.gas_used += other.gas_used;
        self.blob_gas_used += other.blob_gas_used;
        self.tips += other.tips;
    }
}

/// Predictions that a thread makes at once.
const CHUNK: usize = 32;
/// Frames that need less gas are done before another thread has woken up.
const SHARED_GAS: u64 = 1_500_000;

/// Marks an item that asks for a prediction; without it, it is the run in a frame.
const PREDICT: u32 = 1 << 31;

impl Task for Block<'_> {
    type Hand = Hand;

    fn hand(&self) -> Hand {
        Hand::new(&self.means, &self.state_view)
    }

    fn work(&self, hand: &mut Hand, item: u32) -> Result<(), Stopped> {
        jitter(self.plan.jitter_seed, item);
        let index = item & !PREDICT;
        let transaction = &self.transactions[index as usize];
        if item & PREDICT != 0 {
            let expected = hand.predict(&self.state_view, transaction)?;
            let predicted = expected.set(transaction);
            let locations = match self.plan.schedules {
                true => expected.locations(transaction),
                false => Vec::new(),
            };
            let locks = match self.plan.order {
                Order::Given => Locks::default(),
                Order::Framed => Locks::of(transaction),
            };
            *self.cell(index) = Cell {
                predicted,
                locks,
                locations,
                is_predicted: true,
                gas: expected.gas(),
                run: expected.run,
                ..Cell::default()
            };
        } else {
            let run = hand.run(&self.state_view, transaction)?;
            let accessed = run.accessed(transaction);
            let mut cell = self.cell(index);
            cell.has_left_its_set = !cell.predicted.covers(&accessed);
            cell.accessed = Some(accessed);
            cell.run = Some(Box::new(run));
        }
        Ok(())
    }
}

impl Block<'_> {
    fn cell(&self, index: u32) -> std::sync::MutexGuard<'_, Cell> {
        unpoisoned(&self.cells[index as usize])
    }

    fn lead(
        &self,
        crew: &Crew<'_, Self>,
        hand: &mut Hand,
        order: Order,
    ) -> Result<(Outcome, Vec<Vec<u32>>, Times), Stopped> {
        let mut times = Times::default();
        let mut clock = Instant::now();
        let mut lap = |time: &mut Duration| {
            let now = Instant::now();
            *time = now - clock;
            clock = now;
        };
        let count = self.transactions.len() as u32;
        let mut ahead = Ahead::new(order, self.cells.len());
        let items = (0..count).map(|index| index | PREDICT).collect();
        crew.round_with(hand, items, CHUNK, || ahead.advance(self))?;
        ahead.advance(self);
        lap(&mut times.prediction);
        let framing = ahead.time;
        let (are_strangers, merge) = (ahead.are_strangers, ahead.merge.take());
        let frames = ahead.frames();
        self.mark_fresh(&frames, are_strangers);
        lap(&mut times.scheduling);
        times.prediction = times.prediction.saturating_sub(framing);
        times.scheduling += framing;
        let mut outcome = match order {
            Order::Given => self.run_given(crew, hand, &frames)?,
            Order::Framed => self.run_framed(crew, hand, &frames)?,
        };
        let stands = outcome.serial.is_empty()
            && !outcome.has_refused
            && outcome.order.len() == self.cells.len();
        outcome.merge = merge.filter(|_| stands);
        lap(&mut times.frames);
        Ok((outcome, frames, times))
    }

    /// Runs transactions of a frame: on all threads if it is worth it.
    fn run_stale(
        &self,
        crew: &Crew<'_, Self>,
        hand: &mut Hand,
        stale: Vec<u32>,
    ) -> Result<(), Stopped> {
        let gas = stale.iter().map(|index| self.cell(*index).gas);
        if gas.fold(0, u64::saturating_add) < SHARED_GAS {
            return crew.alone(hand, &stale);
        }
        crew.round(hand, stale)
    }

    /// A run on the state before all transactions is the real one where nothing before it writes what it
    /// touches.
    fn mark_fresh(&self, frames: &[Vec<u32>], are_strangers: bool) {
        if are_strangers {
            for index in 0..self.cells.len() as u32 {
                let mut cell = self.cell(index);
                cell.is_fresh = cell.run.is_some();
            }
            return;
        }
        let mut written =
            KeySet::with_capacity_and_hasher(2 * self.cells.len(), Default::default());
        for index in frames.iter().flatten() {
            let cell = &mut *self.cell(*index);
            let mut keys = cell.predicted.keys().iter();
            cell.is_fresh = cell.run.is_some() && !keys.any(|key| written.contains(key));
            written.extend(cell.predicted.writes());
        }
    }

    /// Puts what the runs that count wrote over the state.
    fn apply(&self, state: &Overlay, indexes: &[u32]) {
        for index in indexes {
            let cell = self.cell(*index);
            if let Some(run) = &cell.run
                && !cell.has_left_its_set
            {
                state.apply(&run.touched.writes);
            }
        }
    }

    /// Runs one transaction over a state, alone.
    fn rerun(
        &self,
        hand: &mut Hand,
        state: &Arc<dyn StateView>,
        index: u32,
    ) -> Result<Run, Stopped> {
        hand.run(state, &self.transactions[index as usize])
    }

    /// Credits the fees, appends the messages and puts the change set together.
    fn finished(
        &self,
        results: Results,
        mut merge: Merge,
        totals: Totals,
    ) -> Result<Finished, Stopped> {
        if self.credits_fees && !totals.tips.is_zero() {
            let tips = totals.tips.wrapping_to::<U256>();
            merge.credit(self.means.env.coinbase, tips, &self.start, &*self.base)?;
        }
        let mut changes = merge.finish(&self.start, &*self.base)?;
        if self.appends_messages {
            let mut leaves = self.messages.clone();
            leaves.extend(leaves_of(results.iter().flatten()));
            if !leaves.is_empty() {
                changes = self.after_messages(changes, &leaves)?;
            }
        }
        Ok(Finished {
            results,
            changes,
            totals,
        })
    }

    /// What the block changed, once its messages are in the outbox as well.
    fn after_messages(&self, changes: ChangeSet, leaves: &[B256]) -> Result<ChangeSet, Stopped> {
        let means = &self.means;
        let state: Arc<dyn StateView> = Arc::new(Overlay::after(self.base.clone(), &changes));
        let mut runner = Runner::new(means.rules, means.env, &state);
        runner.set_deadline(means.deadline);
        runner.machine.precompiles = means.precompiles.clone();
        runner.machine.warm_always();
        runner.append_messages(leaves)?;
        let mut merge = Merge::new(0);
        merge.add_changes(runner.machine.world.changes()?);
        merge.finish(&changes, &*self.base)
    }

    fn finish(
        mut self,
        outcome: Outcome,
        frames: Vec<Vec<u32>>,
        mut times: Times,
    ) -> Result<BlockRun, Stopped> {
        let clock = Instant::now();
        let Outcome {
            order,
            left,
            discarded,
            serial,
            merge: known,
            ..
        } = outcome;
        let mut cells: Vec<Cell> = std::mem::take(&mut self.cells)
            .into_iter()
            .map(|cell| cell.into_inner().unwrap_or_else(PoisonError::into_inner))
            .collect();
        let mut results = Vec::with_capacity(order.len());
        let mut totals = Totals::default();
        let is_known = known.is_some();
        let mut merge = known.unwrap_or_else(|| Merge::new(order.len()));
        for index in &order {
            let Some(run) = cells[*index as usize].run.take() else {
                return Err(Stopped::Fault(format!("transaction {index} was not run")));
            };
            if let Ok(result) = &run.result {
                totals.add(&self.transactions[*index as usize], result);
                if !is_known {
                    merge.add(&run.touched.writes);
                }
            }
            results.push(run.result);
        }
        let finished = self.finished(vec![results], merge, totals)?;
        times.merging += clock.elapsed();
        let locations = cells
            .iter_mut()
            .flat_map(|cell| std::mem::take(&mut cell.locations))
            .collect();
        Ok(BlockRun {
            execution: finished.execution(),
            order,
            left,
            schedule: Schedule {
                predicted: cells.into_iter().map(|cell| cell.predicted).collect(),
                frames,
                discarded,
                serial,
                locations,
            },
            times,
        })
    }
}

fn jitter(seed: Option<u64>, item: u32) {
    let Some(seed) = seed else {
        return;
    };
    let mixed = (seed ^ u64::from(item)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let micros = (mixed ^ mixed >> 29) % 97;
    if micros % 3 == 0 {
        std::thread::sleep(Duration::from_micros(micros));
    }
}

/// The block's room, taken in block order.
struct Room<'a> {
    pool: GasPool,
    env: &'a BlockEnv,
    is_checked: bool,
}

impl<'a> Room<'a> {
    fn of(means: &Means<'a>) -> Self {
        Self {
            pool: GasPool::of(means.rules, means.env),
            env: means.env,
            is_checked: means.checks.gas_cap,
        }
    }

    fn has_for(&self, transaction: &Transaction) -> bool {
        !self.is_checked || self.pool.check(transaction, self.env).is_ok()
    }

    /// Whether each of the row would have room.
    fn has_for_row(&self, row: &Row) -> bool {
        !self.is_checked || row.fits(&self.pool)
    }

    fn take_row(&mut self, row: &Row) {
        let used = U256::from(row.totals.gas_used);
        self.pool.gas = self.pool.gas.saturating_sub(used);
        self.pool.blob_gas -= row.totals.blob_gas_used.min(self.pool.blob_gas);
    }

    /// Takes what a run used; why that cannot be.
    fn take(
        &mut self,
        transaction: &Transaction,
        result: &TransactionResult,
    ) -> Result<(), Invalid> {
        if self.is_checked {
            self.pool.check(transaction, self.env)?;
        }
        self.pool.take(transaction, result);
        Ok(())
    }
}
