//! The writes of a block's transactions as one change set.

use zero_primitives::map::hash_map::Entry;
use zero_primitives::map::{AddressMap, B256Map, HashMap};
use zero_primitives::{Account, Address, B256, Bytecode, ChangeSet, StateView, U256};

use super::row::{Asked, AskedAccount};
use super::run::Writes;
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

    /// Adds what a row wrote, unless something that it asked for has another value by now: then nothing is
    /// added. It looks at each key once.
    pub fn add_row(&mut self, asked: &Asked) -> bool {
        let first = (self.rewritten.len(), self.rewritten_slots.len());
        let unlike = asked.accounts.iter().position(|asked| !self.takes(asked));
        let accounts = unlike.unwrap_or(asked.accounts.len());
        let mut slots = 0;
        if unlike.is_none() {
            let unlike = asked.slots.iter().position(|slot| {
                let key = asked.key(slot);
                !self.takes_slot(key, slot.values)
            });
            if unlike.is_none() {
                self.add_codes(asked.codes.iter());
                return true;
            }
            slots = unlike.unwrap_or(0);
        }
        self.undo(first, asked, accounts, slots);
        false
    }

    /// Takes back what `add_row` did with the first accounts and slots.
    fn undo(&mut self, first: (usize, usize), asked: &Asked, accounts: usize, slots: usize) {
        let mut again = self.rewritten.drain(first.0..).peekable();
        for account in &asked.accounts[..accounts] {
            let address = account.address;
            match account.values {
                Some((before, now)) if before != now => {
                    if again.next_if_eq(&address).is_some() {
                        self.accounts.insert(address, stored(before));
                    } else {
                        self.accounts.remove(&address);
                    }
                }
                _ => {}
            }
        }
        let mut again = self.rewritten_slots.drain(first.1..).peekable();
        for slot in &asked.slots[..slots] {
            let key = asked.key(slot);
            match slot.values {
                Some((before, now)) if before != now => {
                    if again.next_if_eq(&key).is_some() {
                        self.storage.insert(key, before);
                    } else {
                        self.storage.remove(&key);
                    }
                }
                _ => {}
            }
        }
    }

    /// Adds what was written of an account if it still is what it was for the row.
    fn takes(&mut self, asked: &AskedAccount) -> bool {
        let Some((before, now)) = asked.values else {
            return true;
        };
        if before == now {
            let known = self.accounts.get(&asked.address);
            return known.is_none_or(|known| known.unwrap_or_default() == before);
        }
        match self.accounts.entry(asked.address) {
            Entry::Vacant(place) => {
                place.insert(stored(now));
            }
            Entry::Occupied(mut place) => {
                if place.get().unwrap_or_default() != before {
                    return false;
                }
                place.insert(stored(now));
                self.rewritten.push(asked.address);
            }
        }
        true
    }

    fn takes_slot(&mut self, key: (Address, U256), values: Option<(U256, U256)>) -> bool {
        let Some((before, now)) = values else {
            return true;
        };
        if before == now {
            let known = self.storage.get(&key);
            return known.is_none_or(|known| *known == before);
        }
        match self.storage.entry(key) {
            Entry::Vacant(place) => {
                place.insert(now);
            }
            Entry::Occupied(mut place) => {
                if *place.get() != before {
                    return false;
                }
                place.insert(now);
                self.rewritten_slots.push(key);
            }
        }
        true
    }

    pub fn add_account(&mut self, address: Address, account: Option<Account>) {
        if self.accounts.insert(address, account).is_some() {
            self.rewritten.push(address);
        }
    }

    pub fn add_slot(&mut self, key: (Address, U256), value: U256) {
        if self.storage.insert(key, value).is_some() {
            self.rewritten_slots.push(key);
        }
    }

    pub fn add_codes<'a>(&mut self, codes: impl Iterator<Item = &'a (B256, Bytecode)>) {
        self.codes
            .extend(codes.map(|(hash, code)| (*hash, code.clone())));
    }

    pub fn add(&mut self, writes: &Writes) {
        for (address, account) in &writes.accounts {
            self.add_account(*address, *account);
        }
        for (key, value) in &writes.storage {
            self.add_slot(*key, *value);
        }
        self.add_codes(writes.codes.iter());
    }

    /// Adds what a run changed that came after all others.
    pub fn add_changes(&mut self, changes: ChangeSet) {
        for (address, account) in changes.accounts {
            self.add_account(address, account);
        }
        for (key, value) in changes.storage {
            self.add_slot(key, value);
        }
        self.codes.extend(changes.codes);
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
        // What many wrote is looked at once.
        self.rewritten.sort_unstable();
        self.rewritten.dedup();
        self.rewritten_slots.sort_unstable();
        self.rewritten_slots.dedup();
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

/// An account as a change set has it: EIP-161 stores no empty one.
pub fn stored(account: Account) -> Option<Account> {
    (!account.is_empty()).then_some(account)
}
