//! Calls that are tried at once, with the interpreter lock held.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use zero_engine::{BriefCall, Runner};
use zero_primitives::Bytes;

use super::results::ResultWriter;
use super::settings::{address, word};

/// The number of the next block at which calls are tried.
static NEXT: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// The thread's runner, and the number of the block that it is set up for.
    static RUNNER: RefCell<Option<(u64, Runner)>> = const { RefCell::new(None) };
}

/// See `devnet.execution.BriefCalls`.
#[pyclass(frozen, module = "devnet.kernel.zero_kernel")]
pub struct BriefCalls {
    calls: zero_engine::BriefCalls,
    number: u64,
    writer: Arc<ResultWriter>,
}

impl BriefCalls {
    pub fn new(calls: zero_engine::BriefCalls, writer: Arc<ResultWriter>) -> Self {
        Self {
            calls,
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            writer,
        }
    }
}

#[pymethods]
impl BriefCalls {
    /// The result of a call that ends soon; None for any other, which is to be run as usual.
    fn run<'py>(
        &self,
        py: Python<'py>,
        sender: &Bound<'py, PyAny>,
        to: &Bound<'py, PyAny>,
        gas: &Bound<'py, PyAny>,
        value: &Bound<'py, PyAny>,
        data: &Bound<'py, PyBytes>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let (Ok(gas), Some(value)) = (gas.extract::<u64>(), word(value)?) else {
            return Ok(None);
        };
        let call = BriefCall {
            sender: address(sender)?,
            to: address(to)?,
            gas,
            value,
            data: Bytes::copy_from_slice(data.as_bytes()),
        };
        let ran = RUNNER.with_borrow_mut(|kept| {
            let mut runner = match kept.take() {
                Some((number, runner)) if number == self.number => runner,
                Some((_, mut runner)) => {
                    self.calls.take_over(&mut runner);
                    runner
                }
                None => self.calls.runner(),
            };
            // A runner that panicked is not kept; the usual way tells what is wrong.
            let ran = catch_unwind(AssertUnwindSafe(|| self.calls.run(&mut runner, call)));
            ran.ok().and_then(|ran| {
                *kept = Some((self.number, runner));
                ran
            })
        });
        ran.map(|result| self.writer.result(py, &result))
            .transpose()
    }
}
