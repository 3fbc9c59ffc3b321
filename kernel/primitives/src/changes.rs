use revm::bytecode::Bytecode;
use revm::primitives::{Address, AddressMap, B256Map, HashMap, U256};

use crate::Account;

/// Values at the end of a block (or of a call) for the keys that it wrote.
///
/// It may name keys whose value did not change in the end; a commit leaves those out. `None` is a deleted
/// account, zero a deleted slot. `codes` holds the code of every code hash that is new.
#[derive(Clone, Debug, Default)]
pub struct ChangeSet {
    pub accounts: AddressMap<Option<Account>>,
    pub storage: HashMap<(Address, U256), U256>,
    pub codes: B256Map<Bytecode>,
}
