//! A shard while it is made from records: entries and active bits, but neither index nor nodes.

use std::borrow::Cow;
use std::sync::Arc;

use crate::costs::Costs;
use crate::entries::{SENTRIES_PER_SHARD, is_sentry, key_hash_in};
use crate::hashing::Hash;
use crate::index::Index;
use crate::log::EntryLog;
use crate::shard::{Config, Shard};
use crate::trees::NullNodes;

/// Takes the items of a base, then the entries of blocks; `finish` gives the shard.
#[derive(Debug)]
pub struct ShardBuilder {
    number: usize,
    log: EntryLog,
}

impl ShardBuilder {
    /// A shard behind dead twigs; the sentries behind those are there and active.
    pub fn new(number: usize, nulls: Arc<NullNodes>, dead_roots: Vec<Hash>) -> Self {
        Self {
            number,
            log: EntryLog::new(number, nulls, dead_roots),
        }
    }

    pub fn number(&self) -> usize {
        self.number
    }

    /// The first serial number that is not in a dead twig.
    pub fn low(&self) -> u64 {
        self.log.low()
    }

    /// The next serial number.
    pub fn end(&self) -> u64 {
        self.log.end()
    }

    /// Adds an active entry. What it deactivates stays active.
    pub fn append(&mut self, payload: &[u8]) {
        self.log.append(payload);
    }

    /// Adds an inactive entry of which only the hash is there.
    pub fn append_hash(&mut self, hash: &Hash) {
        self.log.append_bare(hash);
    }

    /// Whether there is an active entry with that serial number.
    pub fn is_active(&self, serial_number: u64) -> bool {
        self.log.is_active(serial_number)
    }

    /// Takes an entry out of the active ones; gives it, or none where it was not active. Its bytes stay.
    pub fn deactivate(&mut self, serial_number: u64) -> Option<Cow<'_, [u8]>> {
        if !self.log.is_active(serial_number) {
            return None;
        }
        self.log.deactivate(serial_number);
        Some(self.log.entry(serial_number))
    }

    /// An active entry, or one that was since `forget`.
    pub fn entry(&self, serial_number: u64) -> Cow<'_, [u8]> {
        self.log.entry(serial_number)
    }

    /// History begins here: lets go of entries that are not active.
    pub fn forget(&mut self) {
        self.log.forget_all();
    }

    /// The active entries with their serial numbers, sentries in their first places left out.
    pub fn active_entries(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let first = self.low().max(SENTRIES_PER_SHARD);
        let numbers = (first..self.end()).filter(|sn| self.log.is_active(*sn));
        numbers.map(|sn| (sn, self.log.payload(sn)))
    }

    /// Makes the index, and hashes every leaf and node once. Fails where the active entries are not those of a
    /// shard: everything after this takes them for granted.
    pub fn finish(mut self, config: Config, start: u64, active: u64) -> Result<Shard, String> {
        let number = self.number;
        let stayed: Vec<u64> = (self.low()..SENTRIES_PER_SHARD)
            .filter(|sn| self.log.is_active(*sn))
            .collect();
        let found = (stayed.len() + self.active_entries().count()) as u64;
        if found != active {
            return Err(format!(
                "shard {number}: {found} entries are active, and its record says {active}"
            ));
        }
        if self
            .log
            .next_active(self.low())
            .is_some_and(|first| first < start)
        {
            return Err(format!(
                "shard {number}: an entry below its start, {start}, is active"
            ));
        }
        self.log.rehash_all();
        let mut hashes = 0;
        let mut places: Vec<(Hash, u64)> = Vec::new();
        for (serial_number, payload) in self.active_entries() {
            hashes += u64::from(!is_sentry(payload));
            places.push((key_hash_in(payload), serial_number));
        }
        places.sort_unstable();
        check_order(number, &stayed, &places)?;
        let index = Index::of_sorted(&places);
        let mut shard = Shard::restored(self.number, config, self.log, index, start, active);
        shard.costs += Costs::of_hashes(hashes);
        Ok(shard)
    }
}

/// `stayed`: the sentries that are active in their first places. `places`: the key hashes of all other active
/// entries, ascending, with their serial numbers.
fn check_order(number: usize, stayed: &[u64], places: &[(Hash, u64)]) -> Result<(), String> {
    let is_elsewhere = |(key_hash, _): &(Hash, u64)| usize::from(key_hash[0] >> 4) != number;
    if places.first().is_some_and(is_elsewhere) || places.last().is_some_and(is_elsewhere) {
        return Err(format!(
            "shard {number}: an entry's key belongs to another shard"
        ));
    }
    if places.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return Err(format!(
            "shard {number}: two active entries have the same key"
        ));
    }
    let moved = places
        .iter()
        .filter(|(key_hash, _)| key_hash[2..] == [0; 30])
        .map(|(key_hash, _)| {
            u64::from(u16::from_be_bytes([key_hash[0], key_hash[1]])) % SENTRIES_PER_SHARD
        });
    let is_twice = moved.clone().any(|sn| stayed.binary_search(&sn).is_ok());
    if is_twice || (moved.count() + stayed.len()) as u64 != SENTRIES_PER_SHARD {
        return Err(format!(
            "shard {number}: a sentry is missing, or there twice"
        ));
    }
    Ok(())
}
