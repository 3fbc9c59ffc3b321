//! One shard of which only some entries are known: the operations of `crate::shard` on what is there.
//!
//! What is not there is asked of a `Source`: the producer's puts it in, the verifier's refuses. Whether a lookup
//! finds what it needs depends on the entries alone, so both ask for the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use zero_primitives::map::HashMap;

use super::tree::{CHUNK, CHUNK_SHIFT, PartialTree};
use super::{Flaw, Shown, WitnessError};
use crate::entries::{
    SENTRIES_PER_SHARD, encode_entry, encode_moved, encode_successor, key_hash_in,
    next_key_hash_in, value_in,
};
use crate::hashing::{Hash, NO_HASH};
use crate::shard::{Config, HashedOperation, leaf_of};
use crate::trees::NullNodes;

const CHUNK_MASK: u64 = (1 << CHUNK_SHIFT) - 1;

/// Where a shard gets what it does not know.
pub trait Source {
    /// Adds the entry with that key hash, or the one before it; else says that this is the flaw.
    fn load_key(&mut self, shard: &mut PartialShard, key_hash: &Hash, flaw: Flaw) -> Shown<()>;

    /// Adds an active entry.
    fn load_entry(&mut self, shard: &mut PartialShard, serial_number: u64) -> Shown<()>;

    /// Adds a chunk of active bits.
    fn load_chunk(&mut self, shard: &mut PartialShard, number: u64) -> Shown<()>;

    /// Adds what the next entry needs. Called before the first one is appended.
    fn load_end(&mut self, shard: &mut PartialShard) -> Shown<()>;

    /// A node of the tree (`super::tree`).
    fn load_node(&mut self, shard: usize, space: u8, number: u64) -> Shown<Hash>;
}

/// Entries, active bits and nodes of one shard, as far as they are known, and its counters.
pub struct PartialShard {
    pub number: usize,
    pub start: u64,
    pub end: u64,
    pub active: u64,
    /// Chunks that were added and that no search for the oldest entry has come by yet.
    pub unused_chunks: BTreeSet<u64>,
    /// Whether what the next entry needs was given.
    pub has_end: bool,
    pub tree: PartialTree,
    config: Config,
    is_appended_to: bool,
    /// The known active entries.
    entries: HashMap<u64, Vec<u8>>,
    /// Where the entries of the known keys are.
    places: BTreeMap<Hash, u64>,
    /// The known chunks: bit i of chunk n is entry 256 n + i.
    chunks: HashMap<u64, Hash>,
    /// Serial numbers of entries that were added and that no lookup has led to yet.
    unused: BTreeSet<u64>,
    new_leaves: BTreeSet<u64>,
    new_chunks: BTreeSet<u64>,
}

impl PartialShard {
    /// `counters`: start, end, active.
    pub fn new(
        number: usize,
        (start, end, active): (u64, u64, u64),
        config: Config,
        nulls: Arc<NullNodes>,
    ) -> Self {
        Self {
            number,
            start,
            end,
            active,
            unused_chunks: BTreeSet::new(),
            has_end: false,
            tree: PartialTree::new(number, end, nulls),
            config,
            is_appended_to: false,
            entries: HashMap::default(),
            places: BTreeMap::new(),
            chunks: HashMap::default(),
            unused: BTreeSet::new(),
            new_leaves: BTreeSet::new(),
            new_chunks: BTreeSet::new(),
        }
    }

    // What is known

    /// Makes an active entry known, whose chunk is known.
    pub fn add_entry(&mut self, serial_number: u64, entry: Vec<u8>) {
        self.unused.insert(serial_number);
        self.places.insert(key_hash_in(&entry), serial_number);
        if serial_number >= SENTRIES_PER_SHARD {
            self.tree.put_leaf(serial_number, &entry);
        }
        self.entries.insert(serial_number, entry);
    }

    /// Makes a chunk of active bits known.
    pub fn add_chunk(&mut self, number: u64, bits: Hash) {
        self.chunks.insert(number, bits);
        self.tree.put(CHUNK, number, bits);
    }

    /// Whether a known chunk has the entry's bit.
    pub fn is_active(&self, serial_number: u64) -> bool {
        let bit = serial_number & CHUNK_MASK;
        self.chunks
            .get(&(serial_number >> CHUNK_SHIFT))
            .is_some_and(|bits| bits[(bit >> 3) as usize] >> (bit & 7) & 1 == 1)
    }

    /// The value under a key, none where there is none.
    pub fn value(&mut self, source: &mut dyn Source, key_hash: &Hash) -> Shown<Option<&[u8]>> {
        let (found, serial_number) = self.locate(source, key_hash)?;
        if found != *key_hash {
            return Ok(None);
        }
        Ok(Some(value_in(self.entry(serial_number)?)))
    }

    fn entry(&self, serial_number: u64) -> Shown<&[u8]> {
        let entry = self.entries.get(&serial_number).map(Vec::as_slice);
        entry.ok_or_else(|| {
            self.flawed(
                Flaw::Counters,
                format_args!("has no entry {serial_number} any more"),
            )
        })
    }

    fn flawed(&self, flaw: Flaw, what: std::fmt::Arguments<'_>) -> WitnessError {
        WitnessError::new(flaw, format!("shard {} {what}", self.number))
    }

    // Changes

    /// Runs the operations of one block, in the order of their key hashes, and gives the shard's new leaf in the
    /// zone's tree.
    pub fn apply(
        &mut self,
        source: &mut dyn Source,
        operations: &[HashedOperation<'_>],
        version: i64,
    ) -> Shown<Hash> {
        for operation in operations {
            let (found, serial_number) = self.locate(source, &operation.key_hash)?;
            let is_there = found == operation.key_hash;
            match operation.value {
                None if is_there => self.delete(source, found, serial_number, version)?,
                None => {
                    let detail = format_args!("lacks a key that is deleted");
                    return Err(self.flawed(Flaw::Counters, detail));
                }
                Some(value) if is_there => {
                    self.update(source, operation, serial_number, value, version)?;
                }
                Some(value) => {
                    self.create(source, operation, (found, serial_number), value, version)?;
                }
            }
        }
        self.tree.end = self.end;
        for number in &self.new_leaves {
            if let Some(entry) = self.entries.get(number) {
                self.tree.put_leaf(*number, entry);
            }
        }
        for number in &self.new_chunks {
            let bits = self.chunks.get(number).unwrap_or(&NO_HASH);
            self.tree.put(CHUNK, *number, *bits);
        }
        let leaves = std::mem::take(&mut self.new_leaves).into_iter().collect();
        let chunks = std::mem::take(&mut self.new_chunks).into_iter().collect();
        let shard = self.number;
        let root = self.tree.climb(leaves, chunks, &mut |space, number| {
            source.load_node(shard, space, number)
        })?;
        Ok(leaf_of(&root, self.start, self.end, self.active))
    }

    fn update(
        &mut self,
        source: &mut dyn Source,
        operation: &HashedOperation<'_>,
        old: u64,
        value: &[u8],
        version: i64,
    ) -> Shown<()> {
        let next = next_key_hash_in(self.entry(old)?);
        let mut entry = Vec::new();
        encode_entry(
            &mut entry,
            operation.key,
            value,
            &next,
            version,
            self.end,
            &[old],
        );
        self.append(source, entry)?;
        self.places.insert(operation.key_hash, self.end - 1);
        self.deactivate(old);
        if self.is_compactible() {
            self.compact(source)?;
        }
        Ok(())
    }

    fn create(
        &mut self,
        source: &mut dyn Source,
        operation: &HashedOperation<'_>,
        (before_hash, old): (Hash, u64),
        value: &[u8],
        version: i64,
    ) -> Shown<()> {
        let before = self.entry(old)?.to_vec();
        let next = next_key_hash_in(&before);
        let mut entry = Vec::new();
        encode_entry(
            &mut entry,
            operation.key,
            value,
            &next,
            version,
            self.end,
            &[],
        );
        self.append(source, entry)?;
        self.places.insert(operation.key_hash, self.end - 1);
        let mut successor = Vec::new();
        let key_hash = &operation.key_hash;
        encode_successor(&mut successor, &before, key_hash, version, self.end, &[old]);
        self.append(source, successor)?;
        self.places.insert(before_hash, self.end - 1);
        self.deactivate(old);
        self.active += 1;
        if self.is_compactible() {
            // One test, two moves, as upstream.
            self.compact(source)?;
            self.compact(source)?;
        }
        Ok(())
    }

    fn delete(
        &mut self,
        source: &mut dyn Source,
        key_hash: Hash,
        gone: u64,
        version: i64,
    ) -> Shown<()> {
        let (before_hash, old) = self.locate_before(source, &key_hash)?;
        let Some(active) = self.active.checked_sub(1) else {
            return Err(self.flawed(Flaw::Counters, format_args!("counts no active entry")));
        };
        let next = next_key_hash_in(self.entry(gone)?);
        let mut successor = Vec::new();
        let before = self.entry(old)?;
        encode_successor(
            &mut successor,
            before,
            &next,
            version,
            self.end,
            &[gone, old],
        );
        self.append(source, successor)?;
        self.places.insert(before_hash, self.end - 1);
        self.deactivate(gone);
        self.deactivate(old);
        self.places.remove(&key_hash);
        self.active = active;
        Ok(())
    }

    fn is_compactible(&self) -> bool {
        let config = &self.config;
        let total = u128::from(self.end - self.start);
        self.active >= config.compaction_threshold
            && u128::from(self.active) * u128::from(config.compaction_divisor)
                <= total * u128::from(config.compaction_ratio)
    }

    fn compact(&mut self, source: &mut dyn Source) -> Shown<()> {
        let old = self.oldest(source)?;
        let entry = self.entry(old)?;
        let key_hash = key_hash_in(entry);
        let mut moved = Vec::new();
        encode_moved(&mut moved, entry, self.end, old);
        self.append(source, moved)?;
        self.places.insert(key_hash, self.end - 1);
        self.deactivate(old);
        self.start = old + 1;
        Ok(())
    }

    fn append(&mut self, source: &mut dyn Source, entry: Vec<u8>) -> Shown<()> {
        if !self.is_appended_to {
            source.load_end(self)?;
            self.is_appended_to = true;
        }
        let (number, bit) = (self.end >> CHUNK_SHIFT, self.end & CHUNK_MASK);
        let bits = self.chunks.entry(number).or_insert(NO_HASH);
        bits[(bit >> 3) as usize] |= 1 << (bit & 7);
        self.entries.insert(self.end, entry);
        self.new_leaves.insert(self.end);
        self.new_chunks.insert(number);
        self.end += 1;
        Ok(())
    }

    fn deactivate(&mut self, serial_number: u64) {
        let (number, bit) = (serial_number >> CHUNK_SHIFT, serial_number & CHUNK_MASK);
        if let Some(bits) = self.chunks.get_mut(&number) {
            bits[(bit >> 3) as usize] &= !(1 << (bit & 7));
        }
        self.new_chunks.insert(number);
        let entry = self.entries.remove(&serial_number);
        if let Some(entry) = entry
            && self.new_leaves.contains(&serial_number)
        {
            // Appended and displaced inside the block: its hash stays in the tree.
            self.tree.put_leaf(serial_number, &entry);
        }
    }

    /// Refuses what was added and nothing led to.
    pub fn check_used(&self) -> Shown<()> {
        let shard = self.number;
        let what = if let Some(serial_number) = self.unused.first() {
            format!("entry {serial_number} of shard {shard}")
        } else if let Some(number) = self.unused_chunks.first() {
            format!("chunk {number} of shard {shard}")
        } else if self.has_end && !self.is_appended_to {
            format!("the end of shard {shard}")
        } else {
            return Ok(());
        };
        Err(WitnessError::new(Flaw::Unused, what))
    }

    // Lookups

    /// The known key hash that is the key's own, or that of the entry that is followed by a later key, and where
    /// its entry is.
    fn locate(&mut self, source: &mut dyn Source, key_hash: &Hash) -> Shown<(Hash, u64)> {
        let found = match self.find(key_hash) {
            Some(found) => found,
            None => {
                source.load_key(self, key_hash, Flaw::Key)?;
                self.find(key_hash)
                    .ok_or_else(|| about_key(Flaw::Key, key_hash))?
            }
        };
        self.unused.remove(&found.1);
        Ok(found)
    }

    fn find(&self, key_hash: &Hash) -> Option<(Hash, u64)> {
        let (found, serial_number) = self.places.range(..=*key_hash).next_back()?;
        let covers = found == key_hash
            || self
                .entries
                .get(serial_number)
                .is_some_and(|entry| *key_hash < next_key_hash_in(entry));
        covers.then_some((*found, *serial_number))
    }

    /// The key hash of the entry whose successor is this one, which is no sentry's, and where that entry is.
    fn locate_before(&mut self, source: &mut dyn Source, key_hash: &Hash) -> Shown<(Hash, u64)> {
        let found = match self.find_before(key_hash) {
            Some(found) => found,
            None => {
                source.load_key(self, &below(key_hash), Flaw::Neighbour)?;
                self.find_before(key_hash)
                    .ok_or_else(|| about_key(Flaw::Neighbour, key_hash))?
            }
        };
        self.unused.remove(&found.1);
        Ok(found)
    }

    fn find_before(&self, key_hash: &Hash) -> Option<(Hash, u64)> {
        let (found, serial_number) = self.places.range(..*key_hash).next_back()?;
        let entry = self.entries.get(serial_number)?;
        (next_key_hash_in(entry) == *key_hash).then_some((*found, *serial_number))
    }

    /// Serial number of the oldest active entry.
    fn oldest(&mut self, source: &mut dyn Source) -> Shown<u64> {
        let mut at = self.start;
        loop {
            let number = at >> CHUNK_SHIFT;
            if at >= self.end {
                return Err(self.flawed(Flaw::Counters, format_args!("has no active entry")));
            }
            if !self.chunks.contains_key(&number) {
                source.load_chunk(self, number)?;
            }
            self.unused_chunks.remove(&number);
            let end = (number + 1) << CHUNK_SHIFT;
            match (at..end).find(|serial_number| self.is_active(*serial_number)) {
                Some(found) => {
                    at = found;
                    break;
                }
                None => at = end,
            }
        }
        if !self.entries.contains_key(&at) {
            source.load_entry(self, at)?;
        }
        self.unused.remove(&at);
        Ok(at)
    }
}

/// A flaw and the key it is about.
pub fn about_key(flaw: Flaw, key_hash: &Hash) -> WitnessError {
    WitnessError::new(flaw, format!("key hash {}", hex(key_hash)))
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The greatest key hash below this one.
fn below(key_hash: &Hash) -> Hash {
    let mut below = *key_hash;
    for byte in below.iter_mut().rev() {
        *byte = byte.wrapping_sub(1);
        if *byte != 0xff {
            break;
        }
    }
    below
}
