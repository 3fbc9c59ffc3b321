//! Makes witnesses: what a partial state lacks is fetched from the whole one, and remembered.
//!
//! The whole state is locked for one question at a time, so others go on committing to it, rolling back and
//! forgetting meanwhile: a kept height stays what it was, and one that is gone says so.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use zero_primitives::map::B256Map;
use zero_primitives::{B256, Bytecode, ReadError, StateView};

use super::shard::{PartialShard, Source};
use super::state::{Lacking, PartialShards, PartialState};
use super::tree::{CHUNK, CHUNK_SHIFT, LEFT, Nodes, PartialTree, RIGHT, UPPER};
use super::zone::PartialZoneTree;
use super::{Flaw, Shown, WitnessError};
use crate::entries::{SENTRIES_PER_SHARD, SHARD_COUNT};
use crate::hashing::{Hash, NO_HASH};
use crate::past::PastShard;
use crate::places::ShardHead;
use crate::qmdb::{Qmdb, StateError};
use crate::shard::{Config, Shard};
use crate::trees::{ACTIVE_LEVEL, LEFT_ROOT_LEVEL, NullNodes, TWIG_ROOT_LEVEL, TWIG_SHIFT};
use crate::views::View;

/// What was fetched of one kept height of a state.
pub struct Recorded {
    state: Arc<Mutex<Qmdb>>,
    view: View,
    heads: Vec<ShardHead>,
    nulls: Arc<NullNodes>,
    /// The shards as they were at the height, valid for so many changes of the state.
    pasts: [Option<PastShard>; SHARD_COUNT],
    pasts_of: u64,
    fetched: [Fetched; SHARD_COUNT],
    /// The code that was asked for.
    codes: B256Map<Bytecode>,
}

/// What was fetched of one shard.
#[derive(Default)]
struct Fetched {
    entries: BTreeMap<u64, Vec<u8>>,
    chunks: BTreeMap<u64, Hash>,
    has_end: bool,
    nodes: Nodes,
}

/// One serial number of a shard and its way up.
struct Way {
    entry: Option<Vec<u8>>,
    /// None for sentries in their first places, whose twigs are constants.
    left: Option<[Hash; LEFT_ROOT_LEVEL]>,
    left_root: Hash,
    chunk: Hash,
    right: [Hash; 3],
    upper: Vec<Hash>,
}

impl PartialState {
    /// The state after a kept block of the whole one, from which it fetches what it lacks. `config` is that
    /// state's.
    pub fn recording(state: Arc<Mutex<Qmdb>>, height: i64, config: Config) -> Shown<Self> {
        let (view, heads) = {
            let state = state.lock().map_err(|_| WitnessError::Broken)?;
            let view = state.reader().view(Some(height)).map_err(gone)?;
            (view, state.shard_heads(height).map_err(gone)?)
        };
        let nulls = NullNodes::new();
        let shards: PartialShards = std::array::from_fn(|number| {
            let head = &heads[number];
            let counters = (head.start, head.end, head.active);
            let shard = PartialShard::new(number, counters, config, nulls.clone());
            Some(Box::new(shard))
        });
        let leaves: Vec<_> = heads.iter().map(|head| head.leaf).enumerate().collect();
        let zone = PartialZoneTree::new(&leaves, &mut |_, _| Ok(NO_HASH))?;
        let recorded = Recorded {
            state,
            view,
            heads,
            nulls,
            pasts: Default::default(),
            pasts_of: 0,
            fetched: Default::default(),
            codes: B256Map::default(),
        };
        let lacking = Lacking::Whole(Box::new(recorded));
        Ok(Self::new(height, shards, zone, B256Map::default(), lacking))
    }
}

impl Recorded {
    /// The code that was asked for.
    pub fn codes(&self) -> &B256Map<Bytecode> {
        &self.codes
    }

    /// Code of the whole state.
    pub(super) fn load_code(&mut self, code_hash: &B256) -> Shown<Bytecode> {
        let code = self.view.code(code_hash).map_err(|error| match error {
            ReadError::NoCode(code_hash) => WitnessError::NoCode(code_hash),
            other => WitnessError::Gone(other.to_string()),
        })?;
        self.codes.insert(*code_hash, code.clone());
        Ok(code)
    }

    /// Asks something of a shard as it was, with everybody else kept from changing it.
    fn ask<T>(&mut self, number: usize, ask: impl FnOnce(&PastShard, &Shard) -> T) -> Shown<T> {
        let state = self.state.lock().map_err(|_| WitnessError::Broken)?;
        // Another block may have its height by now.
        self.view
            .check()
            .map_err(|error| WitnessError::Gone(error.to_string()))?;
        if self.pasts_of != state.changes() {
            self.pasts = Default::default();
            self.pasts_of = state.changes();
        }
        let (head, shard) = (&self.heads[number], &state.shards[number]);
        let past = self.pasts[number]
            .get_or_insert_with(|| PastShard::new(shard, head.start, head.end, head.active));
        Ok(ask(past, shard))
    }

    /// Takes over what stands at a serial number, and its chunk where there is one and it is new; gives the entry
    /// where it is active.
    fn fetch(&mut self, shard: &mut PartialShard, serial_number: u64) -> Shown<Option<Vec<u8>>> {
        let way = self.ask(shard.number, |past, whole| way(past, whole, serial_number))?;
        let fetched = &mut self.fetched[shard.number];
        let nodes = &mut fetched.nodes;
        for (level, peer) in way.left.iter().flatten().enumerate() {
            let number = (serial_number >> level) ^ 1;
            nodes.insert((LEFT + level as u8, number), *peer);
        }
        for (above, peer) in way.right.iter().enumerate() {
            let level = ACTIVE_LEVEL + above as u8;
            nodes.insert((RIGHT + level, (serial_number >> level) ^ 1), *peer);
        }
        let twig = serial_number >> TWIG_SHIFT;
        nodes.insert((LEFT + LEFT_ROOT_LEVEL as u8, twig), way.left_root);
        for (above, peer) in way.upper.iter().enumerate() {
            let space = UPPER + (TWIG_ROOT_LEVEL + above) as u8;
            nodes.insert((space, (twig >> above) ^ 1), *peer);
        }
        let chunk = serial_number >> CHUNK_SHIFT;
        let is_there = chunk << CHUNK_SHIFT < self.heads[shard.number].end;
        if is_there && !fetched.chunks.contains_key(&chunk) {
            fetched.chunks.insert(chunk, way.chunk);
            shard.add_chunk(chunk, way.chunk);
        }
        Ok(way.entry)
    }

    // The witness

    /// What was fetched, as `super::open_state` takes it.
    pub fn witness(&self) -> Shown<Vec<u8>> {
        let numbers: Vec<usize> = (0..SHARD_COUNT)
            .filter(|number| {
                let fetched = &self.fetched[*number];
                !fetched.chunks.is_empty() || fetched.has_end
            })
            .collect();
        let mask: u16 = numbers.iter().map(|number| 1 << number).sum();
        let mut out = mask.to_le_bytes().to_vec();
        for number in &numbers {
            self.write_shard(&mut out, *number)?;
        }
        let leaf = |number: usize| (number, self.heads[number].leaf);
        let all: Vec<_> = (0..SHARD_COUNT).map(leaf).collect();
        let whole = PartialZoneTree::new(&all, &mut |_, _| Ok(NO_HASH))?;
        let given: Vec<_> = numbers.into_iter().map(leaf).collect();
        PartialZoneTree::new(&given, &mut |above, number| {
            let peer = whole.node(above, number);
            out.extend_from_slice(&peer);
            Ok(peer)
        })?;
        Ok(out)
    }

    fn write_shard(&self, out: &mut Vec<u8>, number: usize) -> Shown<()> {
        let (head, fetched) = (&self.heads[number], &self.fetched[number]);
        let mut tree = PartialTree::new(number, head.end, self.nulls.clone());
        for counter in [head.start, head.end, head.active] {
            push_number(out, counter);
        }
        out.push(u8::from(fetched.has_end));
        let sentries = fetched.entries.range(..SENTRIES_PER_SHARD);
        push_ascending(out, &sentries.map(|(place, _)| *place).collect::<Vec<_>>());
        let others = || fetched.entries.range(SENTRIES_PER_SHARD..);
        push_number(out, others().count() as u64);
        let mut leaves = Vec::new();
        for (place, entry) in others() {
            out.extend_from_slice(entry);
            tree.put_leaf(*place, entry);
            leaves.push(*place);
        }
        let places = fetched.entries.keys();
        let mut implied: Vec<u64> = places.map(|place| place >> CHUNK_SHIFT).collect();
        if fetched.has_end {
            leaves.push(head.end);
            implied.push(head.end >> CHUNK_SHIFT);
        }
        implied.dedup();
        let extra = fetched.chunks.keys().copied();
        let extra: Vec<u64> = extra
            .filter(|chunk| implied.binary_search(chunk).is_err())
            .collect();
        push_ascending(out, &extra);
        for (chunk, bits) in &fetched.chunks {
            out.extend_from_slice(bits);
            tree.put(CHUNK, *chunk, *bits);
        }
        let mut chunks: Vec<u64> = fetched.chunks.keys().copied().chain(implied).collect();
        chunks.sort_unstable();
        chunks.dedup();
        tree.climb(leaves, chunks, &mut |space, node| {
            let peer = fetched.node(space, node)?;
            out.extend_from_slice(&peer);
            Ok(peer)
        })?;
        Ok(())
    }
}

impl Fetched {
    /// A node on the way up of something that was fetched; there are no others that anything asks for.
    fn node(&self, space: u8, number: u64) -> Shown<Hash> {
        let found = self.nodes.get(&(space, number)).copied();
        found.ok_or_else(|| WitnessError::new(Flaw::Node, format!("level {space}, node {number}")))
    }
}

impl Source for Recorded {
    fn load_key(&mut self, shard: &mut PartialShard, key_hash: &Hash, _: Flaw) -> Shown<()> {
        let serial_number = self.ask(shard.number, |past, whole| past.find(whole, key_hash).1)?;
        self.load_entry(shard, serial_number)
    }

    fn load_entry(&mut self, shard: &mut PartialShard, serial_number: u64) -> Shown<()> {
        let entry = self.fetch(shard, serial_number)?;
        let entry = entry.ok_or_else(|| {
            let detail = format!("entry {serial_number} of shard {}", shard.number);
            WitnessError::new(Flaw::Inactive, detail)
        })?;
        let entries = &mut self.fetched[shard.number].entries;
        entries.insert(serial_number, entry.clone());
        shard.add_entry(serial_number, entry);
        Ok(())
    }

    fn load_chunk(&mut self, shard: &mut PartialShard, number: u64) -> Shown<()> {
        self.fetch(shard, number << CHUNK_SHIFT)?;
        Ok(())
    }

    fn load_end(&mut self, shard: &mut PartialShard) -> Shown<()> {
        self.fetched[shard.number].has_end = true;
        self.fetch(shard, self.heads[shard.number].end)?;
        Ok(())
    }

    fn load_node(&mut self, shard: usize, space: u8, number: u64) -> Shown<Hash> {
        self.fetched[shard].node(space, number)
    }
}

fn way(past: &PastShard, shard: &Shard, serial_number: u64) -> Way {
    let left = (serial_number >= SENTRIES_PER_SHARD).then(|| past.left_peers(shard, serial_number));
    let (chunk, right) = past.right_peers(shard, serial_number);
    let bit = (serial_number & 255) as usize;
    let is_active = chunk[bit >> 3] >> (bit & 7) & 1 == 1;
    let twig = (serial_number >> TWIG_SHIFT) as usize;
    Way {
        entry: is_active.then(|| past.entry(shard, serial_number).into_owned()),
        left,
        left_root: past.left_root(shard, twig),
        chunk,
        right,
        upper: past.upper_peers(shard, twig),
    }
}

fn gone(error: StateError) -> WitnessError {
    WitnessError::Gone(error.to_string())
}

/// LEB128 of the least length.
fn push_number(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 & 0x7f | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A count, and differences less one.
fn push_ascending(out: &mut Vec<u8>, numbers: &[u64]) {
    push_number(out, numbers.len() as u64);
    let mut next = 0;
    for number in numbers {
        push_number(out, number - next);
        next = number + 1;
    }
}
