//! The state that an execution works on: what was read of a view, what was written, and an undo journal.
//!
//! It mirrors `devnet.execution.pyevm.world`. Marks that belong to one transaction (warm, created, touched …)
//! are numbers of transactions, so that beginning the next one costs nothing.

use std::sync::Arc;

use crate::diary::Diary;
use crate::tracing;
use revm::primitives::{Log, keccak256};
use zero_primitives::map::{AddressMap, AddressSet, B256Map, B256Set, HashMap};
use zero_primitives::{
    Account, Address, B256, Bytecode, Bytes, ChangeSet, EMPTY_CODE_HASH, ReadError, StateView,
    U256, analysed,
};

/// Codes that a world keeps from one execution to the next.
const KEPT_CODES: usize = 512;
/// Accounts and slots for which an emptied world keeps the room.
const KEPT_ROOM: usize = 16_384;

/// Names an account of one world; cheaper than its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Id(u32);

/// A place in the journal to revert to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Checkpoint {
    journal: usize,
    logs: usize,
    refund: i64,
}

#[derive(Clone, Debug)]
struct Entry {
    address: Address,
    is_loaded: bool,
    is_dirty: bool,
    is_always_warm: bool,
    /// All slots were zeroed, and whether the view may have any.
    wiped: Option<bool>,
    /// Slots of earlier generations were wiped.
    generation: u32,
    warm: u64,
    created: u64,
    destroyed: u64,
    touched: u64,
    involved: u64,
    asked: u64,
    saved: u64,
    /// The transaction at whose end the account was deleted.
    deleted: u64,
    loaded: Account,
    current: Account,
    /// Before transaction number `saved`.
    original: Account,
}

#[derive(Clone, Debug)]
struct SlotEntry {
    account: Id,
    generation: u32,
    is_loaded: bool,
    slot: U256,
    warm: u64,
    touched: u64,
    asked: u64,
    saved: u64,
    loaded: U256,
    current: U256,
    original: U256,
}

#[derive(Debug)]
enum Undo {
    Account(Id, Account),
    Slot(u32, U256),
    WarmAccount(Id),
    WarmSlot(u32),
    Created(Id, u64),
    Destroyed(Id, u64),
    Transient((Address, U256), U256),
}

/// What an execution read from the view it was given.
#[derive(Clone, Debug, Default)]
pub struct Reads {
    pub accounts: Vec<Address>,
    pub slots: Vec<(Address, U256)>,
    pub code_hashes: Vec<B256>,
    pub block_numbers: Vec<u64>,
}

/// One execution's state over a view.
pub struct World {
    view: Arc<dyn StateView>,
    ids: AddressMap<Id>,
    entries: Vec<Entry>,
    slot_ids: HashMap<(Id, u32, U256), u32>,
    slots: Vec<SlotEntry>,
    new_codes: B256Map<Bytecode>,
    kept_codes: B256Map<Bytecode>,
    loaded_codes: B256Set,
    pub(crate) blocks_asked: Vec<u64>,
    always_warm: AddressSet,
    /// Every transaction concerns it, though few look at it.
    coinbase: Address,
    /// The number of the transaction that runs, from 1.
    number: u64,
    journal: Vec<Undo>,
    transient: HashMap<(Address, U256), U256>,
    destroyed: Vec<Id>,
    touched: Vec<Id>,
    touched_slots: Vec<u32>,
    involved: Vec<Id>,
    pub logs: Vec<Log>,
    pub refund: i64,
    /// What each transaction asked for, where somebody wants to know.
    diary: Option<Diary>,
}

type Read<T> = Result<T, ReadError>;

impl World {
    pub fn new(view: Arc<dyn StateView>) -> Self {
        Self {
            view,
            ids: AddressMap::default(),
            entries: Vec::new(),
            slot_ids: HashMap::default(),
            slots: Vec::new(),
            new_codes: B256Map::default(),
            kept_codes: B256Map::default(),
            loaded_codes: B256Set::default(),
            blocks_asked: Vec::new(),
            always_warm: AddressSet::default(),
            coinbase: Address::ZERO,
            number: 1,
            journal: Vec::new(),
            transient: HashMap::default(),
            destroyed: Vec::new(),
            touched: Vec::new(),
            touched_slots: Vec::new(),
            involved: Vec::new(),
            logs: Vec::new(),
            refund: 0,
            diary: None,
        }
    }

    /// Becomes a new world over the view. What codes there are under which hash is kept.
    pub fn reset(&mut self, view: &Arc<dyn StateView>) {
        // Threads count references to a view that they share.
        if !Arc::ptr_eq(&self.view, view) {
            self.view = view.clone();
        }
        if self.entries.len() > KEPT_ROOM || self.slots.len() > KEPT_ROOM {
            self.ids = AddressMap::default();
            self.slot_ids = HashMap::default();
        }
        self.ids.clear();
        self.entries.clear();
        self.slot_ids.clear();
        self.slots.clear();
        self.new_codes.clear();
        if self.kept_codes.len() > KEPT_CODES {
            self.kept_codes.clear();
        }
        self.loaded_codes.clear();
        self.blocks_asked.clear();
        self.diary = None;
        self.begin_transaction();
    }

    /// The accounts that every transaction finds warm. For a world that is new or was reset.
    pub fn set_always_warm(&mut self, accounts: AddressSet, coinbase: Address) {
        self.coinbase = coinbase;
        for entry in &mut self.entries {
            entry.is_always_warm = accounts.contains(&entry.address);
        }
        self.always_warm = accounts;
    }

    pub fn view(&self) -> &Arc<dyn StateView> {
        &self.view
    }

    /// Forgets what belongs to one transaction; what is written so far can no longer be reverted.
    pub fn begin_transaction(&mut self) {
        self.number += 1;
        self.journal.clear();
        self.transient.clear();
        self.destroyed.clear();
        self.touched.clear();
        self.touched_slots.clear();
        self.involved.clear();
        self.logs.clear();
        self.refund = 0;
    }

    // Checkpoints

    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            journal: self.journal.len(),
            logs: self.logs.len(),
            refund: self.refund,
        }
    }

    /// Takes back every write since the checkpoint. Later checkpoints are void.
    pub fn revert(&mut self, checkpoint: Checkpoint) {
        self.refund = checkpoint.refund;
        self.logs.truncate(checkpoint.logs);
        for undo in self.journal.drain(checkpoint.journal..).rev() {
            match undo {
                Undo::Account(id, old) => self.entries[id.0 as usize].current = old,
                Undo::Slot(slot, old) => self.slots[slot as usize].current = old,
                Undo::WarmAccount(id) => self.entries[id.0 as usize].warm = 0,
                Undo::WarmSlot(slot) => self.slots[slot as usize].warm = 0,
                Undo::Created(id, old) => self.entries[id.0 as usize].created = old,
                Undo::Destroyed(id, old) => self.entries[id.0 as usize].destroyed = old,
                Undo::Transient(key, old) => {
                    self.transient.insert(key, old);
                }
            }
        }
    }

    // Accounts

    /// The account's name in this world; nothing is read.
    pub fn id(&mut self, address: &Address) -> Id {
        if let Some(id) = self.ids.get(address) {
            return *id;
        }
        let id = Id(u32::try_from(self.entries.len()).expect("fewer accounts than 2^32"));
        self.ids.insert(*address, id);
        self.entries.push(Entry {
            address: *address,
            is_loaded: false,
            is_dirty: false,
            is_always_warm: self.always_warm.contains(address),
            wiped: None,
            generation: 0,
            warm: 0,
            created: 0,
            destroyed: 0,
            touched: 0,
            involved: 0,
            asked: 0,
            saved: 0,
            deleted: 0,
            loaded: Account::default(),
            current: Account::default(),
            original: Account::default(),
        });
        id
    }

    /// The account's value now; the empty account where there is none.
    pub fn get(&mut self, id: Id) -> Read<Account> {
        let entry = &mut self.entries[id.0 as usize];
        if !entry.is_loaded {
            let found = self.view.account(&entry.address)?.unwrap_or_default();
            entry.loaded = found;
            entry.current = found;
            entry.is_loaded = true;
        }
        if let Some(diary) = &mut self.diary
            && entry.asked != self.number
        {
            entry.asked = self.number;
            diary.ask_account(id.0);
        }
        Ok(entry.current)
    }

    pub fn account(&mut self, address: &Address) -> Read<Account> {
        let id = self.id(address);
        self.get(id)
    }

    pub fn put(&mut self, id: Id, value: Account) -> Read<()> {
        let old = self.get(id)?;
        self.journal.push(Undo::Account(id, old));
        let entry = &mut self.entries[id.0 as usize];
        if entry.saved != self.number {
            entry.saved = self.number;
            entry.original = old;
        }
        entry.current = value;
        entry.is_dirty = true;
        Ok(())
    }

    pub fn add_balance(&mut self, id: Id, amount: U256) -> Read<()> {
        let mut account = self.get(id)?;
        account.balance = account.balance.wrapping_add(amount);
        self.put(id, account)
    }

    pub fn increment_nonce(&mut self, id: Id) -> Read<()> {
        let mut account = self.get(id)?;
        account.nonce = account.nonce.wrapping_add(1);
        self.put(id, account)
    }

    /// Moves `value`, which the sender must have (the caller checks).
    pub fn transfer(&mut self, sender: Id, recipient: Id, value: U256) -> Read<()> {
        let mut account = self.get(sender)?;
        account.balance = account.balance.wrapping_sub(value);
        self.put(sender, account)?;
        self.add_balance(recipient, value)
    }

    // Code

    pub fn code_of(&mut self, id: Id) -> Read<Bytecode> {
        let hash = self.get(id)?.code_hash;
        self.code(&hash)
    }

    pub fn code(&mut self, hash: &B256) -> Read<Bytecode> {
        if *hash == EMPTY_CODE_HASH {
            return Ok(Bytecode::default());
        }
        if let Some(code) = self.new_codes.get(hash) {
            return Ok(code.clone());
        }
        self.loaded_codes.insert(*hash);
        if let Some(code) = self.kept_codes.get(hash) {
            return Ok(code.clone());
        }
        // An own copy: threads that run the same contract would count references to the same one.
        let found = self.view.code(hash)?;
        let code = analysed(Bytes::copy_from_slice(found.original_byte_slice()));
        self.kept_codes.insert(*hash, code.clone());
        Ok(code)
    }

    pub fn set_code(&mut self, id: Id, code: Bytes) -> Read<()> {
        let hash = if code.is_empty() {
            EMPTY_CODE_HASH
        } else {
            keccak256(&code)
        };
        if !code.is_empty() && !self.new_codes.contains_key(&hash) {
            self.new_codes.insert(hash, analysed(code));
        }
        let mut account = self.get(id)?;
        account.code_hash = hash;
        self.put(id, account)
    }

    // Storage

    /// The slot's name in this world, read from the view where it was not yet.
    pub fn slot(&mut self, account: Id, slot: &U256) -> Read<u32> {
        let entry = &self.entries[account.0 as usize];
        let key = (account, entry.generation, *slot);
        if let Some(found) = self.slot_ids.get(&key) {
            let found = *found;
            self.load_slot(found)?;
            return Ok(found);
        }
        let made = self.name_slot(key);
        self.load_slot(made)?;
        Ok(made)
    }

    fn name_slot(&mut self, key: (Id, u32, U256)) -> u32 {
        let made = u32::try_from(self.slots.len()).expect("fewer slots than 2^32");
        self.slot_ids.insert(key, made);
        self.slots.push(SlotEntry {
            account: key.0,
            generation: key.1,
            is_loaded: self.entries[key.0.0 as usize].wiped.is_some(),
            slot: key.2,
            warm: 0,
            touched: 0,
            asked: 0,
            saved: 0,
            loaded: U256::ZERO,
            current: U256::ZERO,
            original: U256::ZERO,
        });
        made
    }

    fn load_slot(&mut self, slot: u32) -> Read<()> {
        let entry = &mut self.slots[slot as usize];
        if !entry.is_loaded {
            let address = &self.entries[entry.account.0 as usize].address;
            let value = self.view.storage(address, &entry.slot)?;
            entry.loaded = value;
            entry.current = value;
            entry.is_loaded = true;
        }
        if let Some(diary) = &mut self.diary
            && entry.asked != self.number
        {
            entry.asked = self.number;
            diary.ask_slot(slot);
        }
        Ok(())
    }

    pub fn slot_value(&self, slot: u32) -> U256 {
        self.slots[slot as usize].current
    }

    /// The slot's value when the transaction began.
    pub fn slot_original(&self, slot: u32) -> U256 {
        let entry = &self.slots[slot as usize];
        if entry.saved == self.number {
            entry.original
        } else {
            entry.current
        }
    }

    pub fn put_slot(&mut self, slot: u32, value: U256) {
        let entry = &mut self.slots[slot as usize];
        self.journal.push(Undo::Slot(slot, entry.current));
        if entry.saved != self.number {
            entry.saved = self.number;
            entry.original = entry.current;
        }
        entry.current = value;
    }

    /// Writes a slot outside the opcodes.
    pub fn set_slot(&mut self, account: Id, slot: &U256, value: U256) -> Read<()> {
        let slot = self.slot(account, slot)?;
        self.put_slot(slot, value);
        Ok(())
    }

    /// Zeroes every slot of the account for good: only between transactions. `is_stored` is false where the
    /// view is known to hold no slot of it.
    pub fn wipe_storage(&mut self, account: Id, is_stored: bool) {
        let entry = &mut self.entries[account.0 as usize];
        entry.wiped = Some(is_stored || entry.wiped.unwrap_or(false));
        entry.generation += 1;
    }

    pub fn get_transient(&self, address: Address, slot: U256) -> U256 {
        if self.transient.is_empty() {
            return U256::ZERO;
        }
        self.transient
            .get(&(address, slot))
            .copied()
            .unwrap_or_default()
    }

    pub fn set_transient(&mut self, address: Address, slot: U256, value: U256) {
        let key = (address, slot);
        let old = self.transient.insert(key, value).unwrap_or_default();
        self.journal.push(Undo::Transient(key, old));
    }

    // Warm sets and other marks

    pub fn is_warm(&self, id: Id) -> bool {
        let entry = &self.entries[id.0 as usize];
        entry.warm == self.number || entry.is_always_warm
    }

    /// Marks the account as accessed; true when it was cold.
    pub fn warm_account(&mut self, id: Id) -> bool {
        if self.is_warm(id) {
            return false;
        }
        self.entries[id.0 as usize].warm = self.number;
        self.journal.push(Undo::WarmAccount(id));
        true
    }

    /// Marks the slot as accessed; true when it was cold. Nothing is read.
    pub fn warm_slot(&mut self, account: Id, slot: &U256) -> bool {
        let key = (account, self.entries[account.0 as usize].generation, *slot);
        let slot = match self.slot_ids.get(&key) {
            Some(found) => *found,
            None => self.name_slot(key),
        };
        let entry = &mut self.slots[slot as usize];
        if entry.warm == self.number {
            return false;
        }
        entry.warm = self.number;
        self.journal.push(Undo::WarmSlot(slot));
        true
    }

    pub fn is_warm_slot(&self, account: Id, slot: &U256) -> bool {
        let key = (account, self.entries[account.0 as usize].generation, *slot);
        self.slot_ids
            .get(&key)
            .is_some_and(|slot| self.slots[*slot as usize].warm == self.number)
    }

    pub fn is_created(&self, id: Id) -> bool {
        self.entries[id.0 as usize].created == self.number
    }

    pub fn mark_created(&mut self, id: Id) {
        let entry = &mut self.entries[id.0 as usize];
        self.journal.push(Undo::Created(id, entry.created));
        entry.created = self.number;
    }

    pub fn mark_destroyed(&mut self, id: Id) {
        let entry = &mut self.entries[id.0 as usize];
        self.journal.push(Undo::Destroyed(id, entry.destroyed));
        entry.destroyed = self.number;
        self.destroyed.push(id);
    }

    /// The account was reached by an opcode whose gas was paid.
    pub fn touch(&mut self, id: Id) {
        let entry = &mut self.entries[id.0 as usize];
        if entry.touched != self.number {
            entry.touched = self.number;
            self.touched.push(id);
        }
    }

    pub fn touch_slot(&mut self, slot: u32) {
        let entry = &mut self.slots[slot as usize];
        if entry.touched != self.number {
            entry.touched = self.number;
            self.touched_slots.push(slot);
        }
    }

    /// The transaction itself concerns the account: sender, recipient, created contract, authority.
    pub fn involve(&mut self, id: Id) {
        let entry = &mut self.entries[id.0 as usize];
        if entry.involved != self.number {
            entry.involved = self.number;
            self.involved.push(id);
        }
    }

    /// Accounts that opcodes of this transaction reached.
    pub fn touched(&self) -> impl Iterator<Item = Address> {
        self.touched
            .iter()
            .map(|id| self.entries[id.0 as usize].address)
    }

    /// Slots that SLOAD and SSTORE of this transaction reached.
    pub fn touched_slots(&self) -> impl Iterator<Item = (Address, U256)> {
        self.touched_slots.iter().map(|slot| {
            let entry = &self.slots[*slot as usize];
            (self.entries[entry.account.0 as usize].address, entry.slot)
        })
    }

    /// Accounts that this transaction itself concerns: unlike the reference's, without the coinbase.
    pub fn involved(&self) -> impl Iterator<Item = Address> {
        self.involved
            .iter()
            .map(|id| self.entries[id.0 as usize].address)
    }

    // The end of transactions and blocks

    /// Removes what SELFDESTRUCT marked; the end of a transaction.
    pub fn delete_destroyed(&mut self) -> Read<()> {
        if self.destroyed.is_empty() {
            return Ok(());
        }
        for id in std::mem::take(&mut self.destroyed) {
            let entry = &mut self.entries[id.0 as usize];
            if entry.destroyed != self.number || entry.deleted == self.number {
                continue;
            }
            entry.deleted = self.number;
            self.put(id, Account::default())?;
            // An account that had no code before the block got its slots within the block.
            let had_code = self.entries[id.0 as usize].loaded.code_hash != EMPTY_CODE_HASH;
            self.wipe_storage(id, had_code);
        }
        Ok(())
    }

    /// Accounts and slots whose value differs from the view's, and the codes that they need.
    pub fn changes(&self) -> Read<ChangeSet> {
        let mut changes = ChangeSet::default();
        for entry in &self.entries {
            if entry.is_dirty && entry.current != entry.loaded {
                if entry.current.is_empty() {
                    changes.accounts.insert(entry.address, None);
                } else {
                    changes.accounts.insert(entry.address, Some(entry.current));
                    if let Some(code) = self.new_codes.get(&entry.current.code_hash) {
                        changes.codes.insert(entry.current.code_hash, code.clone());
                    }
                }
            }
            if entry.wiped == Some(true) {
                for (slot, value) in self.view.slots(&entry.address)? {
                    let id = self.ids[&entry.address];
                    let now = self
                        .slot_ids
                        .get(&(id, entry.generation, slot))
                        .map_or(U256::ZERO, |slot| self.slots[*slot as usize].current);
                    if now != value {
                        changes.storage.insert((entry.address, slot), now);
                    }
                }
            }
        }
        for slot in &self.slots {
            let entry = &self.entries[slot.account.0 as usize];
            if slot.generation != entry.generation || !slot.is_loaded {
                continue;
            }
            let before = if entry.wiped == Some(true) {
                self.view.storage(&entry.address, &slot.slot)?
            } else {
                slot.loaded
            };
            if slot.current != before {
                changes
                    .storage
                    .insert((entry.address, slot.slot), slot.current);
            }
        }
        Ok(changes)
    }

    /// Hands over every account and slot that was asked for, or is changed: with what it was and what it is.
    /// False, and nothing is handed over, where storage was wiped; `changes` and `asked` say it then.
    pub fn each_asked(
        &self,
        mut account: impl FnMut(&Address, &Account, &Account),
        mut slot: impl FnMut(&Address, &U256, &U256, &U256),
    ) -> bool {
        if self.has_wiped() {
            return false;
        }
        for entry in self.entries.iter().filter(|entry| entry.is_loaded) {
            account(&entry.address, &entry.loaded, &entry.current);
        }
        for entry in self.slots.iter().filter(|entry| entry.is_loaded) {
            let address = &self.entries[entry.account.0 as usize].address;
            slot(address, &entry.slot, &entry.loaded, &entry.current);
        }
        true
    }

    /// Every account that was named, by number: its address, what it was and what it is where it was asked for.
    pub fn accounts_by_number(
        &self,
    ) -> impl Iterator<Item = (&Address, Option<(&Account, &Account)>)> {
        self.entries.iter().map(|entry| {
            let values = entry.is_loaded.then_some((&entry.loaded, &entry.current));
            (&entry.address, values)
        })
    }

    /// Every slot that was named, by number: its account's number, and as for accounts.
    pub fn slots_by_number(&self) -> impl Iterator<Item = (u32, &U256, Option<(&U256, &U256)>)> {
        self.slots.iter().map(|entry| {
            let values = entry.is_loaded.then_some((&entry.loaded, &entry.current));
            (entry.account.0, &entry.slot, values)
        })
    }

    /// All slots of an account were zeroed, those included that were not asked for.
    pub fn has_wiped(&self) -> bool {
        self.entries.iter().any(|entry| entry.wiped.is_some())
    }

    /// Notes from now on what each transaction asks for and leaves. For a world that is new or was reset.
    pub fn begin_diary(&mut self, diary: Diary) {
        self.diary = Some(diary);
    }

    /// Ends the diary's page of the transaction that ran.
    pub fn end_page(&mut self) {
        let Some(diary) = &mut self.diary else {
            return;
        };
        let (entries, slots, number) = (&self.entries, &self.slots, self.number);
        diary.end_page(
            |id| {
                let entry = &entries[id as usize];
                let is_changed = entry.saved == number && entry.current != entry.original;
                is_changed.then_some(entry.current)
            },
            |slot| {
                let entry = &slots[slot as usize];
                let is_changed = entry.saved == number && entry.current != entry.original;
                is_changed.then_some(entry.current)
            },
        );
    }

    pub fn take_diary(&mut self) -> Diary {
        self.diary.take().unwrap_or_default()
    }

    /// What the view said of an account, if it was asked.
    pub fn known_account(&self, address: &Address) -> Option<Account> {
        self.entry(address).map(|entry| entry.loaded)
    }

    /// Codes that were set, in reverted frames as well.
    pub fn new_codes(&self) -> impl Iterator<Item = (&B256, &Bytecode)> {
        self.new_codes.iter()
    }

    /// Takes the account's nonce for this one, as if the view said so. For a world that is new or was reset.
    pub fn assume_nonce(&mut self, address: &Address, nonce: u64) -> Read<()> {
        let id = self.id(address);
        self.get(id)?;
        let entry = &mut self.entries[id.0 as usize];
        entry.loaded.nonce = nonce;
        entry.current.nonce = nonce;
        Ok(())
    }

    /// What was asked of the view so far.
    pub fn reads(&self) -> Reads {
        let mut reads = Reads::default();
        for entry in &self.entries {
            if entry.is_loaded {
                reads.accounts.push(entry.address);
            }
        }
        for slot in &self.slots {
            let entry = &self.entries[slot.account.0 as usize];
            // Slots of a wiped account are not asked for.
            if slot.is_loaded && (slot.generation == 0) {
                reads.slots.push((entry.address, slot.slot));
            }
        }
        reads.code_hashes = self.loaded_codes.iter().copied().collect();
        reads.block_numbers = self.blocks_asked.clone();
        reads.block_numbers.sort_unstable();
        reads.block_numbers.dedup();
        reads
    }

    /// Everything that the world was asked for since it was new or reset: what an execution may depend on.
    pub fn asked(&self) -> (Vec<Address>, Vec<(Address, U256)>) {
        let accounts = self.entries.iter().filter(|entry| entry.is_loaded);
        let slots = self.slots.iter().filter(|slot| slot.is_loaded);
        (
            accounts.map(|entry| entry.address).collect(),
            slots
                .map(|slot| (self.entries[slot.account.0 as usize].address, slot.slot))
                .collect(),
        )
    }

    // What watchers see: reads that do not show up as accesses of the execution

    fn entry(&self, address: &Address) -> Option<&Entry> {
        self.ids
            .get(address)
            .map(|id| &self.entries[id.0 as usize])
            .filter(|entry| entry.is_loaded)
    }

    /// The account now, None where there is none.
    pub fn peek_account(&self, address: &Address) -> Read<Option<Account>> {
        match self.entry(address) {
            Some(entry) => Ok((!entry.current.is_empty()).then_some(entry.current)),
            None => self.view.account(address),
        }
    }

    /// The account before this transaction.
    pub fn peek_original_account(&self, address: &Address) -> Read<Option<Account>> {
        match self.entry(address) {
            Some(entry) if entry.saved == self.number => {
                Ok((!entry.original.is_empty()).then_some(entry.original))
            }
            _ => self.peek_account(address),
        }
    }

    fn slot_entry(&self, address: &Address, slot: &U256, wipes_ago: u32) -> Option<&SlotEntry> {
        let id = *self.ids.get(address)?;
        let generation = self.entries[id.0 as usize]
            .generation
            .checked_sub(wipes_ago)?;
        let found = *self.slot_ids.get(&(id, generation, *slot))?;
        Some(&self.slots[found as usize]).filter(|entry| entry.is_loaded)
    }

    /// The slot's value now.
    pub fn peek_storage(&self, address: &Address, slot: &U256) -> Read<U256> {
        if let Some(entry) = self.slot_entry(address, slot, 0) {
            return Ok(entry.current);
        }
        let id = self.ids.get(address);
        if id.is_some_and(|id| self.entries[id.0 as usize].wiped.is_some()) {
            return Ok(U256::ZERO);
        }
        self.view.storage(address, slot)
    }

    /// The slot's value before this transaction.
    pub fn peek_original_storage(&self, address: &Address, slot: &U256) -> Read<U256> {
        let is_deleted = self
            .entry(address)
            .is_some_and(|entry| entry.deleted == self.number);
        match self.slot_entry(address, slot, u32::from(is_deleted)) {
            Some(entry) if entry.saved == self.number => Ok(entry.original),
            Some(entry) => Ok(entry.current),
            None => self.peek_storage(address, slot),
        }
    }

    /// The code with that hash, those created by this or earlier transactions included.
    pub fn peek_code(&self, hash: &B256) -> Read<Bytecode> {
        if *hash == EMPTY_CODE_HASH {
            return Ok(Bytecode::default());
        }
        match self
            .new_codes
            .get(hash)
            .or_else(|| self.kept_codes.get(hash))
        {
            Some(code) => Ok(code.clone()),
            None => self.view.code(hash),
        }
    }
}

impl tracing::World for World {
    fn account(&self, address: &Address) -> Read<Option<Account>> {
        self.peek_account(address)
    }

    fn original_account(&self, address: &Address) -> Read<Option<Account>> {
        self.peek_original_account(address)
    }

    fn storage(&self, address: &Address, slot: &U256) -> Read<U256> {
        self.peek_storage(address, slot)
    }

    fn original_storage(&self, address: &Address, slot: &U256) -> Read<U256> {
        self.peek_original_storage(address, slot)
    }

    fn code(&self, code_hash: &B256) -> Read<Bytes> {
        Ok(self.peek_code(code_hash)?.original_bytes())
    }

    fn is_warm(&self, address: &Address) -> bool {
        match self.ids.get(address) {
            Some(id) => World::is_warm(self, *id),
            None => self.always_warm.contains(address),
        }
    }

    fn is_warm_slot(&self, address: &Address, slot: &U256) -> bool {
        let id = self.ids.get(address);
        id.is_some_and(|id| World::is_warm_slot(self, *id, slot))
    }

    fn touched_accounts(&self) -> Vec<Address> {
        let mut accounts: Vec<_> = self.touched().chain(self.involved()).collect();
        accounts.push(self.coinbase);
        accounts.sort_unstable();
        accounts.dedup();
        accounts
    }

    fn touched_slots(&self) -> Vec<(Address, U256)> {
        World::touched_slots(self).collect()
    }
}
