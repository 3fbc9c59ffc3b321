use std::sync::Arc;

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// The threads that native parts of one network share. They sleep while nothing is asked of them.
#[pyclass(frozen, module = "devnet.kernel.zero_kernel")]
pub struct Pool {
    pub threads: Arc<ThreadPool>,
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
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|number| format!("zero-kernel-{number}"))
            .build()
            .map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        Ok(Self {
            threads: Arc::new(pool),
        })
    }

    #[getter]
    fn threads(&self) -> usize {
        self.threads.current_num_threads()
    }
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Pool>()
}
