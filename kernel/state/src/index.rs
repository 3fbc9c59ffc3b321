//! Where the entry of a key is: 4096 small sorted lists a shard, as upstream's in-memory indexer has them.
//!
//! A place takes 12 bytes: six bytes of the key hash behind the two that name the list, six of the serial
//! number. Where two key hashes of a list agree in eight bytes, which somebody may bring about on purpose, the
//! entries' own keys decide; until then the entry need not be read.

use std::cmp::Ordering;

use crate::entries::SENTRIES_PER_SHARD;
use crate::hashing::Hash;

const UNITS: usize = SENTRIES_PER_SHARD as usize;
const TAIL_MASK: u64 = (1 << 48) - 1;

/// A key: the bytes 2 to 7 of its hash, and its entry's serial number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slot {
    tail: [u16; 3],
    serial_number: [u16; 3],
}

impl Slot {
    fn new(tail: u64, serial_number: u64) -> Self {
        Self {
            tail: pack(tail),
            serial_number: pack(serial_number),
        }
    }

    fn tail(self) -> u64 {
        unpack(self.tail)
    }

    fn serial_number(self) -> u64 {
        unpack(self.serial_number)
    }
}

fn pack(number: u64) -> [u16; 3] {
    [number as u16, (number >> 16) as u16, (number >> 32) as u16]
}

fn unpack(words: [u16; 3]) -> u64 {
    u64::from(words[0]) | u64::from(words[1]) << 16 | u64::from(words[2]) << 32
}

/// Where a key is, or would be, among those whose hashes begin with the same two bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    unit: usize,
    at: usize,
}

/// The serial number of the active entry of every key of a shard.
///
/// A list that was never touched is empty and stands for its sentry alone, which is always the first.
#[derive(Debug)]
pub struct Index {
    units: Vec<Vec<Slot>>,
}

impl Index {
    pub fn new() -> Self {
        Self {
            units: vec![Vec::new(); UNITS],
        }
    }

    /// Finds a key; `order` says how the key hash of the entry with a serial number compares to the wanted one,
    /// and is asked where eight bytes are not enough. Gives whether the key is there, and where it is or would be.
    pub fn locate(&mut self, key_hash: &Hash, order: impl Fn(u64) -> Ordering) -> (bool, Place) {
        let (number, tail) = parts(key_hash);
        let unit = &mut self.units[number];
        if unit.is_empty() {
            unit.push(Slot::new(0, number as u64));
        }
        let (is_there, at) = search(unit, tail, order);
        (is_there, Place { unit: number, at })
    }

    /// Whether the key has an entry, and the serial number of that entry or of its predecessor's.
    pub fn find(&self, key_hash: &Hash, order: impl Fn(u64) -> Ordering) -> (bool, u64) {
        let (number, tail) = parts(key_hash);
        let unit = &self.units[number];
        if unit.is_empty() {
            return (false, number as u64);
        }
        let (is_there, at) = search(unit, tail, order);
        let at = if is_there { at } else { at - 1 };
        (is_there, unit[at].serial_number())
    }

    /// Probably the serial number that `find` gives, without asking anybody.
    pub fn guess(&self, key_hash: &Hash) -> u64 {
        let (number, tail) = parts(key_hash);
        let unit = &self.units[number];
        let at = unit.partition_point(|slot| slot.tail() <= tail);
        at.checked_sub(1)
            .map_or(number as u64, |at| unit[at].serial_number())
    }

    /// Serial numbers of the key and those before it in its list, the sentry's last. `order` as in `locate`.
    pub fn up_to<'a, Order: Fn(u64) -> Ordering>(
        &'a self,
        key_hash: &Hash,
        order: Order,
    ) -> impl Iterator<Item = u64> + use<'a, Order> {
        let (number, tail) = parts(key_hash);
        let unit = &self.units[number];
        let end = if unit.is_empty() {
            0
        } else {
            let (is_there, at) = search(unit, tail, order);
            at + usize::from(is_there)
        };
        let sentry = unit.is_empty().then_some(number as u64);
        unit[..end]
            .iter()
            .rev()
            .map(|slot| slot.serial_number())
            .chain(sentry)
    }

    pub fn serial_number(&self, place: Place) -> u64 {
        self.units[place.unit][place.at].serial_number()
    }

    /// The place before one that is not the sentry's.
    pub fn before(&self, place: Place) -> Place {
        Place {
            at: place.at - 1,
            ..place
        }
    }

    pub fn set(&mut self, place: Place, serial_number: u64) {
        self.units[place.unit][place.at].serial_number = pack(serial_number);
    }

    /// Puts a new key in where it would be.
    pub fn insert(&mut self, place: Place, key_hash: &Hash, serial_number: u64) {
        let unit = &mut self.units[place.unit];
        if unit.len() == unit.capacity() {
            // Growing by an eighth wastes less than doubling, and is still rare.
            unit.reserve_exact(1 + unit.len() / 8);
        }
        unit.insert(place.at, Slot::new(parts(key_hash).1, serial_number));
    }

    pub fn remove(&mut self, place: Place) {
        self.units[place.unit].remove(place.at);
    }

    /// Changes the serial number of a key that is there from one to another, by its hash alone.
    pub fn replace(&mut self, key_hash: &Hash, old: u64, new: u64) {
        let (number, tail) = parts(key_hash);
        let unit = &mut self.units[number];
        if unit.is_empty() {
            unit.push(Slot::new(0, number as u64));
        }
        let at = position_of(unit, tail, old);
        unit[at].serial_number = pack(new);
    }

    /// Forgets a key that has this serial number.
    pub fn remove_key(&mut self, key_hash: &Hash, serial_number: u64) {
        let (number, tail) = parts(key_hash);
        let unit = &mut self.units[number];
        let at = position_of(unit, tail, serial_number);
        unit.remove(at);
    }

    /// Takes the keys of a shard; `places` are in the order of their hashes, sentries that moved among them.
    pub fn of_sorted(places: &[(Hash, u64)]) -> Self {
        let mut index = Self::new();
        for group in places.chunk_by(|left, right| left.0[..2] == right.0[..2]) {
            let (number, first_tail) = parts(&group[0].0);
            let mut unit = Vec::with_capacity(group.len() + 1);
            let is_sentry = group[0].0[2..] == [0; 30];
            debug_assert!(!is_sentry || first_tail == 0);
            if !is_sentry {
                unit.push(Slot::new(0, number as u64));
            }
            unit.extend(
                group
                    .iter()
                    .map(|(key_hash, sn)| Slot::new(parts(key_hash).1, *sn)),
            );
            index.units[number] = unit;
        }
        index
    }

    /// Bytes of memory.
    pub fn memory(&self) -> usize {
        let slots: usize = self.units.iter().map(Vec::capacity).sum();
        size_of::<Slot>() * slots + size_of::<Vec<Slot>>() * UNITS
    }
}

/// Which list a key hash belongs to, and what stands for it there.
fn parts(key_hash: &Hash) -> (usize, u64) {
    let first = key_hash.first_chunk().expect("a hash has 32 bytes");
    let head = u64::from_be_bytes(*first);
    (((head >> 48) as usize) & (UNITS - 1), head & TAIL_MASK)
}

/// Whether the key is there, and where it is or would be.
fn search(unit: &[Slot], tail: u64, order: impl Fn(u64) -> Ordering) -> (bool, usize) {
    let mut at = unit.partition_point(|slot| slot.tail() < tail);
    while let Some(slot) = unit.get(at)
        && slot.tail() == tail
    {
        match order(slot.serial_number()) {
            Ordering::Less => at += 1,
            Ordering::Equal => return (true, at),
            Ordering::Greater => break,
        }
    }
    (false, at)
}

/// Where the key with this tail and serial number is.
fn position_of(unit: &[Slot], tail: u64, serial_number: u64) -> usize {
    let mut at = unit.partition_point(|slot| slot.tail() < tail);
    while unit[at].serial_number() != serial_number {
        at += 1;
    }
    debug_assert_eq!(unit[at].tail(), tail);
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys of one list that agree in the bytes that places hold, and are told apart by the rest alone.
    #[test]
    fn key_hashes_that_agree_in_eight_bytes_are_told_apart() {
        let hashes: Vec<Hash> = (0..6u8)
            .map(|at| {
                let mut hash = [7; 32];
                hash[31] = at;
                hash
            })
            .collect();
        let mut index = Index::new();
        let order = |wanted: Hash| {
            let hashes = hashes.clone();
            move |sn: u64| match sn.checked_sub(10_000) {
                Some(at) => hashes[at as usize].cmp(&wanted),
                None => Ordering::Less,
            }
        };
        for at in [4, 0, 2, 5, 1] {
            let (is_there, place) = index.locate(&hashes[at], order(hashes[at]));
            assert!(!is_there);
            index.insert(place, &hashes[at], 10_000 + at as u64);
        }
        for (at, hash) in hashes.iter().enumerate() {
            let (is_there, sn) = index.find(hash, order(*hash));
            assert_eq!(is_there, at != 3);
            assert_eq!(sn, 10_000 + if at == 3 { 2 } else { at as u64 });
        }
        index.remove_key(&hashes[2], 10_002);
        assert_eq!(index.find(&hashes[3], order(hashes[3])), (false, 10_001));
        index.replace(&hashes[1], 10_001, 10_003);
        let upward: Vec<u64> = index.up_to(&hashes[4], order(hashes[4])).collect();
        assert_eq!(upward, [10_004, 10_003, 10_000, 0x0707]);
    }
}
