use crate::{AccessSet, KeyMap};

/// How far back a transaction looks for what it must wait for.
pub const WINDOW: usize = 128;

/// For each place in the frame order (all frames in a row) the last place that must be done, with all before
/// it, before it may start; -1 for none. Those of one frame are not compared, and further back than the
/// window everything is waited for.
pub fn starts_after(sets: &[AccessSet], frames: &[Vec<u32>]) -> Vec<i64> {
    // The last place (counted from one; zero is none) that read and that wrote a key.
    let mut last: KeyMap<[u32; 2]> = KeyMap::default();
    let mut after = Vec::with_capacity(sets.len());
    let mut start = 0;
    for frame in frames {
        for (place, index) in (start..).zip(frame) {
            let mut found = 0;
            let set = &sets[*index as usize];
            for key in set.reads() {
                if let Some([_, written]) = last.get(key) {
                    found = found.max(*written);
                }
            }
            for key in set.writes() {
                if let Some([read, written]) = last.get(key) {
                    found = found.max(*read).max(*written);
                }
            }
            let stop = place - (WINDOW as i64).min(place);
            after.push(match start {
                0 => -1,
                _ => (i64::from(found) - 1).max(stop - 1),
            });
        }
        for (place, index) in (start..).zip(frame) {
            let place = place as u32 + 1;
            let set = &sets[*index as usize];
            for key in set.reads() {
                last.entry(*key).or_default()[0] = place;
            }
            for key in set.writes() {
                last.entry(*key).or_default()[1] = place;
            }
        }
        start += frame.len() as i64;
    }
    after
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Framer, Order, ShortHash};

    fn set(reads: &[u64], writes: &[u64]) -> AccessSet {
        let key = |head: &u64| ShortHash {
            head: (*head + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15),
            tail: 0,
        };
        AccessSet::new(
            reads.iter().map(key).collect::<Vec<_>>(),
            writes.iter().map(key).collect(),
        )
    }

    /// The rule as it is written: backwards from the frame's start through the window.
    fn scanned(sets: &[AccessSet], frames: &[Vec<u32>]) -> Vec<i64> {
        let order: Vec<_> = frames
            .iter()
            .flatten()
            .map(|index| *index as usize)
            .collect();
        let mut after = Vec::new();
        let mut start = 0;
        for frame in frames {
            for place in start..start + frame.len() {
                let stop = place.saturating_sub(WINDOW);
                let found = (stop..start)
                    .rev()
                    .find(|earlier| sets[order[place]].conflicts_with(&sets[order[*earlier]]));
                after.push(match (start, found) {
                    (0, _) => -1,
                    (_, Some(earlier)) => earlier as i64,
                    (_, None) => stop as i64 - 1,
                });
            }
            start += frame.len();
        }
        after
    }

    #[test]
    fn it_is_what_a_scan_backwards_finds() {
        let mut state = 1u64;
        let mut random = |bound| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % bound
        };
        for keys in [5, 90, 2000] {
            let sets: Vec<_> = (0..600)
                .map(|_| set(&[random(keys), random(keys)], &[random(keys)]))
                .collect();
            for order in [Order::Given, Order::Framed] {
                let mut framer = Framer::new(order);
                for (index, set) in sets.iter().enumerate() {
                    framer.add(index as u32, set, &[]);
                }
                let frames = framer.finish();
                assert_eq!(starts_after(&sets, &frames), scanned(&sets, &frames));
            }
        }
    }
}
