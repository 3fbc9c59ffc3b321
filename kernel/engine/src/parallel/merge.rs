//! The writes of a block's transactions as one change set.

use zero_primitives::map::{AddressMap, B256Map, HashMap};
use zero_primitives::{Account, Address, Bytecode, ChangeSet, StateView, U256};

use super::run::Writes;
use crate::machine::Stopped;

/// Writes in block order, the last of a key counts.
pub struct Merge {
    accounts: AddressMap<Option<Account>>,
    storage: HashMap<(Address, U256), U256>,
    codes: B256Map<Bytecode>,
    /// Written more than once, so that the value may be the first again.
    rewritten: Vec<Address>,
    rewritten_slots: Vec<(Address, U256)>,
}

impl Merge {
    /// After what overrides and system calls changed, with room for that many transactions.
    pub fn new(start: &ChangeSet, count: usize) -> Self {
        let mut accounts = start.accounts.clone();
        accounts.reserve(count * 2);
        Self {
            accounts,
            storage: start.storage.clone(),
            codes: start.codes.clone(),
            rewritten: Vec::new(),
            rewritten_slots: Vec::new(),
        }
    }

    pub fn add(&mut self, writes: Writes) {
        for (address, account) in writes.accounts {
            if self.accounts.insert(address, account).is_some() {
                self.rewritten.push(address);
            }
        }
        for (key, value) in writes.storage {
            if self.storage.insert(key, value).is_some() {
                self.rewritten_slots.push(key);
            }
        }
        self.codes.extend(writes.codes);
    }

    /// Adds to an account's balance.
    pub fn credit(
        &mut self,
        address: Address,
        amount: U256,
        base: &dyn StateView,
    ) -> Result<(), Stopped> {
        let found = match self.accounts.get(&address) {
            Some(found) => *found,
            None => base.account(&address)?,
        };
        let mut account = found.unwrap_or_default();
        account.balance = account.balance.wrapping_add(amount);
        self.accounts.insert(address, Some(account));
        self.rewritten.push(address);
        Ok(())
    }

    /// What differs from `base`.
    pub fn finish(mut self, base: &dyn StateView) -> Result<ChangeSet, Stopped> {
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
