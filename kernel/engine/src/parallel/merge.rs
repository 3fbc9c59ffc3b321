//! The writes of a block's transactions as one change set.

use zero_primitives::map::{AddressMap, B256Map, HashMap};
use zero_primitives::{Account, Address, Bytecode, ChangeSet, StateView, U256};

use super::run::{Touched, Writes};
use crate::machine::Stopped;

/// Writes in block order, the last of a key counts.
#[derive(Default)]
pub struct Merge {
    pub accounts: AddressMap<Option<Account>>,
    pub storage: HashMap<(Address, U256), U256>,
    pub codes: B256Map<Bytecode>,
    /// Written more than once, so that the value may be the first again.
    rewritten: Vec<Address>,
    rewritten_slots: Vec<(Address, U256)>,
}

impl Merge {
    /// With room for that many transactions.
    pub fn new(count: usize) -> Self {
        let mut accounts = AddressMap::default();
        accounts.reserve(count * 2);
        Self {
            accounts,
            storage: HashMap::default(),
            codes: B256Map::default(),
            rewritten: Vec::new(),
            rewritten_slots: Vec::new(),
        }
    }

    /// Whether something that was touched was written.
    pub fn has_written_of(&self, touched: &Touched) -> bool {
        let is_read = touched.reads.iter().any(|(address, slot)| match slot {
            None => self.accounts.contains_key(address),
            Some(slot) => self.storage.contains_key(&(*address, *slot)),
        });
        let Writes {
            accounts, storage, ..
        } = &touched.writes;
        is_read
            || accounts
                .iter()
                .any(|(address, _)| self.accounts.contains_key(address))
            || storage
                .iter()
                .any(|(key, _)| self.storage.contains_key(key))
    }

    /// Adds what was written, unless something that was touched was written before: then nothing is added. It
    /// asks for each key once.
    pub fn add_unless_written(&mut self, touched: &mut Touched) -> bool {
        let is_read = touched.reads.iter().any(|(address, slot)| match slot {
            None => self.accounts.contains_key(address),
            Some(slot) => self.storage.contains_key(&(*address, *slot)),
        });
        if is_read {
            return false;
        }
        let Writes {
            accounts,
            storage,
            codes,
        } = &mut touched.writes;
        for (place, (address, account)) in accounts.iter().enumerate() {
            if let Some(old) = self.accounts.insert(*address, *account) {
                self.accounts.insert(*address, old);
                for (address, _) in &accounts[..place] {
                    self.accounts.remove(address);
                }
                return false;
            }
        }
        for (place, (key, value)) in storage.iter().enumerate() {
            if let Some(old) = self.storage.insert(*key, *value) {
                self.storage.insert(*key, old);
                for (key, _) in &storage[..place] {
                    self.storage.remove(key);
                }
                for (address, _) in accounts.iter() {
                    self.accounts.remove(address);
                }
                return false;
            }
        }
        if !codes.is_empty() {
            self.codes.extend(codes.drain(..));
        }
        true
    }

    pub fn add(&mut self, writes: Writes) {
        self.add_copies(&writes);
    }

    /// As `add`; the writes stay where they are.
    pub fn add_copies(&mut self, writes: &Writes) {
        for (address, account) in &writes.accounts {
            if self.accounts.insert(*address, *account).is_some() {
                self.rewritten.push(*address);
            }
        }
        for (key, value) in &writes.storage {
            if self.storage.insert(*key, *value).is_some() {
                self.rewritten_slots.push(*key);
            }
        }
        let codes = writes.codes.iter();
        self.codes
            .extend(codes.map(|(hash, code)| (*hash, code.clone())));
    }

    /// Adds what was written after all this.
    pub fn append(&mut self, later: Self) {
        if self.is_empty() {
            *self = later;
            return;
        }
        for (address, account) in later.accounts {
            if self.accounts.insert(address, account).is_some() {
                self.rewritten.push(address);
            }
        }
        for (key, value) in later.storage {
            if self.storage.insert(key, value).is_some() {
                self.rewritten_slots.push(key);
            }
        }
        self.codes.extend(later.codes);
        self.rewritten.extend(later.rewritten);
        self.rewritten_slots.extend(later.rewritten_slots);
    }

    fn is_empty(&self) -> bool {
        self.accounts.is_empty() && self.storage.is_empty() && self.codes.is_empty()
    }

    /// Adds to an account's balance.
    pub fn credit(
        &mut self,
        address: Address,
        amount: U256,
        start: &ChangeSet,
        base: &dyn StateView,
    ) -> Result<(), Stopped> {
        let known = self.accounts.get(&address).or(start.accounts.get(&address));
        let found = match known {
            Some(found) => *found,
            None => base.account(&address)?,
        };
        let mut account = found.unwrap_or_default();
        account.balance = account.balance.wrapping_add(amount);
        self.accounts.insert(address, Some(account));
        self.rewritten.push(address);
        Ok(())
    }

    /// What differs from `base`, with what overrides and system calls changed first.
    pub fn finish(mut self, start: &ChangeSet, base: &dyn StateView) -> Result<ChangeSet, Stopped> {
        for (address, account) in &start.accounts {
            if self.accounts.contains_key(address) {
                self.rewritten.push(*address);
            } else {
                self.accounts.insert(*address, *account);
            }
        }
        for (key, value) in &start.storage {
            if self.storage.contains_key(key) {
                self.rewritten_slots.push(*key);
            } else {
                self.storage.insert(*key, *value);
            }
        }
        self.codes
            .extend(start.codes.iter().map(|(hash, code)| (*hash, code.clone())));
        for address in &self.rewritten {
            if let Some(account) = self.accounts.get(address)
                && *account == base.account(address)?
            {
                self.accounts.remove(address);
            }
        }
        for key in &self.rewritten_slots {
            if let Some(value) = self.storage.get(key)
                && *value == base.storage(&key.0, &key.1)?
            {
                self.storage.remove(key);
            }
        }
        if !self.codes.is_empty() {
            let mut kept = B256Map::default();
            for account in self.accounts.values().flatten() {
                if let Some(code) = self.codes.get(&account.code_hash) {
                    kept.insert(account.code_hash, code.clone());
                }
            }
            self.codes = kept;
        }
        Ok(ChangeSet {
            accounts: self.accounts,
            storage: self.storage,
            codes: self.codes,
        })
    }
}
