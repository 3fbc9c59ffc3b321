use std::sync::Arc;

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use zero_primitives::Threads;

/// The threads that native parts of one network share. They sleep while nothing is asked of them.
#[pyclass(frozen, module = "devnet.kernel.zero_kernel")]
pub struct Pool {
    pub threads: Arc<Threads>,
}

#[pymethods]
impl Pool {
    #[new]
    fn new(threads: usize) -> PyResult<Self> {
        if !(1..=1024).contains(&threads) {
            return Err(PyValueError::new_err(format!(
                "{threads} threads: at least 1 and at most 1024 are possible"
            )));
        }
        Ok(Self {
            threads: Arc::new(Threads::new(threads).map_err(PyRuntimeError::new_err)?),
        })
    }

    #[getter]
    fn threads(&self) -> usize {
        self.threads.count()
    }
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Pool>()
}
