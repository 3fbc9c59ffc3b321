//! How an entry is written, and the entries that are there from the start: sentries and the null entry.
//!
//! Layout and constants are upstream's (QMDB v0.2.0, `entryfile/entry.rs` and `def.rs`). An entry here is its
//! payload, without the zero padding to a multiple of 8 that upstream's files have.

use crate::hashing::{Hash, NO_HASH, sha256};

pub const SHARD_COUNT: usize = 16;
pub const SENTRIES_PER_SHARD: u64 = 4096;
/// An entry's version is the height of its block shifted by this.
pub const VERSION_SHIFT: u32 = 24;
/// Bytes of an entry apart from key, value and deactivated serial numbers.
pub const FIXED_LENGTH: usize = 53;
pub const MAX_DEACTIVATED: usize = 2;
/// What the last entry of the last shard names as its next key hash.
pub const LAST_KEY_HASH: Hash = [0xff; 32];

const NULL_VERSION: i64 = -2;
const NULL_SERIAL_NUMBER: u64 = u64::MAX;

/// An entry taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    pub key: &'a [u8],
    pub value: &'a [u8],
    pub next_key_hash: Hash,
    pub version: i64,
    pub serial_number: u64,
    /// The serial numbers that it makes inactive, 8 bytes each.
    deactivated: &'a [u8],
}

impl<'a> Entry<'a> {
    /// Takes an entry apart. The words are an error's where the lengths in it do not add up.
    pub fn decode(payload: &'a [u8]) -> Result<Self, &'static str> {
        if payload.len() < FIXED_LENGTH {
            return Err("an entry has at least 53 bytes");
        }
        if encoded_length(payload) != payload.len() {
            return Err("the lengths inside the entry do not add up to its length");
        }
        let value_end = 5 + key_length(payload) + value_length(payload);
        Ok(Self {
            key: key_in(payload),
            value: value_in(payload),
            next_key_hash: next_key_hash_in(payload),
            version: u64_at(payload, value_end + 32) as i64,
            serial_number: u64_at(payload, value_end + 40),
            deactivated: &payload[value_end + 48..],
        })
    }

    pub fn deactivated(&self) -> impl DoubleEndedIterator<Item = u64> + use<'a> {
        let numbers = self.deactivated.as_chunks::<8>().0;
        numbers.iter().map(|number| u64::from_le_bytes(*number))
    }
}

/// Appends an entry's bytes: u32le(value length * 256 + key length), u8 count, key, value, next key hash,
/// i64le version, u64le serial number, then `count` deactivated serial numbers (0, 1 or 2 of them), u64le.
pub fn encode_entry(
    out: &mut Vec<u8>,
    key: &[u8],
    value: &[u8],
    next_key_hash: &Hash,
    version: i64,
    serial_number: u64,
    deactivated: &[u64],
) {
    assert!(
        key.len() < 1 << 8 && value.len() < 1 << 24 && deactivated.len() <= MAX_DEACTIVATED,
        "an entry's key has at most 255 bytes and its value at most 2^24 - 1"
    );
    let lengths = (value.len() as u32) << 8 | key.len() as u32;
    out.extend_from_slice(&lengths.to_le_bytes());
    out.push(deactivated.len() as u8);
    out.extend_from_slice(key);
    out.extend_from_slice(value);
    push_tail(out, next_key_hash, version, serial_number, deactivated);
}

/// Appends an entry written anew with the same key and value but another successor.
pub fn encode_successor(
    out: &mut Vec<u8>,
    payload: &[u8],
    next_key_hash: &Hash,
    version: i64,
    serial_number: u64,
    deactivated: &[u64],
) {
    out.extend_from_slice(&payload[..4]);
    out.push(deactivated.len() as u8);
    out.extend_from_slice(&payload[5..5 + key_length(payload) + value_length(payload)]);
    push_tail(out, next_key_hash, version, serial_number, deactivated);
}

/// Appends an entry written anew by compaction: everything stays, its version too, but the serial number.
pub fn encode_moved(out: &mut Vec<u8>, payload: &[u8], serial_number: u64, deactivated: u64) {
    let end = 5 + key_length(payload) + value_length(payload) + 40;
    out.extend_from_slice(&payload[..4]);
    out.push(1);
    out.extend_from_slice(&payload[5..end]);
    out.extend_from_slice(&serial_number.to_le_bytes());
    out.extend_from_slice(&deactivated.to_le_bytes());
}

fn push_tail(
    out: &mut Vec<u8>,
    next_key_hash: &Hash,
    version: i64,
    serial_number: u64,
    deactivated: &[u64],
) {
    out.extend_from_slice(next_key_hash);
    out.extend_from_slice(&version.to_le_bytes());
    out.extend_from_slice(&serial_number.to_le_bytes());
    for number in deactivated {
        out.extend_from_slice(&number.to_le_bytes());
    }
}

/// How long the entry is that begins with these bytes, by the lengths in it; there must be five.
pub fn encoded_length(payload: &[u8]) -> usize {
    FIXED_LENGTH + key_length(payload) + value_length(payload) + 8 * usize::from(payload[4])
}

pub fn key_length(payload: &[u8]) -> usize {
    usize::from(payload[0])
}

pub fn value_length(payload: &[u8]) -> usize {
    usize::from(payload[1]) | usize::from(payload[2]) << 8 | usize::from(payload[3]) << 16
}

pub fn key_in(payload: &[u8]) -> &[u8] {
    &payload[5..5 + key_length(payload)]
}

pub fn value_in(payload: &[u8]) -> &[u8] {
    let start = 5 + key_length(payload);
    &payload[start..start + value_length(payload)]
}

/// Whether an encoded entry has no value.
pub fn is_sentry(payload: &[u8]) -> bool {
    payload[1..4] == [0; 3]
}

pub fn next_key_hash_in(payload: &[u8]) -> Hash {
    let start = 5 + key_length(payload) + value_length(payload);
    let mut hash = NO_HASH;
    hash.copy_from_slice(&payload[start..start + 32]);
    hash
}

/// The serial numbers that an entry deactivates: how many, and up to two.
pub fn deactivated_in(payload: &[u8]) -> (usize, [u64; MAX_DEACTIVATED]) {
    let start = FIXED_LENGTH + key_length(payload) + value_length(payload);
    let count = usize::from(payload[4]);
    let mut numbers = [0; MAX_DEACTIVATED];
    for (at, number) in numbers[..count].iter_mut().enumerate() {
        *number = u64_at(payload, start + 8 * at);
    }
    (count, numbers)
}

/// Where an entry stands in the order of its shard: SHA-256 of its key, or a sentry's first two bytes and zeros.
pub fn key_hash_in(payload: &[u8]) -> Hash {
    let key = key_in(payload);
    if is_sentry(payload) {
        sentry_key_hash(u16::from_be_bytes([key[0], key[1]]))
    } else {
        sha256(key)
    }
}

fn u64_at(payload: &[u8], at: usize) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&payload[at..at + 8]);
    u64::from_le_bytes(bytes)
}

/// Appends what stands for a leaf that no entry has taken yet.
pub fn encode_null_entry(out: &mut Vec<u8>) {
    encode_entry(
        out,
        b"",
        b"",
        &NO_HASH,
        NULL_VERSION,
        NULL_SERIAL_NUMBER,
        &[],
    );
}

/// Appends sentry `number` of a shard: the entry that owns the first key hash with its two leading bytes, so
/// that every key has a predecessor. Its serial number is `number`, its value empty, its version 0.
pub fn encode_sentry(out: &mut Vec<u8>, shard: usize, number: u64) {
    let first = shard as u16 * SENTRIES_PER_SHARD as u16 + number as u16;
    let key = sentry_key_hash(first);
    let next = first.checked_add(1).map_or(LAST_KEY_HASH, sentry_key_hash);
    encode_entry(out, &key, b"", &next, 0, number, &[]);
}

fn sentry_key_hash(prefix: u16) -> Hash {
    let mut hash = NO_HASH;
    hash[..2].copy_from_slice(&prefix.to_be_bytes());
    hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex::hex;

    fn encoded() -> Vec<u8> {
        let mut out = Vec::new();
        let next: Hash = std::array::from_fn(|at| at as u8);
        encode_entry(&mut out, b"key", b"value", &next, 5 << 24, 0x0102, &[7, 8]);
        out
    }

    #[test]
    fn the_layout_is_upstreams() {
        assert_eq!(
            hex(&encoded()),
            concat!(
                "03050000",
                "02",
                "6b6579",
                "76616c7565",
                "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
                "0000000500000000",
                "0201000000000000",
                "0700000000000000",
                "0800000000000000",
            )
        );
    }

    #[test]
    fn decoding_gives_back_what_was_encoded() {
        let payload = encoded();
        let entry = Entry::decode(&payload).unwrap();
        assert_eq!((entry.key, entry.value), (&b"key"[..], &b"value"[..]));
        assert_eq!((entry.version, entry.serial_number), (5 << 24, 0x0102));
        assert_eq!(entry.deactivated().collect::<Vec<_>>(), [7, 8]);
        assert_eq!(deactivated_in(&payload), (2, [7, 8]));
        assert_eq!(entry.next_key_hash, next_key_hash_in(&payload));
        assert_eq!(key_hash_in(&payload), sha256(b"key"));
        assert!(Entry::decode(&payload[..payload.len() - 1]).is_err());
        assert!(Entry::decode(&payload[..20]).is_err());
    }

    #[test]
    fn a_move_keeps_everything_but_the_serial_number_and_a_new_successor_key_and_value() {
        let (payload, mut moved, mut again) = (encoded(), Vec::new(), Vec::new());
        encode_moved(&mut moved, &payload, 11, 10);
        let entry = Entry::decode(&payload).unwrap();
        let next = entry.next_key_hash;
        encode_entry(&mut again, b"key", b"value", &next, 5 << 24, 11, &[10]);
        assert_eq!(moved, again);
        moved.clear();
        again.clear();
        encode_successor(&mut moved, &payload, &LAST_KEY_HASH, 9, 11, &[]);
        encode_entry(&mut again, b"key", b"value", &LAST_KEY_HASH, 9, 11, &[]);
        assert_eq!(moved, again);
    }

    #[test]
    fn the_last_sentry_of_all_names_the_last_key_hash() {
        let mut out = Vec::new();
        encode_sentry(&mut out, 15, 4095);
        let entry = Entry::decode(&out).unwrap();
        assert_eq!(entry.key[..3], [0xff, 0xff, 0]);
        assert_eq!(entry.next_key_hash, LAST_KEY_HASH);
        assert_eq!((entry.version, entry.serial_number), (0, 4095));
    }
}
