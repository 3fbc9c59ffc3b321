//! A state of which only a witness is there: reads, and commits that give the root which the whole state would
//! have. It is what a stateless verifier executes on, and what a producer records on.

use std::collections::BTreeSet;

use zero_primitives::map::B256Map;
use zero_primitives::{Account, Address, B256, Bytecode, ChangeSet, EMPTY_CODE_HASH, U256};

use super::recorder::Recorded;
use super::shard::{PartialShard, Source, about_key, hex};
use super::zone::PartialZoneTree;
use super::{Flaw, Shown, WitnessError};
use crate::encoding::{decode_account, decode_slot, encode_account, encode_slot, slot_key};
use crate::entries::{SHARD_COUNT, VERSION_SHIFT};
use crate::hashing::{Hash, sha256};
use crate::shard::HashedOperation;

/// Shards by their numbers, as far as there is something of them.
pub type PartialShards = [Option<Box<PartialShard>>; SHARD_COUNT];

/// Where what is lacking comes from.
pub enum Lacking {
    /// Nowhere: the witness was given.
    Nothing,
    /// The whole state, of which a witness is recorded.
    Whole(Box<Recorded>),
}

impl Lacking {
    fn source(&mut self) -> &mut dyn Source {
        match self {
            Self::Nothing => self,
            Self::Whole(recorded) => recorded.as_mut(),
        }
    }
}

impl Source for Lacking {
    fn load_key(&mut self, _: &mut PartialShard, key_hash: &Hash, flaw: Flaw) -> Shown<()> {
        Err(about_key(flaw, key_hash))
    }

    fn load_entry(&mut self, shard: &mut PartialShard, serial_number: u64) -> Shown<()> {
        let detail = format!("entry {serial_number} of shard {}", shard.number);
        Err(WitnessError::new(Flaw::Oldest, detail))
    }

    fn load_chunk(&mut self, shard: &mut PartialShard, number: u64) -> Shown<()> {
        let detail = format!("chunk {number} of shard {}", shard.number);
        Err(WitnessError::new(Flaw::Oldest, detail))
    }

    fn load_end(&mut self, shard: &mut PartialShard) -> Shown<()> {
        if shard.has_end {
            return Ok(());
        }
        let detail = format!("shard {}", shard.number);
        Err(WitnessError::new(Flaw::Frontier, detail))
    }

    fn load_node(&mut self, shard: usize, space: u8, number: u64) -> Shown<Hash> {
        let detail = format!("shard {shard}, level {space}, node {number}");
        Err(WitnessError::new(Flaw::Node, detail))
    }
}

/// See the module. After an error of `commit` it is of no more use.
pub struct PartialState {
    height: i64,
    shards: PartialShards,
    zone: PartialZoneTree,
    codes: B256Map<Bytecode>,
    unused_codes: BTreeSet<B256>,
    lacking: Lacking,
}

impl PartialState {
    /// A state after block `height`.
    pub fn new(
        height: i64,
        shards: PartialShards,
        zone: PartialZoneTree,
        codes: B256Map<Bytecode>,
        lacking: Lacking,
    ) -> Self {
        Self {
            height,
            shards,
            zone,
            unused_codes: codes.keys().copied().collect(),
            codes,
            lacking,
        }
    }

    /// Of the newest block, which decides the versions of what the next one writes.
    pub fn height(&self) -> i64 {
        self.height
    }

    /// After the newest block.
    pub fn root(&self) -> Hash {
        self.zone.root()
    }

    /// Number, start, end and active entries of every shard of which something is there.
    pub fn counters(&self) -> Vec<(usize, u64, u64, u64)> {
        let shards = self.shards.iter().flatten();
        shards
            .map(|shard| (shard.number, shard.start, shard.end, shard.active))
            .collect()
    }

    // The view

    /// The account, none where there is none.
    pub fn account(&mut self, address: &Address) -> Shown<Option<Account>> {
        let flawed = |words: String| {
            let detail = format!("0x{}: {words}", hex(address.as_slice()));
            WitnessError::new(Flaw::Value, detail)
        };
        let value = self.value(&sha256(address.as_slice()))?;
        value
            .map(|value| decode_account(value).map_err(flawed))
            .transpose()
    }

    /// The slot's value, zero where nothing is stored.
    pub fn storage(&mut self, address: &Address, slot: &U256) -> Shown<U256> {
        let flawed = |_| {
            let detail = format!("0x{}, slot {slot:#x}", hex(address.as_slice()));
            WitnessError::new(Flaw::Value, detail)
        };
        match self.value(&sha256(&slot_key(address, slot)))? {
            Some(value) => decode_slot(value).map_err(flawed),
            None => Ok(U256::ZERO),
        }
    }

    /// The analysed code with that hash.
    pub fn code(&mut self, code_hash: &B256) -> Shown<Bytecode> {
        if *code_hash == EMPTY_CODE_HASH {
            return Ok(Bytecode::new());
        }
        if let Some(code) = self.codes.get(code_hash) {
            self.unused_codes.remove(code_hash);
            return Ok(code.clone());
        }
        let Lacking::Whole(recorded) = &mut self.lacking else {
            let detail = hex(code_hash.as_slice());
            return Err(WitnessError::new(Flaw::Code, detail));
        };
        let code = recorded.load_code(code_hash)?;
        self.codes.insert(*code_hash, code.clone());
        Ok(code)
    }

    /// Nobody can show that there are no more slots than these.
    pub fn slots(&self, address: &Address) -> WitnessError {
        WitnessError::new(Flaw::AllSlots, format!("0x{}", hex(address.as_slice())))
    }

    fn value(&mut self, key_hash: &Hash) -> Shown<Option<&[u8]>> {
        let shard = self.shards[shard_of(key_hash)].as_mut();
        let shard = shard.ok_or_else(|| about_key(Flaw::Key, key_hash))?;
        shard.value(self.lacking.source(), key_hash)
    }

    // Changes

    /// Applies the next block's changes and gives the root after it, as `Qmdb::commit` would.
    pub fn commit(&mut self, changes: &ChangeSet) -> Shown<Hash> {
        self.height += 1;
        let found = self.changed(changes)?;
        for (hash, code) in &changes.codes {
            self.codes.insert(*hash, code.clone());
        }
        let version = self.height << VERSION_SHIFT;
        let operations: Vec<HashedOperation<'_>> = found
            .iter()
            .map(|(key_hash, key, value)| HashedOperation {
                key_hash: *key_hash,
                key,
                value: (!value.is_empty()).then_some(value),
            })
            .collect();
        let mut leaves = Vec::new();
        let same_shard = |one: &HashedOperation<'_>, other: &HashedOperation<'_>| {
            shard_of(&one.key_hash) == shard_of(&other.key_hash)
        };
        for of_shard in operations.chunk_by(same_shard) {
            let number = shard_of(&of_shard[0].key_hash);
            let shard = self.shards[number].as_mut();
            let shard = shard.ok_or_else(|| about_key(Flaw::Key, &of_shard[0].key_hash))?;
            let leaf = shard.apply(self.lacking.source(), of_shard, version)?;
            leaves.push((number, leaf));
        }
        let lacking = &mut self.lacking;
        self.zone.put(&leaves, &mut |above, number| {
            lacking
                .source()
                .load_node(SHARD_COUNT, above as u8, number as u64)
        })
    }

    /// Key hashes, keys and new values (nothing: a deletion) of what really changes, in the order of the hashes.
    fn changed(&mut self, changes: &ChangeSet) -> Shown<Vec<Changed>> {
        let mut found = Vec::new();
        // In one order, so that what is lacking first does not depend on a map's.
        let mut accounts: Vec<_> = changes.accounts.iter().collect();
        accounts.sort_unstable_by_key(|(address, _)| **address);
        for (address, account) in accounts {
            let mut value = Vec::new();
            if let Some(account) = account.as_ref().filter(|account| !account.is_empty()) {
                encode_account(&mut value, account);
            }
            self.add(&mut found, address.to_vec(), value)?;
        }
        let mut slots: Vec<_> = changes.storage.iter().collect();
        slots.sort_unstable_by_key(|(key, _)| **key);
        for ((address, slot), number) in slots {
            let mut value = Vec::new();
            if !number.is_zero() {
                encode_slot(&mut value, number);
            }
            self.add(&mut found, slot_key(address, slot).to_vec(), value)?;
        }
        found.sort_unstable_by_key(|(key_hash, ..)| *key_hash);
        Ok(found)
    }

    /// Adds what gives a key its new value, if that is one.
    fn add(&mut self, found: &mut Vec<Changed>, key: Vec<u8>, value: Vec<u8>) -> Shown<()> {
        let key_hash = sha256(&key);
        let before = self.value(&key_hash)?;
        if before != (!value.is_empty()).then_some(&value[..]) {
            found.push((key_hash, key, value));
        }
        Ok(())
    }

    // What was not needed, and what was

    /// Refuses an entry, a chunk or code in the witness that nobody needed.
    pub fn check_used(&self) -> Shown<()> {
        if let Some(code_hash) = self.unused_codes.first() {
            let detail = format!("code {}", hex(code_hash.as_slice()));
            return Err(WitnessError::new(Flaw::Unused, detail));
        }
        self.shards
            .iter()
            .flatten()
            .try_for_each(|shard| shard.check_used())
    }

    /// What was fetched of the whole state; none where there is none.
    pub fn recorded(&self) -> Option<&Recorded> {
        match &self.lacking {
            Lacking::Nothing => None,
            Lacking::Whole(recorded) => Some(recorded),
        }
    }
}

type Changed = (Hash, Vec<u8>, Vec<u8>);

fn shard_of(key_hash: &Hash) -> usize {
    usize::from(key_hash[0] >> 4)
}
