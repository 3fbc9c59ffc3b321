//! SHA-256 of short messages, straight on the compression function (SHA-NI where the CPU has it, found out
//! at run time by the `sha2` crate): no hasher object, no buffering.

use sha2::block_api::compress256;

/// A SHA-256 hash.
pub type Hash = [u8; 32];

pub const NO_HASH: Hash = [0; 32];

const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];
const BLOCK: usize = 64;

/// SHA-256 of a message.
pub fn sha256(message: &[u8]) -> Hash {
    let mut state = INITIAL;
    let (blocks, rest) = message.as_chunks::<BLOCK>();
    if !blocks.is_empty() {
        compress256(&mut state, blocks);
    }
    let mut last = [[0; BLOCK]; 2];
    last[0][..rest.len()].copy_from_slice(rest);
    last[0][rest.len()] = 0x80;
    // The length in bits takes the last eight bytes; with 56 bytes and more it does not fit any more.
    let count = 1 + usize::from(rest.len() >= BLOCK - 8);
    let bits = (message.len() as u64) << 3;
    last[count - 1][BLOCK - 8..].copy_from_slice(&bits.to_be_bytes());
    compress256(&mut state, &last[..count]);
    digest(&state)
}

/// The parent of two nodes: SHA-256 of their level and the two, 65 bytes in all.
pub fn node(level: u8, left: &Hash, right: &Hash) -> Hash {
    let mut blocks = [[0; BLOCK]; 2];
    blocks[0][0] = level;
    blocks[0][1..33].copy_from_slice(left);
    blocks[0][33..].copy_from_slice(&right[..31]);
    blocks[1][0] = right[31];
    blocks[1][1] = 0x80;
    blocks[1][BLOCK - 2..].copy_from_slice(&(65_u16 << 3).to_be_bytes());
    let mut state = INITIAL;
    compress256(&mut state, &blocks);
    digest(&state)
}

/// Hashes so many nodes, each with the one before: what hashing alone costs.
pub fn hash_nodes(count: usize) -> Hash {
    (0..count).fold(NO_HASH, |hash, _| node(0, &hash, &NO_HASH))
}

fn digest(state: &[u32; 8]) -> Hash {
    let mut hash = NO_HASH;
    for (bytes, word) in hash.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex::hex;
    use sha2::{Digest, Sha256};

    #[test]
    fn every_length_hashes_as_the_crates_hasher_does() {
        let message: Vec<u8> = (0..300).map(|at| at as u8).collect();
        for length in 0..message.len() {
            let expected: Hash = Sha256::digest(&message[..length]).into();
            assert_eq!(sha256(&message[..length]), expected, "{length} bytes");
        }
    }

    #[test]
    fn a_node_is_the_hash_of_its_level_and_children() {
        let (left, right) = (sha256(b"left"), sha256(b"right"));
        let message = [&[9][..], &left, &right].concat();
        assert_eq!(node(9, &left, &right), sha256(&message));
    }

    #[test]
    fn upstreams_vector_of_a_node() {
        // Printed by upstream's own code (LayerZero-Labs/qmdb v0.2.0), which joins strings of any length.
        assert_eq!(
            hex(&sha256(b"\x08helloworld")),
            "8e6fc50a3f98a3c314021b89688ca83a9b5697ca956e211198625fc460ddf1e9"
        );
    }
}
