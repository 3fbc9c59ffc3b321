use std::collections::VecDeque;

/// The values of one key, the newest first at hand: a value counts from the height of its block on.
///
/// Most keys have one value, and it takes no more than that and a pointer; the history of the others is in the
/// order of the heights, so that a view of any height finds its value by bisection, the oldest goes in constant
/// time when history ends, and the newest when a block is undone.
#[derive(Clone, Debug)]
pub struct Chain<V> {
    value: V,
    height: u32,
    older: Option<Box<Older<V>>>,
}

/// What a key was before: most of those that changed at all did so once, and that one is here itself.
#[derive(Clone, Debug)]
struct Older<V> {
    last: (u32, V),
    before: VecDeque<(u32, V)>,
}

impl<V: Copy> Chain<V> {
    pub fn new(height: u32, value: V) -> Self {
        Self {
            value,
            height,
            older: None,
        }
    }

    pub fn newest(&self) -> V {
        self.value
    }

    /// The value after block `height`; `None` where there was (or is kept) nothing.
    pub fn at(&self, height: i64) -> Option<V> {
        if i64::from(self.height) <= height {
            return Some(self.value);
        }
        let older = self.older.as_ref()?;
        if i64::from(older.last.0) <= height {
            return Some(older.last.1);
        }
        let count = older
            .before
            .partition_point(|(of, _)| i64::from(*of) <= height);
        (count > 0).then(|| older.before[count - 1].1)
    }

    /// Every kept value with the height it counts from, the oldest first.
    pub fn history(&self) -> impl Iterator<Item = (u32, V)> + '_ {
        let older = self.older.iter().flat_map(|older| {
            let before = older.before.iter().copied();
            before.chain([older.last])
        });
        older.chain([(self.height, self.value)])
    }

    /// Adds what the block `height`, the newest, made of the key.
    pub fn push(&mut self, height: u32, value: V) {
        let last = (self.height, self.value);
        match &mut self.older {
            Some(older) => older
                .before
                .push_back(std::mem::replace(&mut older.last, last)),
            None => {
                let before = VecDeque::new();
                self.older = Some(Box::new(Older { last, before }));
            }
        }
        self.height = height;
        self.value = value;
    }

    /// Takes the newest value away; gives whether there is another one.
    pub fn pop(&mut self) -> bool {
        let Some(older) = &mut self.older else {
            return false;
        };
        (self.height, self.value) = older.last;
        match older.before.pop_back() {
            Some(last) => older.last = last,
            None => self.older = None,
        }
        true
    }

    /// Forgets what no view from `height` on reads.
    pub fn forget(&mut self, height: u32) {
        let Some(older) = &mut self.older else {
            return;
        };
        if self.height <= height {
            self.older = None;
        } else if older.last.0 <= height {
            older.before = VecDeque::new();
        } else {
            let count = older.before.partition_point(|(of, _)| *of <= height);
            older.before.drain(..count.saturating_sub(1));
        }
    }

    /// Whether the newest value is the only one.
    pub fn is_single(&self) -> bool {
        self.older.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::Chain;

    #[test]
    fn every_height_reads_its_own_value() {
        let mut chain = Chain::new(2, 'a');
        chain.push(5, 'b');
        chain.push(6, 'c');
        let history: Vec<_> = chain.history().collect();
        assert_eq!(history, [(2, 'a'), (5, 'b'), (6, 'c')]);
        let read: Vec<_> = (0..8).map(|height| chain.at(height)).collect();
        let expected = [
            None,
            None,
            Some('a'),
            Some('a'),
            Some('a'),
            Some('b'),
            Some('c'),
            Some('c'),
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn what_is_popped_was_never_there() {
        let mut chain = Chain::new(2, 'a');
        chain.push(5, 'b');
        assert!(chain.pop());
        assert_eq!(chain.at(9), Some('a'));
        assert!(chain.is_single());
        assert!(!chain.pop());
    }

    #[test]
    fn what_is_forgotten_is_read_by_nobody_from_there_on() {
        let mut chain = Chain::new(2, 'a');
        chain.push(5, 'b');
        chain.push(9, 'c');
        chain.forget(6);
        assert_eq!(chain.at(4), None);
        assert_eq!(chain.at(6), Some('b'));
        assert_eq!(chain.at(9), Some('c'));
        chain.forget(9);
        assert!(chain.is_single());
        assert_eq!(chain.at(8), None);
    }
}
