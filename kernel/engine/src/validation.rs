//! What can be said about a transaction without any state: `devnet.chain.validation`, in its order.

use zero_primitives::U256;

use crate::fees::{floor_gas, intrinsic_gas};
use crate::invalid::{Invalid, InvalidKind};
use crate::rules::{Fork, Rules};
use crate::transaction::{BLOB, SET_CODE, Transaction};

const VERSIONED_HASH_VERSION: u8 = 1;
const MAX_BLOBS_PER_TRANSACTION: u64 = 6;

/// What of a transaction's gas is known before it runs.
#[derive(Clone, Copy, Debug)]
pub struct GasNeeds {
    pub limit: u64,
    pub intrinsic: u64,
    pub floor: u64,
}

/// `is_capped` is False where `Rules.transaction_gas_cap` does not bind.
pub fn validate(
    transaction: &Transaction,
    rules: &Rules,
    is_capped: bool,
) -> Result<GasNeeds, Invalid> {
    let first_fork = match transaction.kind {
        BLOB => Fork::Cancun,
        SET_CODE => Fork::Prague,
        _ => Fork::Paris,
    };
    if rules.fork < first_fork {
        let (kind, needed, runs) = (transaction.kind, first_fork.name(), rules.fork.name());
        return Err(Invalid::with(
            InvalidKind::TypeNotSupported,
            format!("type {kind} needs {needed}, this network runs {runs}"),
        ));
    }
    if let Some(have) = transaction.chain_id
        && have != rules.chain_id
    {
        return Err(Invalid::with(
            InvalidKind::WrongChainId,
            format!("have {have} want {}", rules.chain_id),
        ));
    }
    if transaction.to.is_none() {
        validate_init_code(transaction, rules)?;
    }
    validate_fees(transaction)?;
    if transaction.nonce >= U256::from(u64::MAX) {
        return Err(Invalid::with(
            InvalidKind::NonceMax,
            format!("address {:#x}", transaction.sender),
        ));
    }
    let needs = validate_gas(transaction, rules, is_capped)?;
    match transaction.kind {
        BLOB => validate_blobs(transaction, rules)?,
        SET_CODE => validate_set_code(transaction)?,
        _ => {}
    }
    Ok(needs)
}

fn validate_init_code(transaction: &Transaction, rules: &Rules) -> Result<(), Invalid> {
    let Some(code_limit) = rules.code_size_limit else {
        return Ok(());
    };
    let limit = code_limit.saturating_mul(2);
    let size = transaction.data.len();
    if rules.fork >= Fork::Shanghai && size > limit {
        return Err(Invalid::with(
            InvalidKind::InitcodeTooLarge,
            format!("code size {size}, limit {limit}"),
        ));
    }
    Ok(())
}

fn validate_fees(transaction: &Transaction) -> Result<(), Invalid> {
    let Some(fee) = transaction.max_fee_per_gas else {
        return Err(Invalid::of(InvalidKind::FeeCapTooLarge));
    };
    let Some(tip) = transaction.max_priority_fee_per_gas else {
        return Err(Invalid::of(InvalidKind::TipTooLarge));
    };
    if tip > fee {
        return Err(Invalid::with(
            InvalidKind::TipAboveFeeCap,
            format!("maxPriorityFeePerGas: {tip}, maxFeePerGas: {fee}"),
        ));
    }
    if transaction.value.is_none() {
        return Err(Invalid::with(
            InvalidKind::InsufficientFunds,
            "value needs more than 256 bits",
        ));
    }
    Ok(())
}

fn validate_gas(
    transaction: &Transaction,
    rules: &Rules,
    is_capped: bool,
) -> Result<GasNeeds, Invalid> {
    let Ok(limit) = u64::try_from(transaction.gas_limit) else {
        return Err(Invalid::of(InvalidKind::GasOverflow));
    };
    if let Some(cap) = rules.transaction_gas_cap
        && is_capped
        && transaction.gas_limit > cap
    {
        return Err(Invalid::with(
            InvalidKind::AboveTransactionCap,
            format!("cap: {cap}, tx: {limit}"),
        ));
    }
    let intrinsic = intrinsic_gas(transaction, rules);
    if limit < intrinsic {
        return Err(Invalid::with(
            InvalidKind::IntrinsicGas,
            format!("gas {limit}, minimum needed {intrinsic}"),
        ));
    }
    let floor = floor_gas(transaction, rules);
    if limit < floor {
        return Err(Invalid::with(
            InvalidKind::FloorDataGas,
            format!("gas {limit}, minimum needed {floor}"),
        ));
    }
    Ok(GasNeeds {
        limit,
        intrinsic,
        floor,
    })
}

fn validate_blobs(transaction: &Transaction, rules: &Rules) -> Result<(), Invalid> {
    let invalid = |words: String| Err(Invalid::with(InvalidKind::BlobTransaction, words));
    if transaction.to.is_none() {
        return invalid("a blob transaction cannot create a contract".into());
    }
    let count = transaction.blob_hashes.len() as u64;
    if count == 0 {
        return invalid("blob transaction missing blob hashes".into());
    }
    let mut limit = rules.max_blobs.unwrap_or(0);
    if rules.fork >= Fork::Osaka {
        limit = limit.min(MAX_BLOBS_PER_TRANSACTION);
    }
    if count > limit {
        return invalid(format!(
            "too many blobs in transaction: have {count}, permitted {limit}"
        ));
    }
    for (index, hash) in transaction.blob_hashes.iter().enumerate() {
        if hash[0] != VERSIONED_HASH_VERSION {
            return invalid(format!("blob {index} has invalid hash version"));
        }
    }
    Ok(())
}

fn validate_set_code(transaction: &Transaction) -> Result<(), Invalid> {
    let invalid = |words| Err(Invalid::with(InvalidKind::SetCodeTransaction, words));
    if transaction.to.is_none() {
        return invalid("EIP-7702 transaction cannot be used to create contract");
    }
    if transaction.authorizations.is_empty() {
        return invalid("EIP-7702 transaction with empty auth list");
    }
    Ok(())
}
