//! The engine: one call for a whole run of transactions, which lets go of the interpreter lock.

use std::sync::Arc;

use pyo3::prelude::*;

mod block;
mod blocks;
mod brief;
mod prepared;
mod results;
mod settings;
mod transactions;
mod views;

use std::cell::RefCell;

use pyo3::exceptions::PyValueError;
use pyo3::types::PyTuple;
use zero_engine::parallel::{BlockRun, Plan, execute_block};
use zero_engine::{Execution, Runner, Stopped};
use zero_primitives::{ReadError, Threads};
use zero_schedule::Order;

use crate::faults::caught;
use crate::pool::Pool;
use crate::state::View;
use block::Block;
use brief::BriefCalls;
use prepared::PreparedBlock;
use results::ResultWriter;
use settings::{address, read_env, read_rules};
use views::Raised;

thread_local! {
    /// What the thread's last execution leaves to the next: allocations, and the codes that it met.
    static RUNNER: RefCell<Option<Runner>> = const { RefCell::new(None) };
}

/// Executes transactions (`devnet.execution.Engine`). Keeps nothing that a result depends on.
#[pyclass(frozen, module = "devnet.kernel.zero_kernel")]
pub struct Engine {
    threads: Arc<Threads>,
    writer: Arc<ResultWriter>,
}

#[pymethods]
impl Engine {
    #[new]
    fn new(py: Python<'_>, pool: &Pool) -> PyResult<Self> {
        Ok(Self {
            threads: pool.threads.clone(),
            writer: Arc::new(ResultWriter::new(py)?),
        })
    }

    /// Runs the transactions in order over the view. `tracer` are the options of the tracer, or None.
    #[expect(
        clippy::too_many_arguments,
        reason = "what Engine.execute takes, and the interpreter"
    )]
    fn execute<'py>(
        &self,
        py: Python<'py>,
        rules: &Bound<'py, PyAny>,
        env: &Bound<'py, PyAny>,
        transactions: &Bound<'py, PyAny>,
        view: &Bound<'py, PyAny>,
        mode: &Bound<'py, PyAny>,
        tracer: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let block = Block::read(rules, env, transactions, view, mode, Some(tracer))?;
        match py.detach(|| run(&block)) {
            Ok(execution) => self.writer.execution(py, execution),
            Err(stopped) => Err(self.error(py, stopped, &block.raised)),
        }
    }

    /// Runs a block's transactions in parallel: (execution, order, left).
    #[pyo3(signature = (rules, env, transactions, view, mode, framed, jitter_seed=None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "what Engine.execute_block takes, and the interpreter"
    )]
    fn execute_block<'py>(
        &self,
        py: Python<'py>,
        rules: &Bound<'py, PyAny>,
        env: &Bound<'py, PyAny>,
        transactions: &Bound<'py, PyAny>,
        view: &Bound<'py, PyAny>,
        mode: &Bound<'py, PyAny>,
        framed: bool,
        jitter_seed: Option<u64>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>, Bound<'py, PyTuple>)> {
        let plan = Plan {
            jitter_seed,
            ..plan(framed)
        };
        let block = Block::read(rules, env, transactions, view, mode, None)?;
        let run = self.run_block(py, &block, plan)?;
        Ok((
            self.writer.execution(py, run.execution)?,
            blocks::indexes(py, &run.order)?,
            blocks::indexes(py, &run.left)?,
        ))
    }

    /// Calls at a block that are tried at once; None where the view is not the kernel's own. Those that read
    /// the storage of an `unknown` account give up.
    fn brief_calls(
        &self,
        rules: &Bound<'_, PyAny>,
        env: &Bound<'_, PyAny>,
        view: &Bound<'_, PyAny>,
        unknown: &Bound<'_, PyAny>,
    ) -> PyResult<Option<BriefCalls>> {
        let Ok(view) = view.cast::<View>() else {
            return Ok(None);
        };
        let mut addresses = zero_primitives::map::AddressSet::default();
        for item in unknown.try_iter()? {
            addresses.insert(address(&item?)?);
        }
        let env = read_env(env, rules)?;
        let rules = read_rules(rules)?;
        let calls = zero_engine::BriefCalls::new(rules, env, view.get().reader(), addresses);
        Ok(Some(BriefCalls::new(calls, self.writer.clone())))
    }

    /// A block to be run for its time alone.
    fn prepare_block(
        &self,
        rules: &Bound<'_, PyAny>,
        env: &Bound<'_, PyAny>,
        transactions: &Bound<'_, PyAny>,
        view: &Bound<'_, PyAny>,
        mode: &Bound<'_, PyAny>,
    ) -> PyResult<PreparedBlock> {
        Ok(PreparedBlock {
            block: Block::read(rules, env, transactions, view, mode, None)?,
            threads: self.threads.clone(),
        })
    }

    /// How `execute_block` schedules the block.
    #[pyo3(signature = (rules, env, transactions, view, mode, framed, jitter_seed=None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "what Engine.schedule_block takes, and the interpreter"
    )]
    fn schedule_block<'py>(
        &self,
        py: Python<'py>,
        rules: &Bound<'py, PyAny>,
        env: &Bound<'py, PyAny>,
        transactions: &Bound<'py, PyAny>,
        view: &Bound<'py, PyAny>,
        mode: &Bound<'py, PyAny>,
        framed: bool,
        jitter_seed: Option<u64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let plan = Plan {
            schedules: true,
            jitter_seed,
            ..plan(framed)
        };
        let block = Block::read(rules, env, transactions, view, mode, None)?;
        let run = self.run_block(py, &block, plan)?;
        blocks::schedule(py, &run)
    }
}

fn plan(framed: bool) -> Plan {
    Plan::of(if framed { Order::Framed } else { Order::Given })
}

fn run(block: &Block) -> Result<Execution, Stopped> {
    let Block {
        rules,
        env,
        transactions,
        view,
        mode,
        ..
    } = block;
    RUNNER.with(|kept| match kept.try_borrow_mut() {
        Ok(mut kept) => {
            // A runner that panicked is not kept.
            let mut runner = kept.take().unwrap_or_else(|| Runner::new(rules, env, view));
            let ran = guarded(|| {
                zero_engine::execute_with(&mut runner, rules, env, transactions, view, mode)
            })?;
            runner.let_go();
            *kept = Some(runner);
            ran
        }
        // A view in Python that executes something itself.
        Err(_) => guarded(|| zero_engine::execute(rules, env, transactions, view, mode))?,
    })
}

/// What the work gives; a panic of it is a fault of the engine, with its words.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Stopped> {
    caught(work).map_err(Stopped::Fault)
}

impl Engine {
    fn run_block(&self, py: Python<'_>, block: &Block, plan: Plan) -> PyResult<BlockRun> {
        let Block {
            rules,
            env,
            transactions,
            view,
            mode,
            raised,
        } = block;
        py.detach(|| {
            let pool = self.threads.several();
            guarded(|| execute_block(rules, env, transactions, view, mode, plan, pool))?
        })
        .map_err(|stopped| self.error(py, stopped, raised))
    }

    fn error(&self, py: Python<'_>, stopped: Stopped, raised: &Raised) -> PyErr {
        match stopped {
            Stopped::Read(ReadError::Raised(_)) => self.writer.raised(py, raised),
            Stopped::Read(error @ ReadError::NoCode(_)) => {
                self.writer.fault(py, format!("KeyError: {error}"))
            }
            Stopped::Read(error) => crate::convert::read_error(py, error),
            Stopped::Timeout(words) => self.writer.timeout(py, words),
            Stopped::TraceTooLarge(words) => self.writer.trace_too_large(py, words),
            Stopped::WrongArgument(words) => PyValueError::new_err(words),
            Stopped::Fault(words) => self.writer.fault(py, words),
        }
    }
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<BriefCalls>()?;
    module.add_class::<PreparedBlock>()?;
    module.add_class::<Engine>()
}
