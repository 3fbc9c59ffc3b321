//! What each of many transactions asked for and left, when they run one after the other in one world.

use zero_primitives::{Account, U256};

/// A page a transaction. Accounts and slots have the numbers that the world gives them.
#[derive(Debug, Default)]
pub struct Diary {
    accounts: Pages<Account>,
    slots: Pages<U256>,
}

/// What one transaction asked for, each number once, and what had another value after it.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    pub accounts: &'a [u32],
    pub slots: &'a [u32],
    pub left_accounts: &'a [(u32, Account)],
    pub left_slots: &'a [(u32, U256)],
}

impl Diary {
    /// With room for that many transactions.
    pub fn with_capacity(count: usize) -> Self {
        Self {
            accounts: Pages::with_capacity(count),
            slots: Pages::with_capacity(count),
        }
    }

    pub fn ask_account(&mut self, number: u32) {
        self.accounts.asked.push(number);
    }

    pub fn ask_slot(&mut self, number: u32) {
        self.slots.asked.push(number);
    }

    /// Ends the page; the functions say what the transaction left where it changed something.
    pub fn end_page(
        &mut self,
        account: impl Fn(u32) -> Option<Account>,
        slot: impl Fn(u32) -> Option<U256>,
    ) {
        self.accounts.end(account);
        self.slots.end(slot);
    }

    /// How many pages were ended.
    pub fn pages(&self) -> usize {
        self.accounts.ends.len()
    }

    pub fn page(&self, index: usize) -> Page<'_> {
        let (accounts, left_accounts) = self.accounts.page(index);
        let (slots, left_slots) = self.slots.page(index);
        Page {
            accounts,
            slots,
            left_accounts,
            left_slots,
        }
    }
}

#[derive(Debug, Default)]
struct Pages<V> {
    asked: Vec<u32>,
    left: Vec<(u32, V)>,
    /// Where each page ends in both.
    ends: Vec<(usize, usize)>,
}

impl<V> Pages<V> {
    fn with_capacity(count: usize) -> Self {
        Self {
            asked: Vec::with_capacity(count * 3),
            left: Vec::with_capacity(count * 2),
            ends: Vec::with_capacity(count),
        }
    }

    fn end(&mut self, left: impl Fn(u32) -> Option<V>) {
        let first = self.ends.last().map_or(0, |end| end.0);
        for number in &self.asked[first..] {
            if let Some(value) = left(*number) {
                self.left.push((*number, value));
            }
        }
        self.ends.push((self.asked.len(), self.left.len()));
    }

    fn page(&self, index: usize) -> (&[u32], &[(u32, V)]) {
        let first = index
            .checked_sub(1)
            .map_or((0, 0), |before| self.ends[before]);
        let end = self.ends[index];
        (&self.asked[first.0..end.0], &self.left[first.1..end.1])
    }
}
