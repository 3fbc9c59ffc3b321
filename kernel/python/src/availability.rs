//! Columns of dispersed batches (`devnet.availability.Coder`).

use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use zero_availability::{Code, HASH, combine, placed};
use zero_primitives::Threads;

use crate::faults::{caught, fault};
use crate::pool::Pool;

/// Bytes below which handing the work to other threads takes longer than doing it.
const SMALL: usize = 1 << 16;

/// What `devnet.availability.native.NativeCoder` is made of.
#[pyclass(frozen, module = "devnet.kernel.zero_kernel")]
pub struct Coder {
    threads: Arc<Threads>,
}

#[pymethods]
impl Coder {
    #[new]
    fn new(pool: &Pool) -> Self {
        Self {
            threads: pool.threads.clone(),
        }
    }

    /// The parity columns and the leaves of all columns.
    fn extend<'py>(
        &self,
        py: Python<'py>,
        data_columns: usize,
        columns: usize,
        column_bytes: usize,
        data: &[u8],
    ) -> PyResult<(Bound<'py, PyBytes>, Bound<'py, PyBytes>)> {
        let code = Code::new(data_columns, columns, column_bytes).map_err(PyValueError::new_err)?;
        let pool = self
            .threads
            .several()
            .filter(|_| columns * column_bytes >= SMALL);
        let mut leaves = Vec::new();
        let parity = PyBytes::new_with(py, code.parity_bytes(), |parity| {
            leaves = finished(py.detach(|| caught(|| code.extend(data, parity, pool))))?;
            Ok(())
        })?;
        Ok((parity, PyBytes::new(py, &leaves)))
    }

    /// A sum over the rows of each column.
    fn combine<'py>(
        &self,
        py: Python<'py>,
        column_bytes: usize,
        data: &[u8],
        coefficients: &[u8],
    ) -> PyResult<Bound<'py, PyBytes>> {
        let pool = self.threads.several().filter(|_| data.len() >= SMALL);
        let sums = py.detach(|| caught(|| combine(column_bytes, data, coefficients, pool)));
        Ok(PyBytes::new(py, &finished(sums)?))
    }

    /// Whether each column lies at its index under the root.
    fn placed(
        &self,
        py: Python<'_>,
        root: &[u8],
        column_bytes: usize,
        indices: Vec<u32>,
        data: &[u8],
        paths: &[u8],
    ) -> PyResult<Vec<bool>> {
        let root: &[u8; HASH] = root
            .try_into()
            .map_err(|_| PyValueError::new_err(format!("a root of {} bytes", root.len())))?;
        finished(py.detach(|| caught(|| placed(root, column_bytes, &indices, data, paths))))
    }

    /// The wanted columns from the known ones.
    fn restore<'py>(
        &self,
        py: Python<'py>,
        data_columns: usize,
        columns: usize,
        column_bytes: usize,
        known: Vec<(usize, Bound<'py, PyBytes>)>,
        wanted: Vec<usize>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let code = Code::new(data_columns, columns, column_bytes).map_err(PyValueError::new_err)?;
        if wanted.len() > columns {
            return Err(PyValueError::new_err(format!(
                "{} columns of {columns} are wanted",
                wanted.len()
            )));
        }
        let known: Vec<(usize, &[u8])> = known
            .iter()
            .map(|(index, column)| (*index, column.as_bytes()))
            .collect();
        PyBytes::new_with(py, wanted.len() * column_bytes, |found| {
            let pool = self
                .threads
                .several()
                .filter(|_| columns * column_bytes >= SMALL);
            finished(py.detach(|| caught(|| code.restore(&known, &wanted, found, pool))))
        })
    }
}

/// What the work gave. What it refuses is the caller's mistake, a panic is a fault.
fn finished<T>(outcome: Result<Result<T, String>, String>) -> PyResult<T> {
    outcome
        .map_err(|words| fault(&words))?
        .map_err(PyValueError::new_err)
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Coder>()
}
