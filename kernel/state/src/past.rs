//! A shard as it was after an older block that is kept: read from the present shard and what its log says was
//! displaced since, without changing either.
//!
//! What a later block appended is beyond `end`; what it displaced was active. So only the twigs that were
//! touched since have to be hashed, and what is above them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::entries::deactivated_in;
use crate::hashing::{Hash, node};
use crate::log::{Peers, bits, bytes_of, place, right_peers};
use crate::shard::Shard;
use crate::trees::{
    ACTIVE_BYTES, ACTIVE_ROOT, ACTIVE_WORDS, LEFT_ROOT_LEVEL, RightNodes, TWIG_ROOT_LEVEL,
    TWIG_SHIFT, right_nodes,
};
use crate::twig::{LeftNodes, left_peers, twig_root};

/// Valid until the shard changes; every method is given the shard that it was made of.
#[derive(Debug)]
pub struct PastShard {
    pub number: usize,
    pub start: u64,
    pub end: u64,
    pub active: u64,
    /// Entries that were active and are not any more, in ascending order.
    displaced: Vec<u64>,
    by_key: OnceLock<Vec<(Hash, u64)>>,
    tree: OnceLock<Tree>,
    hashes: AtomicU64,
}

/// Nodes that are not the present tree's.
#[derive(Debug)]
struct Tree {
    /// The left half of the youngest twig of then; none where it is the present one's.
    left: Option<Box<LeftNodes>>,
    /// Active bits and the nodes over them of the twigs that were touched since.
    twigs: BTreeMap<usize, ([u64; ACTIVE_WORDS], RightNodes)>,
    /// The nodes above the touched twigs by level and number; none where nothing was touched.
    nodes: Vec<BTreeMap<usize, Hash>>,
}

impl PastShard {
    /// The shard as it was when its counters were these: those of the first later undo record, or the present
    /// ones. Costs what the blocks since did.
    pub fn new(shard: &Shard, start: u64, end: u64, active: u64) -> Self {
        let mut displaced = Vec::new();
        for serial_number in end..shard.end() {
            let (count, gone) = deactivated_in(shard.log().payload(serial_number));
            displaced.extend(gone[..count].iter().filter(|gone| **gone < end));
        }
        displaced.sort_unstable();
        Self {
            number: shard.number(),
            start,
            end,
            active,
            displaced,
            by_key: OnceLock::new(),
            tree: OnceLock::new(),
            hashes: AtomicU64::new(0),
        }
    }

    /// How many hashes were made since the last call.
    pub fn take_hashes(&self) -> u64 {
        self.hashes.swap(0, Ordering::Relaxed)
    }

    fn count(&self, hashes: u64) {
        self.hashes.fetch_add(hashes, Ordering::Relaxed);
    }

    // Entries

    /// Whether the key had an entry, and the serial number of that entry or of its predecessor's.
    pub fn find(&self, shard: &Shard, key_hash: &Hash) -> (bool, u64) {
        let log = shard.log();
        if self.end == log.end() {
            return shard.find(key_hash);
        }
        // Of the present keys those count that have had their entry since then; the others of then were displaced.
        let order = |sn| log.key_hash(sn).cmp(key_hash);
        let present = shard
            .index()
            .up_to(key_hash, order)
            .find(|sn| *sn < self.end);
        let by_key = self.by_key(shard);
        let at = by_key.partition_point(|(known, _)| known <= key_hash);
        let displaced = at
            .checked_sub(1)
            .map(|at| by_key[at])
            .filter(|(known, _)| known[..2] == key_hash[..2]);
        let present = present.map(|sn| (log.key_hash(sn), sn));
        let found = present
            .max(displaced)
            .expect("every list of keys begins with a sentry");
        (found.0 == *key_hash, found.1)
    }

    /// An entry that was active.
    pub fn entry<'a>(&self, shard: &'a Shard, serial_number: u64) -> Cow<'a, [u8]> {
        shard.entry(serial_number)
    }

    /// The entry where it was active, otherwise its hash. Not for sentries in their first places.
    pub fn item<'a>(&self, shard: &'a Shard, serial_number: u64) -> PastItem<'a> {
        let log = shard.log();
        if log.is_active(serial_number) || self.displaced.binary_search(&serial_number).is_ok() {
            PastItem::Entry(log.payload(serial_number))
        } else {
            let (hash, hashes) = log.leaf(serial_number);
            self.count(hashes);
            PastItem::Hash(hash)
        }
    }

    // The tree

    /// The root of a twig below `start`, which nothing changes any more.
    pub fn twig_root(&self, shard: &Shard, twig: usize) -> Hash {
        shard.log().upper_node(0, twig)
    }

    /// The active bits of a twig, up to the youngest of then.
    pub fn bits(&self, shard: &Shard, twig: usize) -> [u8; ACTIVE_BYTES] {
        bytes_of(&self.active_bits(shard, twig))
    }

    fn active_bits(&self, shard: &Shard, twig: usize) -> [u64; ACTIVE_WORDS] {
        let mut active = shard.log().twig(twig).active;
        let (youngest, size) = place(self.end);
        if twig == youngest {
            active[size >> 6] &= (1 << (size & 63)) - 1;
            active[(size >> 6) + 1..].fill(0);
        }
        let first = (twig as u64) << TWIG_SHIFT;
        let from = self.displaced.partition_point(|gone| *gone < first);
        for gone in &self.displaced[from..] {
            let (number, position) = place(*gone);
            if number != twig {
                break;
            }
            active[position >> 6] |= 1 << (position & 63);
        }
        active
    }

    /// Number of the twig that the next entry would have gone into.
    pub fn youngest(&self) -> usize {
        place(self.end).0
    }

    /// The shard's root.
    pub fn root(&self, shard: &Shard) -> Hash {
        self.node(shard, bits(self.youngest()), 0)
    }

    /// What proves an entry that was active, or that the next one was not there yet, under the shard's root of
    /// then.
    pub fn peers(&self, shard: &Shard, serial_number: u64) -> Peers {
        let (chunk, right) = self.right_peers(shard, serial_number);
        Peers {
            left: self.left_peers(shard, serial_number),
            chunk,
            right,
            upper: self.upper_peers(shard, place(serial_number).0),
        }
    }

    /// The peers in the left half of an entry's twig.
    pub fn left_peers(&self, shard: &Shard, serial_number: u64) -> [Hash; LEFT_ROOT_LEVEL] {
        let log = shard.log();
        let (number, position) = place(serial_number);
        let (left, hashes) = match &self.tree(shard).left {
            Some(left) if number == self.youngest() => {
                let size = place(self.end).1;
                let twig = log.twig(number);
                left_peers(left, size, position, log.nulls(), |at| {
                    twig.item(at).hash().0
                })
            }
            _ => log.left_peers(number, position),
        };
        self.count(hashes);
        left
    }

    /// The chunk of active bits with an entry's bit, and its peers.
    pub fn right_peers(&self, shard: &Shard, serial_number: u64) -> (Hash, [Hash; 3]) {
        let (number, position) = place(serial_number);
        match self.tree(shard).twigs.get(&number) {
            Some((active, right)) => right_peers(active, right, position),
            None => {
                let twig = shard.log().twig(number);
                right_peers(&twig.active, &twig.right, position)
            }
        }
    }

    /// The peers above a twig.
    pub fn upper_peers(&self, shard: &Shard, twig: usize) -> Vec<Hash> {
        (0..bits(self.youngest()))
            .map(|above| self.node(shard, above, (twig >> above) ^ 1))
            .collect()
    }

    /// The root of the left half of a twig.
    pub fn left_root(&self, shard: &Shard, twig: usize) -> Hash {
        match &self.tree(shard).left {
            Some(left) if twig == self.youngest() => left.root,
            _ => shard.log().twig(twig).left_root,
        }
    }

    /// A node `above` levels over the twigs' roots.
    fn node(&self, shard: &Shard, above: usize, number: usize) -> Hash {
        if number > self.youngest() >> above {
            return shard.log().nulls().upper[above];
        }
        let nodes = self.tree(shard).nodes.get(above);
        let changed = nodes.and_then(|nodes| nodes.get(&number));
        changed
            .copied()
            .unwrap_or_else(|| shard.log().upper_node(above, number))
    }

    /// Keys that were displaced since, by their hashes.
    fn by_key(&self, shard: &Shard) -> &[(Hash, u64)] {
        self.by_key.get_or_init(|| {
            let key_hash = |sn: &u64| (shard.log().key_hash(*sn), *sn);
            let mut keys: Vec<_> = self.displaced.iter().map(key_hash).collect();
            self.count(keys.len() as u64);
            keys.sort_unstable();
            keys
        })
    }

    fn tree(&self, shard: &Shard) -> &Tree {
        self.tree.get_or_init(|| {
            let log = shard.log();
            let (youngest, size) = place(self.end);
            let mut left = None;
            let mut touched: Vec<usize> =
                self.displaced.iter().map(|gone| place(*gone).0).collect();
            if self.end != log.end() {
                let (nodes, hashes) = log.cut_left_nodes(youngest, size);
                self.count(hashes);
                left = Some(nodes);
                touched.push(youngest);
            }
            touched.dedup();
            let mut twigs = BTreeMap::new();
            let mut lowest = BTreeMap::new();
            for number in touched {
                let active = self.active_bits(shard, number);
                let right = right_nodes(&active);
                let left_root = match &left {
                    Some(left) if number == youngest => left.root,
                    _ => log.twig(number).left_root,
                };
                lowest.insert(number, twig_root(&left_root, &right[ACTIVE_ROOT]));
                twigs.insert(number, (active, right));
            }
            self.count(8 * twigs.len() as u64);
            let nodes = if twigs.is_empty() {
                Vec::new()
            } else {
                self.nodes_above(shard, lowest)
            };
            Tree { left, twigs, nodes }
        })
    }

    fn nodes_above(
        &self,
        shard: &Shard,
        lowest: BTreeMap<usize, Hash>,
    ) -> Vec<BTreeMap<usize, Hash>> {
        let log = shard.log();
        let mut nodes = vec![lowest];
        for above in 0..bits(self.youngest()) {
            let below = &nodes[above];
            let mut level = BTreeMap::new();
            let child = |number: usize| match below.get(&number) {
                Some(hash) => *hash,
                None if number <= self.youngest() >> above => log.upper_node(above, number),
                None => log.nulls().upper[above],
            };
            for parent in below.keys().map(|number| number >> 1) {
                level.entry(parent).or_insert_with(|| {
                    let level = (TWIG_ROOT_LEVEL + above) as u8;
                    node(level, &child(2 * parent), &child(2 * parent + 1))
                });
            }
            self.count(level.len() as u64);
            nodes.push(level);
        }
        nodes
    }
}

/// What a serial number was: an active entry, or of an inactive one the hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PastItem<'a> {
    Entry(&'a [u8]),
    Hash(Hash),
}
