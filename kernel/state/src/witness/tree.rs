//! The Merkle tree over a shard's log of which only some nodes are known, and the order in which the others are
//! asked for (docs/state.md, "Trees").
//!
//! A node has a level, as in `crate::trees`, and a number within it, counted over the whole log. The two halves
//! of twigs have levels in common, so a node's name is (space, number): its level in the left half, 32 + its
//! level in the right half (chunks of 32 bytes of active bits are level 8), 64 + its level from twigs upwards.

use std::sync::Arc;

use zero_primitives::map::HashMap;

use super::Shown;
use crate::hashing::{Hash, NO_HASH, node, sha256};
use crate::sentries::{SENTRY_TWIGS, sentry_left_root};
use crate::trees::{
    ACTIVE_LEVEL, LEFT_ROOT_LEVEL, NullNodes, RightNodes, TWIG_ROOT_LEVEL, TWIG_SHIFT,
};

pub const LEFT: u8 = 0;
pub const RIGHT: u8 = 32;
pub const UPPER: u8 = 64;
/// Space of the chunks of active bits.
pub const CHUNK: u8 = RIGHT + ACTIVE_LEVEL;
/// A chunk holds the bits of 256 entries.
pub const CHUNK_SHIFT: u32 = 8;

const HALF_LEVEL: u8 = LEFT_ROOT_LEVEL as u8;
const TWIG_LEVEL: u8 = TWIG_ROOT_LEVEL as u8;

/// Nodes by their names.
pub type Nodes = HashMap<(u8, u64), Hash>;

/// Nodes that are known. What lies wholly at or beyond `end` is null, and the left halves of the sentries' twigs
/// are constants; neither is ever asked for.
pub struct PartialTree {
    pub end: u64,
    shard: usize,
    nulls: Arc<NullNodes>,
    nodes: Nodes,
}

impl PartialTree {
    pub fn new(shard: usize, end: u64, nulls: Arc<NullNodes>) -> Self {
        Self {
            end,
            shard,
            nulls,
            nodes: Nodes::default(),
        }
    }

    /// Makes a node known. What stands above it is stale until the next `climb`.
    pub fn put(&mut self, space: u8, number: u64, node: Hash) {
        self.nodes.insert((space, number), node);
    }

    /// Makes the leaf of an entry known.
    pub fn put_leaf(&mut self, serial_number: u64, entry: &[u8]) {
        self.put(LEFT, serial_number, sha256(entry));
    }

    /// The shard's root, after hashing everything above these leaves and chunks, at least one; both ascend
    /// without repetition. Nodes that are not known are asked for level by level, left half before right half,
    /// ascending.
    pub fn climb(
        &mut self,
        leaves: Vec<u64>,
        chunks: Vec<u64>,
        missing: &mut dyn FnMut(u8, u64) -> Shown<Hash>,
    ) -> Shown<Hash> {
        let mut twigs = self.rise(LEFT, 0, HALF_LEVEL, leaves, missing)?;
        twigs.append(&mut self.rise(RIGHT, ACTIVE_LEVEL, HALF_LEVEL, chunks, missing)?);
        twigs.sort_unstable();
        twigs.dedup();
        for twig in &twigs {
            let left = self.get(LEFT + HALF_LEVEL, *twig, missing)?;
            let right = self.get(RIGHT + HALF_LEVEL, *twig, missing)?;
            self.put(UPPER + TWIG_LEVEL, *twig, node(HALF_LEVEL, &left, &right));
        }
        let depth = u64::BITS - (self.end >> TWIG_SHIFT).leading_zeros();
        let top = TWIG_LEVEL + depth as u8;
        self.rise(UPPER, TWIG_LEVEL, top, twigs, missing)?;
        self.get(UPPER + top, 0, missing)
    }

    /// Hashes what is above these nodes of one level, up to another; gives the numbers there.
    fn rise(
        &mut self,
        side: u8,
        lowest: u8,
        highest: u8,
        mut numbers: Vec<u64>,
        missing: &mut dyn FnMut(u8, u64) -> Shown<Hash>,
    ) -> Shown<Vec<u64>> {
        for level in lowest..highest {
            let space = side + level;
            numbers.iter_mut().for_each(|number| *number >>= 1);
            numbers.dedup();
            for parent in &numbers {
                let left = self.get(space, 2 * parent, missing)?;
                let right = self.get(space, 2 * parent + 1, missing)?;
                self.put(space + 1, *parent, node(level, &left, &right));
            }
        }
        Ok(numbers)
    }

    fn get(
        &mut self,
        space: u8,
        number: u64,
        missing: &mut dyn FnMut(u8, u64) -> Shown<Hash>,
    ) -> Shown<Hash> {
        if let Some(known) = self.nodes.get(&(space, number)) {
            return Ok(*known);
        }
        if let Some(fixed) = self.fixed(space, number) {
            return Ok(fixed);
        }
        let found = missing(space, number)?;
        self.put(space, number, found);
        Ok(found)
    }

    /// The node where nobody need be asked.
    fn fixed(&self, space: u8, number: u64) -> Option<Hash> {
        let nulls = &*self.nulls;
        if space < RIGHT {
            if space == HALF_LEVEL && number < SENTRY_TWIGS as u64 {
                return Some(sentry_left_root(self.shard, number as usize));
            }
            return (number << space >= self.end).then(|| nulls.left[usize::from(space)]);
        }
        if space < UPPER {
            let level = space - RIGHT;
            return (number << level >= self.end).then(|| null_over_bits(&nulls.right, level));
        }
        let level = space - UPPER;
        let is_beyond = number << (level - 1) >= self.end;
        is_beyond.then(|| nulls.upper[usize::from(level - TWIG_LEVEL)])
    }
}

fn null_over_bits(nodes: &RightNodes, level: u8) -> Hash {
    match level - ACTIVE_LEVEL {
        0 => NO_HASH,
        1 => nodes[0],
        2 => nodes[4],
        _ => nodes[6],
    }
}
