use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use zero_primitives::{
    Account, Address, B256, Bytecode, EMPTY_CODE_HASH, ReadError, StateView, U256,
};

use crate::values::{Sum, Values};

/// A kept height as its views see it. Rollback and the end of the kept history set the mark before they take
/// values away, and a view looks at it after it has read: what it gives was read before.
#[derive(Debug)]
pub struct Mark {
    height: i64,
    is_gone: AtomicBool,
}

impl Mark {
    pub fn new(height: i64) -> Arc<Self> {
        Arc::new(Self {
            height,
            is_gone: AtomicBool::new(false),
        })
    }

    pub fn set_gone(&self) {
        self.is_gone.store(true, Ordering::Release);
    }

    fn check(&self) -> Result<(), ReadError> {
        if self.is_gone.load(Ordering::Acquire) {
            let height = self.height;
            return Err(ReadError::Gone(format!(
                "the state of block {height} was rolled back or is no longer kept"
            )));
        }
        Ok(())
    }
}

/// The state after one block, read from any thread while others commit.
#[derive(Clone)]
pub struct View {
    mark: Arc<Mark>,
    values: Arc<Values>,
}

impl View {
    pub fn new(mark: Arc<Mark>, values: Arc<Values>) -> Self {
        Self { mark, values }
    }

    /// Of the block, -1 before genesis.
    pub fn height(&self) -> i64 {
        self.mark.height
    }

    /// Whether the height is still kept.
    pub fn check(&self) -> Result<(), ReadError> {
        self.mark.check()
    }

    /// Every stored account in the order of the addresses: a full scan.
    pub fn addresses(&self) -> Result<Vec<Address>, ReadError> {
        let found = self.values.addresses(self.mark.height);
        self.mark.check()?;
        Ok(found)
    }

    /// The sum of all balances after each block from `first`, which is not above this one, to this one: a full
    /// scan.
    pub fn balances(&self, first: &View) -> Result<Vec<Sum>, ReadError> {
        let found = self.values.balances(first.height(), self.height());
        first.mark.check()?;
        self.mark.check()?;
        Ok(found)
    }
}

impl StateView for View {
    fn account(&self, address: &Address) -> Result<Option<Account>, ReadError> {
        let found = self.values.account(address, self.mark.height);
        self.mark.check()?;
        Ok(found)
    }

    fn storage(&self, address: &Address, slot: &U256) -> Result<U256, ReadError> {
        let found = self.values.storage(address, slot, self.mark.height);
        self.mark.check()?;
        Ok(found)
    }

    fn code(&self, code_hash: &B256) -> Result<Bytecode, ReadError> {
        if *code_hash == EMPTY_CODE_HASH {
            return Ok(Bytecode::new());
        }
        let found = self.values.code(code_hash);
        self.mark.check()?;
        found.ok_or(ReadError::NoCode(*code_hash))
    }

    fn slots(&self, address: &Address) -> Result<Vec<(U256, U256)>, ReadError> {
        let found = self.values.slots(address, self.mark.height);
        self.mark.check()?;
        Ok(found)
    }
}
