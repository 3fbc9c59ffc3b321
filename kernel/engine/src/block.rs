//! A run of transactions over one view, one after the other: overrides, system calls, the transactions, the
//! fees, the messages. It mirrors `devnet.execution.pyevm.block`.

use std::sync::Arc;
use std::time::Instant;

use zero_primitives::{ChangeSet, StateView, U256};

use crate::fees::{Wide, blob_gas, widen};
use crate::invalid::Invalid;
use crate::machine::Stopped;
use crate::outbox::leaves_of;
use crate::rules::{BlockEnv, Mode, Rules};
use crate::runner::{GasPool, Runner};
use crate::transaction::{Transaction, TransactionResult};
use crate::world::Reads;

/// The results in the order of the transactions, in pieces: those that one thread made together.
pub type Results = Vec<Vec<Result<TransactionResult, Invalid>>>;

/// `devnet.execution.Execution`.
#[derive(Debug)]
pub struct Execution {
    pub results: Results,
    pub changes: ChangeSet,
    pub gas_used: u64,
    pub blob_gas_used: u64,
    pub reads: Option<Reads>,
}

/// Runs the transactions in order over the view, with a new runner.
pub fn execute(
    rules: &Rules,
    env: &BlockEnv,
    transactions: &[Transaction],
    view: &Arc<dyn StateView>,
    mode: &Mode,
) -> Result<Execution, Stopped> {
    execute_with(
        &mut Runner::new(rules, env, view),
        rules,
        env,
        transactions,
        view,
        mode,
    )
}

/// Runs the transactions in order over the view, with a runner that may have run other blocks.
pub fn execute_with(
    runner: &mut Runner,
    rules: &Rules,
    env: &BlockEnv,
    transactions: &[Transaction],
    view: &Arc<dyn StateView>,
    mode: &Mode,
) -> Result<Execution, Stopped> {
    let deadline = mode
        .time_limit
        .and_then(|limit| Instant::now().checked_add(limit));
    runner.begin_block(rules, env, view);
    runner.set_deadline(deadline);
    runner.set_transfer_logs(mode.transfer_logs);
    runner.record = mode.record_reads;
    runner.prepare(mode)?;

    let mut pool = GasPool::of(rules, env);
    let mut results = Vec::with_capacity(transactions.len());
    let mut tips = Wide::ZERO;
    let mut gas_used: u64 = 0;
    let mut blob_gas_used = 0;
    for (index, transaction) in transactions.iter().enumerate() {
        runner.machine.check_deadline()?;
        let is_traced = mode.trace_only.is_none_or(|only| only == index);
        let mut watcher = mode
            .trace
            .as_ref()
            .filter(|_| is_traced)
            .map(|tracer| tracer.watcher());
        let ran = runner.run(
            transaction,
            mode.checks,
            Some(&pool),
            watcher.as_deref_mut(),
        )?;
        let ran = match ran {
            Ok(mut result) => {
                pool.take(transaction, &result);
                gas_used += result.gas_used;
                blob_gas_used += blob_gas(transaction);
                tips += widen(result.tip) * Wide::from(result.gas_used);
                result.trace = watcher.map(|watcher| watcher.result());
                Ok(result)
            }
            Err(invalid) => Err(invalid),
        };
        let is_run = ran.is_ok();
        results.push(ran);
        if let Some(budget) = mode.gas_budget
            && is_run
            && U256::from(gas_used) > budget
        {
            return Err(Stopped::Timeout(format!(
                "the calls used more than {budget} gas together"
            )));
        }
    }
    let world = &mut runner.machine.world;
    if mode.credit_fees && !tips.is_zero() {
        let coinbase = world.id(&env.coinbase);
        world.add_balance(coinbase, tips.wrapping_to())?;
    }
    if mode.append_messages {
        let mut leaves = mode.messages.clone();
        leaves.extend(leaves_of(results.iter()));
        runner.append_messages(&leaves)?;
    }
    let world = &mut runner.machine.world;
    Ok(Execution {
        results: vec![results],
        changes: world.changes()?,
        gas_used,
        blob_gas_used,
        reads: mode.record_reads.then(|| world.reads()),
    })
}
