//! Where columns lie: whether each leads to the root of the SHA-256 tree over all of them.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::code::LEAF;

pub const HASH: usize = 32;
type Hash = [u8; HASH];

/// Before the two nodes that give one.
const NODE: [u8; 1] = [1];

/// For each column whether it lies at its index under the root. `data` is the columns one after the other, `paths`
/// their paths, each of the peers of its leaf, lowest first: as many as the tree has levels.
pub fn placed(
    root: &Hash,
    column_bytes: usize,
    indices: &[u32],
    data: &[u8],
    paths: &[u8],
) -> Result<Vec<bool>, String> {
    let (peers, rest) = paths.as_chunks::<HASH>();
    let count = indices.len();
    if column_bytes == 0 || Some(data.len()) != count.checked_mul(column_bytes) {
        return Err(format!(
            "{} bytes of {count} columns of {column_bytes} bytes",
            data.len()
        ));
    }
    if count == 0 {
        return Ok(Vec::new());
    }
    if !rest.is_empty() || !peers.len().is_multiple_of(count) {
        return Err(format!("{} bytes of {count} paths", paths.len()));
    }
    let depth = peers.len() / count;
    let mut known = Known::default();
    let columns = data.chunks_exact(column_bytes).zip(indices);
    Ok(columns
        .enumerate()
        .map(|(place, (column, index))| {
            let leaf = hash(&[&LEAF, column]);
            known.leads(leaf, &peers[place * depth..][..depth], *index, root)
        })
        .collect())
}

/// The nodes that columns have shown: what those that lie side by side have in common is hashed once.
#[derive(Default)]
struct Known {
    /// By level and index. Of each its peer is here as well, and what is above both.
    nodes: HashMap<(usize, u32), Hash>,
}

impl Known {
    fn leads(&mut self, leaf: Hash, path: &[Hash], index: u32, root: &Hash) -> bool {
        let (mut node, mut at) = (leaf, index);
        let mut shown = Vec::with_capacity(2 * path.len());
        let mut is_known = false;
        for (level, peer) in path.iter().enumerate() {
            if self.nodes.get(&(level, at)) == Some(&node) {
                if !self.are_peers(&path[level..], level, at) {
                    return false;
                }
                is_known = true;
                break;
            }
            shown.push(((level, at), node));
            shown.push(((level, at ^ 1), *peer));
            node = if at & 1 == 1 {
                hash(&[&NODE, peer, &node])
            } else {
                hash(&[&NODE, &node, peer])
            };
            at >>= 1;
        }
        if !is_known && (node != *root || at != 0) {
            return false;
        }
        self.nodes.extend(shown);
        true
    }

    /// Whether this is the rest of the path of the known node.
    fn are_peers(&self, rest: &[Hash], level: usize, at: u32) -> bool {
        rest.iter()
            .enumerate()
            .all(|(above, peer)| self.nodes.get(&(level + above, (at >> above) ^ 1)) == Some(peer))
    }
}

fn hash(parts: &[&[u8]]) -> Hash {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::{Hash, LEAF, NODE, hash, placed};

    const COUNT: usize = 8;

    fn tree(columns: &[[u8; 2]; COUNT]) -> Vec<Vec<Hash>> {
        let mut levels = vec![columns.map(|column| hash(&[&LEAF, &column])).to_vec()];
        while let Some(below) = levels.last().filter(|level| level.len() > 1) {
            let above = below
                .chunks(2)
                .map(|pair| hash(&[&NODE, &pair[0], &pair[1]]));
            let above = above.collect();
            levels.push(above);
        }
        levels
    }

    #[test]
    fn columns_lie_where_they_are_and_nowhere_else() {
        let columns: [[u8; 2]; COUNT] = std::array::from_fn(|index| [index as u8, 7]);
        let levels = tree(&columns);
        let path = |index: usize| -> Vec<u8> {
            let peers = levels[..3].iter().enumerate();
            peers
                .flat_map(|(at, level)| level[(index >> at) ^ 1])
                .collect()
        };
        let root = levels[3][0];
        let paths: Vec<u8> = (0..COUNT).flat_map(path).collect();
        let indices: Vec<u32> = (0..COUNT as u32).collect();
        let found = placed(&root, 2, &indices, columns.as_flattened(), &paths).unwrap();
        assert_eq!(found, [true; COUNT]);

        // Each bit of a path counts, also where what is above is known from others.
        for byte in 0..paths.len() {
            let mut wrong = paths.clone();
            wrong[byte] ^= 1;
            let found = placed(&root, 2, &indices, columns.as_flattened(), &wrong).unwrap();
            let others = found.iter().enumerate().filter(|(at, _)| *at != byte / 96);
            assert!(!found[byte / 96] && others.into_iter().all(|(_, is_there)| *is_there));
        }
        for beside in 1..COUNT as u32 {
            let moved: Vec<u32> = indices.iter().map(|index| index ^ beside).collect();
            let found = placed(&root, 2, &moved, columns.as_flattened(), &paths).unwrap();
            assert_eq!(found, [false; COUNT]);
        }
        // An index that the tree has no place for.
        let found = placed(&root, 2, &[8], &columns[0], &path(0)).unwrap();
        assert_eq!(found, [false]);
    }

    #[test]
    fn what_does_not_fit_together_is_an_error() {
        assert!(placed(&[0; 32], 2, &[0], &[1, 2, 3], &[]).is_err());
        assert!(placed(&[0; 32], 0, &[], &[], &[]).is_err());
        assert!(placed(&[0; 32], 2, &[0], &[1, 2], &[0; 31]).is_err());
        assert!(placed(&[0; 32], 2, &[0, 1], &[1, 2, 3, 4], &[0; 32]).is_err());
        assert!(placed(&[0; 32], 2, &[], &[], &[]).unwrap().is_empty());
    }
}
