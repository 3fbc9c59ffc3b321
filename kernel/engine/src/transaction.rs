//! A decoded transaction, and what executing one gives.

use std::borrow::Cow;

use revm::primitives::Log;
use zero_primitives::{Address, B256, Bytes, U256};

use crate::failures::Failure;
use crate::tracing::Value;

pub const LEGACY: u8 = 0;
pub const ACCESS_LIST: u8 = 1;
pub const DYNAMIC_FEE: u8 = 2;
pub const BLOB: u8 = 3;
pub const SET_CODE: u8 = 4;

/// One EIP-7702 authorization; `authority` is None where its signature is not valid.
#[derive(Clone, Debug)]
pub struct Authorization {
    pub chain_id: U256,
    pub address: Address,
    /// `u64::MAX` for whatever is larger: no account has such a nonce.
    pub nonce: u64,
    pub authority: Option<Address>,
}

/// What of a transaction is executed. Numbers that no valid transaction has are kept well enough to refuse them.
#[derive(Clone, Debug)]
pub struct Transaction {
    pub kind: u8,
    pub chain_id: Option<U256>,
    pub nonce: U256,
    pub gas_limit: U256,
    /// None: 256 bits are not enough for it. So with the next one, and with `value`.
    pub max_fee_per_gas: Option<U256>,
    pub max_priority_fee_per_gas: Option<U256>,
    pub to: Option<Address>,
    pub value: Option<U256>,
    pub data: Bytes,
    pub sender: Address,
    /// For tracers only.
    pub hash: B256,
    pub access_list: Vec<(Address, Vec<U256>)>,
    pub max_fee_per_blob_gas: U256,
    pub blob_hashes: Vec<B256>,
    pub authorizations: Vec<Authorization>,
    pub is_impersonated: bool,
}

/// Words that are mostly fixed.
pub type Words = Cow<'static, str>;

/// `devnet.execution.TransactionResult`.
#[derive(Debug)]
pub struct TransactionResult {
    pub gas_used: u64,
    pub gas_refunded: u64,
    pub gas_peak: u64,
    pub output: Bytes,
    pub logs: Vec<Log>,
    pub contract_address: Option<Address>,
    pub effective_gas_price: U256,
    pub tip: U256,
    pub failure: Option<Failure>,
    pub console: Vec<Bytes>,
    /// Filled when reads are recorded.
    pub warm_accounts: Vec<Address>,
    pub warm_slots: Vec<(Address, U256)>,
    pub trace: Option<Value>,
}
