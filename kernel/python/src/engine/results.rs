//! Results as Python's dataclasses, and the engine's exceptions.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyFrozenSet, PyTuple, PyType};
use pyo3::{IntoPyObjectExt, intern};
use zero_engine::failures::Failure;
use zero_engine::{Execution, Invalid, Reads, TransactionResult};
use zero_primitives::{Address, U256};

use super::views::Raised;
use crate::changes::ChangeSet;
use crate::convert::int_from_word;
use crate::record::Record;
use crate::traces::to_python;

/// Makes them.
pub struct ResultWriter {
    execution: Record<5>,
    result: Record<13>,
    log: Record<3>,
    failure: Record<2>,
    failure_kinds: Py<PyAny>,
    invalid: Py<PyType>,
    invalid_kinds: Py<PyAny>,
    reads: Py<PyType>,
    timeout: Py<PyType>,
    trace_too_large: Py<PyType>,
    fault: Py<PyType>,
    state_gone: Py<PyType>,
    empty_tuple: Py<PyAny>,
    empty_set: Py<PyAny>,
    empty_bytes: Py<PyAny>,
}

impl ResultWriter {
    pub fn new(py: Python<'_>) -> PyResult<Self> {
        let module = "devnet.execution";
        let class = |module: &str, name: &str| -> PyResult<Py<PyType>> {
            Ok(py
                .import(module)?
                .getattr(name)?
                .cast_into::<PyType>()?
                .unbind())
        };
        Ok(Self {
            execution: Record::import(
                py,
                module,
                "Execution",
                ["results", "changes", "gas_used", "blob_gas_used", "reads"],
            )?,
            result: Record::import(
                py,
                module,
                "TransactionResult",
                [
                    "gas_used",
                    "gas_refunded",
                    "gas_peak",
                    "output",
                    "logs",
                    "contract_address",
                    "effective_gas_price",
                    "tip",
                    "failure",
                    "console",
                    "warm_accounts",
                    "warm_slots",
                    "trace",
                ],
            )?,
            log: Record::import(
                py,
                "devnet.chain.block",
                "Log",
                ["address", "topics", "data"],
            )?,
            failure: Record::import(py, module, "Failure", ["kind", "detail"])?,
            failure_kinds: py.import(module)?.getattr("FailureKind")?.unbind(),
            invalid: class("devnet.chain.errors", "InvalidTransaction")?,
            invalid_kinds: py
                .import("devnet.chain.errors")?
                .getattr("Invalid")?
                .unbind(),
            reads: class(module, "AccessedState")?,
            timeout: class(module, "ExecutionTimeout")?,
            trace_too_large: class(module, "TraceTooLarge")?,
            fault: class(module, "EngineFault")?,
            state_gone: class("devnet.state", "StateGone")?,
            empty_tuple: PyTuple::empty(py).into_any().unbind(),
            empty_set: PyFrozenSet::empty(py)?.into_any().unbind(),
            empty_bytes: PyBytes::new(py, &[]).into_any().unbind(),
        })
    }
}

impl ResultWriter {
    pub fn execution<'py>(
        &self,
        py: Python<'py>,
        execution: Execution,
    ) -> PyResult<Bound<'py, PyAny>> {
        let results = self.results(py, &execution.results)?;
        let changes = ChangeSet::of(Arc::new(execution.changes));
        let reads = match &execution.reads {
            Some(reads) => self.reads(py, reads)?,
            None => py.None().into_bound(py),
        };
        self.execution.make(
            py,
            [
                results.into_any(),
                changes.into_bound_py_any(py)?,
                execution.gas_used.into_bound_py_any(py)?,
                execution.blob_gas_used.into_bound_py_any(py)?,
                reads,
            ],
        )
    }

    pub fn results<'py>(
        &self,
        py: Python<'py>,
        results: &[Vec<Result<TransactionResult, Invalid>>],
    ) -> PyResult<Bound<'py, PyTuple>> {
        let mut made = Vec::with_capacity(results.iter().map(Vec::len).sum());
        for result in results.iter().flatten() {
            made.push(match result {
                Ok(result) => self.result(py, result)?,
                Err(invalid) => self.invalid(py, invalid)?,
            });
        }
        PyTuple::new(py, made)
    }

    pub fn result<'py>(
        &self,
        py: Python<'py>,
        result: &TransactionResult,
    ) -> PyResult<Bound<'py, PyAny>> {
        let none = || py.None().into_bound(py);
        self.result.make(
            py,
            [
                result.gas_used.into_bound_py_any(py)?,
                result.gas_refunded.into_bound_py_any(py)?,
                result.gas_peak.into_bound_py_any(py)?,
                self.bytes(py, &result.output),
                self.logs(py, result)?,
                match &result.contract_address {
                    Some(address) => PyBytes::new(py, address.as_slice()).into_any(),
                    None => none(),
                },
                int_from_word(py, &result.effective_gas_price)?,
                int_from_word(py, &result.tip)?,
                match &result.failure {
                    Some(failure) => self.failure(py, failure)?,
                    None => none(),
                },
                if result.console.is_empty() {
                    self.empty_tuple.bind(py).clone()
                } else {
                    let calls = result.console.iter();
                    PyTuple::new(py, calls.map(|call| PyBytes::new(py, call)))?.into_any()
                },
                self.accounts(py, &result.warm_accounts)?,
                self.slots(py, &result.warm_slots)?,
                match &result.trace {
                    Some(trace) => to_python(py, trace)?,
                    None => none(),
                },
            ],
        )
    }

    fn bytes<'py>(&self, py: Python<'py>, bytes: &[u8]) -> Bound<'py, PyAny> {
        if bytes.is_empty() {
            return self.empty_bytes.bind(py).clone();
        }
        PyBytes::new(py, bytes).into_any()
    }

    fn logs<'py>(
        &self,
        py: Python<'py>,
        result: &TransactionResult,
    ) -> PyResult<Bound<'py, PyAny>> {
        if result.logs.is_empty() {
            return Ok(self.empty_tuple.bind(py).clone());
        }
        let mut made = Vec::with_capacity(result.logs.len());
        for log in &result.logs {
            let topics = log.data.topics().iter();
            let topics = PyTuple::new(py, topics.map(|topic| PyBytes::new(py, topic.as_slice())))?;
            made.push(self.log.make(
                py,
                [
                    PyBytes::new(py, log.address.as_slice()).into_any(),
                    topics.into_any(),
                    self.bytes(py, &log.data.data),
                ],
            )?);
        }
        Ok(PyTuple::new(py, made)?.into_any())
    }

    fn failure<'py>(&self, py: Python<'py>, failure: &Failure) -> PyResult<Bound<'py, PyAny>> {
        let kind = self.failure_kinds.bind(py).getattr(failure.kind.name())?;
        let detail = failure.detail.as_ref().into_bound_py_any(py)?;
        self.failure.make(py, [kind, detail])
    }

    fn invalid<'py>(&self, py: Python<'py>, invalid: &Invalid) -> PyResult<Bound<'py, PyAny>> {
        let kind = self.invalid_kinds.bind(py).getattr(invalid.kind.name())?;
        self.invalid.bind(py).call1((kind, invalid.detail.as_ref()))
    }

    fn accounts<'py>(&self, py: Python<'py>, accounts: &[Address]) -> PyResult<Bound<'py, PyAny>> {
        if accounts.is_empty() {
            return Ok(self.empty_set.bind(py).clone());
        }
        let accounts = accounts.iter();
        let accounts = accounts.map(|address| PyBytes::new(py, address.as_slice()));
        Ok(PyFrozenSet::new(py, accounts)?.into_any())
    }

    fn slots<'py>(
        &self,
        py: Python<'py>,
        slots: &[(Address, U256)],
    ) -> PyResult<Bound<'py, PyAny>> {
        if slots.is_empty() {
            return Ok(self.empty_set.bind(py).clone());
        }
        let mut made = Vec::with_capacity(slots.len());
        for (address, slot) in slots {
            let slot = int_from_word(py, slot)?;
            made.push((PyBytes::new(py, address.as_slice()), slot).into_pyobject(py)?);
        }
        Ok(PyFrozenSet::new(py, made)?.into_any())
    }

    fn reads<'py>(&self, py: Python<'py>, reads: &Reads) -> PyResult<Bound<'py, PyAny>> {
        let hashes = reads.code_hashes.iter();
        let hashes = PyFrozenSet::new(py, hashes.map(|hash| PyBytes::new(py, hash.as_slice())))?;
        let fields = PyDict::new(py);
        fields.set_item(intern!(py, "accounts"), self.accounts(py, &reads.accounts)?)?;
        fields.set_item(intern!(py, "slots"), self.slots(py, &reads.slots)?)?;
        fields.set_item(intern!(py, "code_hashes"), hashes)?;
        let numbers = PyFrozenSet::new(py, &reads.block_numbers)?;
        fields.set_item(intern!(py, "block_numbers"), numbers)?;
        self.reads.bind(py).call((), Some(&fields))
    }

    // Exceptions

    pub fn timeout(&self, py: Python<'_>, words: String) -> PyErr {
        PyErr::from_type(self.timeout.bind(py).clone(), words)
    }

    pub fn trace_too_large(&self, py: Python<'_>, words: String) -> PyErr {
        PyErr::from_type(self.trace_too_large.bind(py).clone(), words)
    }

    pub fn fault(&self, py: Python<'_>, words: String) -> PyErr {
        PyErr::from_type(self.fault.bind(py).clone(), words)
    }

    /// What a view raised: a state that is gone as it is, anything else as the fault that it is.
    pub fn raised(&self, py: Python<'_>, raised: &Raised) -> PyErr {
        let Some(error) = raised.take() else {
            return self.fault(py, "a view raised nothing".into());
        };
        let passes = [&self.state_gone, &self.timeout];
        if passes
            .iter()
            .any(|class| error.is_instance(py, class.bind(py)))
        {
            return error;
        }
        let words = match error.get_type(py).name() {
            Ok(name) => format!("{name}: {}", error.value(py)),
            Err(_) => error.to_string(),
        };
        let fault = self.fault(py, words);
        fault.set_cause(py, Some(error));
        fault
    }
}
