//! Reads of the state that a transaction works on, none of which counts as an access.

use zero_primitives::{Account, Address, B256, Bytes, ReadError, U256};

/// The state now, and as it was before the transaction.
pub trait World {
    /// The account now, `None` where there is none.
    fn account(&self, address: &Address) -> Result<Option<Account>, ReadError>;

    /// The account before this transaction (before its nonce and gas were taken).
    fn original_account(&self, address: &Address) -> Result<Option<Account>, ReadError>;

    fn storage(&self, address: &Address, slot: &U256) -> Result<U256, ReadError>;

    /// The slot's value before this transaction.
    fn original_storage(&self, address: &Address, slot: &U256) -> Result<U256, ReadError>;

    /// The code with that hash, those created by this or earlier transactions included.
    fn code(&self, code_hash: &B256) -> Result<Bytes, ReadError>;

    /// Whether the account was accessed, as EIP-2929 counts it.
    fn is_warm(&self, address: &Address) -> bool;

    fn is_warm_slot(&self, address: &Address, slot: &U256) -> bool;

    /// Accounts that this transaction reached so far by itself: sender, recipient (or created contract),
    /// coinbase, authorities and delegation targets, operands of BALANCE, EXTCODE*, calls, creates and
    /// SELFDESTRUCT whose gas was paid. Reverted frames count; the access list does not.
    fn touched_accounts(&self) -> Vec<Address>;

    /// Slots that SLOAD and SSTORE reached so far, in the same sense.
    fn touched_slots(&self) -> Vec<(Address, U256)>;

    /// Whom the account's code delegates to (EIP-7702).
    fn delegate_of(&self, address: &Address) -> Result<Option<Address>, ReadError> {
        let Some(account) = self.account(address)? else {
            return Ok(None);
        };
        let code = self.code(&account.code_hash)?;
        Ok(match code.strip_prefix(&[0xEF, 0x01, 0x00]) {
            Some(delegate) if delegate.len() == 20 => Some(Address::from_slice(delegate)),
            _ => None,
        })
    }
}
