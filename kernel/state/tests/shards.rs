//! Shards against a second, naive implementation: after every block the same leaves; after every rollback those
//! of then; every key proven at every kept height.

mod naive;

use std::collections::BTreeMap;

use naive::{Naive, climb};
use rayon::{ThreadPool, ThreadPoolBuilder};
use zero_state::{
    Config, Costs, Entry, Hash, LEAVES_PER_TWIG, NullNodes, Operation, PastItem, PastShard, Proof,
    SENTRIES_PER_SHARD, SHARD_COUNT, Shard, ShardBuilder, ShardChange, TWIG_SHIFT, VERSION_SHIFT,
    ZoneTree, leaf_of, prove, rehash, run, sha256,
};

type Content = BTreeMap<Vec<u8>, Vec<u8>>;
type Changes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

struct Block {
    shards: Vec<ShardChange>,
    content: Content,
    zone: ZoneTree,
}

/// A state of shards alone, with the blocks that are kept.
struct State {
    shards: Vec<Shard>,
    zone: ZoneTree,
    blocks: Vec<Block>,
    oldest: usize,
    content: Content,
}

impl State {
    fn new(config: Config) -> Self {
        let nulls = NullNodes::new();
        let mut shards: Vec<_> = (0..SHARD_COUNT)
            .map(|number| Shard::new(number, config, nulls.clone()))
            .collect();
        let zone = ZoneTree::new(std::array::from_fn(|number| shards[number].leaf()));
        Self {
            shards,
            zone,
            blocks: Vec::new(),
            oldest: 0,
            content: Content::new(),
        }
    }

    fn commit(&mut self, changes: &Changes, threads: Option<&ThreadPool>) {
        let operations: Vec<_> = changes
            .iter()
            .map(|(key, value)| Operation {
                key,
                value: value.as_deref(),
            })
            .collect();
        let version = (self.blocks.len() as i64) << VERSION_SHIFT;
        self.blocks.push(Block {
            shards: Vec::new(),
            content: self.content.clone(),
            zone: self.zone.clone(),
        });
        let shards = run(&mut self.shards, &operations, version, threads);
        self.zone
            .set(shards.iter().map(|change| (change.number, change.leaf)));
        self.blocks.last_mut().unwrap().shards = shards;
        for (key, value) in changes {
            match value {
                Some(value) => self.content.insert(key.clone(), value.clone()),
                None => self.content.remove(key),
            };
        }
    }

    fn rollback(&mut self, height: usize) {
        let mut touched = Vec::new();
        while self.blocks.len() > height {
            let block = self.blocks.pop().unwrap();
            for change in &block.shards {
                self.shards[change.number].undo(&change.undo);
                touched.push(change.number);
            }
            self.content = block.content;
        }
        self.zone.set(rehash(&mut self.shards, &touched, None));
    }

    /// Counters of every shard before block `height`.
    fn counters(&self, height: usize) -> Vec<(u64, u64, u64)> {
        let mut counters: Vec<_> = self
            .shards
            .iter()
            .map(|shard| (shard.start(), shard.end(), shard.active()))
            .collect();
        for block in self.blocks[height..].iter().rev() {
            for change in &block.shards {
                counters[change.number] = (change.undo.start, change.undo.end, change.undo.active);
            }
        }
        counters
    }

    fn forget(&mut self, height: usize) {
        let counters = self.counters(height);
        for (shard, (start, end, _)) in self.shards.iter_mut().zip(counters) {
            shard.forget(start, end);
        }
        self.oldest = height;
    }

    fn past(&self, height: usize) -> Vec<PastShard> {
        let counters = self.counters(height);
        let pasts = self.shards.iter().zip(counters);
        pasts
            .map(|(shard, (start, end, active))| PastShard::new(shard, start, end, active))
            .collect()
    }

    fn zone_at(&self, height: usize) -> (&ZoneTree, &Content) {
        match self.blocks.get(height) {
            Some(block) => (&block.zone, &block.content),
            None => (&self.zone, &self.content),
        }
    }
}

/// Checks a proof as `devnet.state.verify` does.
fn verify(root: &Hash, key: &[u8], proof: &Proof) {
    let entry = Entry::decode(&proof.entry).unwrap();
    assert_eq!(entry.serial_number, proof.serial_number);
    assert!(proof.start <= proof.serial_number && proof.serial_number < proof.end);
    let position = (proof.serial_number as usize) % LEAVES_PER_TWIG;
    let bit = position & 255;
    assert!(
        proof.peers.chunk[bit >> 3] >> (bit & 7) & 1 != 0,
        "the entry is active"
    );
    let left = climb(sha256(&proof.entry), &proof.peers.left, position, 0);
    let right = climb(proof.peers.chunk, &proof.peers.right, position >> 8, 8);
    let twig = naive::node(11, &left, &right);
    let number = (proof.serial_number >> TWIG_SHIFT) as usize;
    assert_eq!(
        climb(twig, &proof.peers.upper, number, 12),
        proof.shard_root
    );
    let leaf = leaf_of(&proof.shard_root, proof.start, proof.end, proof.active);
    let key_hash = sha256(key);
    assert_eq!(
        climb(leaf, &proof.zone, usize::from(key_hash[0] >> 4), 64),
        *root
    );
    match &proof.value {
        Some(value) => assert_eq!((entry.key, entry.value), (key, value.as_slice())),
        None => {
            let own = if entry.value.is_empty() {
                entry.key.try_into().unwrap()
            } else {
                sha256(entry.key)
            };
            assert!(own < key_hash && key_hash < entry.next_key_hash);
        }
    }
}

fn key(number: u64) -> Vec<u8> {
    sha256(&number.to_le_bytes())[..if number.is_multiple_of(3) { 31 } else { 20 }].to_vec()
}

fn changes(content: &Content, random: &mut Random, size: u64, count: u64) -> Changes {
    let mut changes = Changes::new();
    for _ in 0..count {
        let key = key(random.below(size));
        if content.contains_key(&key) && random.below(3) == 0 {
            changes.insert(key, None);
        } else {
            let value = sha256(&random.next().to_le_bytes());
            changes.insert(key, Some(value[..1 + random.below(31) as usize].to_vec()));
        }
    }
    changes
}

fn check_proofs(state: &State, height: usize, size: u64) {
    let pasts = state.past(height);
    let (zone, content) = state.zone_at(height);
    for number in (0..size + 20).step_by(7) {
        let key = key(number);
        let key_hash = sha256(&key);
        let shard = usize::from(key_hash[0] >> 4);
        let mut costs = Costs::default();
        let proof = prove(
            &state.shards[shard],
            Some(&pasts[shard]),
            &key_hash,
            zone.path(shard),
            &mut costs,
        );
        assert_eq!(proof.value.as_ref(), content.get(&key));
        verify(&zone.root(), &key, &proof);
        if height == state.blocks.len() {
            let again = prove(
                &state.shards[shard],
                None,
                &key_hash,
                zone.path(shard),
                &mut costs,
            );
            assert_eq!(proof, again);
        }
    }
}

/// Makes every shard of an older height anew from what its records would hold, and the blocks since.
fn check_restoring(state: &State, height: usize, config: Config) {
    let nulls = NullNodes::new();
    let pasts = state.past(height);
    for (shard, past) in state.shards.iter().zip(&pasts) {
        let dead = (past.start >> TWIG_SHIFT) as usize;
        let dead_roots = (0..dead).map(|twig| past.twig_root(shard, twig)).collect();
        let mut builder = ShardBuilder::new(shard.number(), nulls.clone(), dead_roots);
        let is_active = |sn: u64| {
            let bits = past.bits(shard, (sn >> TWIG_SHIFT) as usize);
            let position = sn as usize % LEAVES_PER_TWIG;
            bits[position >> 3] >> (position & 7) & 1 != 0
        };
        for sn in builder.low()..SENTRIES_PER_SHARD {
            if !is_active(sn) {
                builder.deactivate(sn).unwrap();
            }
        }
        for sn in builder.end()..past.end {
            match past.item(shard, sn) {
                PastItem::Entry(payload) => {
                    assert!(is_active(sn));
                    builder.append(payload);
                }
                PastItem::Hash(hash) => {
                    assert!(!is_active(sn));
                    builder.append_hash(&hash);
                }
            }
        }
        builder.forget();
        let mut content = Vec::new();
        shard.content(past.end, shard.end(), &mut content);
        let mut rest = content.as_slice();
        for sn in past.end..shard.end() {
            let length = shard.entry(sn).len();
            let payload;
            (payload, rest) = rest.split_at(length);
            builder.append(payload);
            for gone in Entry::decode(payload).unwrap().deactivated() {
                assert!(builder.deactivate(gone).is_some());
                assert!(builder.deactivate(gone).is_none());
            }
        }
        let mut again = builder
            .finish(config, shard.start(), shard.active())
            .unwrap();
        assert_eq!(again.leaf(), state.zone.leaves()[shard.number()]);
        assert_eq!(again.root(), shard.root());
        for number in 0..50 {
            let key_hash = sha256(&key(number));
            assert_eq!(again.find(&key_hash), shard.find(&key_hash));
        }
        for change in state.blocks[height..]
            .iter()
            .rev()
            .flat_map(|block| &block.shards)
        {
            if change.number == shard.number() {
                again.undo(&change.undo);
            }
        }
        again.rehash();
        assert_eq!(
            again.leaf(),
            state.zone_at(height).0.leaves()[shard.number()]
        );
    }
}

fn config(compaction_threshold: u64, compaction_ratio: u64, compaction_divisor: u64) -> Config {
    Config {
        compaction_threshold,
        compaction_ratio,
        compaction_divisor,
    }
}

#[test]
fn leaves_equal_the_naive_implementations_forward_and_back() {
    let threads = ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    // Devnet's compaction; close to full use, so that every operation compacts and sentries move; in between.
    for (seed, config) in [
        (1, config(1, 1, 4)),
        (2, config(1, 999, 1000)),
        (3, config(4100, 97, 100)),
    ] {
        let mut random = Random(seed);
        let mut state = State::new(config);
        let mut naive = Naive::new(config);
        assert_eq!(state.zone.leaves(), naive.leaves());
        let mut older = vec![naive.clone()];
        for height in 0..14 {
            let changes = changes(&state.content, &mut random, 2500, [1, 40, 1500][height % 3]);
            state.commit(&changes, (height % 2 == 0).then_some(&threads));
            naive.commit(height, &changes);
            assert_eq!(
                state.zone.leaves(),
                naive.leaves(),
                "block {height} of run {seed}"
            );
            older.push(naive.clone());
            if height % 4 == 3 {
                let target = height + 1 - random.below(4) as usize;
                state.rollback(target);
                assert_eq!(state.zone.leaves(), older[target].leaves());
                // The same block again gives the same leaves.
                for height in target..=height {
                    let changes = older[height + 1].last_changes();
                    state.commit(&changes, None);
                    assert_eq!(state.zone.leaves(), older[height + 1].leaves());
                }
            }
        }
        state.rollback(0);
        assert_eq!(state.zone.leaves(), older[0].leaves());
    }
}

#[test]
fn every_kept_height_is_proven_and_restored_whatever_was_forgotten() {
    for (seed, config) in [(4, config(1, 1, 4)), (5, config(1, 999, 1000))] {
        let mut random = Random(seed);
        let (mut state, mut other) = (State::new(config), State::new(config));
        for height in 0..24 {
            let count = [3, 9000, 30, 900][height % 4];
            let changes = changes(&state.content, &mut random, 9000, count);
            state.commit(&changes, None);
            other.commit(&changes, None);
            if height % 5 == 4 {
                state.forget(height - 3);
            }
            assert_eq!(state.zone.leaves(), other.zone.leaves());
        }
        for height in state.oldest..=state.blocks.len() {
            check_proofs(&state, height, 9000);
            assert_eq!(
                state.past(height)[3].root(&state.shards[3]),
                other.past(height)[3].root(&other.shards[3])
            );
        }
        check_restoring(&state, state.oldest, config);
        check_restoring(&other, 2, config);
        let oldest = state.oldest;
        state.rollback(oldest);
        other.rollback(oldest);
        assert_eq!(state.zone.leaves(), other.zone.leaves());
        check_proofs(&state, oldest, 9000);
        state.forget(oldest);
        let changes = changes(&state.content, &mut random, 9000, 2000);
        state.commit(&changes, None);
        other.commit(&changes, None);
        assert_eq!(state.zone.leaves(), other.zone.leaves());
        assert!(state.shards.iter().map(Shard::memory).sum::<usize>() > 0);
    }
}

#[test]
fn costs_are_the_designs() {
    let operations = |costs: Costs| (costs.entry_reads, costs.appends);
    let mut state = State::new(config(1, 0, 1));
    let total = |state: &State| {
        state
            .shards
            .iter()
            .fold(Costs::default(), |sum, shard| sum + shard.costs)
    };
    let mut spend = |changes: &[(u64, Option<&[u8]>)]| {
        let before = total(&state);
        let changes = changes
            .iter()
            .map(|(number, value)| (key(*number), value.map(<[u8]>::to_vec)));
        state.commit(&changes.collect(), None);
        total(&state) - before
    };
    assert_eq!(operations(spend(&[(1, Some(b"a"))])), (1, 2));
    let update = spend(&[(1, Some(b"b"))]);
    assert_eq!(operations(update), (1, 1));
    // Key, entry, left half, a quarter of the active bits with what is above, tree above the twigs, leaf.
    assert_eq!(update.hashes, 1 + 1 + 11 + 4 + 2 + 1);
    assert_eq!(operations(spend(&[(1, None)])), (2, 1));
}
