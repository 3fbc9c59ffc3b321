use crate::{AccessSet, KeyMap, ParaBloom, ShortHash};

/// Frames that are open at once: the bits of a word of the Bloom filters.
pub const OPEN_FRAMES: usize = 64;
/// A frame with that many transactions is full.
pub const FRAME_TRANSACTIONS: usize = 256;
/// A frame whose transactions read, or write, more different keys than that together is full.
pub const FRAME_KEYS: usize = 256;

/// Who decides the order of the block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// It is given: what conflicts keeps its order.
    Given,
    /// The framer chooses it: frame by frame, inside a frame as inserted.
    Framed,
}

/// Puts transactions into frames: inside one no two conflict.
///
/// Frames are a queue by age. A full frame is closed and stays in the queue; where no open frame fits, a new
/// youngest is opened, and when the queue is full the oldest leaves it.
pub struct Framer {
    order: Order,
    bloom: ParaBloom,
    /// By age, those that left the queue included.
    frames: Vec<Frame>,
    /// The oldest in the queue.
    first: usize,
    /// Those in the queue that take no more, as the bits of their filters.
    full: u64,
    /// In the order FRAMED: the youngest frame that holds a transaction of this sender or authority.
    held: KeyMap<usize>,
}

#[derive(Default)]
struct Frame {
    members: Vec<u32>,
    /// Every key that is read, with repetitions only while there are few.
    reads: Vec<ShortHash>,
    /// How many keys are written: no two of a frame write the same.
    writes: usize,
}

impl Frame {
    fn add(&mut self, transaction: u32, set: &AccessSet) {
        self.members.push(transaction);
        self.writes += set.writes().len();
        self.reads.extend_from_slice(set.reads());
        if self.reads.len() > FRAME_KEYS {
            self.reads.sort_unstable();
            self.reads.dedup();
        }
    }

    fn is_full(&self) -> bool {
        self.members.len() >= FRAME_TRANSACTIONS
            || self.reads.len() > FRAME_KEYS
            || self.writes > FRAME_KEYS
    }
}

impl Framer {
    pub fn new(order: Order) -> Self {
        Self {
            order,
            bloom: ParaBloom::default(),
            frames: Vec::new(),
            first: 0,
            full: 0,
            held: KeyMap::default(),
        }
    }

    /// Places the transaction and gives its frame's number. `locks` are its sender and its set-code
    /// authorities: in the order FRAMED it comes after every earlier transaction that shares one.
    pub fn add(&mut self, transaction: u32, set: &AccessSet, locks: &[ShortHash]) -> usize {
        let found = self.bloom.conflicts(set);
        let by_age = found.rotate_right(bit(self.first));
        let closed = (found | self.full).rotate_right(bit(self.first));
        let least = match self.order {
            Order::Given => self.first + (u64::BITS - by_age.leading_zeros()) as usize,
            Order::Framed => locks
                .iter()
                .filter_map(|lock| self.held.get(lock))
                .map(|frame| frame + 1)
                .max()
                .unwrap_or(0)
                .max(self.first),
        };
        // The first from there on whose bit is not set; beyond the youngest none is.
        let open = match least - self.first {
            OPEN_FRAMES => OPEN_FRAMES,
            from => from + (!closed >> from).trailing_zeros() as usize,
        };
        let frame = self.frames.len().min(self.first + open);
        if frame == self.frames.len() {
            if self.frames.len() - self.first == OPEN_FRAMES {
                self.bloom.clear(bit(self.first));
                self.full &= !(1 << bit(self.first));
                self.first += 1;
            }
            self.frames.push(Frame::default());
        }
        self.frames[frame].add(transaction, set);
        if self.frames[frame].is_full() {
            self.full |= 1 << bit(frame);
        }
        self.bloom.insert(bit(frame), set);
        if self.order == Order::Framed {
            for lock in locks {
                self.held.insert(*lock, frame);
            }
        }
        frame
    }

    /// The frames by age, each with its transactions as inserted.
    pub fn finish(self) -> Vec<Vec<u32>> {
        self.frames.into_iter().map(|frame| frame.members).collect()
    }
}

fn bit(frame: usize) -> u32 {
    (frame % OPEN_FRAMES) as u32
}

#[cfg(test)]
mod tests {
    use zero_primitives::{Address, U256};

    use super::*;

    fn key(number: u64) -> ShortHash {
        ShortHash::of_slot(&Address::ZERO, &U256::from(number))
    }

    fn writes(numbers: &[u64]) -> AccessSet {
        AccessSet::new([], numbers.iter().copied().map(key).collect())
    }

    fn frames(order: Order, sets: &[AccessSet]) -> Vec<Vec<u32>> {
        let mut framer = Framer::new(order);
        for (index, set) in sets.iter().enumerate() {
            framer.add(index as u32, set, &[]);
        }
        framer.finish()
    }

    #[test]
    fn a_given_order_is_kept_among_those_that_conflict() {
        let sets = [writes(&[1]), writes(&[1, 2]), writes(&[2]), writes(&[3])];
        assert_eq!(frames(Order::Given, &sets), [vec![0, 3], vec![1], vec![2]]);
        assert_eq!(frames(Order::Framed, &sets), [vec![0, 2, 3], vec![1]]);
    }

    #[test]
    fn a_sender_keeps_its_order_whatever_the_order() {
        let mut framer = Framer::new(Order::Framed);
        framer.add(0, &writes(&[1]), &[key(9)]);
        framer.add(1, &writes(&[1]), &[key(8)]);
        framer.add(2, &writes(&[2]), &[key(8)]);
        assert_eq!(framer.finish(), [vec![0], vec![1], vec![2]]);
    }

    #[test]
    fn a_full_frame_is_closed() {
        let sets: Vec<_> = (0..300)
            .map(|number| AccessSet::new([key(number)], vec![]))
            .collect();
        let widths: Vec<_> = frames(Order::Framed, &sets).iter().map(Vec::len).collect();
        assert_eq!(widths, [256, 44]);
    }

    #[test]
    fn a_key_that_many_read_counts_once() {
        let sets: Vec<_> = (0..100)
            .map(|number| AccessSet::new((0..5).map(key), vec![key(10 + number)]))
            .collect();
        assert_eq!(frames(Order::Given, &sets).len(), 1);
        let sets: Vec<_> = (0..200)
            .map(|number| AccessSet::new([key(number), key(1000 + number)], vec![]))
            .collect();
        let widths: Vec<_> = frames(Order::Given, &sets).iter().map(Vec::len).collect();
        assert_eq!(widths, [129, 71]);
    }

    #[test]
    fn a_chain_opens_a_frame_a_link_and_flushes_the_oldest() {
        let mut sets: Vec<_> = (0..100).map(|_| writes(&[1])).collect();
        sets.push(writes(&[2]));
        for order in [Order::Given, Order::Framed] {
            let made = frames(order, &sets);
            assert_eq!(made.len(), 100);
            // 64 stay open of 100: the oldest of them is number 36.
            assert_eq!(made[36], [36, 100]);
        }
    }
}
