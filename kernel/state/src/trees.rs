//! Merkle nodes: what stands for absent ones, and rehashing of what changed.
//!
//! Levels are upstream's: leaves 0, a twig's two halves 11, its root 12, the tree over twigs from 13 on. The
//! tree over the shards of a zone is this project's own and counts its levels from 64.

use std::sync::Arc;

use crate::entries::{SHARD_COUNT, encode_null_entry};
use crate::hashing::{Hash, NO_HASH, node, sha256};

pub const TWIG_SHIFT: u32 = 11;
pub const LEAVES_PER_TWIG: usize = 1 << TWIG_SHIFT;
pub const TWIG_MASK: u64 = LEAVES_PER_TWIG as u64 - 1;
pub const ACTIVE_BYTES: usize = LEAVES_PER_TWIG / 8;
/// Active bits as words: entry `i` is bit `i % 64` of word `i / 64`.
pub const ACTIVE_WORDS: usize = LEAVES_PER_TWIG / 64;
pub const LEFT_ROOT_LEVEL: usize = 11;
/// Chunks of 32 bytes of active bits count as nodes of this level.
pub const ACTIVE_LEVEL: u8 = 8;
pub const TWIG_ROOT_LEVEL: usize = 12;
pub const MAX_LEVEL: usize = 63;
/// Level of the shard leaves.
pub const ZONE_LEVEL: u8 = 64;

/// The nodes over a twig's active bits: four of level 9, two of 10, one of 11.
pub type RightNodes = [Hash; 7];
/// Index of the root among them.
pub const ACTIVE_ROOT: usize = 6;

/// Hashes of what is not there yet, by level.
#[derive(Debug)]
pub struct NullNodes {
    /// Levels 0 (the null leaf) to 11 of a twig's left half.
    pub left: [Hash; LEFT_ROOT_LEVEL + 1],
    /// The nodes over inactive bits.
    pub right: RightNodes,
    /// The nodes over active bits, 2048 of them.
    pub all_active: RightNodes,
    /// Levels 12 (the null twig) to 63.
    pub upper: [Hash; MAX_LEVEL - TWIG_ROOT_LEVEL + 1],
}

impl NullNodes {
    /// Some 80 hashes; the shards of a zone share them.
    pub fn new() -> Arc<Self> {
        let mut null_entry = Vec::new();
        encode_null_entry(&mut null_entry);
        let mut left = [sha256(&null_entry); LEFT_ROOT_LEVEL + 1];
        for level in 0..LEFT_ROOT_LEVEL {
            left[level + 1] = node(level as u8, &left[level], &left[level]);
        }
        let right = right_nodes(&[0; ACTIVE_WORDS]);
        let twig = node(
            LEFT_ROOT_LEVEL as u8,
            &left[LEFT_ROOT_LEVEL],
            &right[ACTIVE_ROOT],
        );
        let mut upper = [twig; MAX_LEVEL - TWIG_ROOT_LEVEL + 1];
        for at in 1..upper.len() {
            upper[at] = node(
                (TWIG_ROOT_LEVEL + at - 1) as u8,
                &upper[at - 1],
                &upper[at - 1],
            );
        }
        Arc::new(Self {
            left,
            right,
            all_active: right_nodes(&[u64::MAX; ACTIVE_WORDS]),
            upper,
        })
    }
}

/// Chunk `number` (of 8) of a twig's active bits.
pub fn chunk(active: &[u64; ACTIVE_WORDS], number: usize) -> Hash {
    let mut bytes = NO_HASH;
    for (bytes, word) in bytes
        .as_chunks_mut::<8>()
        .0
        .iter_mut()
        .zip(&active[4 * number..])
    {
        *bytes = word.to_le_bytes();
    }
    bytes
}

/// The node of level 9 over a quarter of a twig's active bits.
pub fn quarter(active: &[u64; ACTIVE_WORDS], number: usize) -> Hash {
    node(
        ACTIVE_LEVEL,
        &chunk(active, 2 * number),
        &chunk(active, 2 * number + 1),
    )
}

/// The seven nodes over a twig's active bits.
pub fn right_nodes(active: &[u64; ACTIVE_WORDS]) -> RightNodes {
    let mut nodes = [NO_HASH; 7];
    for (number, hashed) in nodes[..4].iter_mut().enumerate() {
        *hashed = quarter(active, number);
    }
    nodes[4] = node(9, &nodes[0], &nodes[1]);
    nodes[5] = node(9, &nodes[2], &nodes[3]);
    nodes[6] = node(10, &nodes[4], &nodes[5]);
    nodes
}

/// `levels[k][n]`: node n, k levels above the lowest one of a tree. The last level holds the root alone. Null
/// nodes at the end of a level may be missing.
pub type Levels = Vec<Vec<Hash>>;

/// Hashes every node above the touched ones of the lowest level; gives how many that were.
///
/// `touched` ascends without repetition, and is overwritten. `lowest` is the level's number, `nulls[k]` stands
/// for a missing right sibling k levels above it.
pub fn rehash(
    levels: &mut [Vec<Hash>],
    touched: &mut Vec<usize>,
    lowest: usize,
    nulls: &[Hash],
) -> u64 {
    let mut count = 0;
    for above in 0..levels.len() - 1 {
        touched.iter_mut().for_each(|number| *number >>= 1);
        touched.dedup();
        let (below, from_here) = levels.split_at_mut(above + 1);
        let (children, parents) = (&below[above], &mut from_here[0]);
        for &parent in touched.iter() {
            let right = children
                .get(2 * parent + 1)
                .unwrap_or_else(|| &nulls[above]);
            let hashed = node((lowest + above) as u8, &children[2 * parent], right);
            match parents.get_mut(parent) {
                Some(known) => *known = hashed,
                None => parents.push(hashed),
            }
        }
        count += touched.len() as u64;
    }
    count
}

/// Cuts the lowest level to `size` nodes and those above it to match. Nodes on the cut are stale until they
/// are rehashed.
pub fn truncate(levels: &mut [Vec<Hash>], mut size: usize) {
    for nodes in levels {
        nodes.truncate(size);
        size = size.div_ceil(2);
    }
}

/// The siblings from a node of the lowest level up to the root.
pub fn path(levels: &[Vec<Hash>], position: usize, nulls: &[Hash]) -> Vec<Hash> {
    let below_root = &levels[..levels.len() - 1];
    let peers = below_root.iter().enumerate().map(|(above, nodes)| {
        let peer = nodes.get((position >> above) ^ 1);
        peer.copied().unwrap_or_else(|| nulls[above])
    });
    peers.collect()
}

/// The tree that joins the leaves of a zone's shards.
#[derive(Clone, Debug)]
pub struct ZoneTree {
    levels: Levels,
}

impl ZoneTree {
    /// Costs 15 hashes.
    pub fn new(leaves: [Hash; SHARD_COUNT]) -> Self {
        let mut levels = vec![
            leaves.to_vec(),
            Vec::new(),
            Vec::new(),
            Vec::new(),
            Vec::new(),
        ];
        rehash(
            &mut levels,
            &mut (0..SHARD_COUNT).collect(),
            ZONE_LEVEL.into(),
            &[],
        );
        Self { levels }
    }

    /// Takes new leaves, which ascend by their shard's number; gives how many nodes that hashed.
    pub fn set(&mut self, leaves: impl IntoIterator<Item = (usize, Hash)>) -> u64 {
        let mut touched = Vec::new();
        for (number, leaf) in leaves {
            self.levels[0][number] = leaf;
            touched.push(number);
        }
        rehash(&mut self.levels, &mut touched, ZONE_LEVEL.into(), &[])
    }

    pub fn root(&self) -> Hash {
        self.levels[4][0]
    }

    pub fn leaves(&self) -> [Hash; SHARD_COUNT] {
        std::array::from_fn(|number| self.levels[0][number])
    }

    /// The peers of a shard's leaf, lowest first.
    pub fn path(&self, number: usize) -> [Hash; 4] {
        std::array::from_fn(|above| self.levels[above][(number >> above) ^ 1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex::hex;

    #[test]
    fn null_nodes_are_upstreams() {
        let nulls = NullNodes::new();
        // Printed by upstream's own code (LayerZero-Labs/qmdb v0.2.0).
        assert_eq!(
            hex(&nulls.left[0]),
            "ca2337691033ab0a24c10fbc70b49bea8c5978db1a0ec6510e7e97f528301c39"
        );
        assert_eq!(
            hex(&nulls.left[LEFT_ROOT_LEVEL]),
            "cce5498796e1da850e39978e5e7bc572779e8ddc5eca8532aa8d28eb8b9fa839"
        );
        assert_eq!(
            hex(&nulls.upper[0]),
            "37f6d34b5f4fe4aba10fd7411d6f58efc4bf844935c37dbe83c5686ceb62ce9d"
        );
        assert_eq!(
            hex(&nulls.upper[MAX_LEVEL - TWIG_ROOT_LEVEL]),
            "c787c83f6f8402c636a2f48f1bf2c02ceb31ea5ccdd4bd9e6fe6efcc3031b640"
        );
    }

    #[test]
    fn rehashing_touched_nodes_gives_the_tree_of_all() {
        let nulls = NullNodes::new();
        let leaf = |number: usize| sha256(&number.to_le_bytes());
        let mut levels: Levels = vec![Vec::new(); 6];
        for size in 1..=32 {
            levels[0].push(leaf(size));
            rehash(
                &mut levels,
                &mut vec![size - 1],
                TWIG_ROOT_LEVEL,
                &nulls.upper,
            );
            let mut again: Levels = vec![Vec::new(); 6];
            again[0] = (1..=size).map(leaf).collect();
            let count = rehash(
                &mut again,
                &mut (0..size).collect(),
                TWIG_ROOT_LEVEL,
                &nulls.upper,
            );
            assert_eq!(levels, again);
            assert_eq!(
                count,
                again[1..].iter().map(|nodes| nodes.len() as u64).sum()
            );
        }
        truncate(&mut levels, 5);
        rehash(&mut levels, &mut vec![4], TWIG_ROOT_LEVEL, &nulls.upper);
        let sizes: Vec<_> = levels.iter().map(Vec::len).collect();
        assert_eq!(sizes, [5, 3, 2, 1, 1, 1]);
        let mut climbed = leaf(3);
        for (above, peer) in path(&levels, 2, &nulls.upper).iter().enumerate() {
            let level = (TWIG_ROOT_LEVEL + above) as u8;
            climbed = match (2 >> above) & 1 {
                0 => node(level, &climbed, peer),
                _ => node(level, peer, &climbed),
            };
        }
        assert_eq!(climbed, levels[5][0]);
    }
}
