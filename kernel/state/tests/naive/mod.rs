//! QMDB as its definition reads: whole lists, whole trees, nothing kept.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use zero_state::{Config, Hash, SENTRIES_PER_SHARD, SHARD_COUNT, VERSION_SHIFT};

type Changes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

const TWIG: usize = 2048;

fn hash(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize().into()
}

pub fn node(level: u8, left: &Hash, right: &Hash) -> Hash {
    hash(&[&[level], left, right])
}

/// The root over a node of `level`, given its peers; a set bit of `position` puts the peer on the left.
pub fn climb(mut hashed: Hash, peers: &[Hash], position: usize, level: u8) -> Hash {
    for (above, peer) in peers.iter().enumerate() {
        let level = level + above as u8;
        hashed = if position >> above & 1 == 0 {
            node(level, &hashed, peer)
        } else {
            node(level, peer, &hashed)
        };
    }
    hashed
}

#[derive(Clone)]
struct Entry {
    key: Vec<u8>,
    value: Vec<u8>,
    next: Hash,
    version: i64,
    serial_number: u64,
    deactivated: Vec<u64>,
}

impl Entry {
    fn hash(&self) -> Hash {
        let mut payload = ((self.value.len() as u32) << 8 | self.key.len() as u32)
            .to_le_bytes()
            .to_vec();
        payload.push(self.deactivated.len() as u8);
        payload.extend([self.key.as_slice(), &self.value, &self.next].concat());
        payload.extend(self.version.to_le_bytes());
        payload.extend(self.serial_number.to_le_bytes());
        payload.extend(
            self.deactivated
                .iter()
                .flat_map(|number| number.to_le_bytes()),
        );
        hash(&[&payload])
    }

    fn key_hash(&self) -> Hash {
        if self.value.is_empty() {
            self.key.clone().try_into().unwrap()
        } else {
            hash(&[&self.key])
        }
    }
}

#[derive(Clone)]
struct Shard {
    leaves: Vec<Hash>,
    active: BTreeMap<u64, Entry>,
    places: BTreeMap<Hash, u64>,
    start: u64,
}

#[derive(Clone)]
pub struct Naive {
    config: Config,
    shards: Vec<Shard>,
    last: Changes,
}

impl Naive {
    pub fn new(config: Config) -> Self {
        let prefix = |number: u64| {
            let mut key = [0; 32];
            key[..2].copy_from_slice(&(number as u16).to_be_bytes());
            if number > 0xffff { [0xff; 32] } else { key }
        };
        let shards = (0..SHARD_COUNT as u64).map(|number| {
            let mut shard = Shard {
                leaves: Vec::new(),
                active: BTreeMap::new(),
                places: BTreeMap::new(),
                start: 0,
            };
            for at in 0..SENTRIES_PER_SHARD {
                let first = number * SENTRIES_PER_SHARD + at;
                shard.append(
                    prefix(first).to_vec(),
                    Vec::new(),
                    prefix(first + 1),
                    0,
                    Vec::new(),
                );
            }
            shard
        });
        Self {
            config,
            shards: shards.collect(),
            last: Changes::new(),
        }
    }

    pub fn last_changes(&self) -> Changes {
        self.last.clone()
    }

    pub fn leaves(&self) -> [Hash; SHARD_COUNT] {
        std::array::from_fn(|number| self.shards[number].leaf())
    }

    pub fn commit(&mut self, height: usize, changes: &Changes) {
        self.last = changes.clone();
        let version = (height as i64) << VERSION_SHIFT;
        let mut sorted: Vec<_> = changes
            .iter()
            .map(|(key, value)| (hash(&[key]), key, value))
            .collect();
        sorted.sort();
        for (key_hash, key, value) in sorted {
            let config = self.config;
            let shard = &mut self.shards[usize::from(key_hash[0] >> 4)];
            let before = *shard.places.range(..key_hash).next_back().unwrap().1;
            let own = shard.places.get(&key_hash).copied();
            let mut moves = 0;
            match (value, own) {
                (None, own) => {
                    let gone = shard.active[&own.unwrap()].clone();
                    let old = shard.active[&before].clone();
                    shard.append(
                        old.key,
                        old.value,
                        gone.next,
                        version,
                        vec![gone.serial_number, before],
                    );
                    shard.places.remove(&key_hash);
                }
                (Some(value), Some(own)) => {
                    let next = shard.active[&own].next;
                    shard.append(key.clone(), value.clone(), next, version, vec![own]);
                    moves = 1;
                }
                (Some(value), None) => {
                    let old = shard.active[&before].clone();
                    shard.append(key.clone(), value.clone(), old.next, version, Vec::new());
                    shard.append(old.key, old.value, key_hash, version, vec![before]);
                    moves = 2;
                }
            }
            let (active, total) = (
                shard.active.len() as u64,
                shard.leaves.len() as u64 - shard.start,
            );
            if active >= config.compaction_threshold
                && active * config.compaction_divisor <= total * config.compaction_ratio
            {
                for _ in 0..moves {
                    let oldest = shard.active.first_key_value().unwrap().1.clone();
                    shard.append(
                        oldest.key,
                        oldest.value,
                        oldest.next,
                        oldest.version,
                        vec![oldest.serial_number],
                    );
                    shard.start = oldest.serial_number + 1;
                }
            }
        }
    }
}

impl Shard {
    fn append(
        &mut self,
        key: Vec<u8>,
        value: Vec<u8>,
        next: Hash,
        version: i64,
        deactivated: Vec<u64>,
    ) {
        let serial_number = self.leaves.len() as u64;
        for gone in &deactivated {
            self.active.remove(gone);
        }
        let entry = Entry {
            key,
            value,
            next,
            version,
            serial_number,
            deactivated,
        };
        self.leaves.push(entry.hash());
        self.places.insert(entry.key_hash(), serial_number);
        self.active.insert(serial_number, entry);
    }

    fn leaf(&self) -> Hash {
        let end = self.leaves.len();
        let youngest = end / TWIG;
        let mut twigs: Vec<_> = (0..=youngest).map(|number| self.twig(number)).collect();
        let mut null = null_twig();
        for level in 12..12 + (usize::BITS - youngest.leading_zeros()) as u8 {
            if twigs.len() % 2 == 1 {
                twigs.push(null);
            }
            twigs = twigs
                .chunks(2)
                .map(|pair| node(level, &pair[0], &pair[1]))
                .collect();
            null = node(level, &null, &null);
        }
        let counters = [self.start, end as u64, self.active.len() as u64]
            .map(u64::to_le_bytes)
            .concat();
        hash(&[&[0x40], &twigs[0], &counters])
    }

    fn twig(&self, number: usize) -> Hash {
        let end = self.leaves.len().min((number + 1) * TWIG);
        let leaves = &self.leaves[number * TWIG..end];
        let mut bits = [0; TWIG / 8];
        for serial_number in self
            .active
            .range((number * TWIG) as u64..end as u64)
            .map(|(at, _)| *at)
        {
            let position = serial_number as usize % TWIG;
            bits[position / 8] |= 1 << (position % 8);
        }
        twig(leaves, &bits)
    }
}

fn null_twig() -> Hash {
    twig(&[], &[0; TWIG / 8])
}

fn twig(leaves: &[Hash], bits: &[u8]) -> Hash {
    let null = Entry {
        key: Vec::new(),
        value: Vec::new(),
        next: [0; 32],
        version: -2,
        serial_number: u64::MAX,
        deactivated: Vec::new(),
    };
    let mut left = leaves.to_vec();
    left.resize(TWIG, null.hash());
    let chunks = bits
        .chunks(32)
        .map(|chunk| chunk.try_into().unwrap())
        .collect();
    node(11, &tree(left, 0), &tree(chunks, 8))
}

fn tree(mut nodes: Vec<Hash>, mut level: u8) -> Hash {
    while nodes.len() > 1 {
        nodes = nodes
            .chunks(2)
            .map(|pair| node(level, &pair[0], &pair[1]))
            .collect();
        level += 1;
    }
    nodes[0]
}
