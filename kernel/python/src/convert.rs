//! Values on their way between Python and the kernel: words, addresses, hashes, accounts.

use pyo3::exceptions::{PyKeyError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyType};
use pyo3::{IntoPyObjectExt, intern};
use zero_primitives::{Account, Address, B256, EMPTY_CODE_HASH, ReadError, U256};

/// `int.from_bytes`.
static FROM_BYTES: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
/// `EMPTY_CODE_HASH` of `devnet.chain.types`.
static EMPTY_HASH: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
static ACCOUNT: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static STATE_GONE: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// A word as a Python int.
pub fn int_from_word<'py>(py: Python<'py>, word: &U256) -> PyResult<Bound<'py, PyAny>> {
    let limbs = word.as_limbs();
    if limbs[1] | limbs[2] | limbs[3] == 0 {
        return limbs[0].into_bound_py_any(py);
    }
    let from_bytes = FROM_BYTES.get_or_try_init(py, || -> PyResult<_> {
        Ok(py
            .get_type::<pyo3::types::PyInt>()
            .getattr("from_bytes")?
            .unbind())
    })?;
    let bytes = PyBytes::new(py, &word.to_be_bytes::<32>());
    from_bytes.bind(py).call1((bytes, intern!(py, "big")))
}

/// A Python int as a word; `None` where it is none of 256 bits.
pub fn word_from_int(number: &Bound<'_, PyAny>) -> PyResult<Option<U256>> {
    let py = number.py();
    match number.call_method1(intern!(py, "to_bytes"), (32, intern!(py, "big"))) {
        Ok(bytes) => Ok(Some(U256::from_be_slice(
            bytes.cast::<PyBytes>()?.as_bytes(),
        ))),
        Err(error) if error.is_instance_of::<pyo3::exceptions::PyOverflowError>(py) => Ok(None),
        Err(error) => Err(error),
    }
}

/// 20 bytes of Python's as an address. Raises ValueError for another length.
pub fn address_from(bytes: &[u8]) -> PyResult<Address> {
    Address::try_from(bytes).map_err(|_| {
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        PyValueError::new_err(format!(
            "an address has 20 bytes, {digits} has {}",
            bytes.len()
        ))
    })
}

/// 32 bytes of Python's as a hash. Raises ValueError for another length.
pub fn hash_from(bytes: &[u8]) -> PyResult<B256> {
    B256::try_from(bytes)
        .map_err(|_| PyValueError::new_err(format!("a hash has 32 bytes, not {}", bytes.len())))
}

/// An account as `devnet.chain.account.Account`.
pub fn python_account<'py>(py: Python<'py>, account: &Account) -> PyResult<Bound<'py, PyAny>> {
    let class = ACCOUNT.import(py, "devnet.chain.account", "Account")?;
    let balance = int_from_word(py, &account.balance)?;
    let code_hash = if account.code_hash == EMPTY_CODE_HASH {
        // Most accounts have no code; they share the object that the rest of the program compares with.
        let empty = EMPTY_HASH.get_or_try_init(py, || -> PyResult<_> {
            let types = py.import("devnet.chain.types")?;
            Ok(types.getattr("EMPTY_CODE_HASH")?.unbind())
        })?;
        empty.bind(py).clone()
    } else {
        PyBytes::new(py, account.code_hash.as_slice()).into_any()
    };
    class.call1((account.nonce, balance, code_hash))
}

/// What a view's failure is in Python: StateGone, or KeyError for code that is not there.
pub fn read_error(py: Python<'_>, error: ReadError) -> PyErr {
    match error {
        ReadError::NoCode(_) => PyKeyError::new_err(error.to_string()),
        other => state_gone(py, other.to_string()),
    }
}

/// `devnet.state.StateGone`.
pub fn state_gone(py: Python<'_>, words: String) -> PyErr {
    match STATE_GONE.import(py, "devnet.state", "StateGone") {
        Ok(class) => PyErr::from_type(class.clone(), words),
        Err(error) => error,
    }
}
