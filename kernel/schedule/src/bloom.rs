use crate::{AccessSet, ShortHash};

const WORDS: usize = 2048;
const FUNCTIONS: u32 = 5;

/// Two arrays of 2048 words in which bit f of a word belongs to frame f: 64 Bloom filters that are asked at
/// once. It may see a conflict where there is none, and never misses one.
pub struct ParaBloom {
    /// (read, written) words beside each other, since a write asks for both.
    words: Box<[[u64; 2]]>,
}

impl Default for ParaBloom {
    fn default() -> Self {
        Self {
            words: vec![[0; 2]; WORDS].into_boxed_slice(),
        }
    }
}

impl ParaBloom {
    /// The frames that hold something in conflict with `set`, as bits.
    pub fn conflicts(&self, set: &AccessSet) -> u64 {
        let mut found = 0;
        for key in set.reads() {
            let mut written = u64::MAX;
            for place in places(key) {
                written &= self.words[place][1];
            }
            found |= written;
        }
        for key in set.writes() {
            let [mut read, mut written] = [u64::MAX; 2];
            for place in places(key) {
                let [reads, writes] = self.words[place];
                read &= reads;
                written &= writes;
            }
            found |= read | written;
        }
        found
    }

    pub fn insert(&mut self, frame: u32, set: &AccessSet) {
        let bit = 1 << frame;
        for key in set.reads() {
            for place in places(key) {
                self.words[place][0] |= bit;
            }
        }
        for key in set.writes() {
            for place in places(key) {
                self.words[place][1] |= bit;
            }
        }
    }

    /// Empties one frame's filters.
    pub fn clear(&mut self, frame: u32) {
        let rest = !(1 << frame);
        for [read, written] in &mut self.words {
            *read &= rest;
            *written &= rest;
        }
    }
}

fn places(key: &ShortHash) -> impl Iterator<Item = usize> {
    let head = key.head;
    (0..FUNCTIONS).map(move |i| (head >> (11 * i)) as usize & (WORDS - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(reads: &[u64], writes: &[u64]) -> AccessSet {
        let key = |head: &u64| ShortHash {
            head: head.wrapping_mul(0x9e37_79b9_7f4a_7c15),
            tail: 0,
        };
        AccessSet::new(
            reads.iter().map(key).collect::<Vec<_>>(),
            writes.iter().map(key).collect(),
        )
    }

    #[test]
    fn every_frame_in_conflict_is_named() {
        let mut bloom = ParaBloom::default();
        bloom.insert(0, &set(&[1], &[2]));
        bloom.insert(63, &set(&[3], &[1]));
        assert_eq!(bloom.conflicts(&set(&[1], &[])), 1 << 63);
        assert_eq!(bloom.conflicts(&set(&[], &[1])), 1 | 1 << 63);
        assert_eq!(bloom.conflicts(&set(&[7], &[8])), 0);
        bloom.clear(63);
        assert_eq!(bloom.conflicts(&set(&[], &[1])), 1);
    }
}
