use crate::{AccessSet, KeyMap};

/// How far back a transaction looks for what it must wait for.
pub const WINDOW: usize = 128;

/// For every set the place of the nearest earlier one in conflict with it, at most `WINDOW` places back.
pub fn nearest_conflicts<'a>(sets: impl IntoIterator<Item = &'a AccessSet>) -> Vec<Option<u32>> {
    // The last place (counted from one; zero is none) that read and that wrote a key.
    let mut last: KeyMap<[u32; 2]> = KeyMap::default();
    let mut nearest = Vec::new();
    for (place, set) in sets.into_iter().enumerate() {
        let place = place as u32 + 1;
        let mut found = 0;
        for key in set.reads() {
            let [read, written] = last.entry(*key).or_default();
            found = found.max(*written);
            *read = place;
        }
        for key in set.writes() {
            let [read, written] = last.entry(*key).or_default();
            found = found.max(*written).max(*read);
            *written = place;
        }
        let is_near = found > 0 && (place - found) as usize <= WINDOW;
        nearest.push(is_near.then(|| found - 1));
    }
    nearest
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

    #[test]
    fn the_nearest_is_the_one_that_a_scan_backwards_finds() {
        let mut state = 1u64;
        let mut random = || {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (state >> 33) % 90
        };
        let sets: Vec<_> = (0..600)
            .map(|_| set(&[random(), random()], &[random()]))
            .collect();
        for (place, found) in nearest_conflicts(&sets).into_iter().enumerate() {
            let scanned = (place.saturating_sub(WINDOW)..place)
                .rev()
                .find(|earlier| sets[place].conflicts_with(&sets[*earlier]));
            assert_eq!(found.map(|place| place as usize), scanned);
        }
    }

    #[test]
    fn what_lies_beyond_the_window_is_not_seen() {
        let mut sets = vec![set(&[], &[1])];
        sets.extend((0..WINDOW as u64 - 1).map(|number| set(&[], &[100 + number])));
        sets.push(set(&[1], &[]));
        assert_eq!(nearest_conflicts(&sets)[WINDOW], Some(0));
        sets.insert(1, set(&[], &[99]));
        assert_eq!(nearest_conflicts(&sets)[WINDOW + 1], None);
    }
}
