use std::sync::{Arc, Mutex};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyTuple, PyType};
use zero_primitives::StateView;
use zero_state::{Config, Reader, Refused, Restorer, StateError};

use crate::changes::changes_from;

use crate::convert::{
    address_from, hash_from, int_from_word, python_account, read_error, state_gone, word_from_int,
};
use crate::faults::{caught, fault};
use crate::pool::Pool;

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

/// Start, end, active entries and leaf of a shard.
type HeadFields<'py> = (u64, u64, u64, Bound<'py, PyBytes>);

/// A zone's QMDB (`devnet.state.native` keeps its files). One thread changes it; heights, roots and views are
/// read on any, also while it is changed.
#[pyclass(frozen, module = "devnet.kernel.zero_kernel", name = "Qmdb")]
pub struct Qmdb {
    state: Arc<Mutex<zero_state::Qmdb>>,
    reader: Reader,
}

impl Qmdb {
    fn of(state: zero_state::Qmdb) -> Self {
        Self {
            reader: state.reader(),
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// What recorders ask, on any thread.
    pub fn shared(&self) -> Arc<Mutex<zero_state::Qmdb>> {
        self.state.clone()
    }

    /// Runs something on the state while other Python threads go on. After a panic nobody knows what the state
    /// holds, so nothing is done with it any more.
    fn with<T: Send>(
        &self,
        py: Python<'_>,
        run: impl Send + FnOnce(&mut zero_state::Qmdb) -> T,
    ) -> PyResult<T> {
        py.detach(|| locked(&self.state, run))
    }
}

#[pymethods]
impl Qmdb {
    #[new]
    fn new(py: Python<'_>, pool: &Pool, threshold: u64, ratio: u64, divisor: u64) -> Self {
        let (config, threads) = (config_of(threshold, ratio, divisor), pool.threads.clone());
        Self::of(py.detach(|| zero_state::Qmdb::new(config, threads)))
    }

    // What any thread reads

    #[getter]
    fn height(&self) -> i64 {
        self.reader.height()
    }

    #[getter]
    fn oldest_height(&self) -> i64 {
        self.reader.oldest()
    }

    #[getter]
    fn root<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.reader.root())
    }

    fn root_at<'py>(&self, py: Python<'py>, height: i64) -> PyResult<Bound<'py, PyBytes>> {
        let root = self
            .reader
            .root_at(height)
            .map_err(|error| state_error(py, error))?;
        Ok(PyBytes::new(py, &root))
    }

    #[pyo3(signature = (height=None))]
    fn view(&self, py: Python<'_>, height: Option<i64>) -> PyResult<View> {
        let view = self
            .reader
            .view(height)
            .map_err(|error| state_error(py, error))?;
        Ok(View {
            view: Arc::new(view),
        })
    }

    /// Of every height from `first` to `last`, the sum of all balances: multiples of 2^256, and the rest.
    fn balances<'py>(
        &self,
        py: Python<'py>,
        first: i64,
        last: i64,
    ) -> PyResult<Vec<(i64, Bound<'py, PyAny>)>> {
        let view = |height| {
            self.reader
                .view(Some(height))
                .map_err(|error| state_error(py, error))
        };
        let (first, last) = (view(first)?, view(last)?);
        let sums = py
            .detach(|| last.balances(&first))
            .map_err(|error| read_error(py, error))?;
        sums.iter()
            .map(|sum| Ok((sum.high, int_from_word(py, &sum.low)?)))
            .collect()
    }

    // What one thread does

    fn commit<'py>(
        &self,
        py: Python<'py>,
        height: i64,
        changes: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let changes = changes_from(changes)?;
        let root = self.with(py, |state| state.commit(height, &changes))?;
        Ok(PyBytes::new(
            py,
            &root.map_err(|error| state_error(py, error))?,
        ))
    }

    fn rollback(&self, py: Python<'_>, height: i64) -> PyResult<()> {
        self.with(py, |state| state.rollback(height))?
            .map_err(|error| state_error(py, error))
    }

    fn forget(&self, py: Python<'_>, height: i64) -> PyResult<()> {
        self.with(py, |state| state.forget(height))
    }

    #[getter]
    fn history_size(&self, py: Python<'_>) -> PyResult<u64> {
        self.with(py, |state| state.history_size())
    }

    /// Entry reads, appends, compaction's reads and appends, hashes: `devnet.state.costs.Costs`.
    #[getter]
    fn costs(&self, py: Python<'_>) -> PyResult<(u64, u64, u64, u64, u64)> {
        let costs = self.with(py, |state| state.costs())?;
        Ok((
            costs.entry_reads,
            costs.appends,
            costs.compaction_reads,
            costs.compaction_appends,
            costs.hashes,
        ))
    }

    #[getter]
    fn memory(&self, py: Python<'_>) -> PyResult<usize> {
        self.with(py, |state| state.memory())
    }

    fn read<'py>(&self, py: Python<'py>, key: &[u8]) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let value = self.with(py, |state| state.read(key))?;
        Ok(value.map(|value| PyBytes::new(py, &value)))
    }

    /// A `devnet.state.proofs.Proof`.
    #[pyo3(signature = (key, height=None))]
    fn prove<'py>(
        &self,
        py: Python<'py>,
        key: &[u8],
        height: Option<i64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let proof = self.with(py, |state| state.prove(key, height))?;
        let proof = proof.map_err(|error| state_error(py, error))?;
        let hashes = |hashes: &[zero_state::Hash]| {
            PyTuple::new(py, hashes.iter().map(|hash| PyBytes::new(py, hash)))
        };
        let fields = (
            proof.value.map(|value| PyBytes::new(py, &value)),
            PyBytes::new(py, &proof.entry),
            proof.serial_number,
            hashes(&proof.peers.left)?,
            PyBytes::new(py, &proof.peers.chunk),
            hashes(&proof.peers.right)?,
            hashes(&proof.peers.upper)?,
            PyBytes::new(py, &proof.shard_root),
            proof.start,
            proof.end,
            proof.active,
            hashes(&proof.zone)?,
        );
        PROOF
            .import(py, "devnet.state.proofs", "Proof")?
            .call1(fields.into_pyobject(py)?)
    }

    /// Fields of `devnet.state.places.ShardHead`s.
    fn shard_heads<'py>(&self, py: Python<'py>, height: i64) -> PyResult<Vec<HeadFields<'py>>> {
        let heads = self.with(py, |state| state.shard_heads(height))?;
        let heads = heads.map_err(|error| state_error(py, error))?;
        let fields = |head: &zero_state::ShardHead| {
            let leaf = PyBytes::new(py, &head.leaf);
            (head.start, head.end, head.active, leaf)
        };
        Ok(heads.iter().map(fields).collect())
    }

    fn find(&self, py: Python<'_>, key_hash: &[u8], height: i64) -> PyResult<u64> {
        let key_hash = *hash_from(key_hash)?;
        let found = self.with(py, |state| state.find(&key_hash, height))?;
        found.map_err(|error| state_error(py, error))
    }

    /// Fields of a `devnet.state.places.Place`.
    fn place_at<'py>(
        &self,
        py: Python<'py>,
        shard: usize,
        serial_number: u64,
        height: i64,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let place = self.with(py, |state| state.place_at(shard, serial_number, height))?;
        let place = place.map_err(|error| state_error(py, error))?;
        let hashes = |hashes: &[zero_state::Hash]| {
            PyTuple::new(py, hashes.iter().map(|hash| PyBytes::new(py, hash)))
        };
        let fields = (
            place.entry.map(|entry| PyBytes::new(py, &entry)),
            hashes(&place.peers.left)?,
            PyBytes::new(py, &place.left_root),
            PyBytes::new(py, &place.peers.chunk),
            hashes(&place.peers.right)?,
            hashes(&place.peers.upper)?,
        );
        fields.into_pyobject(py)
    }

    /// Whether the trees give the root and the leaves that the newest block names.
    fn is_sound(&self, py: Python<'_>) -> PyResult<bool> {
        self.with(py, |state| state.is_sound())
    }

    // Records: `devnet.state.content.Content`

    fn block_record<'py>(&self, py: Python<'py>, height: i64) -> PyResult<Bound<'py, PyBytes>> {
        let record = self.with(py, |state| state.block_record(height))?;
        Ok(PyBytes::new(
            py,
            &record.map_err(|error| state_error(py, error))?,
        ))
    }

    fn codes_of<'py>(&self, py: Python<'py>, height: i64) -> PyResult<Vec<Bound<'py, PyBytes>>> {
        let records = self.with(py, |state| state.codes_of(height))?;
        Ok(python_records(
            py,
            &records.map_err(|error| state_error(py, error))?,
        ))
    }

    fn older_codes<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyBytes>>> {
        let records = self.with(py, |state| state.older_codes())?;
        Ok(python_records(py, &records))
    }

    fn heads<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyBytes>>> {
        let records = self.with(py, zero_state::Qmdb::heads)?;
        Ok(python_records(py, &records))
    }

    fn pieces<'py>(
        &self,
        py: Python<'py>,
        shard: usize,
        first: u64,
        end: u64,
    ) -> PyResult<Vec<Bound<'py, PyBytes>>> {
        let records = self.with(py, |state| state.pieces(shard, first, end))?;
        Ok(python_records(py, &records))
    }

    fn ends(&self, py: Python<'_>) -> PyResult<Vec<u64>> {
        Ok(self.with(py, |state| state.ends())?.to_vec())
    }
}

/// Makes a state of its records: `devnet.state.content.Restoring`. What takes records gives None, or the index of
/// the one that is refused and why.
#[pyclass(frozen, module = "devnet.kernel.zero_kernel", name = "StateRestorer")]
pub struct StateRestorer {
    restorer: Mutex<Option<Restorer>>,
}

type RefusedRecord = Option<(usize, String)>;

impl StateRestorer {
    fn with<T: Send>(
        &self,
        py: Python<'_>,
        run: impl Send + FnOnce(&mut Restorer) -> T,
    ) -> PyResult<T> {
        py.detach(|| locked(&self.restorer, |restorer| restorer.as_mut().map(run)))?
            .ok_or_else(|| PyValueError::new_err("the state was made already"))
    }

    fn take<'py>(
        &self,
        py: Python<'py>,
        records: &[Bound<'py, PyBytes>],
        take: impl Send + FnOnce(&mut Restorer, &[&[u8]]) -> Result<(), Refused>,
    ) -> PyResult<RefusedRecord> {
        let records: Vec<&[u8]> = records.iter().map(|record| record.as_bytes()).collect();
        let taken = self.with(py, |restorer| take(restorer, &records))?;
        Ok(taken.err().map(|refused| (refused.index, refused.detail)))
    }
}

#[pymethods]
impl StateRestorer {
    /// `oldest`: the lowest height that is wanted; None: that of the base.
    #[new]
    fn new(pool: &Pool, threshold: u64, ratio: u64, divisor: u64, oldest: Option<i64>) -> Self {
        let config = config_of(threshold, ratio, divisor);
        Self {
            restorer: Mutex::new(Some(Restorer::new(config, pool.threads.clone(), oldest))),
        }
    }

    #[getter]
    fn height(&self, py: Python<'_>) -> PyResult<i64> {
        self.with(py, |restorer| restorer.height())
    }

    fn take_base(
        &self,
        py: Python<'_>,
        records: Vec<Bound<'_, PyBytes>>,
    ) -> PyResult<RefusedRecord> {
        self.take(py, &records, Restorer::take_base)
    }

    /// Raises ValueError.
    #[pyo3(signature = (height=None))]
    fn end_base(&self, py: Python<'_>, height: Option<i64>) -> PyResult<()> {
        self.with(py, |restorer| restorer.end_base(height))?
            .map_err(PyValueError::new_err)
    }

    fn take_codes(
        &self,
        py: Python<'_>,
        records: Vec<Bound<'_, PyBytes>>,
    ) -> PyResult<RefusedRecord> {
        self.take(py, &records, Restorer::take_codes)
    }

    fn take_blocks(
        &self,
        py: Python<'_>,
        records: Vec<Bound<'_, PyBytes>>,
    ) -> PyResult<RefusedRecord> {
        self.take(py, &records, Restorer::take_blocks)
    }

    /// The state; hashes everything. Raises ValueError.
    fn finish(&self, py: Python<'_>) -> PyResult<Qmdb> {
        let finish = |restorer: &mut Option<Restorer>| {
            let restorer = restorer.take();
            let restorer = restorer.ok_or_else(|| "the state was made already".to_owned())?;
            restorer.finish()
        };
        py.detach(|| locked(&self.restorer, finish))?
            .map(Qmdb::of)
            .map_err(PyValueError::new_err)
    }
}

/// What the work gives with what is locked, which belongs to nobody any more once some work panicked.
pub fn locked<S, T>(state: &Mutex<S>, work: impl FnOnce(&mut S) -> T) -> PyResult<T> {
    let broken = "it broke before; start the network again";
    caught(|| {
        state
            .lock()
            .map(|mut state| work(&mut state))
            .map_err(|_| broken.to_owned())
    })
    .and_then(|worked| worked)
    .map_err(|words| fault(&words))
}

static PROOF: PyOnceLock<Py<PyType>> = PyOnceLock::new();

pub fn config_of(threshold: u64, ratio: u64, divisor: u64) -> Config {
    Config {
        compaction_threshold: threshold,
        compaction_ratio: ratio,
        compaction_divisor: divisor,
    }
}

fn state_error(py: Python<'_>, error: StateError) -> PyErr {
    match error {
        StateError::Gone(words) => state_gone(py, words),
        StateError::Refused(words) => PyValueError::new_err(words),
    }
}

fn python_records<'py>(py: Python<'py>, records: &[Vec<u8>]) -> Vec<Bound<'py, PyBytes>> {
    records
        .iter()
        .map(|record| PyBytes::new(py, record))
        .collect()
}

/// Hashes so many nodes, each with the one before, on this thread: what hashing alone costs.
#[pyfunction]
fn hash_nodes(py: Python<'_>, count: usize) -> Bound<'_, PyBytes> {
    PyBytes::new(py, &py.detach(|| zero_state::hash_nodes(count)))
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<View>()?;
    module.add_class::<Qmdb>()?;
    module.add_class::<StateRestorer>()?;
    module.add_function(wrap_pyfunction!(hash_nodes, module)?)
}
