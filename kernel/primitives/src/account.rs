use revm::primitives::{B256, KECCAK_EMPTY, U256};

/// The hash of no code.
pub const EMPTY_CODE_HASH: B256 = KECCAK_EMPTY;

/// What the state holds for an address, its storage apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    pub nonce: u64,
    pub balance: U256,
    pub code_hash: B256,
}

impl Account {
    /// EIP-161: no nonce, no balance, no code. Such an account is never stored.
    pub fn is_empty(&self) -> bool {
        self.nonce == 0 && self.balance.is_zero() && self.code_hash == EMPTY_CODE_HASH
    }
}

impl Default for Account {
    fn default() -> Self {
        Self {
            nonce: 0,
            balance: U256::ZERO,
            code_hash: EMPTY_CODE_HASH,
        }
    }
}
