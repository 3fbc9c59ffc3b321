//! One of the sixteen shards of a zone's QMDB: its operations, the leaf it adds to the zone's tree, and its
//! undo.
//!
//! The operations are upstream's (QMDB v0.2.0, `updater.rs`):
//!
//! ```text
//! UPDATE k    e = active(k)                      append (k, v', next of e)            deactivates e
//! CREATE k    p = predecessor(k)                 append (k, v, next of p)
//!                                                append (p, next = k)                 deactivates p
//! DELETE k    e = active(k), p = predecessor(k)  append (p, next of e)                deactivates e, p
//! COMPACT     e = the oldest active entry        append (e with its old version)      deactivates e
//! ```
//!
//! COMPACT follows an UPDATE once and a CREATE twice where the shard is compactible at that moment, a DELETE
//! never. What a block displaced is named by the entries that it appended, and stays in the log until it is
//! forgotten, so a block's undo record is its counters.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::hint::black_box;
use std::sync::Arc;

use crate::costs::Costs;
use crate::entries::{
    SENTRIES_PER_SHARD, deactivated_in, encode_entry, encode_moved, encode_successor, is_sentry,
    key_hash_in, key_in, next_key_hash_in,
};
use crate::hashing::{Hash, NO_HASH, sha256};
use crate::index::{Index, Place};
use crate::log::{EntryLog, Peers};
use crate::trees::{NullNodes, ZONE_LEVEL};

/// So many entries are read ahead.
const BATCH: usize = 32;

/// Compaction: see `devnet.state.config.QmdbConfig`. It decides roots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    pub compaction_threshold: u64,
    pub compaction_ratio: u64,
    pub compaction_divisor: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            compaction_threshold: 1,
            compaction_ratio: 1,
            compaction_divisor: 4,
        }
    }
}

/// What a block does to one key: its value at the block's end; none deletes the key.
#[derive(Clone, Copy, Debug)]
pub struct HashedOperation<'a> {
    pub key_hash: Hash,
    pub key: &'a [u8],
    pub value: Option<&'a [u8]>,
}

/// What takes one block's changes to a shard back: the counters before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardUndo {
    pub start: u64,
    pub end: u64,
    pub active: u64,
    /// How many keys the block gave another entry, moves by compaction included.
    pub displaced: u64,
}

/// Entries of the keys whose hash begins with one hexadecimal digit, sentries first.
///
/// No entry below `start` is active; only compaction moves it. `active` entries are active.
#[derive(Debug)]
pub struct Shard {
    number: usize,
    start: u64,
    active: u64,
    config: Config,
    log: EntryLog,
    index: Index,
    /// Running totals of this shard.
    pub costs: Costs,
    /// The oldest active entries during a block, the oldest last; some may have been deactivated since.
    oldest: Vec<(u64, Hash)>,
    /// How many operations of the block are still to come.
    left: usize,
    /// The entry that is read, and the one that is written.
    old: Vec<u8>,
    new: Vec<u8>,
}

impl Shard {
    /// One in which nothing ever happened.
    pub fn new(number: usize, config: Config, nulls: Arc<NullNodes>) -> Self {
        let mut log = EntryLog::new(number, nulls, Vec::new());
        log.rehash_all();
        Self::restored(number, config, log, Index::new(), 0, SENTRIES_PER_SHARD)
    }

    /// One made from its parts; all nodes of the log are up to date.
    pub fn restored(
        number: usize,
        config: Config,
        mut log: EntryLog,
        index: Index,
        start: u64,
        active: u64,
    ) -> Self {
        Self {
            number,
            start,
            active,
            config,
            costs: Costs::of_hashes(log.take_hashes()),
            log,
            index,
            oldest: Vec::new(),
            left: 0,
            old: Vec::new(),
            new: Vec::new(),
        }
    }

    pub fn number(&self) -> usize {
        self.number
    }

    /// No entry below it is active.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// The next serial number.
    pub fn end(&self) -> u64 {
        self.log.end()
    }

    /// How many entries are active.
    pub fn active(&self) -> u64 {
        self.active
    }

    /// As of the last `rehash`.
    pub fn root(&self) -> Hash {
        self.log.root()
    }

    pub fn log(&self) -> &EntryLog {
        &self.log
    }

    pub fn index(&self) -> &Index {
        &self.index
    }

    /// What stands for this shard in the zone's tree: its root, and the counters that decide what comes next.
    pub fn leaf(&mut self) -> Hash {
        self.costs.hashes += 1;
        leaf_of(&self.root(), self.start, self.end(), self.active)
    }

    // Reading

    /// Whether the key has an entry, and the serial number of that entry or of its predecessor's.
    pub fn find(&self, key_hash: &Hash) -> (bool, u64) {
        self.index
            .find(key_hash, |sn| self.log.key_hash(sn).cmp(key_hash))
    }

    /// An entry that some kept height sees.
    pub fn entry(&self, serial_number: u64) -> Cow<'_, [u8]> {
        self.log.entry(serial_number)
    }

    /// The entries from one serial number up to another, one after the other: what a block's record holds.
    pub fn content(&self, first: u64, end: u64, out: &mut Vec<u8>) {
        self.log.content(first, end, out);
    }

    /// What proves an active entry under the shard's root.
    pub fn peers(&self, serial_number: u64, costs: &mut Costs) -> Peers {
        let (peers, hashes) = self.log.peers(serial_number);
        costs.hashes += hashes;
        peers
    }

    /// Bytes of memory.
    pub fn memory(&self) -> usize {
        self.log.memory() + self.index.memory()
    }

    // Changes

    /// Runs the operations of one block, which are in the order of their key hashes. The root is stale until
    /// `rehash`.
    pub fn apply(&mut self, operations: &[HashedOperation<'_>], version: i64) -> ShardUndo {
        let mut undo = ShardUndo {
            start: self.start,
            end: self.end(),
            active: self.active,
            displaced: 0,
        };
        self.left = operations.len();
        for batch in operations.chunks(BATCH) {
            self.touch(batch);
            for operation in batch {
                self.left -= 1;
                undo.displaced += self.run(operation, version);
            }
        }
        self.oldest.clear();
        undo
    }

    /// Reads what a few operations will read. One after the other they would wait for memory each time; like this
    /// the CPU waits for all of them at once.
    fn touch(&self, batch: &[HashedOperation<'_>]) {
        let mut serial_numbers = [0; BATCH];
        for (serial_number, operation) in serial_numbers.iter_mut().zip(batch) {
            *serial_number = self.index.guess(&operation.key_hash);
        }
        black_box(self.log.touch(&serial_numbers[..batch.len()]));
    }

    /// Gives how many keys got another entry.
    fn run(&mut self, operation: &HashedOperation<'_>, version: i64) -> u64 {
        let log = &self.log;
        let (is_there, place) = self.index.locate(&operation.key_hash, |sn| {
            if sn >= SENTRIES_PER_SHARD {
                let payload = log.payload(sn);
                if !is_sentry(payload) && key_in(payload) == operation.key {
                    return Ordering::Equal;
                }
            }
            log.key_hash(sn).cmp(&operation.key_hash)
        });
        match operation.value {
            None => {
                assert!(is_there, "only what is there is deleted");
                self.delete(place, version);
                2
            }
            Some(value) if is_there => 1 + self.update(place, operation.key, value, version),
            Some(value) => 2 + self.create(place, operation, value, version),
        }
    }

    fn update(&mut self, place: Place, key: &[u8], value: &[u8], version: i64) -> u64 {
        let old = self.index.serial_number(place);
        let next = next_key_hash_in(self.log.payload(old));
        let end = self.end();
        self.new.clear();
        encode_entry(&mut self.new, key, value, &next, version, end, &[old]);
        self.log.append(&self.new);
        self.log.deactivate(old);
        self.index.set(place, end);
        self.costs.entry_reads += 1;
        self.costs.appends += 1;
        if self.is_compactible() {
            self.compact();
            return 1;
        }
        0
    }

    fn create(
        &mut self,
        place: Place,
        operation: &HashedOperation<'_>,
        value: &[u8],
        version: i64,
    ) -> u64 {
        let before = self.index.before(place);
        let old = self.index.serial_number(before);
        self.log.read(old, &mut self.old);
        let next = next_key_hash_in(&self.old);
        let end = self.end();
        self.new.clear();
        encode_entry(
            &mut self.new,
            operation.key,
            value,
            &next,
            version,
            end,
            &[],
        );
        self.log.append(&self.new);
        self.new.clear();
        encode_successor(
            &mut self.new,
            &self.old,
            &operation.key_hash,
            version,
            end + 1,
            &[old],
        );
        self.log.append(&self.new);
        self.log.deactivate(old);
        self.index.set(before, end + 1);
        self.index.insert(place, &operation.key_hash, end);
        self.active += 1;
        self.costs.entry_reads += 1;
        self.costs.appends += 2;
        if self.is_compactible() {
            // One test, two moves, as upstream.
            self.compact();
            self.compact();
            return 2;
        }
        0
    }

    fn delete(&mut self, place: Place, version: i64) {
        let before = self.index.before(place);
        let gone = self.index.serial_number(place);
        let old = self.index.serial_number(before);
        let next = next_key_hash_in(self.log.payload(gone));
        self.log.read(old, &mut self.old);
        let end = self.end();
        self.new.clear();
        encode_successor(&mut self.new, &self.old, &next, version, end, &[gone, old]);
        self.log.append(&self.new);
        self.log.deactivate(gone);
        self.log.deactivate(old);
        self.index.set(before, end);
        self.index.remove(place);
        self.active -= 1;
        self.costs.entry_reads += 2;
        self.costs.appends += 1;
    }

    fn is_compactible(&self) -> bool {
        let config = &self.config;
        let total = u128::from(self.end() - self.start);
        self.active >= config.compaction_threshold
            && u128::from(self.active) * u128::from(config.compaction_divisor)
                <= total * u128::from(config.compaction_ratio)
    }

    fn compact(&mut self) {
        let (old, key_hash) = self.next_oldest();
        self.log.read(old, &mut self.old);
        let end = self.end();
        self.new.clear();
        encode_moved(&mut self.new, &self.old, end, old);
        self.index.replace(&key_hash, old, end);
        self.log.append(&self.new);
        self.log.deactivate(old);
        self.start = old + 1;
        self.costs.hashes += u64::from(!is_sentry(&self.old));
        self.costs.compaction_reads += 1;
        self.costs.compaction_appends += 1;
    }

    /// The oldest active entry and its key hash.
    fn next_oldest(&mut self) -> (u64, Hash) {
        while let Some((serial_number, key_hash)) = self.oldest.pop() {
            if self.log.is_active(serial_number) {
                return (serial_number, key_hash);
            }
        }
        self.look_ahead();
        self.oldest
            .pop()
            .expect("there always is an active entry, for sentries never die")
    }

    /// Collects as many of the oldest active entries as the block will probably need, and touches their places in the index: see `touch`.
    fn look_ahead(&mut self) {
        let mut start = self.start;
        while self.oldest.len() <= self.left.min(BATCH)
            && let Some(serial_number) = self.log.next_active(start)
        {
            self.oldest
                .push((serial_number, self.log.key_hash(serial_number)));
            start = serial_number + 1;
        }
        let guesses = self
            .oldest
            .iter()
            .map(|(_, key_hash)| self.index.guess(key_hash));
        black_box(guesses.fold(0, |sum, guess| sum ^ guess));
        // The last is taken first.
        self.oldest.reverse();
    }

    /// Brings the root up to date.
    pub fn rehash(&mut self) {
        self.log.rehash();
        self.costs.hashes += self.log.take_hashes();
    }

    /// Takes the newest block back. The root is stale until `rehash`.
    pub fn undo(&mut self, record: &ShardUndo) {
        let mut key_hash = NO_HASH;
        for serial_number in (record.end..self.end()).rev() {
            let payload = self.log.payload(serial_number);
            let (count, displaced) = deactivated_in(payload);
            key_hash_of(payload, &mut key_hash, &mut self.costs);
            match count {
                0 => self.index.remove_key(&key_hash, serial_number),
                1 => self.index.replace(&key_hash, serial_number, displaced[0]),
                _ => {
                    self.index.replace(&key_hash, serial_number, displaced[1]);
                    let log = &self.log;
                    key_hash_of(log.payload(displaced[0]), &mut key_hash, &mut self.costs);
                    let order = |sn| log.key_hash(sn).cmp(&key_hash);
                    let (is_there, place) = self.index.locate(&key_hash, order);
                    debug_assert!(!is_there, "a deleted key is not there");
                    self.index.insert(place, &key_hash, displaced[0]);
                }
            }
            for number in &displaced[..count] {
                // What was appended and displaced inside the block goes with the truncation.
                if *number < record.end {
                    self.log.reactivate(*number);
                }
            }
        }
        self.log.truncate(record.end);
        self.start = record.start;
        self.active = record.active;
    }

    /// Nothing below the block after which the counters were these is kept any more: lets go of what the
    /// blocks up to it displaced, and of twigs that hold nothing else.
    pub fn forget(&mut self, start: u64, end: u64) {
        self.log.forget(start, end);
        self.costs.hashes += self.log.take_hashes();
    }
}

fn key_hash_of(payload: &[u8], key_hash: &mut Hash, costs: &mut Costs) {
    *key_hash = key_hash_in(payload);
    costs.hashes += u64::from(!is_sentry(payload));
}

/// The leaf of a shard in the zone's tree.
pub fn leaf_of(root: &Hash, start: u64, end: u64, active: u64) -> Hash {
    let mut message = [0; 57];
    message[0] = ZONE_LEVEL;
    message[1..33].copy_from_slice(root);
    for (bytes, number) in message[33..]
        .as_chunks_mut::<8>()
        .0
        .iter_mut()
        .zip([start, end, active])
    {
        *bytes = number.to_le_bytes();
    }
    sha256(&message)
}
