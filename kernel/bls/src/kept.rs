//! Points of keys that were met lately: to read one costs a tenth of a signature's check, and sets of validators stay.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::points::{KEY_SIZE, Key};

/// At most twice as many keys as told: when there are more than that since the last time, those that were not asked
/// for since are forgotten.
pub struct KeptKeys {
    limit: usize,
    generations: Mutex<Generations>,
}

#[derive(Default)]
struct Generations {
    young: HashMap<[u8; KEY_SIZE], Key>,
    old: HashMap<[u8; KEY_SIZE], Key>,
}

impl KeptKeys {
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            generations: Mutex::default(),
        }
    }

    /// The key with these bytes; None for bytes that are no key.
    pub fn read(&self, bytes: &[u8]) -> Option<Key> {
        let name = <[u8; KEY_SIZE]>::try_from(bytes).ok()?;
        if let Some(key) = self.known(&name) {
            return Some(key);
        }
        // The lock is not held meanwhile: others may read the same, which is harmless.
        let key = Key::read(bytes)?;
        self.keep(name, key);
        Some(key)
    }

    fn known(&self, name: &[u8; KEY_SIZE]) -> Option<Key> {
        let mut kept = self
            .generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = kept.young.get(name) {
            return Some(*key);
        }
        let key = kept.old.remove(name)?;
        kept.keep(*name, key, self.limit);
        Some(key)
    }

    fn keep(&self, name: [u8; KEY_SIZE], key: Key) {
        let mut kept = self
            .generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        kept.keep(name, key, self.limit);
    }
}

impl Generations {
    fn keep(&mut self, name: [u8; KEY_SIZE], key: Key, limit: usize) {
        if self.young.len() >= limit {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(name, key);
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
