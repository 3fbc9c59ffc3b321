//! A twig: 2048 consecutive entries of a shard, which of them are active, and what its root is made of.
//!
//! The entries' bytes stand one after the other. Those of an entry that no kept height can see any more give
//! way, by and by, to the entry's hash. The hashes of the others are not kept: a proof computes the 16 it needs.

use crate::entries::{encoded_length, key_length};
use crate::hashing::{Hash, NO_HASH, node, sha256};
use crate::trees::{
    ACTIVE_ROOT, ACTIVE_WORDS, LEAVES_PER_TWIG, LEFT_ROOT_LEVEL, NullNodes, RightNodes, quarter,
};

/// Nodes of the left half are kept from this level on. What is below is a group of 16 entries.
pub const KEPT_LEVEL: usize = 4;
pub const GROUP: usize = 1 << KEPT_LEVEL;
const KEPT_NODES: usize = 254;
/// An entry whose bytes gave way begins with this (no entry's key is empty); its hash follows.
const BARE: u8 = 0;
/// Fewer freed entries than this are not worth copying the others for.
const MIN_WASTED: usize = 64;

/// Where the nodes of a kept level begin.
const fn offset(level: usize) -> usize {
    2 * LEAVES_PER_TWIG / GROUP - 2 * (LEAVES_PER_TWIG >> level)
}

/// The left half of a twig from level 4 on; null nodes where no entries are.
#[derive(Clone, Debug)]
pub struct LeftNodes {
    /// Levels 4 to 10, lowest first.
    nodes: [Hash; KEPT_NODES],
    pub root: Hash,
}

impl LeftNodes {
    pub fn null(nulls: &NullNodes) -> Box<Self> {
        let mut left = Box::new(Self {
            nodes: [NO_HASH; KEPT_NODES],
            root: NO_HASH,
        });
        left.cut(0, nulls);
        left
    }

    /// Takes the leaves from `size` on away. The nodes above the last one that stays are stale.
    pub fn cut(&mut self, size: usize, nulls: &NullNodes) {
        for level in KEPT_LEVEL..LEFT_ROOT_LEVEL {
            let first = size.div_ceil(1 << level);
            self.nodes[offset(level) + first..offset(level + 1)].fill(nulls.left[level]);
        }
        if size == 0 {
            self.root = nulls.left[LEFT_ROOT_LEVEL];
        }
    }

    /// Sets the root of a group of 16 leaves.
    pub fn set_group(&mut self, number: usize, hashed: Hash) {
        self.nodes[number] = hashed;
    }

    /// Hashes the nodes above the groups from the first to the last; gives how many.
    pub fn rehash(&mut self, mut first: usize, mut last: usize) -> u64 {
        let mut count = 0;
        for level in KEPT_LEVEL..LEFT_ROOT_LEVEL {
            (first, last) = (first >> 1, last >> 1);
            let (below, above) = self.nodes.split_at_mut(offset(level + 1));
            let children = &below[offset(level)..];
            for parent in first..=last {
                let hashed = node(
                    level as u8,
                    &children[2 * parent],
                    &children[2 * parent + 1],
                );
                *above.get_mut(parent).unwrap_or(&mut self.root) = hashed;
            }
            count += (last - first + 1) as u64;
        }
        count
    }

    /// The peers of a group from level 4 to 10.
    fn peers(&self, position: usize) -> [Hash; LEFT_ROOT_LEVEL - KEPT_LEVEL] {
        std::array::from_fn(|at| {
            let level = KEPT_LEVEL + at;
            self.nodes[offset(level) + ((position >> level) ^ 1)]
        })
    }
}

/// Sixteen leaves and what is between them and the kept nodes; null nodes where no entries are.
#[derive(Clone, Debug)]
pub struct Group {
    /// 16 leaves, 8 nodes of level 1, 4 of level 2, 2 of level 3.
    nodes: [Hash; 30],
}

const GROUP_OFFSETS: [usize; KEPT_LEVEL] = [0, 16, 24, 28];

impl Group {
    pub fn null(nulls: &NullNodes) -> Self {
        let mut nodes = [nulls.left[0]; 30];
        nodes[16..24].fill(nulls.left[1]);
        nodes[24..28].fill(nulls.left[2]);
        nodes[28..].fill(nulls.left[3]);
        Self { nodes }
    }

    pub fn set_leaf(&mut self, position: usize, leaf: Hash) {
        self.nodes[position] = leaf;
    }

    /// Takes the leaves from `size` on away. The nodes above the last one that stays are stale.
    pub fn cut(&mut self, size: usize, nulls: &NullNodes) {
        for (level, start) in GROUP_OFFSETS.into_iter().enumerate() {
            let first = size.div_ceil(1 << level);
            self.nodes[start + first..start + (GROUP >> level)].fill(nulls.left[level]);
        }
    }

    /// Hashes the nodes above the leaves from the first to the last; gives the group's root and how many
    /// hashes that took.
    pub fn rehash(&mut self, mut first: usize, mut last: usize) -> (Hash, u64) {
        let mut count = 1;
        for (level, start) in GROUP_OFFSETS[..KEPT_LEVEL - 1].iter().enumerate() {
            (first, last) = (first >> 1, last >> 1);
            let (children, parents) = self.nodes[*start..].split_at_mut(GROUP >> level);
            for parent in first..=last {
                parents[parent] = node(
                    level as u8,
                    &children[2 * parent],
                    &children[2 * parent + 1],
                );
            }
            count += (last - first + 1) as u64;
        }
        (
            node(KEPT_LEVEL as u8 - 1, &self.nodes[28], &self.nodes[29]),
            count,
        )
    }

    /// The peers of a leaf from level 0 to 3.
    fn peers(&self, position: usize) -> [Hash; KEPT_LEVEL] {
        std::array::from_fn(|level| self.nodes[GROUP_OFFSETS[level] + ((position >> level) ^ 1)])
    }
}

/// The 11 peers of an entry, or of the next one, in the left half of a twig of `size` entries, whose nodes are
/// up to date, and how many hashes they took.
pub fn left_peers(
    left: &LeftNodes,
    size: usize,
    position: usize,
    nulls: &NullNodes,
    leaf: impl Fn(usize) -> Hash,
) -> ([Hash; LEFT_ROOT_LEVEL], u64) {
    let mut group = Group::null(nulls);
    let first = position & !(GROUP - 1);
    let end = size.min(first + GROUP);
    for at in first..end {
        group.set_leaf(at - first, leaf(at));
    }
    // None of the group is there when the next entry begins one.
    let count = if first < end {
        group.rehash(0, end - first - 1).1
    } else {
        0
    };
    let mut peers = [NO_HASH; LEFT_ROOT_LEVEL];
    peers[..KEPT_LEVEL].copy_from_slice(&group.peers(position - first));
    peers[KEPT_LEVEL..].copy_from_slice(&left.peers(position));
    (peers, (end - first) as u64 + count)
}

/// What a position of a twig holds: the entry or, where that gave way, its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    Entry(&'a [u8]),
    Bare(&'a Hash),
}

impl Item<'_> {
    /// The entry's hash, and how many hashes it took.
    pub fn hash(&self) -> (Hash, u64) {
        match self {
            Item::Entry(payload) => (sha256(payload), 1),
            Item::Bare(hash) => (**hash, 0),
        }
    }
}

/// Items one after the other, in pieces of one size: memory of one twig can be taken by another.
#[derive(Debug, Default)]
struct Items {
    pieces: Vec<Vec<u8>>,
    /// Of every item the piece and, in the lower bits, where it begins in it.
    places: Vec<u32>,
}

const PIECE_SHIFT: u32 = 13;
const PIECE: usize = 1 << PIECE_SHIFT;
/// The first piece grows up to its size: there are states with a few entries.
const FIRST_CAPACITY: usize = 512;

impl Items {
    /// Adds an item that consists of these bytes.
    fn push(&mut self, head: &[u8], tail: &[u8]) {
        let size = head.len() + tail.len();
        let has_room = self
            .pieces
            .last()
            .is_some_and(|piece| piece.len() + size <= PIECE);
        if !has_room {
            let capacity = if self.pieces.is_empty() {
                FIRST_CAPACITY
            } else {
                PIECE
            };
            self.pieces.push(Vec::with_capacity(size.max(capacity)));
        }
        let number = self.pieces.len() - 1;
        let piece = &mut self.pieces[number];
        self.places
            .push((number << PIECE_SHIFT | piece.len()) as u32);
        piece.extend_from_slice(head);
        piece.extend_from_slice(tail);
    }

    /// The bytes of an item and of those behind it.
    fn from(&self, position: usize) -> &[u8] {
        let place = self.places[position] as usize;
        &self.pieces[place >> PIECE_SHIFT][place & (PIECE - 1)..]
    }

    /// Takes the items from `size` on away.
    fn truncate(&mut self, size: usize) {
        if let Some(place) = self.places.get(size).map(|place| *place as usize) {
            self.pieces.truncate((place >> PIECE_SHIFT) + 1);
            self.pieces[place >> PIECE_SHIFT].truncate(place & (PIECE - 1));
            self.places.truncate(size);
        }
    }

    /// Bytes of memory.
    fn memory(&self) -> usize {
        let pieces: usize = self.pieces.iter().map(Vec::capacity).sum();
        pieces + size_of::<Vec<u8>>() * self.pieces.capacity() + 4 * self.places.capacity()
    }
}

/// One twig. Those of the sentries hold no items.
#[derive(Debug)]
pub struct Twig {
    pub active: [u64; ACTIVE_WORDS],
    /// Entries that no kept height can see; their bytes may go.
    freed: [u64; ACTIVE_WORDS],
    pub right: RightNodes,
    pub left_root: Hash,
    /// None in the sentries' twigs.
    pub left: Option<Box<LeftNodes>>,
    items: Items,
    /// How many items are hashes.
    bare: usize,
    /// How many freed entries still have their bytes.
    wasted: usize,
    /// Quarters (512 bits each) of `active` that changed since the last `rehash_right`, a bit each.
    pub stale: u8,
}

impl Twig {
    /// A twig without entries.
    pub fn youngest(nulls: &NullNodes) -> Box<Self> {
        Box::new(Self {
            active: [0; ACTIVE_WORDS],
            freed: [0; ACTIVE_WORDS],
            right: nulls.right,
            left_root: nulls.left[LEFT_ROOT_LEVEL],
            left: Some(LeftNodes::null(nulls)),
            items: Items::default(),
            bare: 0,
            wasted: 0,
            stale: 0,
        })
    }

    /// A twig of active sentries in their first places.
    pub fn of_sentries(nulls: &NullNodes, left_root: Hash) -> Box<Self> {
        Box::new(Self {
            active: [u64::MAX; ACTIVE_WORDS],
            freed: [0; ACTIVE_WORDS],
            right: nulls.all_active,
            left_root,
            left: None,
            items: Items::default(),
            bare: 0,
            wasted: 0,
            stale: 0,
        })
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.items.places.len()
    }

    pub fn is_active(&self, position: usize) -> bool {
        self.active[position >> 6] >> (position & 63) & 1 != 0
    }

    fn is_freed(&self, position: usize) -> bool {
        self.freed[position >> 6] >> (position & 63) & 1 != 0
    }

    pub fn activate(&mut self, position: usize) {
        self.active[position >> 6] |= 1 << (position & 63);
        self.stale |= 1 << (position >> 9);
    }

    pub fn deactivate(&mut self, position: usize) {
        self.active[position >> 6] &= !(1 << (position & 63));
        self.stale |= 1 << (position >> 9);
    }

    /// The first active position at or after `start`.
    pub fn first_active(&self, start: usize) -> Option<usize> {
        let mut at = start >> 6;
        let mut word = self.active[at] & (u64::MAX << (start & 63));
        while word == 0 {
            at += 1;
            word = *self.active.get(at)?;
        }
        Some(at << 6 | word.trailing_zeros() as usize)
    }

    /// Adds an entry.
    pub fn push(&mut self, payload: &[u8]) {
        self.items.push(&[], payload);
    }

    /// Adds the hash of an entry that no kept height can see.
    pub fn push_bare(&mut self, hash: &Hash) {
        let position = self.len();
        self.freed[position >> 6] |= 1 << (position & 63);
        self.bare += 1;
        self.items.push(&[BARE], hash);
    }

    pub fn item(&self, position: usize) -> Item<'_> {
        let bytes = self.items.from(position);
        if bytes[0] == BARE {
            let hash = bytes[1..].first_chunk().expect("a bare item has 33 bytes");
            Item::Bare(hash)
        } else {
            Item::Entry(&bytes[..encoded_length(bytes)])
        }
    }

    /// The entry at a position. Panics where it gave way: no kept height sees it.
    pub fn entry(&self, position: usize) -> &[u8] {
        let bytes = self.items.from(position);
        assert!(key_length(bytes) > 0, "the entry is no longer kept");
        &bytes[..encoded_length(bytes)]
    }

    /// Reads something of an item, so that the CPU's cache has it; what is read does not matter.
    pub fn touch(&self, position: usize) -> u8 {
        if position >= self.len() {
            return 0;
        }
        let bytes = self.items.from(position);
        // Entries take some 90 bytes, of which the last 48 are looked at.
        bytes[0] ^ bytes.get(64).unwrap_or(&0)
    }

    /// Takes the entries from `size` on away.
    pub fn truncate(&mut self, size: usize) {
        self.items.truncate(size);
        let word = size >> 6;
        self.active[word] &= (1 << (size & 63)) - 1;
        self.active[word + 1..].fill(0);
        self.stale = 0b1111;
    }

    /// No kept height can see this entry any more. Its bytes go once half of those that are left would.
    pub fn free(&mut self, position: usize) -> u64 {
        self.freed[position >> 6] |= 1 << (position & 63);
        self.wasted += 1;
        if self.len() == LEAVES_PER_TWIG && self.is_wasteful() {
            self.repack()
        } else {
            0
        }
    }

    fn is_wasteful(&self) -> bool {
        self.wasted >= MIN_WASTED && 2 * self.wasted >= self.len() - self.bare
    }

    /// Lets go of what a full twig does not need; gives how many hashes that took.
    pub fn close(&mut self) -> u64 {
        if self.is_wasteful() { self.repack() } else { 0 }
    }

    /// Puts hashes in the places of freed entries; gives how many.
    fn repack(&mut self) -> u64 {
        let mut packed = Items::default();
        let mut count = 0;
        for position in 0..self.len() {
            match self.item(position) {
                Item::Entry(payload) if !self.is_freed(position) => packed.push(&[], payload),
                item => {
                    let (hash, hashed) = item.hash();
                    packed.push(&[BARE], &hash);
                    count += hashed;
                }
            }
        }
        self.items = packed;
        self.bare += self.wasted;
        self.wasted = 0;
        count
    }

    /// Hashes what stands above the stale quarters of the active bits; gives how many nodes.
    pub fn rehash_right(&mut self) -> u64 {
        let stale = std::mem::take(&mut self.stale);
        if stale == 0 {
            return 0;
        }
        for number in 0..4 {
            if stale >> number & 1 != 0 {
                self.right[number] = quarter(&self.active, number);
            }
        }
        let mut count = u64::from(stale.count_ones());
        for (half, bits) in [(0, 0b0011), (1, 0b1100)] {
            if stale & bits != 0 {
                self.right[4 + half] = node(9, &self.right[2 * half], &self.right[2 * half + 1]);
                count += 1;
            }
        }
        self.right[ACTIVE_ROOT] = node(10, &self.right[4], &self.right[5]);
        count + 1
    }

    pub fn root(&self) -> Hash {
        twig_root(&self.left_root, &self.right[ACTIVE_ROOT])
    }

    /// Bytes of memory.
    pub fn memory(&self) -> usize {
        let left = self.left.as_ref().map_or(0, |_| size_of::<LeftNodes>());
        size_of::<Self>() + left + self.items.memory()
    }
}

/// A twig's root, made of those of its halves.
pub fn twig_root(left_root: &Hash, active_root: &Hash) -> Hash {
    node(LEFT_ROOT_LEVEL as u8, left_root, active_root)
}
