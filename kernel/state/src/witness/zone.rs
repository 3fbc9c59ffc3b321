//! The tree over the sixteen shard leaves of which only some are known (docs/state.md, "Trees").

use super::Shown;
use crate::entries::SHARD_COUNT;
use crate::hashing::{Hash, NO_HASH, node};
use crate::trees::ZONE_LEVEL;

const DEPTH: usize = 4;

/// Nodes by level above the leaves and by number, and the root over them.
pub struct PartialZoneTree {
    nodes: [[Option<Hash>; SHARD_COUNT]; DEPTH + 1],
}

impl PartialZoneTree {
    /// `missing` is asked for the nodes that the root needs beside these leaves (for the root itself where there
    /// are none): by level above the leaves, then by number.
    pub fn new(
        leaves: &[(usize, Hash)],
        missing: &mut dyn FnMut(usize, usize) -> Shown<Hash>,
    ) -> Shown<Self> {
        let mut tree = Self {
            nodes: [[None; SHARD_COUNT]; DEPTH + 1],
        };
        if leaves.is_empty() {
            tree.nodes[DEPTH][0] = Some(missing(DEPTH, 0)?);
        } else {
            tree.put(leaves, missing)?;
        }
        Ok(tree)
    }

    /// Over all leaves.
    pub fn root(&self) -> Hash {
        self.node(DEPTH, 0)
    }

    /// A known node.
    pub fn node(&self, above: usize, number: usize) -> Hash {
        self.nodes[above][number].unwrap_or(NO_HASH)
    }

    /// Takes new leaves, ascending, in the places of known ones; gives the root.
    pub fn put(
        &mut self,
        leaves: &[(usize, Hash)],
        missing: &mut dyn FnMut(usize, usize) -> Shown<Hash>,
    ) -> Shown<Hash> {
        let mut numbers = Vec::with_capacity(leaves.len());
        for (number, leaf) in leaves {
            self.nodes[0][*number] = Some(*leaf);
            numbers.push(*number);
        }
        for above in 0..DEPTH {
            numbers.iter_mut().for_each(|number| *number >>= 1);
            numbers.dedup();
            for parent in &numbers {
                let mut pair = [NO_HASH; 2];
                for (side, hash) in pair.iter_mut().enumerate() {
                    let child = 2 * parent + side;
                    *hash = match self.nodes[above][child] {
                        Some(known) => known,
                        None => missing(above, child)?,
                    };
                    self.nodes[above][child] = Some(*hash);
                }
                let hashed = node(ZONE_LEVEL + above as u8, &pair[0], &pair[1]);
                self.nodes[above + 1][*parent] = Some(hashed);
            }
        }
        Ok(self.root())
    }
}
