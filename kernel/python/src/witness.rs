//! Witnesses of a state: recorded on the native one, and opened. `devnet.state.native` and
//! `devnet.state.native_witness` are made of it.

use std::sync::{Arc, Mutex};

use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyType};
use zero_primitives::map::B256Map;
use zero_primitives::{Bytes, ReadError, analysed};
use zero_state::WitnessError;

use crate::changes::changes_from;
use crate::convert::{
    address_from, hash_from, int_from_word, python_account, state_gone, word_from_int,
};
use crate::faults::fault;
use crate::state::{Qmdb, config_of, locked};

type Shared = Arc<Mutex<zero_state::PartialState>>;
type Shown<T> = Result<T, WitnessError>;

/// A state of which only a witness is there (`devnet.state.WitnessedState`).
#[pyclass(frozen, module = "devnet.kernel.zero_kernel", name = "PartialState")]
pub struct PartialState {
    state: Shared,
}

impl PartialState {
    fn with<T: Send>(
        &self,
        py: Python<'_>,
        run: impl Send + FnOnce(&mut zero_state::PartialState) -> T,
    ) -> PyResult<T> {
        py.detach(|| locked(&self.state, run))
    }

    fn shown<T: Send>(
        &self,
        py: Python<'_>,
        run: impl Send + FnOnce(&mut zero_state::PartialState) -> Shown<T>,
    ) -> PyResult<T> {
        self.with(py, run)?
            .map_err(|error| witness_error(py, error))
    }

    /// Runs something without Python; what goes wrong is an exception that Python would get.
    pub fn ask<T>(
        &self,
        run: impl FnOnce(&mut zero_state::PartialState) -> Shown<T>,
    ) -> PyResult<T> {
        let asked = locked(&self.state, run)?;
        asked.map_err(|error| Python::attach(|py| witness_error(py, error)))
    }

    /// Another handle on the same state.
    pub fn share(&self) -> Self {
        Self {
            state: self.state.clone(),
        }
    }
}

#[pymethods]
impl PartialState {
    #[getter]
    fn height(&self, py: Python<'_>) -> PyResult<i64> {
        self.with(py, |state| state.height())
    }

    #[getter]
    fn root<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.with(py, |state| state.root())?))
    }

    /// Start, end and active entries of every shard of which something is there, by its number.
    #[getter]
    fn counters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let counters = PyDict::new(py);
        for (number, start, end, active) in self.with(py, |state| state.counters())? {
            counters.set_item(number, (start, end, active))?;
        }
        Ok(counters)
    }

    fn account<'py>(&self, py: Python<'py>, address: &[u8]) -> PyResult<Option<Bound<'py, PyAny>>> {
        let address = address_from(address)?;
        let found = self.shown(py, |state| state.account(&address))?;
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
        let (address, Some(slot)) = (address_from(address)?, word_from_int(slot)?) else {
            return int_from_word(py, &Default::default());
        };
        int_from_word(py, &self.shown(py, |state| state.storage(&address, &slot))?)
    }

    fn code<'py>(&self, py: Python<'py>, code_hash: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
        let hash = hash_from(code_hash)?;
        let found = self.shown(py, |state| state.code(&hash))?;
        Ok(PyBytes::new(py, found.original_byte_slice()))
    }

    /// Raises BadStateWitness.
    fn slots(&self, py: Python<'_>, address: &[u8]) -> PyResult<()> {
        let address = address_from(address)?;
        self.shown(py, |state| Err(state.slots(&address)))
    }

    /// Raises BadStateWitness.
    fn addresses(&self, py: Python<'_>) -> PyResult<()> {
        let detail = String::new();
        let error = WitnessError::Flawed(zero_state::Flaw::AllSlots, detail);
        Err(witness_error(py, error))
    }

    fn commit<'py>(
        &self,
        py: Python<'py>,
        changes: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let changes = changes_from(changes)?;
        let root = self.shown(py, |state| state.commit(&changes))?;
        Ok(PyBytes::new(py, &root))
    }

    fn check_used(&self, py: Python<'_>) -> PyResult<()> {
        self.shown(py, |state| state.check_used())
    }
}

/// Makes a witness (`devnet.state.WitnessRecorder`).
#[pyclass(frozen, module = "devnet.kernel.zero_kernel", name = "Recorder")]
pub struct Recorder {
    view: Py<PartialState>,
}

#[pymethods]
impl Recorder {
    #[new]
    fn new(
        py: Python<'_>,
        state: &Qmdb,
        height: i64,
        threshold: u64,
        ratio: u64,
        divisor: u64,
    ) -> PyResult<Self> {
        let (config, whole) = (config_of(threshold, ratio, divisor), state.shared());
        let state = py
            .detach(|| zero_state::PartialState::recording(whole, height, config))
            .map_err(|error| witness_error(py, error))?;
        let state = Arc::new(Mutex::new(state));
        Ok(Self {
            view: Py::new(py, PartialState { state })?,
        })
    }

    #[getter]
    fn view(&self, py: Python<'_>) -> Py<PartialState> {
        self.view.clone_ref(py)
    }

    /// The code that was asked for, by its hash.
    #[getter]
    fn codes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let found = self.view.get().with(py, |state| {
            state.recorded().map(|recorded| recorded.codes().clone())
        })?;
        let codes = PyDict::new(py);
        for (hash, code) in found.unwrap_or_default() {
            let code = PyBytes::new(py, code.original_byte_slice());
            codes.set_item(PyBytes::new(py, hash.as_slice()), code)?;
        }
        Ok(codes)
    }

    fn witness<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let written = self.view.get().shown(py, |state| {
            state
                .recorded()
                .map_or(Ok(Vec::new()), |recorded| recorded.witness())
        })?;
        Ok(PyBytes::new(py, &written))
    }
}

/// The state that a witness opens; see `devnet.state.OpenState`.
#[pyfunction]
#[expect(
    clippy::too_many_arguments,
    reason = "what OpenState takes, and the interpreter"
)]
fn open_state(
    py: Python<'_>,
    content: &[u8],
    root: &[u8],
    height: i64,
    threshold: u64,
    ratio: u64,
    divisor: u64,
    codes: Vec<(Bound<'_, PyBytes>, Bound<'_, PyBytes>)>,
) -> PyResult<PartialState> {
    let (config, root) = (config_of(threshold, ratio, divisor), *hash_from(root)?);
    let mut raw = Vec::with_capacity(codes.len());
    for (hash, code) in &codes {
        raw.push((hash_from(hash.as_bytes())?, code.as_bytes()));
    }
    let open = || {
        let analyse = |(hash, code)| (hash, analysed(Bytes::copy_from_slice(code)));
        let codes: B256Map<_> = raw.into_iter().map(analyse).collect();
        zero_state::open_state(content, &root, height, config, codes)
    };
    let state = py.detach(open).map_err(|error| witness_error(py, error))?;
    Ok(PartialState {
        state: Arc::new(Mutex::new(state)),
    })
}

static BAD_WITNESS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static FLAW: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// `devnet.state.witness_flaws.BadStateWitness`, or what a view raises.
fn witness_error(py: Python<'_>, error: WitnessError) -> PyErr {
    match error {
        WitnessError::Flawed(flaw, detail) => {
            let module = "devnet.state.witness_flaws";
            let made = || {
                let flaw = FLAW
                    .import(py, module, "WitnessFlaw")?
                    .getattr(flaw.name())?;
                let class = BAD_WITNESS.import(py, module, "BadStateWitness")?;
                class.call1((flaw, detail))
            };
            match made() {
                Ok(error) => PyErr::from_value(error),
                Err(error) => error,
            }
        }
        WitnessError::Gone(words) => state_gone(py, words),
        WitnessError::NoCode(hash) => PyKeyError::new_err(ReadError::NoCode(hash).to_string()),
        WitnessError::Broken => fault("it broke before; start the network again"),
    }
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<PartialState>()?;
    module.add_class::<Recorder>()?;
    module.add_function(wrap_pyfunction!(open_state, module)?)
}
