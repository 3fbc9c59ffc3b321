use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use sha2::{Digest, Sha256};
use zero_primitives::{Address, U256};

/// The ten bytes that stand for an account or a slot in access sets.
///
/// They are SHA-256 of the address, or of the address and the slot as 32 little-endian bytes, cut off. Two keys
/// that share them are taken for one, which costs parallelism and never correctness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ShortHash {
    /// The first eight bytes, big-endian: what the Bloom filters draw their bits from.
    pub head: u64,
    pub tail: u16,
}

impl ShortHash {
    pub fn of_account(address: &Address) -> Self {
        Self::cut(&Sha256::digest(address))
    }

    pub fn of_slot(address: &Address, slot: &U256) -> Self {
        let mut input = [0; 52];
        input[..20].copy_from_slice(address.as_slice());
        input[20..].copy_from_slice(&slot.to_le_bytes::<32>());
        Self::cut(&Sha256::digest(input))
    }

    pub fn from_bytes(bytes: [u8; 10]) -> Self {
        Self::cut(&bytes)
    }

    pub fn to_bytes(self) -> [u8; 10] {
        let mut bytes = [0; 10];
        bytes[..8].copy_from_slice(&self.head.to_be_bytes());
        bytes[8..].copy_from_slice(&self.tail.to_be_bytes());
        bytes
    }

    fn cut(digest: &[u8]) -> Self {
        let (head, rest) = digest
            .split_first_chunk::<8>()
            .expect("a hash has 32 bytes");
        let (tail, _) = rest.split_first_chunk::<2>().expect("a hash has 32 bytes");
        Self {
            head: u64::from_be_bytes(*head),
            tail: u16::from_be_bytes(*tail),
        }
    }
}

impl std::hash::Hash for ShortHash {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // It is a hash already; the tail only tells twins apart.
        state.write_u64(self.head);
    }
}

pub type KeyMap<V> = HashMap<ShortHash, V, BuildHasherDefault<Head>>;
pub type KeySet = HashSet<ShortHash, BuildHasherDefault<Head>>;

/// Takes a short hash as the hash that it is.
#[derive(Clone, Copy, Default)]
pub struct Head(u64);

impl Hasher for Head {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_hash_is_the_start_of_sha_256_of_the_address() {
        let bytes = ShortHash::of_account(&Address::ZERO).to_bytes();
        // SHA-256 of twenty zero bytes.
        assert_eq!(
            bytes,
            [0xde, 0x47, 0xc9, 0xb2, 0x7e, 0xb8, 0xd3, 0x00, 0xdb, 0xb5]
        );
        assert_eq!(
            ShortHash::from_bytes(bytes),
            ShortHash::of_account(&Address::ZERO)
        );
    }

    #[test]
    fn a_slot_enters_its_short_hash_little_endian() {
        let address = Address::repeat_byte(7);
        let mut input = vec![7; 20];
        input.push(1);
        input.push(2);
        input.extend([0; 30]);
        let digest = Sha256::digest(&input);
        let hash = ShortHash::of_slot(&address, &U256::from(0x0201));
        assert_eq!(hash.to_bytes(), digest[..10]);
    }
}
