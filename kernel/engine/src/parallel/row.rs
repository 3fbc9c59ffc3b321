//! Transactions in a row that one thread ran one after the other.

use zero_primitives::U256;

use super::Totals;
use super::run::Touched;
use crate::invalid::{Invalid, InvalidKind};
use crate::runner::GasPool;
use crate::transaction::{Transaction, TransactionResult};

/// Their results, and what they touched and used together: whoever takes the row need not look at each result.
#[derive(Debug, Default)]
pub struct Row {
    pub results: Vec<Result<TransactionResult, Invalid>>,
    pub touched: Touched,
    pub totals: Totals,
    /// What those that ran may use at most.
    gas_limits: U256,
    /// One was refused for room, which depends on what is before the row.
    was_full: bool,
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
