//! What gas costs before a transaction runs: `devnet.chain.fees`.

use revm::primitives::ruint::Uint;
use zero_primitives::U256;

use crate::rules::{Fork, Rules};
use crate::transaction::Transaction;

pub const GAS_PER_BLOB: u64 = 1 << 17;

const TRANSACTION_GAS: u64 = 21_000;
const CREATE_GAS: u64 = 32_000;
const DATA_TOKEN_GAS: u64 = 4;
const FLOOR_GAS_PER_TOKEN: u64 = 10;
const INITCODE_WORD_GAS: u64 = 2;
const ACCESS_LIST_ADDRESS_GAS: u64 = 2_400;
const ACCESS_LIST_SLOT_GAS: u64 = 1_900;
const AUTHORIZATION_GAS: u64 = 25_000;

/// Sums of products of words.
pub type Wide = Uint<512, 8>;

pub fn widen(word: U256) -> Wide {
    Wide::from(word)
}

/// Gas that the transaction pays before its first instruction.
pub fn intrinsic_gas(transaction: &Transaction, rules: &Rules) -> u64 {
    let data = &transaction.data;
    let mut gas = TRANSACTION_GAS + DATA_TOKEN_GAS * data_tokens(data);
    if transaction.to.is_none() {
        gas += CREATE_GAS;
        if rules.fork >= Fork::Shanghai {
            gas += INITCODE_WORD_GAS * data.len().div_ceil(32) as u64;
        }
    }
    for (_, slots) in &transaction.access_list {
        gas += ACCESS_LIST_ADDRESS_GAS + ACCESS_LIST_SLOT_GAS * slots.len() as u64;
    }
    gas + AUTHORIZATION_GAS * transaction.authorizations.len() as u64
}

/// The least gas that a transaction with this data uses (EIP-7623); 0 before Prague.
pub fn floor_gas(transaction: &Transaction, rules: &Rules) -> u64 {
    if rules.fork < Fork::Prague {
        return 0;
    }
    TRANSACTION_GAS + FLOOR_GAS_PER_TOKEN * data_tokens(&transaction.data)
}

fn data_tokens(data: &[u8]) -> u64 {
    let zeros = data.iter().filter(|byte| **byte == 0).count();
    (4 * data.len() - 3 * zeros) as u64
}

/// The blob gas that the transaction's blobs cost.
pub fn blob_gas(transaction: &Transaction) -> u64 {
    transaction.blob_hashes.len() as u64 * GAS_PER_BLOB
}

/// The balance that the sender must have. The fields fit their 256 bits.
pub fn max_cost(transaction: &Transaction) -> Wide {
    let fee = transaction.max_fee_per_gas.unwrap_or(U256::MAX);
    let value = transaction.value.unwrap_or(U256::MAX);
    let mut cost = widen(transaction.gas_limit)
        .wrapping_mul(widen(fee))
        .wrapping_add(widen(value));
    if !transaction.blob_hashes.is_empty() {
        cost = cost.wrapping_add(
            Wide::from(blob_gas(transaction)).wrapping_mul(widen(transaction.max_fee_per_blob_gas)),
        );
    }
    cost
}

/// What one unit of gas costs the sender (EIP-1559).
pub fn effective_gas_price(transaction: &Transaction, base_fee: U256) -> U256 {
    let fee = transaction.max_fee_per_gas.unwrap_or(U256::MAX);
    let tip = transaction.max_priority_fee_per_gas.unwrap_or(U256::MAX);
    fee.min(base_fee.saturating_add(tip))
}
