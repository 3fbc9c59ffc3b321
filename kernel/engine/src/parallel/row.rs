//! Transactions in a row that one thread ran one after the other.

use zero_primitives::{Account, Address, B256, Bytecode, U256};

use super::Totals;
use crate::diary::Diary;
use crate::invalid::{Invalid, InvalidKind};
use crate::runner::GasPool;
use crate::transaction::{Transaction, TransactionResult};
use crate::world::World;

/// Their results, and what they asked for and used together: whoever takes the row need not look at each result
/// as long as all stand.
#[derive(Debug, Default)]
pub struct Row {
    pub results: Vec<Result<TransactionResult, Invalid>>,
    pub asked: Asked,
    pub diary: Diary,
    pub totals: Totals,
    /// What those that ran may use at most.
    gas_limits: U256,
    /// One was refused for room, which depends on what is before the row.
    was_full: bool,
}

/// What the transactions of a row asked for, by the numbers of their world.
#[derive(Debug, Default)]
pub struct Asked {
    pub accounts: Vec<AskedAccount>,
    pub slots: Vec<AskedSlot>,
    pub codes: Vec<(B256, Bytecode)>,
    /// All slots of an account were zeroed, those included that were not asked for.
    pub has_wiped: bool,
}

#[derive(Debug)]
pub struct AskedAccount {
    pub address: Address,
    /// What it was and what it is; None where it was only named.
    pub values: Option<(Account, Account)>,
}

#[derive(Debug)]
pub struct AskedSlot {
    /// The number of its account.
    pub account: u32,
    pub slot: U256,
    pub values: Option<(U256, U256)>,
}

impl Asked {
    /// Everything that the world was asked for.
    pub fn of(world: &World) -> Self {
        let accounts = world.accounts_by_number();
        let slots = world.slots_by_number();
        let codes = world.new_codes();
        Self {
            accounts: accounts
                .map(|(address, values)| AskedAccount {
                    address: *address,
                    values: values.map(|(before, now)| (*before, *now)),
                })
                .collect(),
            slots: slots
                .map(|(account, slot, values)| AskedSlot {
                    account,
                    slot: *slot,
                    values: values.map(|(before, now)| (*before, *now)),
                })
                .collect(),
            codes: codes.map(|(hash, code)| (*hash, code.clone())).collect(),
            has_wiped: world.has_wiped(),
        }
    }

    /// The key of a slot in the state.
    pub fn key(&self, slot: &AskedSlot) -> (Address, U256) {
        (self.accounts[slot.account as usize].address, slot.slot)
    }
}

impl Row {
    pub fn with_capacity(count: usize) -> Self {
        Self {
            results: Vec::with_capacity(count),
            ..Self::default()
        }
    }

    pub fn push(&mut self, transaction: &Transaction, result: Result<TransactionResult, Invalid>) {
        match &result {
            Ok(result) => {
                self.totals.add(transaction, result);
                self.gas_limits = self.gas_limits.saturating_add(transaction.gas_limit);
            }
            Err(invalid) => self.was_full |= invalid.kind == InvalidKind::BlockFull,
        }
        self.results.push(result);
    }

    /// Whether each would have had room where so much is left.
    pub fn fits(&self, pool: &GasPool) -> bool {
        !self.was_full && self.gas_limits <= pool.gas && self.totals.blob_gas_used <= pool.blob_gas
    }
}
