//! A zone's QMDB: commits of whole blocks, roots, views of kept heights, rollback, proofs. One thread changes
//! it; views are read on any.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use rayon::prelude::*;
use zero_primitives::map::AddressMap;
use zero_primitives::{Account, Address, B256, ChangeSet, Threads, U256};

use crate::costs::Costs;
use crate::encoding::{encode_account, encode_slot, slot_key};
use crate::entries::{SHARD_COUNT, VERSION_SHIFT, value_in};
use crate::hashing::{Hash, sha256};
use crate::past::PastShard;
use crate::proofs::{Proof, prove};
use crate::run::{Operation, rehash, run};
use crate::shard::{Config, Shard, ShardUndo};
use crate::trees::{NullNodes, ZoneTree};
use crate::values::{Change, PARTS, Values, part_of};
use crate::views::{Mark, View};

/// Blocks with fewer changes are committed on the calling thread: waking others would take longer.
const WORTH_THREADS: usize = 200;
/// Slots of one account that are looked at in one go.
const CHUNK: usize = 256;
/// Parts of the values that one task looks at.
const PARTS_A_TASK: usize = 8;

/// Why something could not be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateError {
    /// The height was rolled back, is forgotten, or never was.
    Gone(String),
    /// What was asked cannot be; nothing changed.
    Refused(String),
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Gone(words) | Self::Refused(words)) = self;
        f.write_str(words)
    }
}

impl std::error::Error for StateError {}

/// Of every shard: the first serial number that may be active, the next one to be given, active entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counters {
    pub start: u64,
    pub end: u64,
    pub active: u64,
}

/// One kept height: its root, and what takes it back.
#[derive(Debug)]
pub struct Block {
    pub height: i64,
    pub root: Hash,
    pub counters: Arc<[Counters; SHARD_COUNT]>,
    pub leaves: Arc<[Hash; SHARD_COUNT]>,
    /// The shards that the block touched, ascending.
    pub shards: Vec<u8>,
    /// How many entries of keys it displaced.
    pub displaced: u64,
    /// What it changed, and how many of these values replaced another one.
    pub accounts: Vec<Address>,
    pub slots: Vec<(Address, U256)>,
    pub replaced: u64,
    /// Code hashes that it brought, in order.
    pub codes: Vec<B256>,
}

impl Block {
    /// Bytes of memory that the block takes beside the newest state, estimated by counting.
    pub fn history_size(&self) -> u64 {
        if self.shards.is_empty() {
            return EMPTY_BLOCK_SIZE;
        }
        let keys = (self.accounts.len() + self.slots.len()) as u64;
        // A new key displaced nothing of its own.
        let displaced = self.displaced - (keys - self.replaced);
        EMPTY_BLOCK_SIZE
            + ROOTS_SIZE
            + self.shards.len() as u64
            + DISPLACED_SIZE * displaced
            + size_of::<Address>() as u64 * self.accounts.len() as u64
            + size_of::<(Address, U256)>() as u64 * self.slots.len() as u64
            + VERSION_SIZE * self.replaced
    }

    /// Nothing older is kept, so this block will not be undone any more.
    fn forget_undo(&mut self) {
        self.shards = Vec::new();
        self.accounts = Vec::new();
        self.slots = Vec::new();
        self.codes = Vec::new();
        (self.displaced, self.replaced) = (0, 0);
    }
}

/// Bytes that a block takes, roots and counters of one that changed something, the bytes of an entry that was
/// displaced, and a value that was another one before.
const EMPTY_BLOCK_SIZE: u64 = (size_of::<Block>() + size_of::<Mark>() + size_of::<Shown>()) as u64;
const ROOTS_SIZE: u64 = (SHARD_COUNT * (size_of::<Counters>() + size_of::<Hash>()) + 64) as u64;
const DISPLACED_SIZE: u64 = 75;
const VERSION_SIZE: u64 = 110;

/// A kept height as other threads see it.
struct Shown {
    root: Hash,
    mark: Arc<Mark>,
}

/// The kept heights, for readers on any thread.
struct Heights {
    oldest: i64,
    blocks: VecDeque<Shown>,
}

impl Heights {
    fn newest(&self) -> i64 {
        self.oldest + self.blocks.len() as i64 - 1
    }

    fn get(&self, height: i64) -> Result<&Shown, StateError> {
        let at = usize::try_from(height - self.oldest).ok();
        at.and_then(|at| self.blocks.get(at)).ok_or_else(|| {
            let (oldest, newest) = (self.oldest, self.newest());
            StateError::Gone(format!(
                "the state of block {height} is not there; kept are {oldest} to {newest}"
            ))
        })
    }
}

/// What readers need of a state: its heights, their roots, and views of them.
#[derive(Clone)]
pub struct Reader {
    heights: Arc<RwLock<Heights>>,
    values: Arc<Values>,
}

impl Reader {
    fn heights(&self) -> std::sync::RwLockReadGuard<'_, Heights> {
        self.heights.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change_heights(&self) -> std::sync::RwLockWriteGuard<'_, Heights> {
        self.heights.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Of the newest block, -1 before genesis.
    pub fn height(&self) -> i64 {
        self.heights().newest()
    }

    /// The lowest height that can be read, proven and rolled back to.
    pub fn oldest(&self) -> i64 {
        self.heights().oldest
    }

    pub fn root(&self) -> Hash {
        let heights = self.heights();
        heights.blocks[heights.blocks.len() - 1].root
    }

    pub fn root_at(&self, height: i64) -> Result<Hash, StateError> {
        Ok(self.heights().get(height)?.root)
    }

    /// The state after a block (the newest, unless told otherwise).
    pub fn view(&self, height: Option<i64>) -> Result<View, StateError> {
        let heights = self.heights();
        let shown = heights.get(height.unwrap_or_else(|| heights.newest()))?;
        Ok(View::new(shown.mark.clone(), self.values.clone()))
    }
}

/// The shards as they were after one kept block, until the next block.
struct Pasts {
    height: i64,
    shards: Vec<PastShard>,
    zone: ZoneTree,
}

/// See the module. Before genesis the height is -1 and the root that of the sentries.
pub struct Qmdb {
    pub(crate) shards: Vec<Shard>,
    zone: ZoneTree,
    /// The kept heights, the oldest first; there always is one.
    pub(crate) blocks: VecDeque<Block>,
    pub(crate) values: Arc<Values>,
    reader: Reader,
    threads: Arc<Threads>,
    pasts: Option<Pasts>,
    /// How often it was committed to, rolled back and forgotten.
    changes: u64,
    history_size: u64,
    /// Of what no shard counts.
    costs: Costs,
}

impl Qmdb {
    pub fn new(config: Config, threads: Arc<Threads>) -> Self {
        let nulls = NullNodes::new();
        let make = |number| Shard::new(number, config, nulls.clone());
        let mut shards: Vec<Shard> = (0..SHARD_COUNT).map(make).collect();
        let zone = ZoneTree::new(std::array::from_fn(|number| shards[number].leaf()));
        let block = Block {
            height: -1,
            root: zone.root(),
            counters: Arc::new(counters_of(&shards)),
            leaves: Arc::new(zone.leaves()),
            shards: Vec::new(),
            displaced: 0,
            accounts: Vec::new(),
            slots: Vec::new(),
            replaced: 0,
            codes: Vec::new(),
        };
        Self::of(
            shards,
            zone,
            VecDeque::from([block]),
            Values::default(),
            threads,
        )
    }

    /// A state made of its parts, which fit together.
    pub(crate) fn of(
        shards: Vec<Shard>,
        zone: ZoneTree,
        blocks: VecDeque<Block>,
        values: Values,
        threads: Arc<Threads>,
    ) -> Self {
        let shown = |block: &Block| Shown {
            root: block.root,
            mark: Mark::new(block.height),
        };
        let heights = Heights {
            oldest: blocks[0].height,
            blocks: blocks.iter().map(shown).collect(),
        };
        let values = Arc::new(values);
        Self {
            history_size: blocks.iter().skip(1).map(Block::history_size).sum(),
            shards,
            zone,
            blocks,
            reader: Reader {
                heights: Arc::new(RwLock::new(heights)),
                values: values.clone(),
            },
            values,
            threads,
            pasts: None,
            changes: 0,
            costs: Costs::of_hashes(15),
        }
    }

    /// A number that rises with every change: what a `PastShard` is made of is valid for one.
    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    /// What other threads read of this state.
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    pub fn height(&self) -> i64 {
        self.newest().height
    }

    pub fn oldest(&self) -> i64 {
        self.blocks[0].height
    }

    pub fn root(&self) -> Hash {
        self.newest().root
    }

    /// Bytes of memory that the history takes beyond the newest state: an estimate by counting.
    pub fn history_size(&self) -> u64 {
        self.history_size
    }

    /// What everything so far cost.
    pub fn costs(&self) -> Costs {
        self.shards
            .iter()
            .fold(self.costs, |total, shard| total + shard.costs)
    }

    /// Bytes of memory of the shards and of the values, an estimate of the latter.
    pub fn memory(&self) -> usize {
        self.shards.iter().map(Shard::memory).sum::<usize>() + self.values.memory()
    }

    /// Applies one block's changes and gives the new root. Keys whose value stays what it was are left out.
    pub fn commit(&mut self, height: i64, changes: &ChangeSet) -> Result<Hash, StateError> {
        let newest = self.newest();
        if height != newest.height + 1 {
            let newest = newest.height;
            return Err(StateError::Refused(format!(
                "block {height} cannot follow block {newest}"
            )));
        }
        let number = u32::try_from(height).map_err(|_| {
            StateError::Refused(format!("block {height} is beyond the last height"))
        })?;
        let mut block = Block {
            height,
            root: newest.root,
            counters: newest.counters.clone(),
            leaves: newest.leaves.clone(),
            shards: Vec::new(),
            displaced: 0,
            accounts: Vec::new(),
            slots: Vec::new(),
            replaced: 0,
            codes: Vec::new(),
        };
        let count = changes.accounts.len() + changes.storage.len();
        let values = &self.values;
        let found = match self.threads.several() {
            Some(pool) if count >= WORTH_THREADS => {
                pool.install(|| changed_together(values, number, changes))
            }
            _ => vec![changed(values, number, changes)],
        };
        self.run(&mut block, found);
        let mut hashes: Vec<&B256> = changes.codes.keys().collect();
        hashes.sort_unstable();
        for hash in hashes {
            if self.values.add_code(hash, &changes.codes[hash]) {
                block.codes.push(*hash);
            }
        }
        self.history_size += block.history_size();
        self.reader.change_heights().blocks.push_back(Shown {
            root: block.root,
            mark: Mark::new(height),
        });
        let root = block.root;
        self.blocks.push_back(block);
        self.changed();
        Ok(root)
    }

    /// Runs a block's operations on the shards, and hashes what they touched.
    fn run(&mut self, block: &mut Block, found: Vec<Found>) {
        let operations: Vec<Operation<'_>> = found.iter().flat_map(Found::operations).collect();
        let version = block.height << VERSION_SHIFT;
        let pool = self.threads.several();
        let touched = run(&mut self.shards, &operations, version, pool);
        drop(operations);
        for mut part in found {
            block.accounts.append(&mut part.accounts);
            block.slots.append(&mut part.slots);
            block.replaced += part.replaced;
        }
        block.accounts.shrink_to_fit();
        block.slots.shrink_to_fit();
        if touched.is_empty() {
            return;
        }
        block.shards = touched.iter().map(|change| change.number as u8).collect();
        block.displaced = touched.iter().map(|change| change.undo.displaced).sum();
        let leaves = touched.iter().map(|change| (change.number, change.leaf));
        self.costs.hashes += self.zone.set(leaves);
        block.root = self.zone.root();
        block.counters = Arc::new(counters_of(&self.shards));
        block.leaves = Arc::new(self.zone.leaves());
    }

    /// Undoes every block above `height`. Its cost depends on those blocks alone.
    pub fn rollback(&mut self, height: i64) -> Result<(), StateError> {
        self.place(height)?;
        if height == self.height() {
            return Ok(());
        }
        self.changed();
        let kept = (height - self.oldest() + 1) as usize;
        // First the marks, then the changes: see `crate::views`.
        {
            let mut heights = self.reader.change_heights();
            heights
                .blocks
                .drain(kept..)
                .for_each(|shown| shown.mark.set_gone());
        }
        let undone: Vec<Block> = self.blocks.drain(kept..).collect();
        let mut is_touched = [false; SHARD_COUNT];
        let mut displaced = 0;
        for block in undone.iter().rev() {
            self.history_size -= block.history_size();
            block
                .accounts
                .iter()
                .for_each(|address| self.values.undo_account(address));
            let slots = block.slots.iter();
            slots.for_each(|(address, slot)| self.values.undo_slot(address, slot));
            block
                .codes
                .iter()
                .for_each(|hash| self.values.undo_code(hash));
            block
                .shards
                .iter()
                .for_each(|number| is_touched[usize::from(*number)] = true);
            displaced += block.displaced;
        }
        let before = |at: usize| {
            undone
                .get(at.wrapping_sub(1))
                .unwrap_or(&self.blocks[kept - 1])
        };
        let undo = |shard: &mut Shard| {
            let number = shard.number();
            for (at, block) in undone.iter().enumerate().rev() {
                if block.shards.contains(&(number as u8)) {
                    shard.undo(&undo_record(&before(at).counters[number]));
                }
            }
        };
        let numbers: Vec<usize> = (0..SHARD_COUNT)
            .filter(|number| is_touched[*number])
            .collect();
        let is_much = displaced >= WORTH_THREADS as u64;
        let pool = self.threads.several().filter(|_| is_much);
        match pool {
            Some(pool) => pool.install(|| self.shards.par_iter_mut().for_each(undo)),
            None => self.shards.iter_mut().for_each(undo),
        }
        let leaves = rehash(&mut self.shards, &numbers, pool);
        if !leaves.is_empty() {
            self.costs.hashes += self.zone.set(leaves);
        }
        Ok(())
    }

    /// Ends the history below `height`, at most the newest. Roots do not change.
    pub fn forget(&mut self, height: i64) {
        let height = height.min(self.height());
        if self.oldest() >= height {
            return;
        }
        let count = (height - self.oldest()) as usize;
        {
            let mut heights = self.reader.change_heights();
            heights
                .blocks
                .drain(..count)
                .for_each(|shown| shown.mark.set_gone());
            heights.oldest = height;
        }
        for _ in 0..count {
            self.blocks.pop_front();
            let base = &mut self.blocks[0];
            let number = base.height as u32;
            self.history_size -= base.history_size();
            let accounts = base.accounts.iter();
            accounts.for_each(|address| self.values.forget_account(address, number));
            let slots = base.slots.iter();
            slots.for_each(|(address, slot)| self.values.forget_slot(address, slot, number));
            base.forget_undo();
        }
        let counters = self.blocks[0].counters.clone();
        for (shard, counters) in self.shards.iter_mut().zip(counters.iter()) {
            shard.forget(counters.start, counters.end);
        }
        self.changed();
    }

    /// The value under a key in the newest state, read from its entry.
    pub fn read(&mut self, key: &[u8]) -> Option<Vec<u8>> {
        let key_hash = sha256(key);
        self.costs.hashes += 1;
        let shard = &self.shards[shard_of(&key_hash)];
        let (is_there, serial_number) = shard.find(&key_hash);
        if !is_there {
            return None;
        }
        self.costs.entry_reads += 1;
        let entry = shard.entry(serial_number);
        Some(value_in(&entry).to_vec())
    }

    /// Proves what the root of a kept height (the newest, unless told otherwise) says about a key.
    pub fn prove(&mut self, key: &[u8], height: Option<i64>) -> Result<Proof, StateError> {
        let height = height.unwrap_or_else(|| self.height());
        self.place(height)?;
        let key_hash = sha256(key);
        self.costs.hashes += 1;
        let number = shard_of(&key_hash);
        if height == self.height() {
            let zone = self.zone.path(number);
            return Ok(prove(
                &self.shards[number],
                None,
                &key_hash,
                zone,
                &mut self.costs,
            ));
        }
        self.look_back(height);
        let pasts = self.pasts.as_ref().expect("they were made");
        let (shard, past) = (&self.shards[number], &pasts.shards[number]);
        Ok(prove(
            shard,
            Some(past),
            &key_hash,
            pasts.zone.path(number),
            &mut self.costs,
        ))
    }

    /// Makes the shards of a kept height that is not the newest.
    pub(crate) fn look_back(&mut self, height: i64) {
        if self
            .pasts
            .as_ref()
            .is_none_or(|pasts| pasts.height != height)
        {
            let block = &self.blocks[(height - self.oldest()) as usize];
            let of_then = |(shard, then): (&Shard, &Counters)| {
                PastShard::new(shard, then.start, then.end, then.active)
            };
            self.pasts = Some(Pasts {
                height,
                shards: self
                    .shards
                    .iter()
                    .zip(block.counters.iter())
                    .map(of_then)
                    .collect(),
                zone: ZoneTree::new(*block.leaves),
            });
            self.costs.hashes += 15;
        }
    }

    /// The shards of the height that was looked back to.
    pub(crate) fn past_shards(&self) -> &[PastShard] {
        &self.pasts.as_ref().expect("somebody looked back").shards
    }

    /// Whether the trees give the root and the leaves that the newest block names.
    pub fn is_sound(&self) -> bool {
        let newest = self.newest();
        self.zone.root() == newest.root && self.zone.leaves() == *newest.leaves
    }

    /// Where a kept height is in `blocks`.
    pub(crate) fn place(&self, height: i64) -> Result<usize, StateError> {
        self.reader.heights().get(height)?;
        Ok((height - self.oldest()) as usize)
    }

    /// What was made for looking back is stale.
    fn changed(&mut self) {
        self.pasts = None;
        self.changes += 1;
    }

    fn newest(&self) -> &Block {
        &self.blocks[self.blocks.len() - 1]
    }
}

fn undo_record(before: &Counters) -> ShardUndo {
    ShardUndo {
        start: before.start,
        end: before.end,
        active: before.active,
        displaced: 0,
    }
}

fn counters_of(shards: &[Shard]) -> [Counters; SHARD_COUNT] {
    std::array::from_fn(|number| Counters {
        start: shards[number].start(),
        end: shards[number].end(),
        active: shards[number].active(),
    })
}

fn shard_of(key_hash: &Hash) -> usize {
    usize::from(key_hash[0] >> 4)
}

/// What of some changes really changes something, and what that does to the shards.
#[derive(Default)]
struct Found {
    accounts: Vec<Address>,
    slots: Vec<(Address, U256)>,
    replaced: u64,
    /// Keys, each followed by its value.
    bytes: Vec<u8>,
    /// Lengths of the keys and values; a value of no length is a deletion.
    lengths: Vec<(u8, u8)>,
}

impl Found {
    fn account(&mut self, address: &Address, account: Option<&Account>, change: Change) {
        self.accounts.push(*address);
        self.replaced += u64::from(change == Change::Replaced);
        self.add(address.as_slice(), |bytes| {
            if let Some(account) = account {
                encode_account(bytes, account);
            }
        });
    }

    fn slot(&mut self, address: &Address, slot: U256, value: U256, change: Change) {
        self.slots.push((*address, slot));
        self.replaced += u64::from(change == Change::Replaced);
        self.add(&slot_key(address, &slot), |bytes| {
            encode_slot(bytes, &value)
        });
    }

    fn add(&mut self, key: &[u8], value: impl FnOnce(&mut Vec<u8>)) {
        let end = self.bytes.len() + key.len();
        self.bytes.extend_from_slice(key);
        value(&mut self.bytes);
        self.lengths
            .push((key.len() as u8, (self.bytes.len() - end) as u8));
    }

    fn operations(&self) -> impl Iterator<Item = Operation<'_>> {
        let mut rest = &self.bytes[..];
        self.lengths.iter().map(move |(key_length, value_length)| {
            let (key, behind) = rest.split_at(usize::from(*key_length));
            let (value, behind) = behind.split_at(usize::from(*value_length));
            rest = behind;
            Operation {
                key,
                value: (!value.is_empty()).then_some(value),
            }
        })
    }
}

/// Puts the changes into the values, where no view sees them yet, and finds which of them are any.
fn changed(values: &Values, height: u32, changes: &ChangeSet) -> Found {
    let mut found = Found::default();
    if changes.accounts.len() < PARTS {
        for (address, account) in &changes.accounts {
            change_accounts(
                &mut found,
                values,
                height,
                part_of(address),
                &[(address, account.as_ref())],
            );
        }
    } else {
        for (part, accounts) in accounts_by_part(changes).iter().enumerate() {
            change_accounts(&mut found, values, height, part, accounts);
        }
    }
    for (address, slots) in &slots_by_address(changes) {
        change_slots(&mut found, values, height, address, slots);
    }
    found
}

/// The same on all threads of the pool that this runs in.
fn changed_together(values: &Values, height: u32, changes: &ChangeSet) -> Vec<Found> {
    let accounts = accounts_by_part(changes);
    let by_address = slots_by_address(changes);
    let slots: Vec<_> = by_address
        .iter()
        .flat_map(|(address, slots)| slots.chunks(CHUNK).map(move |slots| (address, slots)))
        .collect();
    let of_accounts = accounts
        .par_chunks(PARTS_A_TASK)
        .enumerate()
        .map(|(task, parts)| {
            let mut found = Found::default();
            for (at, accounts) in parts.iter().enumerate() {
                change_accounts(
                    &mut found,
                    values,
                    height,
                    task * PARTS_A_TASK + at,
                    accounts,
                );
            }
            found
        });
    let of_slots = slots.par_chunks(CHUNK / 16).map(|chunk| {
        let mut found = Found::default();
        for (address, slots) in chunk {
            change_slots(&mut found, values, height, address, slots);
        }
        found
    });
    of_accounts.chain(of_slots).collect()
}

type Slots = AddressMap<Vec<(U256, U256)>>;

fn slots_by_address(changes: &ChangeSet) -> Slots {
    let mut by_address = Slots::default();
    for ((address, slot), value) in &changes.storage {
        by_address
            .entry(*address)
            .or_default()
            .push((*slot, *value));
    }
    by_address
}

type Accounts<'a> = Vec<(&'a Address, Option<&'a Account>)>;

/// Accounts to change by the part of the values that they are in.
fn accounts_by_part(changes: &ChangeSet) -> Vec<Accounts<'_>> {
    let mut by_part = vec![Accounts::new(); PARTS];
    for (address, account) in &changes.accounts {
        by_part[part_of(address)].push((address, account.as_ref()));
    }
    by_part
}

fn change_accounts<'a>(
    found: &mut Found,
    values: &Values,
    height: u32,
    part: usize,
    accounts: &[(&'a Address, Option<&'a Account>)],
) {
    values.set_accounts(part, accounts, height, |address, account, change| {
        found.account(address, account, change);
    });
}

fn change_slots(
    found: &mut Found,
    values: &Values,
    height: u32,
    address: &Address,
    slots: &[(U256, U256)],
) {
    values.set_slots(address, slots, height, |slot, value, change| {
        found.slot(address, slot, value, change);
    });
}
