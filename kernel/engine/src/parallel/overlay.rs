//! A view with the writes of transactions over it, read by many threads. Where one of them writes while
//! others read, these find each key as it was or as it is.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use zero_primitives::map::{AddressMap, B256Map, HashMap};
use zero_primitives::{Account, Address, B256, Bytecode, ChangeSet, ReadError, StateView, U256};

use super::merge::{Merge, stored};
use super::row::Asked;
use super::run::Writes;

const SHARDS: usize = 64;

/// The state after what was applied so far.
pub struct Overlay {
    base: Arc<dyn StateView>,
    /// Nothing was applied, so no shard need be asked.
    is_bare: AtomicBool,
    shards: Box<[RwLock<Shard>]>,
    codes: RwLock<B256Map<Bytecode>>,
}

#[derive(Default)]
struct Shard {
    accounts: AddressMap<Option<Account>>,
    storage: HashMap<(Address, U256), U256>,
}

impl Overlay {
    pub fn new(base: Arc<dyn StateView>) -> Self {
        Self {
            base,
            is_bare: AtomicBool::new(true),
            shards: (0..SHARDS).map(|_| RwLock::default()).collect(),
            codes: RwLock::default(),
        }
    }

    /// Over `base`, after the changes.
    pub fn after(base: Arc<dyn StateView>, changes: &ChangeSet) -> Self {
        let overlay = Self::new(base);
        overlay.add(
            &mut changes.accounts.iter(),
            &mut changes.storage.iter(),
            &mut changes.codes.iter(),
        );
        overlay
    }

    pub fn apply(&self, writes: &Writes) {
        self.add(
            &mut writes.accounts.iter().map(|(address, now)| (address, now)),
            &mut writes.storage.iter().map(|(key, now)| (key, now)),
            &mut writes.codes.iter().map(|(hash, code)| (hash, code)),
        );
    }

    pub fn apply_all(&self, merge: &Merge) {
        self.add(
            &mut merge.accounts.iter(),
            &mut merge.storage.iter(),
            &mut merge.codes.iter(),
        );
    }

    /// Applies what a row wrote.
    pub fn apply_row(&self, asked: &Asked) {
        let accounts = asked.accounts.iter().filter_map(|account| {
            let (before, now) = account.values?;
            (before != now).then_some((account.address, stored(now)))
        });
        let slots = asked.slots.iter().filter_map(|slot| {
            let (before, now) = slot.values?;
            (before != now).then_some((asked.key(slot), now))
        });
        let (accounts, slots): (Vec<_>, Vec<_>) = (accounts.collect(), slots.collect());
        self.add(
            &mut accounts.iter().map(|(address, now)| (address, now)),
            &mut slots.iter().map(|(key, now)| (key, now)),
            &mut asked.codes.iter().map(|(hash, code)| (hash, code)),
        );
    }

    fn add<'a>(
        &self,
        accounts: &mut dyn Iterator<Item = (&'a Address, &'a Option<Account>)>,
        storage: &mut dyn Iterator<Item = (&'a (Address, U256), &'a U256)>,
        codes: &mut dyn Iterator<Item = (&'a B256, &'a Bytecode)>,
    ) {
        // Codes come first: others may read an account as soon as it is there.
        self.add_codes(codes);
        let write = |address| {
            self.is_bare.store(false, Ordering::Release);
            self.shard(address)
                .write()
                .unwrap_or_else(PoisonError::into_inner)
        };
        for (address, account) in accounts {
            write(address).accounts.insert(*address, *account);
        }
        for (key, value) in storage {
            write(&key.0).storage.insert(*key, *value);
        }
    }

    fn add_codes<'a>(&self, codes: impl Iterator<Item = (&'a B256, &'a Bytecode)>) {
        let mut codes = codes.peekable();
        if codes.peek().is_some() {
            let mut known = self.codes.write().unwrap_or_else(PoisonError::into_inner);
            known.extend(codes.map(|(hash, code)| (*hash, code.clone())));
        }
    }

    fn shard(&self, address: &Address) -> &RwLock<Shard> {
        &self.shards[usize::from(address[19]) % SHARDS]
    }

    fn find<T>(&self, address: &Address, find: impl FnOnce(&Shard) -> Option<T>) -> Option<T> {
        if self.is_bare.load(Ordering::Acquire) {
            return None;
        }
        find(
            &self
                .shard(address)
                .read()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }
}

impl StateView for Overlay {
    fn account(&self, address: &Address) -> Result<Option<Account>, ReadError> {
        match self.find(address, |shard| shard.accounts.get(address).copied()) {
            Some(found) => Ok(found),
            None => self.base.account(address),
        }
    }

    fn storage(&self, address: &Address, slot: &U256) -> Result<U256, ReadError> {
        match self.find(address, |shard| {
            shard.storage.get(&(*address, *slot)).copied()
        }) {
            Some(found) => Ok(found),
            None => self.base.storage(address, slot),
        }
    }

    fn code(&self, code_hash: &B256) -> Result<Bytecode, ReadError> {
        let codes = self.codes.read().unwrap_or_else(PoisonError::into_inner);
        match codes.get(code_hash) {
            Some(found) => Ok(found.clone()),
            None => self.base.code(code_hash),
        }
    }

    fn slots(&self, address: &Address) -> Result<Vec<(U256, U256)>, ReadError> {
        let mut slots: std::collections::BTreeMap<_, _> =
            self.base.slots(address)?.into_iter().collect();
        let shard = self
            .shard(address)
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        for ((owner, slot), value) in &shard.storage {
            if owner == address {
                slots.insert(*slot, *value);
            }
        }
        Ok(slots
            .into_iter()
            .filter(|(_, value)| !value.is_zero())
            .collect())
    }
}
