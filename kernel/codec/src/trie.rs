use rayon::prelude::*;
use revm::primitives::{B256, b256, keccak256};

use crate::rlp::{header_size, put_list_header, put_text, text_size};

/// The root of a trie without items.
pub const EMPTY_TRIE_ROOT: B256 =
    b256!("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");

/// Items below a node from which on its children are made by several threads.
const WORTH_SHARING: usize = 128;

const EMPTY_NODE: u8 = 0x80;

/// The root of the trie that holds `items[i]` under RLP(i), built bottom-up from all items at once (Yellow
/// Paper, appendix D). `in_parallel` uses the threads of the rayon pool that it is called in.
pub fn ordered_root<T: AsRef<[u8]> + Sync>(items: &[T], in_parallel: bool) -> B256 {
    if items.is_empty() {
        return EMPTY_TRIE_ROOT;
    }
    let mut entries: Vec<Entry> = items
        .iter()
        .enumerate()
        .map(|(index, item)| Entry {
            path: Path::of(index),
            item: item.as_ref(),
        })
        .collect();
    // Index 0 is RLP's 0x80 and so comes after 127.
    let head = entries.len().min(128);
    entries[..head].rotate_left(1);
    let mut node = Vec::with_capacity(600);
    put_node(&mut node, &entries, 0, in_parallel);
    keccak256(&node)
}

struct Entry<'a> {
    path: Path,
    item: &'a [u8],
}

/// The nibbles of an index's RLP.
struct Path {
    nibbles: [u8; 18],
    length: usize,
}

impl Path {
    fn of(index: usize) -> Self {
        let mut encoded = Vec::with_capacity(9);
        crate::rlp::put_number64(&mut encoded, index as u64);
        let mut nibbles = [0; 18];
        for (at, byte) in encoded.iter().enumerate() {
            nibbles[2 * at] = byte >> 4;
            nibbles[2 * at + 1] = byte & 15;
        }
        Self {
            nibbles,
            length: 2 * encoded.len(),
        }
    }

    fn from(&self, depth: usize) -> &[u8] {
        &self.nibbles[depth..self.length]
    }
}

/// Appends the encoding of the node that holds the entries, which are sorted and agree before `depth`.
fn put_node(out: &mut Vec<u8>, entries: &[Entry<'_>], depth: usize, in_parallel: bool) {
    if let [entry] = entries {
        let path = prefixed(entry.path.from(depth), true);
        put_list_header(out, text_size(&path) + text_size(entry.item));
        put_text(out, &path);
        put_text(out, entry.item);
        return;
    }
    let shared = shared_depth(entries, depth);
    if shared == depth {
        put_branch(out, entries, depth, in_parallel);
        return;
    }
    let mut branch = Vec::with_capacity(540);
    put_branch(&mut branch, entries, shared, in_parallel);
    let path = prefixed(&entries[0].path.nibbles[depth..shared], false);
    let mut reference = Vec::with_capacity(33);
    put_reference(&mut reference, &branch);
    put_list_header(out, text_size(&path) + reference.len());
    put_text(out, &path);
    out.extend_from_slice(&reference);
}

fn put_branch(out: &mut Vec<u8>, entries: &[Entry<'_>], depth: usize, in_parallel: bool) {
    let children =
        entries.chunk_by(|left, right| left.path.nibbles[depth] == right.path.nibbles[depth]);
    let mut members = Vec::with_capacity(17 * 33);
    let mut next = 0;
    let mut put_child = |nibble: u8, put: &mut dyn FnMut(&mut Vec<u8>)| {
        members.resize(members.len() + usize::from(nibble - next), EMPTY_NODE);
        put(&mut members);
        next = nibble + 1;
    };
    if in_parallel && entries.len() >= WORTH_SHARING {
        let groups: Vec<&[Entry<'_>]> = children.collect();
        let references: Vec<Vec<u8>> = groups
            .par_iter()
            .map(|group| {
                let (mut node, mut reference) = (Vec::with_capacity(540), Vec::with_capacity(33));
                put_node(&mut node, group, depth + 1, true);
                put_reference(&mut reference, &node);
                reference
            })
            .collect();
        for (group, reference) in groups.iter().zip(references) {
            put_child(group[0].path.nibbles[depth], &mut |out| {
                out.extend_from_slice(&reference);
            });
        }
    } else {
        let mut node = Vec::with_capacity(540);
        for group in children {
            node.clear();
            put_node(&mut node, group, depth + 1, in_parallel);
            put_child(group[0].path.nibbles[depth], &mut |out| {
                put_reference(out, &node);
            });
        }
    }
    // No path is the beginning of another (RLP is prefix-free), so a branch holds no item itself.
    members.resize(members.len() + usize::from(17 - next), EMPTY_NODE);
    out.reserve(header_size(members.len()) + members.len());
    put_list_header(out, members.len());
    out.extend_from_slice(&members);
}

/// How far the paths of sorted entries agree; the first and the last decide.
fn shared_depth(entries: &[Entry<'_>], depth: usize) -> usize {
    let (first, last) = (&entries[0].path, &entries[entries.len() - 1].path);
    let same = first
        .from(depth)
        .iter()
        .zip(last.from(depth))
        .take_while(|(left, right)| left == right);
    depth + same.count()
}

/// How a parent names a node: by hash, or by itself when it is shorter than one.
fn put_reference(out: &mut Vec<u8>, node: &[u8]) {
    if node.len() < 32 {
        out.extend_from_slice(node);
    } else {
        out.push(0xa0);
        out.extend_from_slice(keccak256(node).as_slice());
    }
}

/// A path in hex-prefix encoding.
fn prefixed(nibbles: &[u8], is_leaf: bool) -> Vec<u8> {
    let flag = if is_leaf { 0x20 } else { 0 };
    let (first, rest) = match nibbles.split_first() {
        Some((odd, rest)) if nibbles.len() % 2 == 1 => (flag | 0x10 | odd, rest),
        _ => (flag, nibbles),
    };
    let mut path = Vec::with_capacity(1 + rest.len() / 2);
    path.push(first);
    path.extend(rest.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]));
    path
}
