//! A block that benchmarks run again and again, without making anything of Python's.

use std::sync::Arc;
use std::time::Instant;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use zero_engine::parallel::{Plan, Times, execute_block, execute_serially};
use zero_primitives::Threads;
use zero_schedule::Order;

use super::block::Block;

/// See `Engine.prepare_block`.
#[pyclass(frozen, module = "devnet.kernel.zero_kernel")]
pub struct PreparedBlock {
    pub block: Block,
    pub threads: Arc<Threads>,
}

#[pymethods]
impl PreparedBlock {
    /// Runs it: "serial", "given" or "framed"; with "scheduled" the schedule of a given order is made even
    /// where nothing needs it. Seconds of the whole and of scheduling.
    fn run(&self, py: Python<'_>, how: &str) -> PyResult<(f64, f64)> {
        let given = Plan::of(Order::Given);
        let plan = match how {
            "serial" => None,
            "given" => Some(given),
            "scheduled" => Some(Plan {
                schedules: true,
                ..given
            }),
            "framed" => Some(Plan::of(Order::Framed)),
            other => return Err(PyValueError::new_err(format!("no way to run: {other}"))),
        };
        let Block {
            rules,
            env,
            transactions,
            view,
            mode,
            ..
        } = &self.block;
        py.detach(|| {
            let began = Instant::now();
            let run = match plan {
                None => execute_serially(rules, env, transactions, view, mode),
                Some(plan) => {
                    let pool = self.threads.several();
                    execute_block(rules, env, transactions, view, mode, plan, pool)
                }
            };
            let whole = began.elapsed();
            let Times { scheduling, .. } = run.map_err(|stopped| format!("{stopped:?}"))?.times;
            Ok((whole.as_secs_f64(), scheduling.as_secs_f64()))
        })
        .map_err(|words: String| PyValueError::new_err(words))
    }
}
