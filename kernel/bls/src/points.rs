//! Keys and signatures: points of the subgroup of prime order, each with the one encoding that counts.

use blst::min_pk;

use crate::kept::Point;

pub const KEY_SIZE: usize = 48;
pub const SIGNATURE_SIZE: usize = 96;

/// A coordinate as EIP-2537's precompiles take it.
const WORD: usize = 64;
/// A coordinate's own bytes.
const COORDINATE: usize = 48;

/// A public key: never infinity, which is the key of nobody.
#[derive(Clone, Copy)]
pub struct Key(pub(crate) min_pk::PublicKey);

impl Point for Key {
    fn read(bytes: &[u8]) -> Option<Self> {
        // blst reads the uncompressed form as well.
        if bytes.len() != KEY_SIZE {
            return None;
        }
        let key = min_pk::PublicKey::key_validate(bytes).ok()?;
        (key.compress() == *bytes).then_some(Self(key))
    }
}

impl Key {
    /// x and y, 64 bytes each, big-endian: as EIP-2537's precompiles take it.
    pub fn uncompressed(&self) -> [u8; 2 * WORD] {
        let point = self.0.serialize();
        let mut words = [0; 2 * WORD];
        spread(&point, [0, 1], &mut words);
        words
    }
}

/// A signature: never infinity, which nobody made.
#[derive(Clone, Copy)]
pub struct Signature(pub(crate) min_pk::Signature);

impl Point for Signature {
    fn read(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != SIGNATURE_SIZE {
            return None;
        }
        let signature = min_pk::Signature::sig_validate(bytes, true).ok()?;
        (signature.compress() == *bytes).then_some(Self(signature))
    }
}

impl Signature {
    /// The form that `read` takes.
    pub fn compressed(&self) -> [u8; SIGNATURE_SIZE] {
        self.0.compress()
    }

    /// x.c0, x.c1, y.c0, y.c1, 64 bytes each, big-endian: as EIP-2537's precompiles take it.
    pub fn uncompressed(&self) -> [u8; 4 * WORD] {
        // What is compressed and serialized after ZCash has the upper halves first.
        let point = self.0.serialize();
        let mut words = [0; 4 * WORD];
        spread(&point, [1, 0, 3, 2], &mut words);
        words
    }
}

/// Coordinates in the order given, each filled up with zeros at its front.
fn spread<const COUNT: usize>(point: &[u8], order: [usize; COUNT], words: &mut [u8]) {
    for (word, index) in words.chunks_exact_mut(WORD).zip(order) {
        word[WORD - COORDINATE..].copy_from_slice(&point[index * COORDINATE..][..COORDINATE]);
    }
}
