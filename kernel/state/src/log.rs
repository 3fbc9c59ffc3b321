//! The append-only list of a shard's entries and the Merkle tree over it.
//!
//! Appending and deactivating only mark what changed; `rehash` hashes each touched node once, at the block's
//! end. Deactivated entries stay until the history that can see them is forgotten.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use crate::entries::{SENTRIES_PER_SHARD, deactivated_in, encode_sentry, key_hash_in};
use crate::hashing::Hash;
use crate::sentries::{SENTRY_TWIGS, sentry_leaf, sentry_left_root};
use crate::trees::{
    ACTIVE_BYTES, ACTIVE_WORDS, LEAVES_PER_TWIG, LEFT_ROOT_LEVEL, Levels, NullNodes, RightNodes,
    TWIG_MASK, TWIG_ROOT_LEVEL, TWIG_SHIFT, chunk, path, rehash, truncate,
};
use crate::twig::{GROUP, Group, Item, KEPT_LEVEL, LeftNodes, Twig, left_peers};

/// Upstream's smallest number of twigs to prune at once.
const MIN_PRUNED_TWIGS: usize = 2;

/// What proves an entry under its shard's root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peers {
    /// In the left half of the entry's twig, lowest first.
    pub left: [Hash; LEFT_ROOT_LEVEL],
    /// The 32 bytes of active bits that hold the entry's.
    pub chunk: Hash,
    /// Of the chunk in the right half.
    pub right: [Hash; 3],
    /// Above the twig.
    pub upper: Vec<Hash>,
}

/// Entries with serial numbers below `end`, in twigs; the first two twigs hold the shard's sentries.
#[derive(Debug)]
pub struct EntryLog {
    shard: usize,
    nulls: Arc<NullNodes>,
    end: u64,
    /// None for dead twigs, of which only the root is kept, in `upper`.
    twigs: Vec<Option<Box<Twig>>>,
    pruned: usize,
    /// What blocks up to this serial number displaced is freed.
    forgotten: u64,
    /// Twigs with stale nodes; may name one twice, or one that is no longer there.
    touched: Vec<usize>,
    /// The youngest twig's first entries of which the hashes went into its nodes.
    hashed: usize,
    /// The youngest twig's first entry above which nodes are stale; at most `hashed`.
    stale: usize,
    /// The group that the last hashed entry is in, if `group_of` says so.
    group: Group,
    group_of: Option<usize>,
    upper: Levels,
    /// The left halves of the sentries' twigs, once somebody wants a proof in them.
    sentries: [OnceLock<Box<LeftNodes>>; SENTRY_TWIGS],
    hashes: u64,
}

impl EntryLog {
    /// A log that begins behind dead twigs. The sentries behind those are there; nothing is hashed yet.
    pub fn new(shard: usize, nulls: Arc<NullNodes>, dead_roots: Vec<Hash>) -> Self {
        let pruned = dead_roots.len();
        let low = (pruned as u64) << TWIG_SHIFT;
        let mut twigs: Vec<Option<Box<Twig>>> = Vec::new();
        twigs.resize_with(pruned, || None);
        for number in pruned..SENTRY_TWIGS {
            twigs.push(Some(Twig::of_sentries(
                &nulls,
                sentry_left_root(shard, number),
            )));
        }
        twigs.push(Some(Twig::youngest(&nulls)));
        let end = low.max(SENTRIES_PER_SHARD);
        Self {
            shard,
            end,
            pruned,
            forgotten: end,
            touched: Vec::new(),
            hashed: 0,
            stale: 0,
            group: Group::null(&nulls),
            group_of: None,
            upper: vec![dead_roots],
            sentries: Default::default(),
            hashes: 0,
            nulls,
            twigs,
        }
    }

    pub fn end(&self) -> u64 {
        self.end
    }

    /// The first serial number that is not in a dead twig.
    pub fn low(&self) -> u64 {
        (self.pruned as u64) << TWIG_SHIFT
    }

    /// What blocks up to this serial number displaced may be gone.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Number of the youngest twig.
    pub fn youngest(&self) -> usize {
        self.twigs.len() - 1
    }

    pub fn nulls(&self) -> &Arc<NullNodes> {
        &self.nulls
    }

    /// As of the last `rehash`.
    pub fn root(&self) -> Hash {
        self.upper[self.upper.len() - 1][0]
    }

    /// How many hashes were made since the last call.
    pub fn take_hashes(&mut self) -> u64 {
        std::mem::take(&mut self.hashes)
    }

    /// A twig that is not dead.
    pub fn twig(&self, number: usize) -> &Twig {
        self.twigs[number].as_ref().expect("the twig is kept")
    }

    fn twig_mut(&mut self, number: usize) -> &mut Twig {
        self.twigs[number].as_mut().expect("the twig is kept")
    }

    // Entries

    /// An entry that some kept height sees.
    pub fn entry(&self, serial_number: u64) -> Cow<'_, [u8]> {
        if serial_number < SENTRIES_PER_SHARD {
            let mut payload = Vec::with_capacity(96);
            encode_sentry(&mut payload, self.shard, serial_number);
            Cow::Owned(payload)
        } else {
            Cow::Borrowed(self.payload(serial_number))
        }
    }

    /// The same for entries that are no sentries in their first places.
    pub fn payload(&self, serial_number: u64) -> &[u8] {
        let (twig, position) = place(serial_number);
        self.twig(twig).entry(position)
    }

    /// Copies an entry that some kept height sees.
    pub fn read(&self, serial_number: u64, payload: &mut Vec<u8>) {
        payload.clear();
        if serial_number < SENTRIES_PER_SHARD {
            encode_sentry(payload, self.shard, serial_number);
        } else {
            payload.extend_from_slice(self.payload(serial_number));
        }
    }

    /// Reads something of entries, so that the CPU's cache has them; what is read does not matter.
    pub fn touch(&self, serial_numbers: &[u64]) -> u8 {
        let twigs = serial_numbers.iter().map(|serial_number| {
            let (twig, position) = place(*serial_number);
            self.twigs[twig]
                .as_ref()
                .map_or(0, |twig| twig.touch(position))
        });
        twigs.fold(0, |sum, byte| sum ^ byte)
    }

    /// The key hash of an entry that some kept height sees.
    pub fn key_hash(&self, serial_number: u64) -> Hash {
        key_hash_in(&self.entry(serial_number))
    }

    /// Entries one after the other, all of which some kept height sees.
    pub fn content(&self, first: u64, end: u64, out: &mut Vec<u8>) {
        for serial_number in first..end {
            out.extend_from_slice(self.payload(serial_number));
        }
    }

    /// An entry or, where it gave way, its hash. Not for sentries in their first places nor in dead twigs.
    pub fn item(&self, serial_number: u64) -> Item<'_> {
        let (twig, position) = place(serial_number);
        self.twig(twig).item(position)
    }

    pub fn is_active(&self, serial_number: u64) -> bool {
        let (twig, position) = place(serial_number);
        let twig = self.twigs.get(twig).and_then(Option::as_ref);
        twig.is_some_and(|twig| twig.is_active(position))
    }

    /// The first active serial number at or after `start`, if there is one.
    pub fn next_active(&self, start: u64) -> Option<u64> {
        let (mut number, mut position) = place(start);
        while let Some(twig) = self.twigs.get(number) {
            let twig = twig.as_ref().expect("the twig is kept");
            if let Some(found) = twig.first_active(position) {
                return Some((number as u64) << TWIG_SHIFT | found as u64);
            }
            number += 1;
            position = 0;
        }
        None
    }

    /// The hash of an entry, and how many hashes it took. Not for dead twigs.
    pub fn leaf(&self, serial_number: u64) -> (Hash, u64) {
        if serial_number < SENTRIES_PER_SHARD {
            (sentry_leaf(self.shard, serial_number), 1)
        } else {
            self.item(serial_number).hash()
        }
    }

    // Changes

    /// Adds an active entry, whose serial number is `end`.
    pub fn append(&mut self, payload: &[u8]) {
        self.push(|twig, position| {
            twig.push(payload);
            twig.activate(position);
        });
    }

    /// Adds the hash of an entry that no kept height sees. The nodes wait for `rehash_all`.
    pub fn append_bare(&mut self, hash: &Hash) {
        self.push(|twig, _| twig.push_bare(hash));
    }

    fn push(&mut self, add: impl FnOnce(&mut Twig, usize)) {
        let (number, position) = place(self.end);
        let twig = self.twigs[number]
            .as_mut()
            .expect("the youngest twig is kept");
        if twig.stale == 0 {
            self.touched.push(number);
        }
        add(twig, position);
        self.end += 1;
        if position + 1 == LEAVES_PER_TWIG {
            self.close_twig();
        }
    }

    /// The youngest twig is full: hashes its left half, opens the next.
    fn close_twig(&mut self) {
        self.rehash_left();
        let number = self.youngest();
        let twig = self.twig_mut(number);
        let hashes = twig.close();
        self.hashes += hashes;
        self.twigs.push(Some(Twig::youngest(&self.nulls)));
        self.reset_left(0);
    }

    fn reset_left(&mut self, hashed: usize) {
        self.hashed = hashed;
        self.stale = hashed;
        self.group_of = None;
    }

    /// Takes an entry out of the active ones.
    pub fn deactivate(&mut self, serial_number: u64) {
        self.mark(serial_number, Twig::deactivate);
    }

    /// Undoes `deactivate`.
    pub fn reactivate(&mut self, serial_number: u64) {
        self.mark(serial_number, Twig::activate);
    }

    fn mark(&mut self, serial_number: u64, mark: impl FnOnce(&mut Twig, usize)) {
        let (number, position) = place(serial_number);
        let twig = self.twigs[number].as_mut().expect("the twig is kept");
        if twig.stale == 0 {
            self.touched.push(number);
        }
        mark(twig, position);
    }

    /// Takes the entries from `end` on away.
    pub fn truncate(&mut self, end: u64) {
        assert!(
            end >= self.forgotten,
            "what is forgotten cannot be taken back"
        );
        if end == self.end {
            return;
        }
        let (youngest, size) = place(end);
        if youngest < self.youngest() {
            self.twigs.truncate(youngest + 1);
            self.reset_left(LEAVES_PER_TWIG);
        }
        let nulls = self.nulls.clone();
        let twig = self.twigs[youngest].as_mut().expect("the twig is kept");
        twig.truncate(size);
        let left = twig.left.as_mut().expect("only sentries' twigs have none");
        left.cut(size, &nulls);
        twig.left_root = left.root;
        self.cut_left(size);
        self.touched.push(youngest);
        let depth = bits(youngest);
        self.upper.truncate(depth + 1);
        truncate(&mut self.upper, youngest + 1);
        self.end = end;
    }

    /// The youngest twig was cut to `size` entries.
    fn cut_left(&mut self, size: usize) {
        if size > self.hashed {
            return;
        }
        let Some(last) = size.checked_sub(1) else {
            return self.reset_left(0);
        };
        if self.group_of == Some(last / GROUP) {
            self.group.cut(last % GROUP + 1, &self.nulls);
            self.hashed = size;
            self.stale = self.stale.min(last);
        } else {
            self.group_of = None;
            self.hashed = last / GROUP * GROUP;
            self.stale = self.stale.min(self.hashed);
        }
    }

    // Hashing

    /// Hashes the entries of the youngest twig that are new, and the nodes above them.
    fn rehash_left(&mut self) {
        let number = self.youngest();
        let twig = self.twigs[number]
            .as_mut()
            .expect("the youngest twig is kept");
        let size = twig.len();
        if self.stale == size {
            return;
        }
        let (first, last) = (self.stale / GROUP, (size - 1) / GROUP);
        let mut left = twig.left.take().expect("only sentries' twigs have none");
        for group in first..=last {
            if self.group_of != Some(group) {
                self.group = Group::null(&self.nulls);
                self.group_of = Some(group);
            }
            let end = size.min((group + 1) * GROUP);
            for position in self.hashed.max(group * GROUP)..end {
                let (leaf, count) = twig.item(position).hash();
                self.group.set_leaf(position % GROUP, leaf);
                self.hashes += count;
            }
            let start = self.stale.max(group * GROUP) % GROUP;
            let (hashed, count) = self.group.rehash(start, (end - 1) % GROUP);
            left.set_group(group, hashed);
            self.hashes += count;
        }
        self.hashes += left.rehash(first, last);
        twig.left_root = left.root;
        twig.left = Some(left);
        self.hashed = size;
        self.stale = size;
    }

    /// Brings every node above what changed, and the root, up to date.
    pub fn rehash(&mut self) {
        if self.touched.is_empty() {
            return;
        }
        let mut touched = std::mem::take(&mut self.touched);
        touched.sort_unstable();
        touched.dedup();
        // Touched by the undo of one block, truncated by that of an earlier one.
        touched.truncate(touched.partition_point(|number| *number < self.twigs.len()));
        self.rehash_twigs(&touched);
        self.rehash_upper(&mut touched);
        touched.clear();
        self.touched = touched;
    }

    /// Brings every node up to date; nothing was hashed yet.
    pub fn rehash_all(&mut self) {
        self.touched.clear();
        let mut all: Vec<usize> = (0..self.twigs.len()).collect();
        self.rehash_twigs(&all[self.pruned..]);
        self.rehash_upper(&mut all);
    }

    fn rehash_twigs(&mut self, touched: &[usize]) {
        self.rehash_left();
        for &number in touched {
            let twig = self.twigs[number].as_mut().expect("a touched twig is kept");
            self.hashes += 1 + twig.rehash_right();
            let root = twig.root();
            match self.upper[0].get_mut(number) {
                Some(known) => *known = root,
                None => self.upper[0].push(root),
            }
        }
    }

    /// Hashes what is above touched twigs, whose roots are in the upper tree already.
    fn rehash_upper(&mut self, touched: &mut Vec<usize>) {
        self.upper.resize_with(bits(self.youngest()) + 1, Vec::new);
        self.hashes += rehash(&mut self.upper, touched, TWIG_ROOT_LEVEL, &self.nulls.upper);
    }

    // The end of history

    /// Frees what the blocks below serial number `end` displaced, and twigs wholly below `start`, whose entries
    /// will never be active or proven again. Their roots stay.
    pub fn forget(&mut self, start: u64, end: u64) {
        for serial_number in self.forgotten..end {
            let (count, displaced) = deactivated_in(self.payload(serial_number));
            for gone in &displaced[..count] {
                self.free(*gone);
            }
        }
        self.forgotten = self.forgotten.max(end);
        self.prune(start);
    }

    /// No kept height sees this entry any more.
    pub fn free(&mut self, serial_number: u64) {
        let (number, position) = place(serial_number);
        if serial_number >= SENTRIES_PER_SHARD
            && let Some(twig) = &mut self.twigs[number]
        {
            self.hashes += twig.free(position);
        }
    }

    /// Frees every inactive entry: history begins here.
    pub fn forget_all(&mut self) {
        for number in self.pruned.max(SENTRY_TWIGS)..self.twigs.len() {
            let twig = self.twig_mut(number);
            let mut count = 0;
            for position in 0..twig.len() {
                if !twig.is_active(position) && matches!(twig.item(position), Item::Entry(_)) {
                    count += twig.free(position);
                }
            }
            self.hashes += count;
        }
        self.forgotten = self.end;
    }

    fn prune(&mut self, start: u64) {
        let dead = (start >> TWIG_SHIFT) as usize;
        if dead < self.pruned + MIN_PRUNED_TWIGS {
            return;
        }
        self.twigs[self.pruned..dead].fill_with(|| None);
        self.pruned = dead;
    }

    // Proofs

    /// What proves an entry under the shard's root, and how many hashes it took.
    pub fn peers(&self, serial_number: u64) -> (Peers, u64) {
        let (number, position) = place(serial_number);
        let twig = self.twig(number);
        let (chunk, right) = right_peers(&twig.active, &twig.right, position);
        let (left, count) = self.left_peers(number, position);
        let peers = Peers {
            left,
            chunk,
            right,
            upper: path(&self.upper, number, &self.nulls.upper),
        };
        (peers, count)
    }

    /// The 11 peers of an entry in the left half of its twig, and how many hashes they took.
    pub fn left_peers(&self, number: usize, position: usize) -> ([Hash; LEFT_ROOT_LEVEL], u64) {
        let first = (number as u64) << TWIG_SHIFT;
        let leaf = |at: usize| self.leaf(first + at as u64).0;
        let twig = self.twig(number);
        let Some(left) = &twig.left else {
            let mut count = 0;
            let left = self.sentries[number].get_or_init(|| {
                // The first proof in a sentries' twig pays for its left half.
                let (left, hashes) = build_left(LEAVES_PER_TWIG, &self.nulls, leaf);
                count = hashes;
                left
            });
            let (peers, hashes) = left_peers(left, LEAVES_PER_TWIG, position, &self.nulls, leaf);
            return (peers, count + hashes);
        };
        left_peers(left, twig.len(), position, &self.nulls, leaf)
    }

    /// The left half of a twig that holds no sentries as it was when it had `size` entries, with its root, and
    /// how many hashes that took.
    pub fn cut_left_nodes(&self, number: usize, size: usize) -> (Box<LeftNodes>, u64) {
        let twig = self.twig(number);
        let mut left = twig.left.clone().expect("only sentries' twigs have none");
        left.cut(size, &self.nulls);
        let Some(last) = size.checked_sub(1) else {
            return (left, 0);
        };
        let number = last / GROUP;
        let mut group = Group::null(&self.nulls);
        let mut count = 0;
        for position in number * GROUP..size {
            let (leaf, hashes) = twig.item(position).hash();
            group.set_leaf(position % GROUP, leaf);
            count += hashes;
        }
        let (hashed, hashes) = group.rehash(0, last % GROUP);
        left.set_group(number, hashed);
        count += hashes + left.rehash(number, number);
        (left, count)
    }

    /// A node of the tree above the twigs; null nodes at the end of a level may be missing in it.
    pub fn upper_node(&self, above: usize, number: usize) -> Hash {
        let nodes = self.upper.get(above);
        let known = nodes.and_then(|nodes| nodes.get(number));
        known.copied().unwrap_or(self.nulls.upper[above])
    }

    /// Bytes of memory.
    pub fn memory(&self) -> usize {
        let twigs: usize = self.twigs.iter().flatten().map(|twig| twig.memory()).sum();
        let upper: usize = self.upper.iter().map(|nodes| 32 * nodes.capacity()).sum();
        size_of::<Self>() + twigs + upper + 8 * self.twigs.capacity()
    }
}

/// The left half of a twig of so many leaves, and how many hashes that took, those of the leaves among them.
fn build_left(
    size: usize,
    nulls: &NullNodes,
    leaf: impl Fn(usize) -> Hash,
) -> (Box<LeftNodes>, u64) {
    let mut left = LeftNodes::null(nulls);
    let mut count = size as u64;
    for first in (0..size).step_by(GROUP) {
        let mut group = Group::null(nulls);
        let end = size.min(first + GROUP);
        for position in first..end {
            group.set_leaf(position - first, leaf(position));
        }
        let (hashed, hashes) = group.rehash(0, end - first - 1);
        left.set_group(first >> KEPT_LEVEL, hashed);
        count += hashes;
    }
    count += left.rehash(0, (size - 1) / GROUP);
    (left, count)
}

/// The chunk of active bits with an entry's bit, and its 3 peers. `right` are the nodes over the bits.
pub fn right_peers(
    active: &[u64; ACTIVE_WORDS],
    right: &RightNodes,
    position: usize,
) -> (Hash, [Hash; 3]) {
    let number = position >> 8;
    let peers = [
        chunk(active, number ^ 1),
        right[(number >> 1) ^ 1],
        right[4 + ((number >> 2) ^ 1)],
    ];
    (chunk(active, number), peers)
}

/// Active bits as bytes: entry `i` is bit `i % 8`, counted from the lowest, of byte `i / 8`.
pub fn bytes_of(active: &[u64; ACTIVE_WORDS]) -> [u8; ACTIVE_BYTES] {
    let mut bytes = [0; ACTIVE_BYTES];
    for (bytes, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(active) {
        *bytes = word.to_le_bytes();
    }
    bytes
}

/// The twig of a serial number, and the position in it.
pub fn place(serial_number: u64) -> (usize, usize) {
    (
        (serial_number >> TWIG_SHIFT) as usize,
        (serial_number & TWIG_MASK) as usize,
    )
}

/// How many bits a number has; the tree above twigs is so many levels high.
pub fn bits(number: usize) -> usize {
    (usize::BITS - number.leading_zeros()) as usize
}
