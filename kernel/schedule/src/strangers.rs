use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use crate::AccessSet;
use crate::key::Head;

/// Finds out whether any two of many access sets conflict. It errs only towards conflict: keys are told apart by
/// their first eight bytes.
pub struct Strangers {
    /// Whether a key that was seen is written.
    seen: HashMap<u64, bool, BuildHasherDefault<Head>>,
    are_strangers: bool,
}

impl Strangers {
    /// With room for that many sets.
    pub fn new(count: usize) -> Self {
        Self {
            seen: HashMap::with_capacity_and_hasher(2 * count, BuildHasherDefault::default()),
            are_strangers: true,
        }
    }

    /// Adds a set; gives whether no two so far conflict.
    pub fn add(&mut self, set: &AccessSet) -> bool {
        if self.are_strangers {
            let seen = &mut self.seen;
            let mut writes = set.writes().iter();
            let mut reads = set.reads().iter();
            self.are_strangers = writes.all(|key| seen.insert(key.head, true).is_none())
                && reads.all(|key| !*seen.entry(key.head).or_insert(false));
        }
        self.are_strangers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ShortHash;

    fn set(reads: &[u64], writes: &[u64]) -> AccessSet {
        let key = |head: &u64| ShortHash {
            head: *head,
            tail: 0,
        };
        AccessSet::new(
            reads.iter().map(key).collect::<Vec<_>>(),
            writes.iter().map(key).collect(),
        )
    }

    fn are_strangers(sets: &[AccessSet]) -> bool {
        let mut strangers = Strangers::new(sets.len());
        sets.iter().map(|set| strangers.add(set)).last() == Some(true)
    }

    #[test]
    fn a_key_that_one_writes_and_another_touches_is_a_conflict_in_either_order() {
        assert!(are_strangers(&[set(&[1], &[2]), set(&[1], &[3])]));
        assert!(!are_strangers(&[set(&[1], &[2]), set(&[2], &[3])]));
        assert!(!are_strangers(&[set(&[1], &[2]), set(&[], &[1])]));
        assert!(!are_strangers(&[set(&[], &[1]), set(&[], &[1])]));
    }

    #[test]
    fn a_conflict_is_not_forgotten() {
        assert!(!are_strangers(&[
            set(&[], &[1]),
            set(&[], &[1]),
            set(&[], &[2])
        ]));
    }
}
