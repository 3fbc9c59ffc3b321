//! A row of which some transactions must run again: which ones, and what the others saw.

use zero_primitives::map::{AddressMap, HashMap};
use zero_primitives::{Account, Address, U256};

use super::merge::{Merge, stored};
use super::row::{Asked, Row};
use super::run::Writes;
use crate::diary::{Diary, Page};

/// Walks over the transactions of a row in order. A transaction stands when everything that it asked for had,
/// when it ran, the value that it has in block order: what others before it really left.
pub struct Repair {
    asked: Asked,
    diary: Diary,
    accounts: Vec<Seen<Account>>,
    slots: Vec<Seen<U256>>,
    /// The numbers of the row's accounts and slots; made when one runs again that touches others than before.
    numbers: Option<Numbers>,
}

/// What the row has for a key at the place where the walk is.
#[derive(Clone, Copy)]
struct Seen<V> {
    before: V,
    now: V,
    /// In block order it has another value.
    is_stale: bool,
}

#[derive(Default)]
struct Numbers {
    accounts: AddressMap<u32>,
    slots: HashMap<(Address, U256), u32>,
}

impl Repair {
    /// Begins with what was taken before the row.
    pub fn new(row: &mut Row, taken: &Merge) -> Self {
        let asked = std::mem::take(&mut row.asked);
        let accounts = asked.accounts.iter().map(|account| {
            let before = account.values.map(|values| values.0).unwrap_or_default();
            let known = taken.accounts.get(&account.address);
            Seen::new(before, known.map(|known| known.unwrap_or_default()))
        });
        let slots = asked.slots.iter().map(|slot| {
            let before = slot.values.map(|values| values.0).unwrap_or_default();
            Seen::new(before, taken.storage.get(&asked.key(slot)).copied())
        });
        Self {
            accounts: accounts.collect(),
            slots: slots.collect(),
            diary: std::mem::take(&mut row.diary),
            asked,
            numbers: None,
        }
    }

    /// How many transactions must run again at least.
    pub fn least(&self) -> usize {
        let pages = 0..self.diary.pages();
        pages.filter(|index| !self.stands(*index)).count()
    }

    /// Whether the transaction saw what it should have seen; the walk is at it.
    pub fn stands(&self, index: usize) -> bool {
        let page = self.diary.page(index);
        let mut accounts = page.accounts.iter();
        let mut slots = page.slots.iter();
        !accounts.any(|number| self.accounts[*number as usize].is_stale)
            && !slots.any(|number| self.slots[*number as usize].is_stale)
    }

    /// Goes past a transaction that stands; what it wrote.
    pub fn keep(&mut self, index: usize) -> Writes {
        let Page {
            left_accounts,
            left_slots,
            ..
        } = self.diary.page(index);
        let mut writes = Writes {
            accounts: Vec::with_capacity(left_accounts.len()),
            storage: Vec::with_capacity(left_slots.len()),
            codes: Vec::new(),
        };
        for (number, now) in left_accounts {
            self.accounts[*number as usize].now = *now;
            let mut codes = self.asked.codes.iter();
            writes
                .codes
                .extend(codes.find(|code| code.0 == now.code_hash).cloned());
            let address = self.asked.accounts[*number as usize].address;
            writes.accounts.push((address, stored(*now)));
        }
        for (number, now) in left_slots {
            self.slots[*number as usize].now = *now;
            let key = self.asked.key(&self.asked.slots[*number as usize]);
            writes.storage.push((key, *now));
        }
        writes
    }

    /// Goes past a transaction that ran again and really wrote `writes`, which were added. Those behind it in the
    /// row saw what it wrote before.
    pub fn replace(&mut self, index: usize, writes: &Writes, taken: &Merge) {
        let page = self.diary.page(index);
        for (number, now) in page.left_accounts {
            let seen = &mut self.accounts[*number as usize];
            let address = &self.asked.accounts[*number as usize].address;
            let known = taken.accounts.get(address);
            seen.pass(*now, known.map(|known| known.unwrap_or_default()));
        }
        for (number, now) in page.left_slots {
            let seen = &mut self.slots[*number as usize];
            let key = self.asked.key(&self.asked.slots[*number as usize]);
            seen.pass(*now, taken.storage.get(&key).copied());
        }
        for (address, account) in &writes.accounts {
            let mut numbers = page.accounts.iter().copied();
            let is_it = |number: &u32| self.asked.accounts[*number as usize].address == *address;
            let number = numbers.find(is_it).or_else(|| {
                let numbers = self.numbers.get_or_insert_with(|| Numbers::of(&self.asked));
                numbers.accounts.get(address).copied()
            });
            if let Some(number) = number {
                let seen = &mut self.accounts[number as usize];
                seen.is_stale = account.unwrap_or_default() != seen.now;
            }
        }
        for (key, value) in &writes.storage {
            let mut numbers = page.slots.iter().copied();
            let is_it = |number: &u32| self.asked.key(&self.asked.slots[*number as usize]) == *key;
            let number = numbers.find(is_it).or_else(|| {
                let numbers = self.numbers.get_or_insert_with(|| Numbers::of(&self.asked));
                numbers.slots.get(key).copied()
            });
            if let Some(number) = number {
                let seen = &mut self.slots[number as usize];
                seen.is_stale = *value != seen.now;
            }
        }
    }
}

impl<V: Copy + PartialEq> Seen<V> {
    fn new(before: V, known: Option<V>) -> Self {
        Self {
            before,
            now: before,
            is_stale: known.is_some_and(|known| known != before),
        }
    }

    /// The row goes on to another value, and this is known to have been written.
    fn pass(&mut self, now: V, known: Option<V>) {
        self.now = now;
        // What nobody wrote is what it was.
        self.is_stale = known.unwrap_or(self.before) != now;
    }
}

impl Numbers {
    fn of(asked: &Asked) -> Self {
        let accounts = asked.accounts.iter().zip(0..);
        let slots = asked.slots.iter().zip(0..);
        Self {
            accounts: accounts
                .map(|(account, number)| (account.address, number))
                .collect(),
            slots: slots
                .map(|(slot, number)| (asked.key(slot), number))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use zero_primitives::{ChangeSet, StateView};

    use super::super::overlay::Overlay;
    use super::*;
    use crate::runner::Nothing;
    use crate::world::World;

    /// Looks at some keys; what it found decides which it writes, and what.
    struct Program {
        reads: Vec<u64>,
        writes: Vec<u64>,
    }

    /// Even keys are balances, odd ones slots.
    fn read(world: &mut World, key: u64) -> u64 {
        let address = Address::with_last_byte(key as u8);
        let id = world.id(&address);
        let value = if key.is_multiple_of(2) {
            world.get(id).expect("an account").balance
        } else {
            let slot = world.slot(id, &U256::from(key)).expect("a slot");
            world.slot_value(slot)
        };
        value.to::<u64>()
    }

    fn write(world: &mut World, key: u64, value: u64) {
        let address = Address::with_last_byte(key as u8);
        let id = world.id(&address);
        let value = U256::from(value);
        if key.is_multiple_of(2) {
            let account = world.get(id).expect("an account");
            let balance = value;
            world.put(id, Account { balance, ..account }).expect("put");
        } else {
            world.set_slot(id, &U256::from(key), value).expect("set");
        }
    }

    fn run(world: &mut World, program: &Program) {
        world.begin_transaction();
        let found = program.reads.iter().map(|key| read(world, *key));
        let sum = found.fold(program.reads.len() as u64, |sum, value| sum * 3 + value) % 5;
        let first = sum as usize % (program.writes.len() + 1);
        for key in &program.writes[first..] {
            write(world, *key, sum);
        }
        world.end_page();
    }

    fn ran(view: &Arc<dyn StateView>, programs: &[Program]) -> Row {
        let mut world = World::new(view.clone());
        world.begin_diary(Diary::with_capacity(programs.len()));
        programs.iter().for_each(|program| run(&mut world, program));
        let mut row = Row::with_capacity(0);
        row.diary = world.take_diary();
        row.asked = Asked::of(&world);
        row
    }

    fn written(row: &Row) -> Writes {
        let mut merge = Merge::default();
        assert!(merge.add_row(&row.asked));
        Writes {
            accounts: merge.accounts.into_iter().collect(),
            storage: merge.storage.into_iter().collect(),
            codes: Vec::new(),
        }
    }

    fn of(writes: &Writes) -> Merge {
        let mut merge = Merge::default();
        merge.add(writes);
        merge
    }

    type Slots = Vec<((Address, U256), U256)>;

    /// What the block would have changed.
    fn values(merge: Merge) -> (AddressMap<Option<Account>>, Slots) {
        let changes = merge
            .finish(&ChangeSet::default(), &Nothing)
            .expect("changes");
        let mut slots: Vec<_> = changes.storage.into_iter().collect();
        slots.sort_unstable();
        (changes.accounts, slots)
    }

    #[test]
    fn a_repaired_row_leaves_what_a_serial_run_leaves_and_only_what_saw_something_else_runs_again()
    {
        let mut state = 7u64;
        let mut random = |bound: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % bound
        };
        let (mut stood, mut reruns) = (0, 0);
        for keys in [3, 12, 60] {
            for _ in 0..200 {
                let mut some = |most| (0..random(most)).map(|_| random(keys)).collect();
                let mut programs = (0..24).map(|_| Program {
                    reads: some(4),
                    writes: some(3),
                });
                let before: Vec<_> = programs.by_ref().take(8).collect();
                let row: Vec<_> = programs.collect();
                let empty: Arc<dyn StateView> = Arc::new(Nothing);

                // What is before the row was taken, and some of it shown while the row ran.
                let taken_before = written(&ran(&empty, &before));
                let half = Writes {
                    accounts: taken_before.accounts.iter().copied().step_by(2).collect(),
                    storage: taken_before.storage.iter().copied().step_by(2).collect(),
                    codes: Vec::new(),
                };
                let shown = Arc::new(Overlay::new(empty.clone()));
                shown.apply(&half);
                let mut merge = of(&taken_before);
                let truth = Arc::new(Overlay::new(empty.clone()));
                truth.apply(&taken_before);
                let truth_view: Arc<dyn StateView> = truth.clone();
                let shown: Arc<dyn StateView> = shown;

                let mut serial = of(&taken_before);
                serial.add(&written(&ran(&truth_view, &row)));

                let mut repair = Repair::new(&mut ran(&shown, &row), &merge);
                let least = repair.least();
                let mut again = 0;
                for (index, program) in row.iter().enumerate() {
                    let alone = written(&ran(&truth_view, std::slice::from_ref(program)));
                    truth.apply(&alone);
                    merge.add(&alone);
                    if repair.stands(index) {
                        assert_eq!(values(of(&repair.keep(index))), values(of(&alone)));
                        stood += 1;
                    } else {
                        repair.replace(index, &alone, &merge);
                        again += 1;
                    }
                }
                assert_eq!(values(merge), values(serial));
                assert!(least == 0 || again > 0);
                reruns += again;
            }
        }
        assert!(stood > 5000 && reruns > 500, "{stood} {reruns}");
    }
}
