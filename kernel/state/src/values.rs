use std::hash::Hash;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use zero_primitives::map::{AddressMap, B256Map, HashMap, hash_map::Entry};
use zero_primitives::{Account, Address, B256, Bytecode, EMPTY_CODE_HASH, U256};

use crate::chain::Chain;

/// Parts of the values with a lock each. Readers of different addresses meet rarely.
pub const PARTS: usize = 256;

/// `StoredAccount::code` of an account that is not there.
const ABSENT: u32 = u32::MAX;

/// The number of `EMPTY_CODE_HASH`.
const NO_CODE: u32 = 0;

/// An account with a number for its code hash: 44 bytes instead of 72.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(Rust, packed(4))]
struct StoredAccount {
    balance: U256,
    nonce: u64,
    code: u32,
}

const ABSENT_ACCOUNT: StoredAccount = StoredAccount {
    balance: U256::ZERO,
    nonce: 0,
    code: ABSENT,
};

#[derive(Default)]
struct Part {
    accounts: AddressMap<Chain<StoredAccount>>,
    slots: AddressMap<HashMap<U256, Chain<U256>>>,
}

struct Code {
    hash: B256,
    /// `None` where only an account names the hash, or the block that brought the code was undone.
    code: Option<Bytecode>,
    /// Counts up with every code that is stored; the order of the records in files.
    order: u64,
}

struct Codes {
    numbers: B256Map<u32>,
    codes: Vec<Code>,
    stored: u64,
}

/// A sum of balances, which may be more than a word holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// Multiples of 2^256; of a difference they may be negative.
    pub high: i64,
    pub low: U256,
}

impl Sum {
    fn add(&mut self, high: i64, low: U256) {
        let (sum, is_over) = self.low.overflowing_add(low);
        self.low = sum;
        self.high += high + i64::from(is_over);
    }

    fn subtract(&mut self, value: U256) {
        let (rest, is_under) = self.low.overflowing_sub(value);
        self.low = rest;
        self.high -= i64::from(is_under);
    }
}

/// What became of a key's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is what it was.
    None,
    /// The key is new.
    Created,
    /// It was another one.
    Replaced,
}

/// Every value of every kept height, and the code of every code hash.
///
/// One thread (or several, on different keys) changes it, any thread reads it. A commit only adds values of a
/// height that no view has yet, so a view does not care whether it finds them. Rollback and the end of the kept
/// history first mark the views that die (`crate::views`), then take values away.
pub struct Values {
    parts: Box<[RwLock<Part>]>,
    codes: RwLock<Codes>,
}

impl Default for Values {
    fn default() -> Self {
        let no_code = Code {
            hash: EMPTY_CODE_HASH,
            code: Some(Bytecode::new()),
            order: 0,
        };
        Self {
            parts: (0..PARTS).map(|_| RwLock::default()).collect(),
            codes: RwLock::new(Codes {
                numbers: B256Map::from_iter([(EMPTY_CODE_HASH, NO_CODE)]),
                codes: vec![no_code],
                stored: 0,
            }),
        }
    }
}

impl Values {
    pub fn account(&self, address: &Address, height: i64) -> Option<Account> {
        let found = self.read(address).accounts.get(address)?.at(height)?;
        self.restored(found)
    }

    pub fn storage(&self, address: &Address, slot: &U256, height: i64) -> U256 {
        let part = self.read(address);
        let chain = part.slots.get(address).and_then(|slots| slots.get(slot));
        chain.and_then(|chain| chain.at(height)).unwrap_or_default()
    }

    /// The code, `None` where it was never stored.
    pub fn code(&self, hash: &B256) -> Option<Bytecode> {
        let codes = self.read_codes();
        let number = *codes.numbers.get(hash)?;
        codes.codes[number as usize].code.clone()
    }

    /// Every stored (slot, value) of the account in the order of the slots.
    pub fn slots(&self, address: &Address, height: i64) -> Vec<(U256, U256)> {
        let part = self.read(address);
        let Some(slots) = part.slots.get(address) else {
            return Vec::new();
        };
        let mut found: Vec<_> = slots
            .iter()
            .filter_map(|(slot, chain)| Some((*slot, chain.at(height)?)))
            .filter(|(_, value)| !value.is_zero())
            .collect();
        drop(part);
        found.sort_unstable();
        found
    }

    /// Every stored account in the order of the addresses.
    pub fn addresses(&self, height: i64) -> Vec<Address> {
        let mut found = Vec::new();
        for part in &self.parts {
            let part = part.read().unwrap_or_else(PoisonError::into_inner);
            let there = part.accounts.iter().filter(|(_, chain)| {
                chain
                    .at(height)
                    .is_some_and(|account| account.code != ABSENT)
            });
            found.extend(there.map(|(address, _)| *address));
        }
        found.sort_unstable();
        found
    }

    /// The sum of all balances after each block from `first` to `last`: one scan of everything.
    pub fn balances(&self, first: i64, last: i64) -> Vec<Sum> {
        let mut sums = vec![Sum::default(); usize::try_from(last - first + 1).unwrap_or(0)];
        if sums.is_empty() {
            return sums;
        }
        for part in &self.parts {
            let part = part.read().unwrap_or_else(PoisonError::into_inner);
            for chain in part.accounts.values() {
                let mut before = U256::ZERO;
                for (height, account) in chain.history() {
                    if i64::from(height) > last {
                        break;
                    }
                    // What was there before the first one adds up to its value there.
                    let place = usize::try_from(i64::from(height) - first).unwrap_or(0);
                    sums[place].add(0, account.balance);
                    sums[place].subtract(before);
                    before = account.balance;
                }
            }
        }
        for place in 1..sums.len() {
            let Sum { high, low } = sums[place - 1];
            sums[place].add(high, low);
        }
        sums
    }

    /// Bytes of memory of the newest values, without their past.
    pub fn memory(&self) -> usize {
        let of_part = |part: &RwLock<Part>| {
            let part = part.read().unwrap_or_else(PoisonError::into_inner);
            let slots = part.slots.values().map(memory_of).sum::<usize>();
            memory_of(&part.accounts) + memory_of(&part.slots) + slots
        };
        size_of::<Self>() + self.parts.iter().map(of_part).sum::<usize>()
    }

    // What the block `height`, the newest, changes

    /// Sets an account; an empty one is none.
    pub fn set_account(&self, address: &Address, account: Option<Account>, height: u32) -> Change {
        let mut change = Change::None;
        self.set_accounts(
            part_of(address),
            &[(address, account.as_ref())],
            height,
            |_, _, made| {
                change = made;
            },
        );
        change
    }

    /// Sets accounts of one part, which is locked once: processors do not look ahead over a lock, and these look-ups
    /// wait for memory. `changed` is told of each that really changes, an empty one being none.
    pub fn set_accounts<'a>(
        &self,
        part: usize,
        accounts: &[(&'a Address, Option<&'a Account>)],
        height: u32,
        mut changed: impl FnMut(&'a Address, Option<&'a Account>, Change),
    ) {
        let mut part = self.parts[part]
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        for (address, account) in accounts {
            let account = account.filter(|account| !account.is_empty());
            let stored = account.map_or(ABSENT_ACCOUNT, |account| self.stored(account));
            let change = set(
                &mut part.accounts,
                **address,
                stored,
                ABSENT_ACCOUNT,
                height,
            );
            if change != Change::None {
                changed(address, account, change);
            }
        }
    }

    /// Sets slots of one account; `changed` is told of each that really changes.
    pub fn set_slots(
        &self,
        address: &Address,
        slots: &[(U256, U256)],
        height: u32,
        mut changed: impl FnMut(U256, U256, Change),
    ) {
        let mut part = self.write(address);
        let of_address = part.slots.entry(*address).or_default();
        for (slot, value) in slots {
            let change = set(of_address, *slot, *value, U256::ZERO, height);
            if change != Change::None {
                changed(*slot, *value, change);
            }
        }
        if of_address.is_empty() {
            part.slots.remove(address);
        }
    }

    /// Stores code; gives whether it was not there.
    pub fn add_code(&self, hash: &B256, code: &Bytecode) -> bool {
        if *hash != EMPTY_CODE_HASH && self.code(hash).is_some() {
            return false;
        }
        let number = self.number_of(hash) as usize;
        let mut codes = self.write_codes();
        codes.stored += 1;
        let order = codes.stored;
        let stored = &mut codes.codes[number];
        if number != NO_CODE as usize {
            stored.code = Some(code.clone());
        } else if stored.order > 0 {
            return false;
        }
        stored.order = order;
        true
    }

    /// Every stored code with its hash in the order in which they came.
    pub fn codes(&self) -> Vec<(B256, Bytecode)> {
        let codes = self.read_codes();
        let stored = codes.codes.iter().filter(|code| code.order > 0);
        let mut found: Vec<_> = stored
            .filter_map(|code| Some((code.order, code.hash, code.code.clone()?)))
            .collect();
        found.sort_unstable_by_key(|(order, ..)| *order);
        found
            .into_iter()
            .map(|(_, hash, code)| (hash, code))
            .collect()
    }

    // What is taken away

    /// Takes the newest value of an account back.
    pub fn undo_account(&self, address: &Address) {
        undo(&mut self.write(address).accounts, address, ABSENT_ACCOUNT);
    }

    /// Takes the newest value of a slot back.
    pub fn undo_slot(&self, address: &Address, slot: &U256) {
        self.with_slots(address, |slots| undo(slots, slot, U256::ZERO));
    }

    /// Forgets code that the newest block brought.
    pub fn undo_code(&self, hash: &B256) {
        let number = self.number_of(hash);
        let mut codes = self.write_codes();
        let stored = &mut codes.codes[number as usize];
        stored.order = 0;
        if number != NO_CODE {
            stored.code = None;
        }
    }

    /// Forgets values of an account that no view from `height` on reads.
    pub fn forget_account(&self, address: &Address, height: u32) {
        forget(
            &mut self.write(address).accounts,
            address,
            ABSENT_ACCOUNT,
            height,
        );
    }

    /// Forgets values of a slot that no view from `height` on reads.
    pub fn forget_slot(&self, address: &Address, slot: &U256, height: u32) {
        self.with_slots(address, |slots| forget(slots, slot, U256::ZERO, height));
    }

    // Inside

    fn with_slots(&self, address: &Address, change: impl FnOnce(&mut HashMap<U256, Chain<U256>>)) {
        let mut part = self.write(address);
        if let Some(slots) = part.slots.get_mut(address) {
            change(slots);
            if slots.is_empty() {
                part.slots.remove(address);
            }
        }
    }

    fn stored(&self, account: &Account) -> StoredAccount {
        StoredAccount {
            balance: account.balance,
            nonce: account.nonce,
            code: if account.code_hash == EMPTY_CODE_HASH {
                NO_CODE
            } else {
                self.number_of(&account.code_hash)
            },
        }
    }

    fn restored(&self, stored: StoredAccount) -> Option<Account> {
        let code_hash = match stored.code {
            ABSENT => return None,
            NO_CODE => EMPTY_CODE_HASH,
            number => self.read_codes().codes[number as usize].hash,
        };
        Some(Account {
            nonce: stored.nonce,
            balance: stored.balance,
            code_hash,
        })
    }

    fn number_of(&self, hash: &B256) -> u32 {
        if let Some(number) = self.read_codes().numbers.get(hash) {
            return *number;
        }
        let mut codes = self.write_codes();
        let next = codes.codes.len() as u32;
        let number = *codes.numbers.entry(*hash).or_insert(next);
        if number == next {
            codes.codes.push(Code {
                hash: *hash,
                code: None,
                order: 0,
            });
        }
        number
    }

    fn part(&self, address: &Address) -> &RwLock<Part> {
        &self.parts[part_of(address)]
    }

    fn read(&self, address: &Address) -> RwLockReadGuard<'_, Part> {
        self.part(address)
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, address: &Address) -> RwLockWriteGuard<'_, Part> {
        self.part(address)
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn read_codes(&self) -> RwLockReadGuard<'_, Codes> {
        self.codes.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_codes(&self) -> RwLockWriteGuard<'_, Codes> {
        self.codes.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The part that has an address's values.
pub fn part_of(address: &Address) -> usize {
    usize::from(address[0] ^ address[9] ^ address[19])
}

/// Bytes that a table has allocated: a place and a byte of control for each of 8/7 of its capacity.
fn memory_of<K, V, S>(map: &HashMap<K, V, S>) -> usize {
    map.capacity() * 8 / 7 * (size_of::<(K, V)>() + 1)
}

type Map<K, V, S> = HashMap<K, Chain<V>, S>;

fn set<K, V, S>(values: &mut Map<K, V, S>, key: K, value: V, absent: V, height: u32) -> Change
where
    K: Hash + Eq,
    V: Copy + PartialEq,
    S: std::hash::BuildHasher,
{
    match values.entry(key) {
        Entry::Vacant(_) if value == absent => Change::None,
        Entry::Vacant(entry) => {
            entry.insert(Chain::new(height, value));
            Change::Created
        }
        Entry::Occupied(mut entry) => {
            let chain = entry.get_mut();
            let before = chain.newest();
            if before == value {
                return Change::None;
            }
            chain.push(height, value);
            if before == absent {
                Change::Created
            } else {
                Change::Replaced
            }
        }
    }
}

/// A single value of nothing is the same as none: no kept view can tell them apart.
fn is_nothing<V: Copy + PartialEq>(chain: &Chain<V>, absent: V) -> bool {
    chain.is_single() && chain.newest() == absent
}

fn undo<K, V, S>(values: &mut Map<K, V, S>, key: &K, absent: V)
where
    K: Hash + Eq,
    V: Copy + PartialEq,
    S: std::hash::BuildHasher,
{
    if let Some(chain) = values.get_mut(key)
        && (!chain.pop() || is_nothing(chain, absent))
    {
        values.remove(key);
    }
}

fn forget<K, V, S>(values: &mut Map<K, V, S>, key: &K, absent: V, height: u32)
where
    K: Hash + Eq,
    V: Copy + PartialEq,
    S: std::hash::BuildHasher,
{
    if let Some(chain) = values.get_mut(key) {
        chain.forget(height);
        if is_nothing(chain, absent) {
            values.remove(key);
        }
    }
}
