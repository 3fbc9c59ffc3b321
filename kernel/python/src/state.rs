use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use zero_primitives::StateView;

use crate::convert::{
    address_from, hash_from, int_from_word, python_account, read_error, word_from_int,
};

/// A native state after one block (`devnet.state.StateView`).
#[pyclass(frozen, module = "devnet.kernel.zero_kernel", name = "View")]
pub struct View {
    pub view: Arc<zero_state::View>,
}

impl View {
    /// What the native engine reads, from any thread and without Python.
    pub fn reader(&self) -> Arc<dyn StateView> {
        self.view.clone()
    }
}

#[pymethods]
impl View {
    #[getter]
    fn height(&self) -> i64 {
        self.view.height()
    }

    fn account<'py>(&self, py: Python<'py>, address: &[u8]) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Ok(address) = address_from(address) else {
            return Ok(None);
        };
        let found = self
            .view
            .account(&address)
            .map_err(|error| read_error(py, error))?;
        found
            .map(|account| python_account(py, &account))
            .transpose()
    }

    fn storage<'py>(
        &self,
        py: Python<'py>,
        address: &[u8],
        slot: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (Ok(address), Some(slot)) = (address_from(address), word_from_int(slot)?) else {
            return int_from_word(py, &Default::default());
        };
        let found = self
            .view
            .storage(&address, &slot)
            .map_err(|error| read_error(py, error))?;
        int_from_word(py, &found)
    }

    fn code<'py>(&self, py: Python<'py>, code_hash: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
        let hash = hash_from(code_hash)?;
        let found = self
            .view
            .code(&hash)
            .map_err(|error| read_error(py, error))?;
        Ok(PyBytes::new(py, found.original_byte_slice()))
    }

    fn slots<'py>(&self, py: Python<'py>, address: &[u8]) -> PyResult<Bound<'py, PyAny>> {
        let address = address_from(address)?;
        let found = py
            .detach(|| self.view.slots(&address))
            .map_err(|error| read_error(py, error))?;
        let pairs: Vec<_> = found
            .iter()
            .map(|(slot, value)| Ok((int_from_word(py, slot)?, int_from_word(py, value)?)))
            .collect::<PyResult<_>>()?;
        Ok(pairs.into_pyobject(py)?.try_iter()?.into_any())
    }

    fn addresses<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let found = py
            .detach(|| self.view.addresses())
            .map_err(|error| read_error(py, error))?;
        let addresses: Vec<_> = found
            .iter()
            .map(|address| PyBytes::new(py, address.as_slice()))
            .collect();
        Ok(addresses.into_pyobject(py)?.try_iter()?.into_any())
    }
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<View>()
}
