//! The view to execute over: the kernel's own as it is, Python's known layers without Python where that can be,
//! and any other by asking it.

use std::sync::{Arc, Mutex};

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use zero_primitives::map::{AddressMap, AddressSet, B256Map, HashMap};
use zero_primitives::{
    Account, Address, B256, Bytecode, Bytes, EMPTY_CODE_HASH, ReadError, StateView, U256, analysed,
};
use zero_state::WitnessError;

use super::settings::{address, bounded, hash};
use crate::convert::int_from_word;
use crate::state::View;
use crate::witness::PartialState;

/// The exception that a view in Python raised, until the execution that asked has ended.
#[derive(Clone, Default)]
pub struct Raised(Arc<Mutex<Option<PyErr>>>);

impl Raised {
    fn keep(&self, error: PyErr) -> ReadError {
        if let Ok(mut kept) = self.0.lock() {
            *kept = Some(error);
        }
        ReadError::Raised(0)
    }

    pub fn take(&self) -> Option<PyErr> {
        self.0.lock().ok()?.take()
    }
}

/// What the kernel reads the Python view by.
pub fn resolve(view: &Bound<'_, PyAny>, raised: &Raised) -> PyResult<Arc<dyn StateView>> {
    let py = view.py();
    if let Ok(native) = view.cast::<View>() {
        return Ok(native.get().reader());
    }
    if let Ok(witnessed) = view.cast::<PartialState>() {
        return Ok(Arc::new(Witnessed {
            state: witnessed.get().share(),
            raised: raised.clone(),
        }));
    }
    let class = view.get_type();
    let name = class.name()?;
    let module = class.getattr(intern!(py, "__module__"))?;
    let known = (module.to_string(), name.to_string());
    match (known.0.as_str(), known.1.as_str()) {
        ("devnet.zone.calling.overlay", "OverlayView") => {
            let base = resolve(&view.getattr(intern!(py, "_view"))?, raised)?;
            let mut over = Over::new(base);
            over.read_accounts(view)?;
            for (key, value) in &view
                .getattr(intern!(py, "_storage"))?
                .cast_into::<PyDict>()?
            {
                let (owner, slot): (Bound<'_, PyAny>, Bound<'_, PyAny>) = key.extract()?;
                over.put_slot(address(&owner)?, bounded(&slot)?, bounded(&value)?);
            }
            Ok(over.finish())
        }
        ("devnet.execution.layered", "LayeredView") => {
            let base = resolve(&view.getattr(intern!(py, "_base"))?, raised)?;
            let mut over = Over::new(base);
            over.read_accounts(view)?;
            for (owner, slots) in &view
                .getattr(intern!(py, "_storage"))?
                .cast_into::<PyDict>()?
            {
                let owner = address(&owner)?;
                for (slot, value) in &slots.cast_into::<PyDict>()? {
                    over.put_slot(owner, bounded(&slot)?, bounded(&value)?);
                }
            }
            Ok(over.finish())
        }
        ("devnet.zone.overlay", "WrittenView") => {
            let overlay = view.getattr(intern!(py, "_overlay"))?;
            let written = overlay.call_method0(intern!(py, "addresses"))?;
            partial(view, &written, true, raised)
        }
        ("devnet.zone.system_called_view", "SystemCalledView") => {
            let contracts = view.getattr(intern!(py, "_contracts"))?;
            partial(view, &contracts, false, raised)
        }
        _ => Ok(Arc::new(PythonView {
            view: view.clone().unbind(),
            raised: raised.clone(),
        })),
    }
}

fn partial(
    view: &Bound<'_, PyAny>,
    own: &Bound<'_, PyAny>,
    has_accounts: bool,
    raised: &Raised,
) -> PyResult<Arc<dyn StateView>> {
    let base = resolve(&view.getattr(intern!(view.py(), "_base"))?, raised)?;
    let mut addresses = AddressSet::default();
    for item in own.try_iter()? {
        addresses.insert(address(&item?)?);
    }
    Ok(Arc::new(Partial {
        base,
        own: addresses,
        has_accounts,
        python: PythonView {
            view: view.clone().unbind(),
            raised: raised.clone(),
        },
    }))
}

fn read_account(account: &Bound<'_, PyAny>) -> PyResult<Option<Account>> {
    if account.is_none() {
        return Ok(None);
    }
    let py = account.py();
    let nonce = bounded(&account.getattr(intern!(py, "nonce"))?)?;
    Ok(Some(Account {
        nonce: u64::try_from(nonce).unwrap_or(u64::MAX),
        balance: bounded(&account.getattr(intern!(py, "balance"))?)?,
        code_hash: hash(&account.getattr(intern!(py, "code_hash"))?)?,
    }))
}

/// A view with changes over it.
struct Over {
    base: Arc<dyn StateView>,
    accounts: AddressMap<Option<Account>>,
    storage: HashMap<(Address, U256), U256>,
    codes: B256Map<Bytecode>,
}

impl Over {
    fn new(base: Arc<dyn StateView>) -> Self {
        Self {
            base,
            accounts: AddressMap::default(),
            storage: HashMap::default(),
            codes: B256Map::default(),
        }
    }

    /// The accounts and codes of one of Python's layers.
    fn read_accounts(&mut self, layer: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = layer.py();
        for (owner, account) in &layer
            .getattr(intern!(py, "_accounts"))?
            .cast_into::<PyDict>()?
        {
            self.accounts
                .insert(address(&owner)?, read_account(&account)?);
        }
        for (code_hash, code) in &layer
            .getattr(intern!(py, "_codes"))?
            .cast_into::<PyDict>()?
        {
            let code = Bytes::copy_from_slice(code.cast::<PyBytes>()?.as_bytes());
            self.codes.insert(hash(&code_hash)?, analysed(code));
        }
        Ok(())
    }

    fn put_slot(&mut self, address: Address, slot: U256, value: U256) {
        self.storage.insert((address, slot), value);
    }

    /// The base itself where nothing lies over it.
    fn finish(self) -> Arc<dyn StateView> {
        if self.accounts.is_empty() && self.storage.is_empty() && self.codes.is_empty() {
            return self.base;
        }
        Arc::new(self)
    }
}

impl StateView for Over {
    fn account(&self, address: &Address) -> Result<Option<Account>, ReadError> {
        match self.accounts.get(address) {
            Some(account) => Ok(*account),
            None => self.base.account(address),
        }
    }

    fn storage(&self, address: &Address, slot: &U256) -> Result<U256, ReadError> {
        match self.storage.get(&(*address, *slot)) {
            Some(value) => Ok(*value),
            None => self.base.storage(address, slot),
        }
    }

    fn code(&self, code_hash: &B256) -> Result<Bytecode, ReadError> {
        match self.codes.get(code_hash) {
            Some(code) => Ok(code.clone()),
            None => self.base.code(code_hash),
        }
    }

    fn slots(&self, address: &Address) -> Result<Vec<(U256, U256)>, ReadError> {
        let mut merged: std::collections::BTreeMap<_, _> =
            self.base.slots(address)?.into_iter().collect();
        for ((owner, slot), value) in &self.storage {
            if owner == address {
                merged.insert(*slot, *value);
            }
        }
        Ok(merged
            .into_iter()
            .filter(|(_, value)| !value.is_zero())
            .collect())
    }
}

/// A view in Python that differs from another one for some accounts only.
struct Partial {
    base: Arc<dyn StateView>,
    own: AddressSet,
    /// Whether accounts and codes differ as well, and not only slots.
    has_accounts: bool,
    python: PythonView,
}

impl StateView for Partial {
    fn account(&self, address: &Address) -> Result<Option<Account>, ReadError> {
        if self.has_accounts && self.own.contains(address) {
            return self.python.account(address);
        }
        self.base.account(address)
    }

    fn storage(&self, address: &Address, slot: &U256) -> Result<U256, ReadError> {
        if self.own.contains(address) {
            return self.python.storage(address, slot);
        }
        self.base.storage(address, slot)
    }

    fn code(&self, code_hash: &B256) -> Result<Bytecode, ReadError> {
        if self.has_accounts {
            return self.python.code(code_hash);
        }
        self.base.code(code_hash)
    }

    fn slots(&self, address: &Address) -> Result<Vec<(U256, U256)>, ReadError> {
        if self.own.contains(address) {
            return self.python.slots(address);
        }
        self.base.slots(address)
    }
}

/// A state of which only a witness is there, read without Python.
struct Witnessed {
    state: PartialState,
    raised: Raised,
}

impl Witnessed {
    fn ask<T>(
        &self,
        question: impl FnOnce(&mut zero_state::PartialState) -> Result<T, WitnessError>,
    ) -> Result<T, ReadError> {
        let asked = self.state.ask(question);
        asked.map_err(|error| self.raised.keep(error))
    }
}

impl StateView for Witnessed {
    fn account(&self, address: &Address) -> Result<Option<Account>, ReadError> {
        self.ask(|state| state.account(address))
    }

    fn storage(&self, address: &Address, slot: &U256) -> Result<U256, ReadError> {
        self.ask(|state| state.storage(address, slot))
    }

    fn code(&self, code_hash: &B256) -> Result<Bytecode, ReadError> {
        self.ask(|state| state.code(code_hash))
    }

    fn slots(&self, address: &Address) -> Result<Vec<(U256, U256)>, ReadError> {
        self.ask(|state| Err(state.slots(address)))
    }
}

/// Any view in Python.
struct PythonView {
    view: Py<PyAny>,
    raised: Raised,
}

impl PythonView {
    fn ask<T>(
        &self,
        question: impl FnOnce(Python<'_>, &Bound<'_, PyAny>) -> PyResult<T>,
    ) -> Result<T, ReadError> {
        Python::attach(|py| {
            question(py, self.view.bind(py)).map_err(|error| self.raised.keep(error))
        })
    }
}

impl StateView for PythonView {
    fn account(&self, address: &Address) -> Result<Option<Account>, ReadError> {
        self.ask(|py, view| {
            let address = PyBytes::new(py, address.as_slice());
            read_account(&view.call_method1(intern!(py, "account"), (address,))?)
        })
    }

    fn storage(&self, address: &Address, slot: &U256) -> Result<U256, ReadError> {
        self.ask(|py, view| {
            let address = PyBytes::new(py, address.as_slice());
            let slot = int_from_word(py, slot)?;
            bounded(&view.call_method1(intern!(py, "storage"), (address, slot))?)
        })
    }

    fn code(&self, code_hash: &B256) -> Result<Bytecode, ReadError> {
        if *code_hash == EMPTY_CODE_HASH {
            return Ok(Bytecode::default());
        }
        self.ask(|py, view| {
            let code_hash = PyBytes::new(py, code_hash.as_slice());
            let code = view.call_method1(intern!(py, "code"), (code_hash,))?;
            let code = Bytes::copy_from_slice(code.cast::<PyBytes>()?.as_bytes());
            Ok(analysed(code))
        })
    }

    fn slots(&self, address: &Address) -> Result<Vec<(U256, U256)>, ReadError> {
        self.ask(|py, view| {
            let address = PyBytes::new(py, address.as_slice());
            let mut slots = Vec::new();
            for item in view
                .call_method1(intern!(py, "slots"), (address,))?
                .try_iter()?
            {
                let (slot, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item?.extract()?;
                slots.push((bounded(&slot)?, bounded(&value)?));
            }
            Ok(slots)
        })
    }
}
