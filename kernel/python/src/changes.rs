use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyMapping, PyMappingProxy, PyTuple};
use zero_primitives::{Account, Bytes, ChangeSet as Changes, U256, analysed};

use crate::convert::{address_from, hash_from, int_from_word, python_account, word_from_int};

/// What a block changed: as the native engine made it and the native state takes it. The mappings are made when
/// somebody asks for them.
#[pyclass(frozen, module = "devnet.kernel.zero_kernel", name = "ChangeSet")]
pub struct ChangeSet {
    pub changes: Arc<Changes>,
    accounts: PyOnceLock<Py<PyMappingProxy>>,
    storage: PyOnceLock<Py<PyMappingProxy>>,
    codes: PyOnceLock<Py<PyMappingProxy>>,
}

impl ChangeSet {
    pub fn of(changes: Arc<Changes>) -> Self {
        Self {
            changes,
            accounts: PyOnceLock::new(),
            storage: PyOnceLock::new(),
            codes: PyOnceLock::new(),
        }
    }
}

#[pymethods]
impl ChangeSet {
    /// From anything that has the three mappings.
    #[new]
    fn new(changes: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Self::of(changes_from(changes)?))
    }

    /// Address to account, in the order of the addresses; None is a deleted account.
    #[getter]
    fn accounts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyMappingProxy>> {
        let made = self.accounts.get_or_try_init(py, || -> PyResult<_> {
            let mut accounts: Vec<_> = self.changes.accounts.iter().collect();
            accounts.sort_unstable_by_key(|(address, _)| **address);
            let found = PyDict::new(py);
            for (address, account) in accounts {
                let account = account.as_ref().map(|account| python_account(py, account));
                found.set_item(PyBytes::new(py, address.as_slice()), account.transpose()?)?;
            }
            read_only(found)
        })?;
        Ok(made.bind(py).clone())
    }

    /// (Address, slot) to value, in their order; 0 is a deleted slot.
    #[getter]
    fn storage<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyMappingProxy>> {
        let made = self.storage.get_or_try_init(py, || -> PyResult<_> {
            let mut slots: Vec<_> = self.changes.storage.iter().collect();
            slots.sort_unstable();
            let found = PyDict::new(py);
            for ((address, slot), value) in slots {
                let key = (
                    PyBytes::new(py, address.as_slice()),
                    int_from_word(py, slot)?,
                );
                found.set_item(key, int_from_word(py, value)?)?;
            }
            read_only(found)
        })?;
        Ok(made.bind(py).clone())
    }

    /// Code hash to code, in the order of the hashes.
    #[getter]
    fn codes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyMappingProxy>> {
        let made = self.codes.get_or_try_init(py, || -> PyResult<_> {
            let mut codes: Vec<_> = self.changes.codes.iter().collect();
            codes.sort_unstable_by_key(|(hash, _)| **hash);
            let found = PyDict::new(py);
            for (hash, code) in codes {
                let code = PyBytes::new(py, code.original_byte_slice());
                found.set_item(PyBytes::new(py, hash.as_slice()), code)?;
            }
            read_only(found)
        })?;
        Ok(made.bind(py).clone())
    }

    /// Equal to whatever has equal mappings.
    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        if let Ok(other) = other.cast_exact::<Self>() {
            let (mine, others) = (&self.changes, &other.get().changes);
            let is_equal = mine.accounts == others.accounts
                && mine.storage == others.storage
                && mine.codes == others.codes;
            return Ok(is_equal.into_pyobject(py)?.to_owned().into_any().unbind());
        }
        for (name, mine) in [
            (intern!(py, "accounts"), self.accounts(py)?),
            (intern!(py, "storage"), self.storage(py)?),
            (intern!(py, "codes"), self.codes(py)?),
        ] {
            let Ok(others) = other.getattr(name) else {
                return Ok(py.NotImplemented());
            };
            if !mine.eq(others)? {
                return Ok(false.into_pyobject(py)?.to_owned().into_any().unbind());
            }
        }
        Ok(true.into_pyobject(py)?.to_owned().into_any().unbind())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let (accounts, storage, codes) = (self.accounts(py)?, self.storage(py)?, self.codes(py)?);
        Ok(format!(
            "ChangeSet(accounts={}, storage={}, codes={})",
            accounts.as_any().repr()?,
            storage.as_any().repr()?,
            codes.as_any().repr()?
        ))
    }
}

/// A native change set as it is, any other one converted. Raises ValueError for what cannot exist; what says
/// only that a key that cannot exist does not exist is left out.
pub fn changes_from(changes: &Bound<'_, PyAny>) -> PyResult<Arc<Changes>> {
    let py = changes.py();
    if let Ok(native) = changes.cast_exact::<ChangeSet>() {
        return Ok(native.get().changes.clone());
    }
    let mut found = Changes::default();
    for item in items(changes, intern!(py, "accounts"))? {
        let (address, account) = pair(&item?)?;
        let account = if account.is_none() {
            None
        } else {
            account_from(&account)?
        };
        let address = address.cast::<PyBytes>()?.as_bytes();
        if account.is_none() && address.len() != 20 {
            continue;
        }
        found.accounts.insert(address_from(address)?, account);
    }
    for item in items(changes, intern!(py, "storage"))? {
        let (key, number) = pair(&item?)?;
        let (address, slot) = pair(&key)?;
        let address = address.cast::<PyBytes>()?.as_bytes();
        let value = word_from_int(&number)?;
        let is_deletion = value == Some(U256::ZERO);
        if is_deletion && address.len() != 20 {
            continue;
        }
        let address = address_from(address)?;
        let (Some(slot), Some(value)) = (word_from_int(&slot)?, value) else {
            if is_deletion {
                continue;
            }
            let digits = ("#x",);
            return Err(PyValueError::new_err(format!(
                "slot {} = {}: both are words of 256 bits",
                key.get_item(1)?.call_method1("__format__", digits)?,
                number.call_method1("__format__", digits)?
            )));
        };
        found.storage.insert((address, slot), value);
    }
    for item in items(changes, intern!(py, "codes"))? {
        let (hash, code) = pair(&item?)?;
        let code = Bytes::copy_from_slice(code.cast::<PyBytes>()?.as_bytes());
        found.codes.insert(
            hash_from(hash.cast::<PyBytes>()?.as_bytes())?,
            analysed(code),
        );
    }
    Ok(Arc::new(found))
}

fn items<'py>(
    changes: &Bound<'py, PyAny>,
    name: &Bound<'py, pyo3::types::PyString>,
) -> PyResult<impl Iterator<Item = PyResult<Bound<'py, PyAny>>>> {
    let mapping = changes.getattr(name)?;
    mapping
        .call_method0(intern!(changes.py(), "items"))?
        .try_iter()
}

fn pair<'py>(item: &Bound<'py, PyAny>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let pair = item.cast::<PyTuple>()?;
    Ok((pair.get_item(0)?, pair.get_item(1)?))
}

/// None for an account that is empty. Raises ValueError for one that cannot exist.
fn account_from(account: &Bound<'_, PyAny>) -> PyResult<Option<Account>> {
    let py = account.py();
    let cannot_exist = || PyValueError::new_err(format!("no such account can exist: {account}"));
    let nonce = word_from_int(&account.getattr(intern!(py, "nonce"))?)?;
    let balance = word_from_int(&account.getattr(intern!(py, "balance"))?)?;
    let code_hash = account.getattr(intern!(py, "code_hash"))?;
    let found = Account {
        nonce: nonce
            .and_then(|nonce| nonce.try_into().ok())
            .ok_or_else(cannot_exist)?,
        balance: balance.ok_or_else(cannot_exist)?,
        code_hash: hash_from(code_hash.cast::<PyBytes>()?.as_bytes())
            .map_err(|_| cannot_exist())?,
    };
    Ok((!found.is_empty()).then_some(found))
}

fn read_only(made: Bound<'_, PyDict>) -> PyResult<Py<PyMappingProxy>> {
    let mapping = made.into_any().cast_into::<PyMapping>()?;
    Ok(PyMappingProxy::new(mapping.py(), &mapping).unbind())
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<ChangeSet>()
}
