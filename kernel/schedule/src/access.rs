use std::cmp::Ordering;

use crate::ShortHash;

/// What a transaction reads and writes: disjoint (what is both is a write), sorted, without repetition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessSet {
    /// The writes, then the reads.
    keys: Vec<ShortHash>,
    writes: usize,
}

impl AccessSet {
    /// Any order and repetitions will do; a key that is among both is a write.
    pub fn new(reads: impl IntoIterator<Item = ShortHash>, mut writes: Vec<ShortHash>) -> Self {
        writes.sort_unstable();
        writes.dedup();
        let count = writes.len();
        let mut keys = writes;
        for read in reads {
            if keys[..count].binary_search(&read).is_err() {
                keys.push(read);
            }
        }
        if keys.len() > count + 1 {
            keys[count..].sort_unstable();
            // `dedup` looks at neighbours only, and no write equals a read.
            keys.dedup();
        }
        Self {
            keys,
            writes: count,
        }
    }

    pub fn reads(&self) -> &[ShortHash] {
        &self.keys[self.writes..]
    }

    pub fn writes(&self) -> &[ShortHash] {
        &self.keys[..self.writes]
    }

    /// Every key, in no order that means anything.
    pub fn keys(&self) -> &[ShortHash] {
        &self.keys
    }

    /// Whether the order of the two matters: one writes what the other reads or writes.
    pub fn conflicts_with(&self, other: &Self) -> bool {
        share(self.writes(), other.writes())
            || share(self.writes(), other.reads())
            || share(self.reads(), other.writes())
    }

    /// Whether all that `real` read is predicted here at all, and all that it wrote is predicted as written.
    pub fn covers(&self, real: &Self) -> bool {
        contains(self.writes(), real.writes())
            && real.reads().iter().all(|key| {
                self.writes().binary_search(key).is_ok() || self.reads().binary_search(key).is_ok()
            })
    }
}

fn share(left: &[ShortHash], right: &[ShortHash]) -> bool {
    let (mut i, mut j) = (0, 0);
    while i < left.len() && j < right.len() {
        match left[i].cmp(&right[j]) {
            Ordering::Less => i += 1,
            Ordering::Greater => j += 1,
            Ordering::Equal => return true,
        }
    }
    false
}

fn contains(all: &[ShortHash], some: &[ShortHash]) -> bool {
    some.iter().all(|key| all.binary_search(key).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u64) -> ShortHash {
        ShortHash {
            head: number,
            tail: 0,
        }
    }

    fn set(reads: &[u64], writes: &[u64]) -> AccessSet {
        AccessSet::new(
            reads.iter().copied().map(key),
            writes.iter().copied().map(key).collect(),
        )
    }

    #[test]
    fn a_key_that_is_read_and_written_is_a_write() {
        let both = set(&[3, 1, 3, 2], &[2, 9, 2]);
        assert_eq!(both.reads(), [key(1), key(3)]);
        assert_eq!(both.writes(), [key(2), key(9)]);
    }

    #[test]
    fn two_readers_do_not_conflict_but_a_writer_does_with_either() {
        assert!(!set(&[1], &[2]).conflicts_with(&set(&[1], &[3])));
        assert!(set(&[1], &[2]).conflicts_with(&set(&[], &[1])));
        assert!(set(&[], &[1]).conflicts_with(&set(&[1], &[])));
        assert!(set(&[], &[1]).conflicts_with(&set(&[], &[1])));
    }

    #[test]
    fn a_predicted_write_covers_a_read_and_not_the_reverse() {
        assert!(set(&[], &[1]).covers(&set(&[1], &[])));
        assert!(!set(&[1], &[]).covers(&set(&[], &[1])));
        assert!(!set(&[1], &[2]).covers(&set(&[3], &[])));
    }
}
