//! Points that were met lately: to read one costs a tenth of a signature's check. Sets of validators stay, and votes that
//! were checked are added up; what one validator signs the others sign as well.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::message::{MESSAGE_SIZE, Message};
use crate::points::{KEY_SIZE, Key, SIGNATURE_SIZE, Signature};

pub type KeptKeys = Kept<KEY_SIZE, Key>;
pub type KeptSignatures = Kept<SIGNATURE_SIZE, Signature>;
pub type KeptMessages = Kept<MESSAGE_SIZE, Message>;

/// What is read from one encoding and no other.
pub trait Point: Copy {
    /// None for all other bytes.
    fn read(bytes: &[u8]) -> Option<Self>;
}

/// At most twice as many points as told: when there are more than that since the last time, those that were not asked
/// for since are forgotten.
pub struct Kept<const SIZE: usize, P> {
    limit: usize,
    generations: Mutex<Generations<SIZE, P>>,
}

struct Generations<const SIZE: usize, P> {
    young: HashMap<[u8; SIZE], P>,
    old: HashMap<[u8; SIZE], P>,
}

impl<const SIZE: usize, P: Point> Kept<SIZE, P> {
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            generations: Mutex::new(Generations {
                young: HashMap::new(),
                old: HashMap::new(),
            }),
        }
    }

    /// The point with these bytes; None for bytes that are none.
    pub fn read(&self, bytes: &[u8]) -> Option<P> {
        let name = <[u8; SIZE]>::try_from(bytes).ok()?;
        if let Some(point) = self.known(&name) {
            return Some(point);
        }
        // The lock is not held meanwhile: others may read the same, which is harmless.
        let point = P::read(bytes)?;
        self.keep(name, point);
        Some(point)
    }

    fn known(&self, name: &[u8; SIZE]) -> Option<P> {
        let mut kept = self
            .generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(point) = kept.young.get(name) {
            return Some(*point);
        }
        let point = kept.old.remove(name)?;
        kept.keep(*name, point, self.limit);
        Some(point)
    }

    /// Keeps a point that is known to have these bytes.
    pub fn keep(&self, name: [u8; SIZE], point: P) {
        let mut kept = self
            .generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        kept.keep(name, point, self.limit);
    }
}

impl<const SIZE: usize, P> Generations<SIZE, P> {
    fn keep(&mut self, name: [u8; SIZE], point: P, limit: usize) {
        if self.young.len() >= limit {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(name, point);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::public_key;

    fn key(number: u8) -> [u8; KEY_SIZE] {
        let mut secret = [0; 32];
        secret[31] = number;
        public_key(&secret).unwrap()
    }

    #[test]
    fn never_more_than_twice_the_limit_and_what_is_asked_for_stays() {
        let kept = KeptKeys::new(3);
        for number in 1..=40 {
            assert!(kept.read(&key(number)).is_some());
            assert!(kept.read(&key(1)).is_some());
            let generations = kept.generations.lock().unwrap();
            let names = generations.young.len() + generations.old.len();
            assert!(names <= 6, "{names}");
            assert!(
                generations.young.contains_key(&key(1)) || generations.old.contains_key(&key(1))
            );
        }
    }

    #[test]
    fn bytes_that_are_no_key_are_none_and_not_kept() {
        let kept = KeptKeys::new(3);
        assert!(kept.read(&[0; KEY_SIZE]).is_none());
        assert!(kept.read(&[]).is_none());
        assert!(kept.generations.lock().unwrap().young.is_empty());
    }
}
